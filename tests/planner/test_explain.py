"""Each slot says why, with numbers that bear it out."""

from dataclasses import replace

import pytest

from custom_components.power_sync.model.plan import ReasonKey
from custom_components.power_sync.planner import plan

from .homes import HOUR, START, battery, home, random_convex

STORES = {ReasonKey.CHARGE_FOR_LATER, ReasonKey.STORE_SUN, ReasonKey.KEEP_FOR_LATER}
CLOSE = 1e-6
RELEASES = {ReasonKey.DISCHARGE_TO_GRID, ReasonKey.SELL_SUN}


def test_charging_names_price_worth_and_hour() -> None:
    """A charge says what it costs, what it is worth and when."""
    spec = battery(soc_pct=10, wear_per_kwh=0.02)
    found = plan(home([0.10, 0.20, 0.50], load_kw=[0.0, 0.0, 3.0], spec=spec))
    reason = found.slots[0].reason
    assert reason.key is ReasonKey.CHARGE_FOR_LATER
    assert reason.price_per_kwh == 0.10
    # Of a kWh bought, 0.9 * 0.9 reach the home and save 0.50, less wear.
    assert reason.value_per_kwh == pytest.approx(0.81 * 0.48)
    assert reason.used_at == START + 2 * HOUR


def test_keeping_names_the_price_it_is_kept_for() -> None:
    """Energy that is kept names the later price."""
    found = plan(home([0.20, 0.40], load_kw=0.9, spec=battery(soc_pct=20)))
    reason = found.slots[0].reason
    assert reason.key is ReasonKey.KEEP_FOR_LATER
    assert (reason.price_per_kwh, reason.used_at) == (0.20, START + HOUR)
    assert reason.value_per_kwh == pytest.approx(0.40)


def test_every_plain_reason() -> None:
    """Each situation has its reason."""
    found = plan(
        home(
            [0.30, 0.30, -0.05, 0.30, 0.60],
            [0.05, 0.05, -0.05, 0.05, 0.50],
            solar_kw=[0.0, 9.0, 0.0, 9.0, 0.0],
            load_kw=[9.0, 0.0, 1.0, 0.0, 1.0],
            spec=battery(soc_pct=10),
        )
    )
    keys = [slot.reason.key for slot in found.slots]
    assert keys[0] is ReasonKey.EMPTY
    assert keys[2] is ReasonKey.CHARGE_PAID
    assert keys[4] is ReasonKey.DISCHARGE_TO_GRID
    full = plan(
        home([0.3], 0.05, solar_kw=3.0, spec=battery(soc_pct=100), battery_export=False)
    )
    assert full.slots[0].reason.key is ReasonKey.FULL
    even = plan(home([0.3], 0.05, solar_kw=1.0, battery_export=False))
    assert even.slots[0].reason.key is ReasonKey.BALANCED


@pytest.mark.parametrize("seed", range(60))
def test_the_numbers_bear_the_reason_out(seed: int) -> None:
    """Storing is worth its price or more, selling its price or less."""
    # Keeping an import limit is a reason of its own, and so is a mode that may
    # not be used.
    problem = replace(
        random_convex(seed),
        import_limit_kw=None,
        grid_charging=True,
        battery_export=True,
    )
    found = plan(problem)
    for slot in found.slots:
        price, value = slot.reason.price_per_kwh, slot.reason.value_per_kwh
        assert price is not None
        assert value is not None
        if slot.reason.key in STORES and slot.curtailed_kw == 0:
            assert value >= price - CLOSE
        if slot.reason.key in RELEASES:
            assert value <= price + CLOSE
