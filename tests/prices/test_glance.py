"""What prices come to at a glance: by hand, and by trying all there is."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.glance import (
    Level,
    Window,
    cheapest_window,
    day_prices,
    level_at,
    slot_ahead,
    tariff_windows,
)

DAY = datetime(2026, 1, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def curve(
    *prices: float | None, start: datetime = DAY, step: timedelta = HOUR, firm: int = 99
) -> PriceCurve:
    """Return prices from midnight on; None leaves a gap, `firm` ones come first."""
    return PriceCurve(
        "GBP",
        "Europe/London",
        tuple(
            PriceSlot(
                start + step * i, start + step * (i + 1), price, 0.05, firm=i < firm
            )
            for i, price in enumerate(prices)
            if price is not None
        ),
    )


def shown(window: Window | None) -> tuple[datetime, datetime, float, bool] | None:
    """Return a window with its mean rounded."""
    if window is None:
        return None
    return window.start, window.end, round(window.mean_per_kwh, 6), window.firm


def at(hour: float) -> datetime:
    """Return a time of the day."""
    return DAY + HOUR * hour


def test_slots_ahead() -> None:
    """The next one begins after the present; behind a gap it is the one after it."""
    known = curve(0.1, 0.2, None, 0.4)
    assert [slot_ahead(known, at(0.5), n) for n in (1, 2, 3)] == [
        known.slots[1],
        known.slots[2],
        None,
    ]
    assert slot_ahead(known, at(1), 1) == known.slots[2]


def test_a_day() -> None:
    """Mean by time: 10 h at 0.1, 9 at 0.4, 4 at 0.2 (one of 24 is unknown)."""
    prices = [*[0.1] * 10, *[0.4] * 9, *[0.2] * 4, None]
    found = day_prices(curve(*prices, firm=20), DAY, DAY + 24 * HOUR)
    assert found is not None
    assert (found.least_per_kwh, found.least_at) == (0.1, at(0))
    assert (found.most_per_kwh, found.most_at) == (0.4, at(10))
    assert found.mean_per_kwh == pytest.approx((1.0 + 3.6 + 0.8) / 23)
    assert (found.known, found.firm) == (23 * HOUR, False)


def test_a_slot_over_midnight_counts_in_part() -> None:
    """A night rate from 23:00 to 5:00 begins with the day, and has 5 hours in it."""
    night = PriceSlot(at(-1), at(5), 0.1, 0.0)
    day = PriceSlot(at(5), at(24), 0.3, 0.0)
    found = day_prices(PriceCurve("GBP", "UTC", (night, day)), DAY, DAY + 24 * HOUR)
    assert found is not None
    assert found.least_at == DAY
    assert found.mean_per_kwh == pytest.approx((5 * 0.1 + 19 * 0.3) / 24)
    assert found.firm


def test_half_a_day_is_needed() -> None:
    """Eleven hours of a day say nothing of it; of the spring's 23, twelve do."""
    known = curve(*[0.2] * 11)
    assert day_prices(known, DAY, DAY + 24 * HOUR) is None
    assert day_prices(curve(*[0.2] * 12), DAY, DAY + 23 * HOUR) is not None
    assert day_prices(curve(), DAY, DAY + 24 * HOUR) is None


@pytest.mark.parametrize(
    ("price", "level"),
    [
        (-0.01, Level.VERY_CHEAP),
        (0.0, Level.VERY_CHEAP),
        # The mean of 48 hours, of which one has another price x: (4.7 + x) / 48.
        (0.0594, Level.VERY_CHEAP),
        (0.0596, Level.CHEAP),
        (0.0898, Level.CHEAP),
        (0.0899, Level.NORMAL),
        (0.1153, Level.NORMAL),
        (0.1154, Level.EXPENSIVE),
        (0.1411, Level.EXPENSIVE),
        (0.1413, Level.VERY_EXPENSIVE),
    ],
)
def test_levels(price: float, level: Level) -> None:
    """60, 90, 115 and 140 % of the mean from a day before to a day after."""
    prices = [0.1] * 24 + [price] + [0.1] * 23
    assert level_at(curve(*prices), at(24)) is level


def test_a_level_where_all_is_given_away() -> None:
    """Beside a mean below zero any price is dear; unknown prices have no level."""
    known = curve(*[-0.1] * 24, 0.01)
    assert level_at(known, at(24)) is Level.VERY_EXPENSIVE
    assert level_at(known, at(25)) is None
    assert level_at(curve(0.1, None, 0.1), at(1.5)) is None


def test_the_cheapest_time() -> None:
    """Two hours: 0.2 and 0.1 come to 0.15, the first of two such times counts."""
    known = curve(0.3, 0.2, 0.1, 0.2, 0.3, firm=3)
    found = cheapest_window(known, 2 * HOUR, DAY, at(5))
    assert shown(found) == (at(1), at(3), 0.15, True)
    # Three half-hours: all of the 0.1, and half of a 0.2 beside it.
    found = cheapest_window(known, 1.5 * HOUR, at(2), at(5))
    assert shown(found) == (at(2), at(3.5), 0.133333, False)


def test_it_lies_between_what_is_asked() -> None:
    """It begins no earlier and ends no later, and needs prices without a gap."""
    known = curve(0.1, 0.3, None, 0.4, 0.5)
    found = cheapest_window(known, HOUR, at(0.5), at(5))
    assert shown(found) == (at(0.5), at(1.5), 0.2, True)
    assert cheapest_window(known, 3 * HOUR, DAY, at(5)) is None
    assert cheapest_window(known, HOUR, at(3.5), at(4)) is None
    assert cheapest_window(curve(), HOUR, DAY, at(5)) is None


@given(
    st.lists(st.integers(-9, 40), min_size=2, max_size=12),
    st.integers(1, 20),
    st.integers(0, 20),
)
def test_no_other_time_is_cheaper(prices: list[int], quarters: int, begin: int) -> None:
    """Every start on five minutes is tried."""
    known = curve(*(price / 100 for price in prices), step=timedelta(minutes=30))
    length, start = timedelta(minutes=15 * quarters), DAY + timedelta(minutes=5 * begin)
    end = known.slots[-1].end
    found = cheapest_window(known, length, start, end)
    step = timedelta(minutes=5)
    starts = [
        start + step * n for n in range(max(0, (end - length - start) // step + 1))
    ]
    means = [known.import_series.mean(each, each + length) for each in starts]
    least = min((mean for mean in means if mean is not None), default=None)
    assert (None if found is None else found.mean_per_kwh) == (
        None if least is None else pytest.approx(least)
    )
    assert found is None or start <= found.start < found.end <= end


def test_windows_of_a_tariff() -> None:
    """Hours of the same prices are one; a gap ends it; those that overlap are whole."""
    known = curve(*[0.1] * 5, *[0.3] * 3, None, *[0.3] * 3, firm=10)
    found = tariff_windows(known, at(2), at(9))
    assert [(each.start, each.end, each.import_per_kwh) for each in found] == [
        (at(0), at(5), (0.1, 0.1)),
        (at(5), at(8), (0.3, 0.3)),
    ]
    assert [each.firm for each in tariff_windows(known, at(2), at(12))] == [
        True,
        True,
        False,
    ]
    assert tariff_windows(curve(), at(0), at(9)) == []


def test_many_prices_are_drawn_together_by_level() -> None:
    """A market's half-hours are not events of their own: their levels are."""
    prices = [0.1 + 0.001 * n for n in range(24)] + [0.5 + 0.001 * n for n in range(8)]
    known = curve(*prices, step=timedelta(minutes=30))
    found = tariff_windows(known, DAY, at(16))
    assert len(found) < 6
    assert found[-1].level is Level.VERY_EXPENSIVE
    assert found[-1].import_per_kwh == pytest.approx((0.5, 0.507))
    assert all(a.end == b.start for a, b in pairwise(found))
