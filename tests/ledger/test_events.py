"""What a contract pays in an event, on top of the price for what is sold."""

from dataclasses import replace

import pytest

from .days import HOUR, STEP, Count, prices

PRICES = prices(*[0.30] * 30, sold=0.10)


def test_what_is_sold_in_an_event() -> None:
    """2 kWh of the battery bring 2 x (0.10 + 1.00), and 1 kWh after it 0.10.

    Without PowerSync the battery would have kept them: 3 / 0.8 kWh of the cells.
    """
    count = Count(PRICES, acting=True, value=0.0, event_per_kwh=1.0)
    count.store(90.0)
    count.run(HOUR, battery_kw=2.0)
    assert count.figures.paid == pytest.approx(-2.2)
    assert count.figures.baseline_paid == pytest.approx(0.0)
    count.event_per_kwh = 0.0
    count.run(HOUR, battery_kw=1.0)
    assert count.figures.paid == pytest.approx(-2.3)
    assert count.figures.more_kwh == pytest.approx(-3.75)
    assert count.saved == pytest.approx(2.3)


def test_what_both_homes_sell() -> None:
    """The sun is paid for in any case, and what is bought costs what it did."""
    count = Count(PRICES, event_per_kwh=1.0)
    count.run(HOUR, net_kw=-2.0)
    assert count.figures.paid == pytest.approx(-2.2)
    assert count.figures.baseline_paid == pytest.approx(-2.2)
    count.run(HOUR, net_kw=2.0)
    assert count.figures.paid == pytest.approx(-1.6)


def test_an_estimate_in_an_event() -> None:
    """What is settled is the price, and what the event pays stays."""
    first, *others = PRICES.slots
    guessed = replace(first, export_per_kwh=0.05, estimate=True)
    count = Count(replace(PRICES, slots=(guessed, *others)), event_per_kwh=1.0)
    count.run(HOUR, net_kw=-2.0)
    assert count.figures.paid == pytest.approx(-2.1)
    count.curve = PRICES
    count.run(STEP)
    assert count.figures.paid == pytest.approx(-2.2)
