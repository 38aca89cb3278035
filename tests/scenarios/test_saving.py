"""What a day's plan has saved is counted, as it is carried out on an inverter."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from simulators.octopus import OctopusSimulator, Rate
from simulators.octopus.rates import ListedBook
from simulators.profile import constant
from tests.common import EXPORT_PRODUCT, IMPORT_PRODUCT, NOON

from .life import MINUTE, Life

DAY = timedelta(days=1)
HALF_PAST = NOON + 30 * MINUTE


@pytest.fixture
def cheap_until_half_past(
    frozen_time: FrozenDateTimeFactory, octopus: OctopusSimulator
) -> None:
    """Sell at 5 p until half past twelve, then at 40 p; buy at 3 p."""
    bought = (Rate(5, 5, NOON - DAY, HALF_PAST), Rate(40, 40, HALF_PAST, NOON + DAY))
    sold = (Rate(3, 3, NOON - DAY, NOON + DAY),)
    for code, rates in ((IMPORT_PRODUCT, bought), (EXPORT_PRODUCT, sold)):
        octopus.products[code] = replace(octopus.products[code], book=ListedBook(rates))


def amount(life: Life, name: str) -> float:
    """Return an amount of money."""
    state = life.hass.states.get(f"sensor.powersync_{name}")
    assert state is not None
    return float(state.state)


def made_of(life: Life) -> Mapping[str, Any]:
    """Return what the saving of the day is made of."""
    state = life.hass.states.get("sensor.powersync_saved_today")
    assert state is not None
    return state.attributes


@pytest.mark.usefixtures("cheap_until_half_past")
async def test_a_plan_that_buys_cheap_saves(life: Life) -> None:
    """The battery is filled for 5 p, and serves the home instead of 40 p."""
    life.inverter.home.profile = constant(4000, 0)
    life.inverter.home.soc_pct = 20.0
    await life.set_up(automatic=True)
    for battery in life.site.coordinators.batteries.values():
        battery.update_interval = MINUTE
    await life.wait(30 * MINUTE)
    assert made_of(life)["basis"] == "partly"
    # Money has been spent, and what was bought with it is worth more.
    assert made_of(life)["saved_at_meter"] < -0.1
    assert made_of(life)["more_stored_kwh"] > 3
    assert amount(life, "saved_today") > 0.5
    await life.wait(30 * MINUTE)
    # By now half an hour of 4 kW came from the battery.
    assert made_of(life)["saved_at_meter"] > 0.3
    assert amount(life, "saved_today") > 0.5
    assert amount(life, "saved_in_total") == amount(life, "saved_today")
    saved = amount(life, "cost_today_without_powersync") - amount(
        life, "cost_today_so_far"
    )
    assert saved == pytest.approx(amount(life, "saved_today"), abs=2e-4)
