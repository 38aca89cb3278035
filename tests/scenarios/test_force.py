"""A force: to its end, over restarts, and back to what the owner had."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.power_sync.control.log import Outcome
from homeassistant.exceptions import HomeAssistantError

from .life import (
    CHARGE,
    COMMAND,
    DISCHARGE,
    EMS_MODE,
    FORCED,
    MAX_CHARGE,
    MAX_DISCHARGE,
    OWNERS,
    POWER,
    SELF,
    STOP,
    Life,
    controls,
    forced,
)

pytestmark = pytest.mark.usefixtures("plain_prices")

KEPT_FROM_DISCHARGE = (SELF, STOP, 1234, 800, 1)
"""The owner's settings, but for a discharge ceiling of 10 W."""


async def test_a_force_ends_in_the_owners_settings(life: Life) -> None:
    """Charging for a quarter of an hour, then all is as before."""
    await life.set_up()
    await life.charge(15)
    await life.wait(timedelta(minutes=14))
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=1))
    assert controls(life.inverter) == OWNERS
    assert not life.battery.executor.held
    assert life.record()["force"] is None
    assert life.issues == set()


async def test_a_crash_before_the_end_of_a_force(life: Life) -> None:
    """The force goes on after the restart, to the end that it had."""
    await life.set_up()
    await life.charge(15)
    await life.crash()
    await life.wait(timedelta(minutes=5))
    await life.start()
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=9))
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=1))
    assert controls(life.inverter) == OWNERS


async def test_a_crash_past_the_end_of_a_force(life: Life) -> None:
    """The first thing after the restart is to give the battery back."""
    await life.set_up()
    await life.charge(15)
    await life.crash()
    await life.wait(timedelta(hours=2), timedelta(hours=1))
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.start()
    assert controls(life.inverter) == OWNERS
    assert life.record()["force"] is None


@pytest.mark.parametrize("writes_first", [1, 2, 3])
async def test_a_force_that_is_replaced_while_it_is_being_written(
    life: Life, writes_first: int
) -> None:
    """The newer one wins, wherever the older one stopped."""
    await life.set_up(battery_export=True)
    # Long enough for the newer force to come in between two writes.
    life.inverter.faults.delay_s = 0.15
    older = asyncio.create_task(life.act("force_charge", duration=60, power_w=3000))
    await life.until_written(writes_first)
    await life.act("force_discharge", duration=30, power_w=2000)
    life.inverter.faults.delay_s = 0
    await asyncio.gather(older, return_exceptions=True)
    assert controls(life.inverter) == forced(DISCHARGE, 2000)
    # The command is the last of the older force's three writes.
    written = [(write.register, write.value) for write in life.inverter.writes]
    assert written[0] == (POWER, 3000)
    if writes_first == 1:
        assert (COMMAND, CHARGE) not in written
    await life.wait(timedelta(minutes=29))
    assert controls(life.inverter) == forced(DISCHARGE, 2000)
    await life.wait(timedelta(minutes=1))
    assert controls(life.inverter) == OWNERS
    assert life.record()["force"] is None


async def test_restore_normal_ends_a_force(life: Life) -> None:
    """At once, and for good."""
    await life.set_up()
    await life.charge(60)
    await life.act("restore_normal")
    assert controls(life.inverter) == OWNERS
    await life.wait(timedelta(minutes=5))
    assert controls(life.inverter) == OWNERS
    assert life.record()["force"] is None


async def test_what_the_owner_changes_during_a_force_is_kept(life: Life) -> None:
    """A ceiling that the force does not touch, and the one that a hold lowers."""
    await life.set_up()
    await life.charge(15)
    life.inverter.owner_writes(MAX_CHARGE, 500)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == (SELF, STOP, 1234, 500, 600)
    await life.act("hold", duration=15)
    assert controls(life.inverter) == (SELF, STOP, 1234, 500, 1)
    life.inverter.owner_writes(MAX_DISCHARGE, 300)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == (SELF, STOP, 1234, 500, 300)
    assert not life.battery.executor.held


async def test_a_force_that_the_owner_ends_in_the_app_is_sent_three_times(
    life: Life,
) -> None:
    """Back at normal is taken for dropped; more than that would be a fight."""
    await life.set_up()
    await life.charge(30)
    for _ in range(3):
        life.inverter.owner_writes(EMS_MODE, SELF)
        await life.wait(timedelta(minutes=2))
        assert life.inverter.settings()[EMS_MODE] == FORCED
    life.inverter.owner_writes(EMS_MODE, SELF)
    await life.wait(timedelta(minutes=20))
    assert life.inverter.settings()[EMS_MODE] == SELF
    await life.wait(timedelta(minutes=5))
    assert controls(life.inverter) == OWNERS


async def test_a_dry_run_writes_nothing_but_says_what_it_would(life: Life) -> None:
    """Also a force is only shown; what was held before is given back."""
    await life.set_up()
    await life.charge(30)
    await life.site.async_set(dry_run=True)
    assert controls(life.inverter) == OWNERS
    done = len(life.inverter.writes)
    await life.act("force_charge", duration=30, power_w=2500)
    await life.wait(timedelta(minutes=31))
    assert len(life.inverter.writes) == done
    shown = [e for e in life.site.controller.log.entries if e.command is not None][-1]
    assert shown.outcome is Outcome.DRY_RUN
    # The stop command is there already; power and mode come before the command.
    assert [(write.setting, write.value) for write in shown.writes] == [
        ("forced_power_w", 2500),
        ("ems_mode", FORCED),
        ("forced_command", CHARGE),
    ]


async def test_a_dry_run_gives_back_what_could_not_be_reached(life: Life) -> None:
    """The switch is turned while the inverter is away, and a force goes on."""
    await life.set_up()
    await life.charge(60)
    await life.inverter.refuse_connections()
    life.log.expect("Error fetching Sungrow SH10RT")
    await life.site.async_set(dry_run=True)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    assert not life.battery.executor.held


async def test_a_full_battery(life: Life) -> None:
    """Is told to charge, rests, and is given back."""
    life.inverter.home.soc_pct = 100
    await life.set_up()
    await life.charge(15)
    await life.wait(timedelta(minutes=14))
    assert life.inverter.home.flows.battery_w == 0
    await life.wait(timedelta(minutes=1))
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize("soc_pct", [10.0, 5.0])
async def test_a_battery_at_its_reserve_is_not_discharged(
    life: Life, soc_pct: float
) -> None:
    """The user's reserve is 10 %, the inverter's own floor 5 %."""
    life.inverter.home.soc_pct = soc_pct
    await life.set_up(battery_export=True)
    with pytest.raises(HomeAssistantError) as refused:
        await life.act("force_discharge", duration=15, power_w=2000)
    assert refused.value.translation_key == "command_failed"
    assert life.battery.lease.reason == "at_reserve"
    assert controls(life.inverter) == KEPT_FROM_DISCHARGE
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


async def test_a_forced_discharge_stops_at_the_reserve(life: Life) -> None:
    """From 12 %, 5 kW, and 9.6 kWh: at 10 % after about two minutes.

    The device is told with the next poll; in ten seconds 5 kW move 0.15 %.
    """
    life.inverter.home.soc_pct = 12
    await life.set_up(battery_export=True)
    await life.act("force_discharge", duration=15, power_w=5000)
    assert controls(life.inverter) == forced(DISCHARGE, 5000)
    await life.wait(timedelta(minutes=5), timedelta(seconds=10))
    assert controls(life.inverter) == KEPT_FROM_DISCHARGE
    # Sun may charge it meanwhile, but not so much that discharging goes on.
    assert 9.7 < life.inverter.home.soc_pct < 12
    await life.act("restore_normal")
    assert controls(life.inverter) == OWNERS
