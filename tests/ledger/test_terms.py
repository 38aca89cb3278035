"""Credits and caps in the accounts, by hand."""

from dataclasses import replace
from datetime import UTC, timedelta
import json

import pytest

from custom_components.power_sync.ledger.codec import ledger_from_json, ledger_to_json
from custom_components.power_sync.model.prices import Cap, Credit, PriceCurve

from .days import HOUR, MIDNIGHT, Count, prices

EVENING = MIDNIGHT + 18 * HOUR
CREDIT = Credit(EVENING, EVENING + 3 * HOUR, 1.0, 0.09)
FLAT = prices(*[0.3] * 72, sold=0.1)


def sold_up_to(kwh: float) -> Cap:
    """Return the cap of what is sold in the evening; what is beyond brings 3 c."""
    return Cap(EVENING, EVENING + 3 * HOUR, True, "sold", kwh, 0.03)  # noqa: FBT003


def count_of(curve: PriceCurve, hour: float = 17.5) -> Count:
    """Return a count that begins at an hour."""
    count = Count(curve)
    count.now = MIDNIGHT + hour * HOUR
    return count


def credited(count: Count) -> float:
    """Return what the billing period has been credited."""
    period = count.ledger.period
    assert period is not None
    return period.credited


def test_a_credit_is_paid_when_its_window_ends() -> None:
    """What is bought before and after does not count; what it pays is in the day."""
    count = count_of(replace(FLAT, credits=(CREDIT,)))
    count.run(HOUR / 2, net_kw=4.0)
    count.run(3 * HOUR - timedelta(minutes=1), net_kw=0.029)
    assert credited(count) == 0
    assert count.ledger.terms.bought_for(CREDIT) == pytest.approx(0.087, abs=2e-3)
    # It survives a restart.
    count.ledger = ledger_from_json(
        json.loads(json.dumps(ledger_to_json(count.ledger)))
    )
    assert count.ledger.terms.bought_for(CREDIT) == pytest.approx(0.087, abs=2e-3)
    count.run(HOUR / 2, net_kw=0.0)
    assert credited(count) == 1.0
    # Both homes have it: PowerSync has changed nothing.
    assert count.figures.paid == pytest.approx(2 * 0.3 + 0.0261 - 1, abs=2e-3)
    assert count.saved == pytest.approx(0.0)
    # It is paid once.
    count.run(HOUR / 2, net_kw=0.0)
    assert credited(count) == 1.0


def test_a_credit_that_is_lost() -> None:
    """The home without PowerSync would have lost it; this one has it: it saved that."""
    count = count_of(replace(FLAT, credits=(CREDIT,)))
    count.battery = replace(count.battery, soc_pct=0.0)
    count.value = 0.0
    count.run(HOUR / 2)
    count.acting = True
    count.read()
    # The battery gives what the other home's empty one has not.
    count.run(3 * HOUR + timedelta(minutes=5), net_kw=1.0, battery_kw=1.0)
    assert credited(count) == 1.0
    assert count.saved > 1.0
    lost = count_of(replace(FLAT, credits=(CREDIT,)))
    lost.run(4 * HOUR, net_kw=0.04)
    assert credited(lost) == 0
    assert not lost.ledger.terms.ahead(lost.curve).credits


def test_a_window_that_was_not_measured() -> None:
    """Of two thirds nobody knows what was bought: no home is credited anything."""
    count = count_of(replace(FLAT, credits=(CREDIT,)), hour=20)
    count.run(1.5 * HOUR)
    assert credited(count) == 0
    count.ledger.turn(count.now, UTC, count.closing)


def test_what_is_sold_beyond_a_cap() -> None:
    """Of 6 kWh five bring 10 c and one 3 c; what is left of it is told the planner."""
    curve = replace(FLAT, caps=(sold_up_to(5.0),))
    count = count_of(curve)
    count.run(HOUR / 2, net_kw=-2.0)
    assert count.figures.paid == pytest.approx(-0.1)
    (left,) = count.ledger.terms.ahead(curve).caps
    assert left.most_kwh == 5.0
    count.run(2 * HOUR, net_kw=-2.0)
    (left,) = count.ledger.terms.ahead(curve).caps
    assert left.most_kwh == pytest.approx(1.0, abs=0.04)
    count.run(HOUR, net_kw=-2.0)
    assert count.figures.paid == pytest.approx(-0.1 - 0.5 - 0.03, abs=5e-3)
    period = count.ledger.period
    assert period is not None
    assert period.paid == pytest.approx(count.figures.paid)
    (left,) = count.ledger.terms.ahead(curve).caps
    assert left.most_kwh == 0


def test_what_is_free_up_to_a_cap() -> None:
    """Of 3 kWh at nothing one is beyond, and costs 38 c."""
    cap = Cap(EVENING, EVENING + HOUR, False, "bought", 2.0, 0.38)  # noqa: FBT003
    count = count_of(replace(prices(*[0.0] * 48), caps=(cap,)), hour=18)
    count.run(HOUR, net_kw=3.0)
    assert count.figures.paid == pytest.approx(0.38, abs=0.02)


def test_old_counts_go() -> None:
    """A month's pool is forgotten when the month is long over."""
    count = count_of(replace(FLAT, caps=(sold_up_to(5.0),)), hour=18)
    count.run(HOUR, net_kw=-1.0)
    assert set(count.ledger.terms.counted) == {"sold"}
    count.now += timedelta(days=33)
    count.read()
    assert not count.ledger.terms.counted
    assert count.ledger.terms.ahead(FLAT) is FLAT


@pytest.mark.parametrize("terms", [[], {"credit": []}, {"credit": {}}])
def test_what_cannot_be_read(terms: object) -> None:
    """A file with anything else is no ledger."""
    stored = {**ledger_to_json(count_of(FLAT).ledger), "terms": terms}
    with pytest.raises(ValueError, match="not a ledger"):
        ledger_from_json(stored)
