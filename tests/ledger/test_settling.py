"""What was counted at an estimated price is corrected once the price is settled."""

from dataclasses import replace
from datetime import timedelta
import json

import pytest

from custom_components.power_sync.ledger.codec import ledger_from_json, ledger_to_json
from custom_components.power_sync.ledger.settling import KEPT

from .days import HOUR, MIDNIGHT, Count, prices

SETTLED = prices(*[0.30] * 30, sold=0.10)
AGAIN = timedelta(minutes=1)


def estimated(bought: float, sold: float) -> Count:
    """Return a count of a home whose first hour has an estimated price."""
    first, *others = SETTLED.slots
    guessed = replace(first, import_per_kwh=bought, export_per_kwh=sold, estimate=True)
    return Count(replace(SETTLED, slots=(guessed, *others)))


def test_what_is_bought() -> None:
    """2 kWh at 50 c that turn out to cost 30: 40 c less, and once only."""
    count = estimated(0.50, 0.10)
    count.run(HOUR, net_kw=2.0)
    assert count.figures.paid == pytest.approx(1.0)
    count.curve = SETTLED
    count.run(AGAIN)
    assert count.figures.paid == pytest.approx(0.6)
    period = count.ledger.period
    assert period is not None
    assert (period.paid, period.baseline_paid) == pytest.approx((0.6, 0.6))
    count.run(AGAIN)
    assert count.figures.paid == pytest.approx(0.6)
    assert count.saved == pytest.approx(0.0)


def test_what_is_sold() -> None:
    """2 kWh sold at 5 c bring 10."""
    count = estimated(0.30, 0.05)
    count.run(HOUR, net_kw=-2.0)
    count.curve = SETTLED
    count.run(AGAIN)
    assert count.figures.paid == pytest.approx(-0.2)


def test_an_estimate_that_changes() -> None:
    """Each part is corrected from the price it was counted at."""
    count = estimated(0.50, 0.10)
    count.run(HOUR / 2, net_kw=2.0)
    count.curve = estimated(0.40, 0.10).curve
    count.run(HOUR / 2, net_kw=2.0)
    assert count.figures.paid == pytest.approx(0.5 + 0.4)
    count.curve = SETTLED
    count.run(AGAIN)
    assert count.figures.paid == pytest.approx(0.6)


def test_an_estimate_that_nobody_settles() -> None:
    """It stays what it is."""
    count = estimated(0.50, 0.10)
    count.run(HOUR, net_kw=2.0)
    count.run(KEPT)
    count.curve = SETTLED
    count.run(AGAIN)
    assert count.figures.paid == pytest.approx(1.0)


def test_over_a_restart() -> None:
    """What waits for its settled price is kept with the rest."""
    count = estimated(0.50, 0.10)
    count.run(HOUR, net_kw=2.0)
    stored = json.loads(json.dumps(ledger_to_json(count.ledger)))
    count.ledger = ledger_from_json(stored)
    count.curve = SETTLED
    count.run(AGAIN)
    assert count.figures.paid == pytest.approx(0.6)


@pytest.mark.parametrize(
    "damage",
    [
        {"estimated": None},
        {"estimated": ["x"]},
        {"estimated": [{}]},
        {"bought": 1.0},
        {"bought": [1.0]},
        {"sold": ["x", 1.0]},
    ],
)
def test_a_damaged_estimate_is_no_ledger(damage: dict[str, object]) -> None:
    """It is refused as the rest of a file is."""
    count = estimated(0.50, 0.10)
    count.run(HOUR, net_kw=2.0)
    stored = json.loads(json.dumps(ledger_to_json(count.ledger)))
    place = stored if "estimated" in damage else stored["estimated"][0]
    place.update(damage)
    with pytest.raises(ValueError, match="not a ledger"):
        ledger_from_json(stored)


def test_over_midnight() -> None:
    """What is settled after its day is paid on the next."""
    count = estimated(0.50, 0.10)
    guessed = replace(SETTLED.slots[23], import_per_kwh=0.5, estimate=True)
    slots = (*SETTLED.slots[:23], guessed, *SETTLED.slots[24:])
    count.curve = replace(SETTLED, slots=slots)
    count.now = MIDNIGHT + 23 * HOUR
    count.run(HOUR, net_kw=2.0)
    assert count.closed[-1].paid == pytest.approx(1.0)
    count.curve = SETTLED
    count.run(AGAIN)
    assert count.figures.paid == pytest.approx(-0.4)
