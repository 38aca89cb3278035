"""The tariff for batteries that plan themselves, by the facts and for any prices."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot, Spike
from custom_components.power_sync.model.tariff import DayTariff, clock_of, slot_of
from custom_components.power_sync.planner.half_hours import day_tariff, filled_up
from custom_components.power_sync.planner.shaping import TRUE_PRICES, Shaping
from custom_components.power_sync.prices.demand import Charges, DemandDays

SYDNEY, LONDON = ZoneInfo("Australia/Sydney"), ZoneInfo("Europe/London")
FIVE, HALF = timedelta(minutes=5), timedelta(minutes=30)
TODAY = date(2026, 11, 26)
TEN_PAST_TWO = datetime(2026, 11, 26, 14, 10, tzinfo=SYDNEY).astimezone(UTC)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November in Sydney."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SYDNEY)


def priced(when: datetime) -> float:
    """Return a price that tells which half hour it is of."""
    return when.day / 100 + slot_of(when) / 10000


def curve(
    first: datetime, last: datetime, *, without: tuple[datetime, ...] = ()
) -> PriceCurve:
    """Return half-hourly prices; sold at a tenth of what they cost."""
    start, slots = first.astimezone(UTC), []
    while start < last.astimezone(UTC):
        price = priced(start.astimezone(SYDNEY))
        if start.astimezone(SYDNEY) not in without:
            slots.append(PriceSlot(start, start + HALF, price, price / 10))
        start += HALF
    return PriceCurve("AUD", "Australia/Sydney", tuple(slots))


def made(
    prices: PriceCurve, shaping: Shaping = TRUE_PRICES, now: datetime = TEN_PAST_TWO
) -> DayTariff:
    """Return a tariff that there is."""
    found = day_tariff(prices, now, SYDNEY, shaping, SYDNEY)
    assert found is not None
    return found


def test_row_5_the_day_rolls_and_the_present_is_live() -> None:
    """At 14:10: 14:00 is the live price, 14:30 today's, 13:30 tomorrow's."""
    whole = curve(local(26, 0), local(28, 0))
    slots = [slot for slot in whole.slots if slot.start != local(26, 14)]
    live = [
        PriceSlot(start, start + FIVE, 0.5 + each / 100, 0.2)
        for each in range(6)
        if (start := local(26, 14).astimezone(UTC) + each * FIVE)
    ]
    tariff = made(PriceCurve.of("AUD", "Australia/Sydney", (*slots, *live)))
    assert tariff.bought[28] == 0.52
    assert tariff.sold[28] == 0.2
    assert tariff.bought[29] == round(priced(local(26, 14, 30)), 4)
    assert tariff.bought[27] == round(priced(local(27, 13, 30)), 4)
    assert tariff.bought[47] == round(priced(local(26, 23, 30)), 4)
    assert tariff.bought[0] == round(priced(local(27, 0)), 4)
    assert (tariff.day, tariff.currency) == (TODAY, "AUD")
    # Where the wanted day is not known, the other one's price stands in.
    tariff = made(curve(local(26, 0), local(27, 0)))
    assert tariff.bought[27] == round(priced(local(26, 13, 30)), 4)
    tariff = made(curve(local(26, 14), local(28, 0), without=(local(26, 23),)))
    assert tariff.bought[46] == round(priced(local(27, 23)), 4)


def test_intervals_of_a_half_hour_are_averaged() -> None:
    """Six of five minutes, those that are known, or the half of an hour."""
    whole = curve(local(26, 0), local(28, 0))
    start = local(26, 18).astimezone(UTC)
    others = [slot for slot in whole.slots if slot.start != start]
    six = [
        PriceSlot(start + n * FIVE, start + (n + 1) * FIVE, 0.1 * n, -0.01)
        for n in range(6)
    ]
    tariff = made(PriceCurve.of("AUD", "x", (*others, *six)))
    assert (tariff.bought[36], tariff.sold[36]) == (0.25, -0.01)
    assert made(PriceCurve.of("AUD", "x", (*others, *six[:3]))).bought[36] == 0.1
    hour = PriceSlot(start, start + 2 * HALF, 0.7, 0.3)
    others = [slot for slot in others if slot.start != start + HALF]
    tariff = made(PriceCurve.of("AUD", "x", (*others, hour)))
    assert tariff.bought[36:38] == (0.7, 0.7)


def test_row_6_gaps() -> None:
    """11 of 96 missing: none; 10: filled, the first one from behind; 0 is a price."""
    bought: list[float | None] = [*[0.0] * 5, *[0.3] * 43]
    sold: list[float | None] = [*[0.1] * 48]
    assert filled_up([None] * 11 + bought[11:], sold) is None
    assert filled_up([None] * 6 + bought[6:], [None] * 5 + sold[5:]) is None
    ten = filled_up([None] * 5 + bought[5:], [None] * 5 + sold[5:])
    assert ten == ([0.3] * 48, [0.1] * 48)
    gap = filled_up([0.0, None, 0.3, *bought[3:]], sold)
    assert gap is not None
    assert gap[0][:3] == [0.0, 0.0, 0.3]
    assert filled_up([None, 0.0, *bought[2:]], sold) == (bought, sold)
    # Half hours that have no price on either day, in the order in which they come.
    hole = tuple(local(day, 16, minute) for day in (26, 27) for minute in (0, 30))
    tariff = made(curve(local(26, 0), local(28, 0), without=hole))
    assert set(tariff.bought[31:34]) == {round(priced(local(26, 15, 30)), 4)}
    known = curve(local(26, 14), local(27, 11, 30))
    assert day_tariff(known, TEN_PAST_TWO, SYDNEY, TRUE_PRICES, SYDNEY) is not None
    known = curve(local(26, 14), local(27, 11))
    assert day_tariff(known, TEN_PAST_TWO, SYDNEY, TRUE_PRICES, SYDNEY) is None


def test_row_7_what_is_news() -> None:
    """A price that moves by 0.5 c is none, 0.51 c is; another day always is."""
    tariff = made(curve(local(26, 0), local(28, 0)))

    def moved(slot: int, by: float) -> DayTariff:
        bought = list(tariff.bought)
        bought[slot] += by
        return replace(tariff, bought=tuple(bought))

    assert tariff.is_news(None)
    assert not tariff.is_news(tariff)
    assert not moved(30, 0.005).is_news(tariff, 28)
    assert moved(30, 0.0051).is_news(tariff, 28)
    assert moved(30, -0.0051).is_news(tariff, 28)
    assert not moved(27, 0.5).is_news(tariff, 28)
    assert moved(27, 0.5).is_news(tariff)
    sold = (*tariff.sold[:47], tariff.sold[47] + 0.0051)
    assert replace(tariff, sold=sold).is_news(tariff, 28)
    assert replace(tariff, day=date(2026, 11, 27)).is_news(tariff, 28)
    assert replace(tariff, currency="NZD").is_news(tariff, 28)
    with pytest.raises(ValueError, match="48"):
        replace(tariff, sold=sold[1:])


def test_rows_1_to_3_the_user_has_a_say() -> None:
    """Boost, then chip mode by the true price, then protection from spikes."""
    start = TEN_PAST_TWO - timedelta(minutes=10)
    slots = [
        PriceSlot(
            start + n * HALF, start + (n + 1) * HALF, 0.3, 0.85 if n == 9 else 0.28
        )
        for n in range(48)
    ]
    for n, bought in ((3, 0.3), (4, 3.0)):
        spike = Spike.POTENTIAL if n == 3 else Spike.SPIKE
        slots[n] = replace(slots[n], import_per_kwh=bought, spike=spike)
    prices = PriceCurve("AUD", "Australia/Sydney", tuple(slots))
    tariff = made(prices)
    # 18:30, the tenth from 14:00 on, brings 0.85.
    assert tariff.sold[37] == 0.85
    assert (tariff.bought[31], tariff.bought[32]) == (1.85, 3.0)
    assert tariff.bought[33] == 0.3
    shaped = made(
        prices,
        Shaping(
            spike_protection=False,
            export_boost=True,
            boost_offset_per_kwh=0.05,
            boost_start_min=17 * 60,
            boost_end_min=23 * 60,
            chip_mode=True,
        ),
    )
    assert (shaped.sold[33], shaped.sold[34], shaped.sold[43]) == (0.28, 0.33, 0.33)
    # From 22:00 on 0.28 is below the threshold, though boosted it would not be.
    assert shaped.sold[44:] == (0.0,) * 4
    assert shaped.bought[31] == 0.3


def test_a_spike_that_may_come_in_the_present_half_hour() -> None:
    """The live price has none, a later part of the half hour may: nothing is bought."""
    whole = curve(local(26, 0), local(28, 0))
    slots = [slot for slot in whole.slots if slot.start != local(26, 14)]
    first = local(26, 14).astimezone(UTC)

    def with_spike_in(part: int) -> DayTariff:
        parts = [
            PriceSlot(
                first + each * FIVE,
                first + (each + 1) * FIVE,
                0.2,
                0.1,
                spike=Spike.POTENTIAL if each == part else Spike.NONE,
            )
            for each in range(6)
        ]
        return made(PriceCurve.of("AUD", "Australia/Sydney", (*slots, *parts)))

    assert with_spike_in(4).bought[28] == 1.1
    assert with_spike_in(2).bought[28] == 1.1
    # At 14:10 the one of 14:05 is over.
    assert with_spike_in(1).bought[28] == 0.2


def test_a_demand_charge_keeps_it_from_buying() -> None:
    """2.00 more in its window, whole half hours of it, on the days that count.

    14:55 to 21:00 on working days: at 14:10 of a Friday the hours before are those of a
    Saturday. Selling is left alone, and what costs anything without a window, too.
    """
    prices = curve(local(27, 0), local(29, 0))
    now = datetime(2026, 11, 27, 14, 10, tzinfo=SYDNEY).astimezone(UTC)
    charges = Charges(
        rate_per_kw=9.0, start=time(14, 55), end=time(21), days=DemandDays.WEEKDAYS
    )

    def bought(charges: Charges) -> tuple[DayTariff, set[int]]:
        plain = made(prices, now=now)
        counted = day_tariff(
            prices,
            now,
            SYDNEY,
            TRUE_PRICES,
            SYDNEY,
            counts=lambda when: charges.covers(when, SYDNEY),
        )
        assert counted is not None
        assert counted.sold == plain.sold
        more = [
            round(new - old, 6)
            for new, old in zip(counted.bought, plain.bought, strict=True)
        ]
        assert set(more) <= {0.0, 2.0}
        return counted, {slot for slot, each in enumerate(more) if each}

    # From 14:55 on, so in the half hour of 14:30, too; up to 21:00 sharp.
    assert bought(charges)[1] == set(range(29, 42))
    assert bought(replace(charges, rate_per_kw=0.0))[1] == set()
    assert bought(replace(charges, days=DemandDays.WEEKENDS))[1] == set()
    # The half hours from midnight on are tomorrow's.
    early = replace(charges, start=time(6), end=time(9))
    assert bought(early)[1] == set()
    assert bought(replace(early, days=DemandDays.WEEKENDS))[1] == set(range(12, 18))


@pytest.mark.parametrize(
    ("now", "hour"),
    [
        # The clocks go forward: 01:00 and 01:30 do not exist, and come out as 02:00.
        (datetime(2026, 3, 29, 0, 10, tzinfo=LONDON), 1),
        # They go back: 01:00 and 01:30 come twice, and their price is that of both.
        (datetime(2026, 10, 25, 0, 10, tzinfo=LONDON), 1),
    ],
)
def test_days_of_23_and_25_hours(now: datetime, hour: int) -> None:
    """Still 48 half hours, each with the price of when it comes."""
    start = now.astimezone(UTC) - timedelta(minutes=10)
    slots = tuple(
        PriceSlot(start + n * HALF, start + (n + 1) * HALF, n / 100, 0.0)
        for n in range(96)
    )
    tariff = day_tariff(
        PriceCurve("GBP", "Europe/London", slots), now, LONDON, TRUE_PRICES, LONDON
    )
    assert tariff is not None
    forward = now.month == 3
    # Counted from midnight, 01:00 of clock time is the third half hour.
    expected = (0.02, 0.03) if forward else ((0.02 + 0.04) / 2, (0.03 + 0.05) / 2)
    assert tariff.bought[2 * hour : 2 * hour + 2] == pytest.approx(expected)
    assert tariff.bought[4] == pytest.approx(0.02 if forward else 0.06)
    assert tariff.bought[47] == pytest.approx(0.45 if forward else 0.49)


def test_the_second_of_two_like_hours() -> None:
    """At the first 01:40, 01:00 comes again; at the second one, tomorrow."""
    start = datetime(2026, 10, 25, 0, tzinfo=LONDON).astimezone(UTC)
    slots = tuple(
        PriceSlot(start + n * HALF, start + (n + 1) * HALF, n / 100, 0.0)
        for n in range(120)
    )
    prices = PriceCurve("GBP", "Europe/London", slots)
    first = start + timedelta(hours=1, minutes=40)
    for now, at_one, at_half_past in (
        (first, 0.04, 0.03),
        (first + timedelta(hours=1), 0.52, 0.05),
    ):
        tariff = day_tariff(prices, now, LONDON, TRUE_PRICES, LONDON)
        assert tariff is not None
        assert tariff.bought[2:4] == pytest.approx((at_one, at_half_past))


def test_clocks() -> None:
    """The day ends at "24:00"."""
    assert [clock_of(slot) for slot in (0, 1, 47, 48)] == [
        "00:00",
        "00:30",
        "23:30",
        "24:00",
    ]


@settings(max_examples=30, deadline=None)
@given(
    prices=st.lists(
        st.tuples(st.floats(-1, 20), st.floats(-1, 20)), min_size=96, max_size=96
    ),
    minutes=st.integers(0, 1439),
    day=st.sampled_from((date(2026, 7, 1), date(2026, 4, 5), date(2026, 10, 4))),
)
def test_each_half_hour_has_its_next_price(
    prices: list[tuple[float, float]], minutes: int, day: date
) -> None:
    """On usual days exactly, on those with 23 and 25 hours one of the curve's own."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=SYDNEY).astimezone(UTC)
    now = midnight + timedelta(minutes=minutes)
    slots = tuple(
        PriceSlot(midnight + n * HALF, midnight + (n + 1) * HALF, bought, sold)
        for n, (bought, sold) in enumerate(prices)
    )
    known = PriceCurve("AUD", "Australia/Sydney", slots)
    tariff = made(known, now=now)
    assert tariff.day == now.astimezone(SYDNEY).date()
    for slot in range(48):
        first = [
            each
            for each in slots
            if each.end > now and slot_of(each.start.astimezone(SYDNEY)) == slot
        ]
        if first and day.month == 7:
            assert tariff.bought[slot] == round(first[0].import_per_kwh, 4)
            assert tariff.sold[slot] == round(first[0].export_per_kwh, 4)
    least = min(bought for bought, _ in prices)
    most = max(bought for bought, _ in prices)
    assert all(least - 1e-4 <= each <= most + 1e-4 for each in tariff.bought)
