"""What prices may become, learned from what they were."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.spread import (
    CLASSES,
    DAY_SLOTS,
    HALF_HOUR,
    PriceSpread,
    learn,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)

type PriceAt = Callable[[datetime], float]


def curve_of(
    price: PriceAt,
    *,
    days: float = 20,
    step: timedelta = HALF_HOUR,
    zone: str = "Etc/UTC",
) -> PriceCurve:
    """Return firm slots; export pays 5 cents less than import costs."""
    slots = []
    for index in range(int(timedelta(days=days) / step)):
        start = START + index * step
        value = price(start)
        slots.append(PriceSlot(start, start + step, value, value - 0.05))
    return PriceCurve("AUD", zone, tuple(slots))


def spread_of(curve: PriceCurve, until: datetime | None = None) -> PriceSpread:
    """Return what is learned, of which there is enough."""
    spread = learn(curve, until or curve.slots[-1].end)
    assert spread is not None
    return spread


def by_day(start: datetime) -> float:
    """Return a price that is another one each day and each half-hour."""
    return 0.01 * (start.day * 7 % 13) + 0.005 * start.hour + 0.001 * start.minute


def test_a_tariff_that_repeats_has_one_price_at_a_time() -> None:
    """All classes of a half-hour cost the same, and 17:00 is the dear one."""
    spread = spread_of(curve_of(lambda start: 0.9 if start.hour == 17 else 0.1))
    for slot, classes in enumerate(spread.prices):
        price = 0.9 if slot in (34, 35) else 0.1
        assert len(classes) == CLASSES
        for prices in classes:
            assert prices == pytest.approx((price, price - 0.05))


def test_what_follows_is_what_followed() -> None:
    """A dear 17:00 on every other day is followed by a dear 17:30, and else not."""

    def price(start: datetime) -> float:
        dear = start.hour == 17 and start.toordinal() % 2
        return 0.9 if dear else 0.1

    spread = spread_of(curve_of(price))
    at_five = spread.half_hour(START.replace(hour=17))
    for first, then in ((0.1, 0.1), (0.9, 0.9)):
        expected = sum(
            share * chance * prices[0]
            for row, share in spread.place(at_five, (first, first - 0.05))
            for chance, prices in zip(
                spread.chances[at_five][row], spread.prices[at_five + 1], strict=True
            )
        )
        assert expected == pytest.approx(then, abs=0.01)


def test_the_mean_of_the_classes_is_the_mean_of_the_past() -> None:
    """Classes lose no money: a spike is in the top one, and not cut off."""
    spiky = curve_of(lambda start: 15.0 if start == START + 17 * DAY else 0.1)
    top = spread_of(spiky).prices[0][-1]
    assert top[0] == pytest.approx(15.0)
    assert top[1] == pytest.approx(14.95)
    assert spread_of(spiky).prices[0][3][0] == pytest.approx(0.1)


def test_a_spike_of_last_year_is_not_forgotten_but_the_usual_price_is() -> None:
    """The long past says what is rare, the last weeks what is usual."""

    def price(start: datetime) -> float:
        if start == START + 5 * DAY:
            return 10.0
        return 0.1 if start < START + 200 * DAY else 0.2

    midnight = spread_of(curve_of(price, days=260)).prices[0]
    assert midnight[-1][0] > 2.0
    # Half of the weight and more is that of the last weeks.
    assert midnight[7][0] == pytest.approx(0.2)
    assert midnight[0][0] == pytest.approx(0.1)


def test_what_comes_later_is_not_looked_at() -> None:
    """The future may be anything."""
    curve = curve_of(by_day, days=30)
    until = START + 20 * DAY + 7 * HALF_HOUR
    past = tuple(slot for slot in curve.slots if slot.end <= until)
    other = tuple(
        slot if slot.end <= until else replace(slot, import_per_kwh=99.0)
        for slot in curve.slots
    )
    expected = learn(replace(curve, slots=past), until)
    assert expected is not None
    assert learn(curve, until) == expected
    assert learn(replace(curve, slots=other), until) == expected


def test_a_price_that_was_only_forecast_teaches_nothing() -> None:
    """A guess is no evidence."""
    curve = curve_of(by_day)
    guessed = tuple(replace(slot, firm=False) for slot in curve.slots[:480])
    mixed = replace(curve, slots=(*guessed, *curve.slots[480:]))
    assert learn(mixed, curve.slots[-1].end) is None


def test_too_little_past_says_nothing() -> None:
    """Fourteen days at every time of day are the least."""
    assert learn(curve_of(by_day, days=13.9), START + 20 * DAY) is None
    assert learn(curve_of(by_day, days=14), START + 20 * DAY) is not None


def test_a_price_that_is_no_number_is_no_price() -> None:
    """One broken row of the past spoils nothing."""
    curve = curve_of(by_day)
    broken = tuple(
        replace(slot, import_per_kwh=float("nan")) if index == 99 else slot
        for index, slot in enumerate(curve.slots)
    )
    without = tuple(slot for index, slot in enumerate(curve.slots) if index != 99)
    assert spread_of(replace(curve, slots=broken)) == spread_of(
        replace(curve, slots=without)
    )


def test_the_length_of_the_slots_changes_nothing() -> None:
    """Five minutes, half an hour, an hour: half-hours are learned."""
    hourly = spread_of(curve_of(lambda at: 0.01 * (at.hour + at.day % 3)))
    for minutes in (5, 60):
        curve = curve_of(
            lambda at: 0.01 * (at.hour + at.day % 3), step=timedelta(minutes=minutes)
        )
        other = spread_of(curve)
        for one, two in zip(other.prices, hourly.prices, strict=True):
            for mine, yours in zip(one, two, strict=True):
                assert mine == pytest.approx(yours)


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Melbourne"])
def test_a_changed_clock_breaks_no_chain(zone: str) -> None:
    """Days of 23 and 25 hours are learned by the clock of the home."""
    spread = spread_of(curve_of(by_day, days=60, zone=zone))
    assert len(spread.prices) == len(spread.chances) == DAY_SLOTS
    for rows in spread.chances:
        for row in rows:
            assert sum(row) == pytest.approx(1)


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(
        st.one_of(
            st.sampled_from([0.0, 0.1, -1.0, 20.0, 1e6, -1e6]), st.floats(-2.0, 20.0)
        ),
        min_size=1,
        max_size=40,
    ),
    asked=st.floats(-1e7, 1e7),
)
def test_chances_are_chances(values: list[float], asked: float) -> None:
    """Whatever the prices: shares add up to 1, classes ascend, and it is repeatable."""
    curve = curve_of(
        lambda at: values[int((at - START) / HALF_HOUR) % len(values)], days=14
    )
    spread = spread_of(curve)
    assert spread == spread_of(curve)
    least = min(2 * value - 0.05 for value in values)
    most = max(2 * value - 0.05 for value in values)
    slack = 1e-9 * max(1.0, abs(least), abs(most))
    for slot, classes in enumerate(spread.prices):
        sums = [sum(prices) for prices in classes]
        for low, high in pairwise(sums):
            assert low <= high + slack
        assert sums[0] >= least - slack
        assert sums[-1] <= most + slack
        place = spread.place(slot, (asked, 0.0))
        assert sum(share for _, share in place) == pytest.approx(1)
        for row in spread.chances[slot]:
            assert min(row) >= 0
            assert sum(row) == pytest.approx(1)
