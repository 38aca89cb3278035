"""The billing period: the highest import within the window, and what is to be paid."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
import json

import pytest

from custom_components.power_sync.ledger.codec import ledger_from_json, ledger_to_json
from custom_components.power_sync.ledger.period import Bill
from custom_components.power_sync.prices.demand import Charges, RateIs

from .days import BATTERY, HOUR, MIDNIGHT, Count, prices

HALF_HOUR = HOUR / 2
CHARGES = Charges(
    rate_per_kw=9.0,
    start=time(14, 55),
    end=time(21),
    billing_day=15,
    monthly_fee=25.0,
)
"""MIDNIGHT is that of 14 January: the last day of a period of 31 days."""
FLAT = prices(*[0.3] * 72)


def count_from(hour: float, rate_is: RateIs = RateIs.PER_PERIOD) -> Count:
    """Return a count that begins so many hours after midnight."""
    count = Count(FLAT, charges=replace(CHARGES, rate_is=rate_is))
    count.now = MIDNIGHT + hour * HOUR
    return count


def bill(count: Count, *, expected_kw: float = 0.0) -> Bill:
    """Return the bill of now, with a supply charge of 1.10 a day."""
    period = count.ledger.period
    assert period is not None
    return period.bill(
        count.charges,
        standing_per_day=1.1,
        expected_kw=expected_kw,
        now=count.now,
        zone=UTC,
    )


def test_the_peak_of_a_period() -> None:
    """The facts' own figures: 11.8 outside, 4.2, 7.25 inside, 10.99 at 21:00 sharp."""
    count = count_from(13)
    count.run(1.5 * HOUR, net_kw=11.8)
    count.run(HALF_HOUR)
    assert bill(count).peak_kw == 0
    count.run(HALF_HOUR, net_kw=4.2)
    assert bill(count).peak_kw == pytest.approx(4.2)
    assert bill(count).demand == pytest.approx(37.8)
    count.run(4 * HOUR, net_kw=1.0)
    count.run(HALF_HOUR, net_kw=7.25)
    count.run(HALF_HOUR)
    assert count.now == MIDNIGHT + 20.5 * HOUR
    count.run(HALF_HOUR, net_kw=2.0)
    count.run(HALF_HOUR, net_kw=10.99)
    assert bill(count).peak_kw == pytest.approx(7.25)

    # It survives a restart, in the file and back.
    stored = json.loads(json.dumps(ledger_to_json(count.ledger)))
    count.ledger = ledger_from_json(stored)
    count.ledger.charges = CHARGES
    count.run(HALF_HOUR, net_kw=2.0)
    assert bill(count).peak_kw == pytest.approx(7.25)
    assert bill(count).start == datetime(2025, 12, 15, tzinfo=UTC)

    # The 15th begins anew; the window has to begin, too.
    count.run(3 * HOUR)
    assert bill(count).peak_kw == 0
    count.now = MIDNIGHT + 39 * HOUR
    count.run(HALF_HOUR, net_kw=2.0)
    assert bill(count).peak_kw == pytest.approx(2.0)
    assert bill(count).start == MIDNIGHT + 24 * HOUR


def test_what_is_half_measured() -> None:
    """Less than half of a half-hour says nothing; more of it stands for all."""
    count = count_from(16)
    count.run(timedelta(minutes=14), net_kw=8.0)
    count.now = MIDNIGHT + 17 * HOUR
    count.run(timedelta(minutes=20), net_kw=3.0)
    count.now = MIDNIGHT + 18 * HOUR
    count.ledger.turn(count.now, UTC, count.closing)
    assert bill(count).peak_kw == pytest.approx(3.0)


def test_an_interval_goes_on_after_a_restart() -> None:
    """What was measured of it is kept: 10 minutes of 6 kW and 20 of 3 are 4 kW."""
    count = count_from(16)
    count.run(timedelta(minutes=10), net_kw=6.0)
    stored = json.loads(json.dumps(ledger_to_json(count.ledger)))
    assert ledger_from_json(stored) == count.ledger
    count.ledger = ledger_from_json(stored)
    count.ledger.charges = CHARGES
    count.run(timedelta(minutes=21), net_kw=3.0)
    assert bill(count).peak_kw == pytest.approx(4.0)


def test_the_bill() -> None:
    """By hand, on the last of 31 days: 1 kWh at 30 c, and all that comes beside it."""
    count = count_from(16)
    count.run(HALF_HOUR, net_kw=2.0)
    found = bill(count, expected_kw=3.0)
    assert found.days == 31
    assert found.energy == pytest.approx(0.3)
    assert found.demand == pytest.approx(18.0)
    assert found.demand_expected == pytest.approx(27.0)
    assert found.supply == found.supply_whole == pytest.approx(34.1)
    assert found.total == pytest.approx(0.3 + 18 + 34.1 + 25)
    # A supply charge that nobody knows is not made up.
    period = count.ledger.period
    assert period is not None
    unknown = period.bill(
        CHARGES, standing_per_day=None, expected_kw=0.0, now=count.now, zone=UTC
    )
    assert unknown.supply is None
    assert unknown.total == pytest.approx(0.3 + 18 + 25)


@pytest.mark.parametrize(
    ("rate_is", "first_day", "expected"),
    [(RateIs.PER_PERIOD, 18.0, 18.0), (RateIs.PER_DAY, 18.0, 31 * 18.0)],
)
def test_a_rate_by_the_day(rate_is: RateIs, first_day: float, expected: float) -> None:
    """On the first day of a period one day is due; expected are all of them."""
    count = count_from(40, rate_is=rate_is)
    count.run(HALF_HOUR, net_kw=2.0)
    found = bill(count)
    assert found.days == 1
    assert found.demand == pytest.approx(first_day)
    assert found.demand_expected == pytest.approx(expected)


def test_what_is_saved_on_it() -> None:
    """The battery gives 2 of 4 kW, which it would not have: it is held at its floor.

    Without PowerSync it had been emptied before: 4 kW at 9 less 2 kW at 9 are 18.
    """
    count = count_from(12)
    count.value = 0.0
    count.read()
    count.acting = True
    count.store(20.0)
    # 1.6 kWh serve the home at noon in plain self-consumption; here the grid does.
    count.run(2 * HOUR, net_kw=0.8)
    count.run(2 * HOUR)
    count.run(HALF_HOUR, net_kw=4.0, battery_kw=2.0)
    period = count.ledger.period
    assert period is not None
    assert period.peak_kw == pytest.approx(2.0)
    assert period.baseline_peak_kw == pytest.approx(4.0)
    found = bill(count)
    assert found.demand_saved == pytest.approx(18.0)
    money = count.figures.saved_total
    assert money is not None
    assert money - count.saved == pytest.approx(18.0)
    # What a period has saved stays saved when the next one begins.
    count.acting = False
    count.run(10 * HOUR)
    assert period is not count.ledger.period
    assert count.ledger.saved_before == pytest.approx(money, abs=1e-6)
    assert BATTERY.soc_pct == 20.0


def test_a_file_of_before() -> None:
    """Ledgers without billing periods are read; a broken period is no ledger."""
    count = count_from(16)
    count.run(HALF_HOUR, net_kw=2.0)
    stored = json.loads(json.dumps(ledger_to_json(count.ledger)))
    period = stored.pop("period")
    assert ledger_from_json(stored).period is None
    for broken in ({**period, "interval": "?"}, {**period, "peak_kw": None}):
        with pytest.raises(ValueError, match="not a ledger"):
            ledger_from_json({**stored, "period": broken})
