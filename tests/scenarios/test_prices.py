"""Prices: late, missing, or such that the plan charges now."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode
from simulators.octopus import Fault, OctopusSimulator, Rate
from simulators.octopus.rates import ListedBook
from simulators.profile import constant
from tests.common import EXPORT_PRODUCT, IMPORT_PRODUCT, NOON

from .life import CHARGE, FORCED, OWNERS, Life, controls, forced

POLLS = timedelta(seconds=10)
SLOTS_IN_48_H = 576
TONIGHT = datetime(2026, 1, 14, 23, tzinfo=UTC)
TOMORROW_NIGHT = TONIGHT + timedelta(days=1)
NO_PRICES = "Error fetching electricity prices data"
NO_PLAN = "Error fetching plan data"
SLEPT = ("Control has not run for two minutes", NO_PLAN)
"""What is said when the clock jumps, as after a computer's sleep."""


def cheap_hour(octopus: OctopusSimulator) -> None:
    """Sell at 2 p from 12:00 to 13:00 and at 40 p otherwise; buy at 1 p."""
    begin, hour = NOON - timedelta(days=2), timedelta(hours=1)
    imports = (
        Rate(38.0, 40.0, begin, NOON),
        Rate(1.9, 2.0, NOON, NOON + hour),
        Rate(38.0, 40.0, NOON + hour, NOON + timedelta(hours=30)),
    )
    exports = (Rate(1.0, 1.0, begin, NOON + timedelta(hours=30)),)
    for code, rows in ((IMPORT_PRODUCT, imports), (EXPORT_PRODUCT, exports)):
        octopus.products[code] = replace(octopus.products[code], book=ListedBook(rows))


async def test_the_inverter_follows_the_plan(life: Life) -> None:
    """A cheap hour is bought in, and the battery given back after it.

    From 55 % of 9.6 kWh there are 4.3 kWh to fill.
    """
    cheap_hour(life.octopus)
    await life.set_up(automatic=True)
    assert life.battery.lease.master is Master.PLAN
    assert life.battery.lease.mode is Mode.CHARGE
    # The plan would go to the rating of 10.6 kW, but the owner's ceiling is 8 kW.
    assert controls(life.inverter) == forced(CHARGE, 8000)
    await life.wait(timedelta(minutes=59))
    assert life.inverter.home.soc_pct > 95
    await life.wait(timedelta(minutes=3))
    assert controls(life.inverter)[:2] != (FORCED, CHARGE)
    await life.act("restore_normal")
    await life.site.async_set(automatic=False)
    assert controls(life.inverter) == OWNERS


async def test_a_dry_run_shows_the_plan_and_writes_nothing(life: Life) -> None:
    """The same hour, before the user goes live; then they do."""
    cheap_hour(life.octopus)
    await life.set_up(automatic=True)
    await life.site.async_set(dry_run=True)
    done = len(life.inverter.writes)
    await life.wait(timedelta(minutes=10))
    assert len(life.inverter.writes) == done
    assert controls(life.inverter) == OWNERS
    last = life.site.controller.log.entries[-1]
    assert last.command is not None
    assert last.command.mode is Mode.CHARGE
    await life.site.async_set(dry_run=False)
    assert controls(life.inverter)[:2] == (FORCED, CHARGE)
    await life.site.async_set(automatic=False)
    assert controls(life.inverter) == OWNERS


async def test_off_leaves_the_battery_to_its_owner(life: Life) -> None:
    """The plan wants to charge now, and nothing is written; a force still is."""
    cheap_hour(life.octopus)
    await life.set_up()
    await life.wait(timedelta(minutes=12))
    slot = life.plan.slot_at(life.now)
    assert slot is not None
    assert slot.mode is Mode.CHARGE
    assert life.inverter.writes == []
    await life.charge(5)
    await life.wait(timedelta(minutes=5))
    assert controls(life.inverter) == OWNERS


async def test_a_tick_does_not_undo_the_switch_to_dry_run(life: Life) -> None:
    """The plan still wants to charge while the battery is being given back."""
    cheap_hour(life.octopus)
    await life.set_up(automatic=True)
    assert controls(life.inverter) == forced(CHARGE, 8000)
    life.inverter.faults.delay_s = 0.02
    switching = asyncio.create_task(life.site.async_set(dry_run=True))
    await life.until_written(0)
    await life.site.controller.tick()
    life.inverter.faults.delay_s = 0
    await switching
    await life.wait(timedelta(minutes=1))
    assert controls(life.inverter) == OWNERS


async def test_an_import_limit_cuts_a_forced_charge(life: Life) -> None:
    """3 kW at the meter and 1.2 kW of load, without sun: 1.8 kW are left."""
    life.inverter.home.profile = constant(1200, 0)
    await life.set_up(import_limit_w=3000)
    await life.act("force_charge", duration=15, power_w=3000)
    assert controls(life.inverter) == forced(CHARGE, 1800)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


async def test_tomorrows_prices_that_are_late(life: Life) -> None:
    """The plan goes on with forecast prices, marked as such, and asks politely."""
    life.octopus.hold_publication(
        NOON + timedelta(hours=4), NOON + timedelta(hours=4, minutes=40)
    )
    await life.set_up()
    life.log.expect(*SLEPT)
    life.clock.move_to(NOON + timedelta(hours=3, minutes=58))
    await life.wait(timedelta(minutes=3), POLLS)
    before = len(life.octopus.requests)
    await life.wait(timedelta(minutes=30))
    asked = len(life.octopus.requests) - before
    # Every five minutes, import and export, with some seconds of its own each.
    assert 2 * 4 <= asked <= 2 * 6
    curve = life.site.coordinators.prices.curve
    assert curve is not None
    assert curve.firm_until == TONIGHT
    plan = life.plan
    assert plan.made_at > NOON + timedelta(hours=4, minutes=20)
    assert len(plan.slots) == SLOTS_IN_48_H
    for start, slot in zip(plan.grid.starts(), plan.slots, strict=True):
        assert slot.firm is (start < TONIGHT)
    known = {
        start: slot.import_per_kwh
        for start, slot in zip(plan.grid.starts(), plan.slots, strict=True)
        if slot.firm
    }
    await life.wait(timedelta(minutes=17))
    curve = life.site.coordinators.prices.curve
    assert curve is not None
    assert curve.firm_until == TOMORROW_NIGHT
    later = life.plan
    for start, slot in zip(later.grid.starts(), later.slots, strict=True):
        assert slot.firm is (start < TOMORROW_NIGHT)
        # What was known stays known.
        assert slot.import_per_kwh == known.get(start, slot.import_per_kwh)


async def test_without_a_firm_price_of_now_nothing_is_traded(life: Life) -> None:
    """The publication never comes; at 23:00 the battery is its owner's."""
    life.octopus.hold_publication(NOON)
    await life.set_up(automatic=True)
    life.clock.move_to(TONIGHT + timedelta(minutes=1))
    life.log.expect(*SLEPT)
    await life.wait(timedelta(minutes=10))
    slot = life.plan.slot_at(life.now)
    assert slot is not None
    assert not slot.firm
    assert life.battery.lease.reason == "price_not_firm"
    assert controls(life.inverter) == OWNERS
    await life.charge(15)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


async def test_an_outage_of_the_provider_loses_no_prices(life: Life) -> None:
    """The plan goes on with those known, and is asked for ever less often."""
    life.log.expect(*SLEPT)
    await life.set_up()
    curve = life.site.coordinators.prices.curve
    life.octopus.standing_fault = Fault(status=503)
    before = len(life.octopus.requests)
    # The next fetch is due after an hour; then after half a minute, one, two, ...
    life.clock.move_to(NOON + timedelta(minutes=59))
    await life.wait(timedelta(minutes=35))
    assert 5 <= len(life.octopus.requests) - before <= 8
    assert life.site.coordinators.prices.error is not None
    assert life.site.coordinators.prices.curve == curve
    assert life.plan.made_at >= NOON + timedelta(minutes=90)
    life.octopus.heal()
    await life.wait(timedelta(minutes=17))
    assert life.site.coordinators.prices.error is None


@pytest.mark.parametrize("down", ["refusing", "silent"])
async def test_a_provider_that_is_down_at_the_start(life: Life, down: str) -> None:
    """What was pending is given back, and a force works; plans come later."""
    life.log.expect(NO_PRICES, NO_PLAN)
    await life.set_up()
    await life.charge(15)
    await life.crash()
    life.clock.tick(timedelta(hours=1))
    if down == "refusing":
        await life.octopus.stop()
    else:
        life.octopus.standing_fault = Fault(delay_s=30)
    await life.hass.config_entries.async_setup(life.entry.entry_id)
    assert controls(life.inverter) == OWNERS
    await life.hass.services.async_call(
        "power_sync", "force_charge", {"duration": 15, "power_w": 3000}, blocking=True
    )
    assert controls(life.inverter) == forced(CHARGE, 3000)
    assert life.site.coordinators.plan.planning is None
    life.octopus.heal()
    if down == "refusing":
        await life.octopus.start()
    else:
        await life.octopus.stop()
        await life.octopus.start()
    await life.settle()
    await life.wait(timedelta(minutes=16))
    assert controls(life.inverter) == OWNERS
    assert life.plan.slots
