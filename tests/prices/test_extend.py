"""The forecast beyond the published prices."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.extend import extend

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def history(
    start: datetime,
    end: datetime,
    import_per_kwh: Callable[[datetime], float | None],
    export_per_kwh: Callable[[datetime], float] = lambda _: 0.05,
) -> PriceCurve:
    """Return firm half-hours; a price is a function of London's time."""
    slots = []
    while start < end:
        local = start.astimezone(LONDON)
        price = import_per_kwh(local)
        if price is not None:
            slots.append(
                PriceSlot(start, start + HALF_HOUR, price, export_per_kwh(local))
            )
        start += HALF_HOUR
    return PriceCurve("GBP", "Europe/London", tuple(slots))


def by_clock(local: datetime) -> float:
    """Return a price of its own for each half-hour of the local day."""
    return (local.hour * 60 + local.minute) / 30 / 100


def forecast(curve: PriceCurve, until: datetime) -> list[PriceSlot]:
    """Return the slots that are added, which follow without a gap."""
    extended = extend(curve, until)
    assert extended.slots[: len(curve.slots)] == curve.slots
    added = list(extended.slots[len(curve.slots) :])
    assert not any(slot.firm for slot in added)
    joined = extended.slots[len(curve.slots) - 1 :]
    assert all(a.end == b.start for a, b in pairwise(joined))
    assert extended.firm_until == curve.firm_until
    return added


@pytest.mark.parametrize(
    ("end", "until", "count"),
    [
        (utc(1, 14, 23), utc(1, 16, 11), 72),
        # Spring: 01:00 to 02:00 is skipped on 29 March.
        (utc(3, 28, 23), utc(3, 29, 22), 46),
        # Autumn: 01:00 to 02:00 comes twice on 25 October.
        (utc(10, 24, 22), utc(10, 25, 23), 50),
    ],
)
def test_same_half_hour_of_the_local_day(
    end: datetime, until: datetime, count: int
) -> None:
    """Equal days go on as they were, by the wall clock."""
    added = forecast(history(end - 14 * DAY, end, by_clock), until)
    assert len(added) == count
    assert added[-1].end == until
    for slot in added:
        expected = by_clock(slot.start.astimezone(LONDON))
        assert slot.import_per_kwh == pytest.approx(expected, abs=1e-9)
        assert slot.export_per_kwh == pytest.approx(0.05, abs=1e-9)


@pytest.mark.parametrize("change", [utc(3, 29), utc(10, 25)])
def test_history_that_holds_a_clock_change(change: datetime) -> None:
    """What was learned on both sides of a clock change is the same profile."""
    end = change + 3 * DAY
    added = forecast(history(end - 14 * DAY, end, by_clock), end + 2 * DAY)
    assert len(added) == 96
    for slot in added:
        expected = by_clock(slot.start.astimezone(LONDON))
        assert slot.import_per_kwh == pytest.approx(expected, abs=1e-9)


def go(local: datetime) -> float:
    """Return a price that is low from 00:30 to 05:30."""
    minute = local.hour * 60 + local.minute
    return 0.0712345 if 30 <= minute < 330 else 0.2987654


def windows(slots: list[PriceSlot]) -> list[tuple[datetime, float]]:
    """Return when each price begins."""
    return [
        (slot.start, slot.import_per_kwh)
        for index, slot in enumerate(slots)
        if index == 0 or slots[index - 1].import_per_kwh != slot.import_per_kwh
    ]


@pytest.mark.parametrize(
    ("end", "nights"),
    [
        (
            utc(1, 15),
            [(utc(1, 15, 0, 30), utc(1, 15, 5, 30)), (utc(1, 16, 0, 30),)],
        ),
        # Spring: half past midnight in winter time to half past five in summer time.
        (
            utc(3, 28, 12),
            [(utc(3, 29, 0, 30), utc(3, 29, 4, 30)), (utc(3, 29, 23, 30),)],
        ),
        # Autumn: the other way round.
        (
            utc(10, 24, 12),
            [(utc(10, 24, 23, 30), utc(10, 25, 5, 30)), (utc(10, 26, 0, 30),)],
        ),
    ],
)
def test_a_night_rate_repeats(
    end: datetime, nights: list[tuple[datetime, ...]]
) -> None:
    """To the digit, and by the wall clock."""
    curve = history(end - 14 * DAY, end, go)
    added = forecast(curve, end + 2 * DAY)
    changes = dict(windows(added))
    (begins, ends), (again,) = nights
    assert changes[begins] == changes[again] == 0.0712345
    assert changes[ends] == 0.2987654
    assert {slot.import_per_kwh for slot in added} == {0.0712345, 0.2987654}
    assert {slot.export_per_kwh for slot in added} == {0.05}


def test_a_price_change_of_a_set_tariff() -> None:
    """From the second day after it on only the new price counts.

    Thursday to Sunday, the change at Friday's midnight: two weekdays are needed,
    so the forecast for Monday is still mixed, and that for a Saturday is exact.
    """
    changed = utc(1, 16)
    curve = history(
        utc(1, 5), utc(1, 19), lambda local: 0.3 if local < changed else 0.2
    )
    assert {slot.import_per_kwh for slot in forecast(curve, utc(1, 20))} != {0.2}
    longer = history(
        utc(1, 7), utc(1, 21), lambda local: 0.3 if local < changed else 0.2
    )
    assert {slot.import_per_kwh for slot in forecast(longer, utc(1, 23))} == {0.2}


def test_weekends_of_a_set_tariff() -> None:
    """A cheap weekend does not make the weekdays cheaper."""
    curve = history(
        utc(1, 2), utc(1, 16), lambda local: 0.1 if local.weekday() >= 5 else 0.3
    )
    added = forecast(curve, utc(1, 18))
    assert [price for _, price in windows(added)] == [0.3, 0.1]
    assert windows(added)[1][0] == utc(1, 17)


def test_one_odd_half_hour_is_no_set_tariff() -> None:
    """A market may repeat much of a day, and then differs."""
    odd = utc(1, 14, 12)
    curve = history(utc(1, 2), utc(1, 15), lambda local: 0.1 if local == odd else 0.2)
    added = forecast(curve, utc(1, 16))
    assert added[0].import_per_kwh < 0.2


def test_recent_days_weigh_more() -> None:
    """By hand: Tuesday 0.10, Wednesday 0.20, forecast for Thursday.

    Wednesday weighs 2**(1/6) = 1.122462 times as much as Tuesday, so the mean is
    0.3244924 / 2.122462 = 0.152885; Wednesday lies 0.047115 above it, of which
    three quarters are added: 0.188221.
    """
    curve = history(
        utc(1, 13), utc(1, 15), lambda local: 0.1 if local.day == 13 else 0.2
    )
    added = forecast(curve, utc(1, 16))
    assert len(added) == 48
    for slot in added:
        assert slot.import_per_kwh == pytest.approx(0.188221, abs=2e-6)


def test_weekdays_and_weekends_differ_mildly() -> None:
    """By hand: Thursday and Friday 0.10, Saturday 0.20; Sunday, then Monday.

    Weights from Saturday's: Friday 0.890899, Thursday 0.793701. For Sunday both
    count half: 0.2842299 / 1.8423 = 0.154280; Saturday lies 0.045720 above, so
    0.034290 is added: 0.188570. For Monday Saturday counts half: 0.2684600 /
    2.1846 = 0.122888, with the same addition 0.157178.
    """
    curve = history(
        utc(1, 15),
        utc(1, 18),
        # No two days are quite the same, as in a market.
        lambda local: (0.2 if local.day == 17 else 0.1) + local.day * 1e-9,
    )
    added = forecast(curve, utc(1, 20))
    assert len(added) == 96
    for slot in added[:48]:
        assert slot.import_per_kwh == pytest.approx(0.188570, abs=2e-6)
    for slot in added[48:]:
        assert slot.import_per_kwh == pytest.approx(0.157178, abs=2e-6)


def test_prices_stay_within_what_was_seen() -> None:
    """Export fell to zero everywhere but was always zero at night: it stays zero."""
    curve = history(
        utc(1, 12),
        utc(1, 15),
        by_clock,
        lambda local: 0.2 if local.day < 14 and local.hour >= 6 else 0.0,
    )
    night = forecast(curve, utc(1, 15, 6))
    assert [slot.export_per_kwh for slot in night] == [0.0] * 12


def test_negative_prices_are_learned() -> None:
    """A price below zero at noon each day is expected at noon."""
    curve = history(
        utc(1, 5), utc(1, 15), lambda local: -0.05 if local.hour == 12 else 0.2
    )
    added = forecast(curve, utc(1, 16))
    assert added[24].import_per_kwh == pytest.approx(-0.05, abs=1e-9)
    assert added[23].import_per_kwh == pytest.approx(0.2, abs=1e-9)


def test_two_days_are_needed() -> None:
    """95 known half-hours are too few, 96 are enough."""
    short = history(utc(1, 13, 0, 30), utc(1, 15), by_clock)
    assert extend(short, utc(1, 16)) is not short
    assert extend(short, utc(1, 16)) == short
    assert len(forecast(history(utc(1, 13), utc(1, 15), by_clock), utc(1, 16))) == 48


def test_old_history_teaches_nothing() -> None:
    """A day after an outage of three weeks is a day of history."""
    old = history(utc(1, 1), utc(1, 8), by_clock)
    new = history(utc(2, 1), utc(2, 2), by_clock)
    curve = PriceCurve("GBP", "Europe/London", (*old.slots, *new.slots))
    assert extend(curve, utc(2, 3)) == curve


def test_ends_at_a_time_of_day_that_was_never_known() -> None:
    """What nothing is known about is not made up."""
    curve = history(
        utc(1, 5),
        utc(1, 15),
        lambda local: None if local.hour == 10 else 0.2,
    )
    added = forecast(curve, utc(1, 16))
    assert added[-1].end == utc(1, 15, 10)


def test_nothing_to_do() -> None:
    """A curve that is long enough, or empty, is returned as it is."""
    curve = history(utc(1, 1), utc(1, 15), by_clock)
    assert extend(curve, utc(1, 15)) is curve
    empty = PriceCurve("GBP", "Europe/London", ())
    assert extend(empty, utc(1, 15)) is empty


def test_the_providers_own_forecast_is_kept_and_teaches_nothing() -> None:
    """The forecast goes on after the provider's, from the firm prices alone."""
    firm = history(utc(1, 5), utc(1, 15), lambda _: 0.2)
    own = PriceSlot(utc(1, 15), utc(1, 15, 6), 9.0, 9.0, firm=False)
    added = forecast(PriceCurve("GBP", "Europe/London", (*firm.slots, own)), utc(1, 16))
    assert added[0].start == utc(1, 15, 6)
    assert len(added) == 36
    assert added[0].import_per_kwh == pytest.approx(0.2, abs=1e-9)


def test_ends_between_half_hours() -> None:
    """The first and the last slot may be shorter."""
    curve = history(utc(1, 5), utc(1, 15), by_clock)
    odd = PriceSlot(utc(1, 15), utc(1, 15, 0, 5), 0.0, 0.05)
    added = forecast(
        PriceCurve("GBP", "Europe/London", (*curve.slots, odd)), utc(1, 15, 1, 10)
    )
    assert [(slot.start, slot.end) for slot in added] == [
        (utc(1, 15, 0, 5), utc(1, 15, 0, 30)),
        (utc(1, 15, 0, 30), utc(1, 15, 1)),
        (utc(1, 15, 1), utc(1, 15, 1, 10)),
    ]


@settings(max_examples=15)
@given(
    st.lists(st.floats(-0.2, 1.0), min_size=96, max_size=240),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_any_history(values: list[float], first: int, more: int) -> None:
    """Forecasts stay in range, and extending twice is extending once."""
    start = utc(3, 26)
    curve = PriceCurve(
        "GBP",
        "Europe/London",
        tuple(
            PriceSlot(
                start + index * HALF_HOUR, start + (index + 1) * HALF_HOUR, value, value
            )
            for index, value in enumerate(values)
        ),
    )
    middle = curve.slots[-1].end + first * HALF_HOUR
    end = middle + more * HALF_HOUR
    added = forecast(curve, end)
    assert len(added) == first + more
    prices = [slot.import_per_kwh for slot in added]
    rounding = 1e-12
    assert min(values) - rounding <= min(prices)
    assert max(prices) <= max(values) + rounding
    assert extend(extend(curve, middle), end) == extend(curve, end)
