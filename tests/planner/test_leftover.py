"""What energy is worth when the horizon ends."""

import pytest

from custom_components.power_sync.planner.leftover import leftover_value_per_kwh

from .homes import battery, home


def value(prices: list[float], wear: float = 0.02) -> float:
    """Return the worth in a home that leaves it to the planner."""
    spec = battery(wear_per_kwh=wear)
    return leftover_value_per_kwh(home(prices, spec=spec, leftover_value_per_kwh=None))


def test_a_cheap_purchase_is_saved() -> None:
    """Leftover energy is worth a cheap purchase less losses and wear."""
    # The price that a quarter does not exceed is 0.20: (0.20 - 0.02) * 0.9.
    assert value([0.10, 0.20, 0.30, 0.40, 0.50]) == pytest.approx(0.162)


def test_one_price_spike_does_not_count() -> None:
    """A spike says nothing about the days after."""
    assert value([0.2] * 7 + [20.0]) == pytest.approx(0.162)


def test_free_hours_leave_a_little() -> None:
    """Free hours do not make stored energy worthless."""
    # A quarter of the usual 0.30, less wear: (0.075 - 0.02) * 0.9.
    assert value([-0.1, 0.0, 0.3, 0.3]) == pytest.approx(0.0495)


def test_nothing_is_worth_nothing() -> None:
    """Where energy is always free, storing it gains nothing."""
    assert value([0.0] * 4) == 0.0
    assert value([-0.2] * 4) == 0.0


def test_it_is_below_what_refilling_costs() -> None:
    """It is neither zero nor more than buying it at the highest price."""
    for prices in ([0.3] * 5, [0.1, 0.5, 0.5, 0.5], [20.0]):
        assert 0 < value(prices) < max(prices) / 0.9


def test_the_caller_may_say() -> None:
    """A given value is taken as it is."""
    assert leftover_value_per_kwh(home([0.3], leftover_value_per_kwh=0.07)) == 0.07
