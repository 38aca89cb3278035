"""Forces of a Powerwall by the acceptance facts, from the user to the gateway."""

from datetime import datetime, timedelta

import pytest

from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.view import Master, SiteLimits
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.devices.protocols import DeviceError
from custom_components.power_sync.model.battery import Mode
from simulators.rest import Fault
from simulators.tesla.tariff import prices_at
from tests.devices.tesla_site import AFTERNOON, SITE_ID, Account, owners, tesla, told_of

pytestmark = pytest.mark.usefixtures("socket_enabled")
LOAD_W = 800.0
FORCED, USUAL = ((99, 99), (99, 98.01)), (0.3, 0.08)
"""Selling brings less in each further half hour."""


async def started(account: Account, driver: TeslaBattery) -> Controller:
    """Start Home Assistant with what is on its disk."""
    controller = Controller(
        [Member(driver, {})],
        account.journal,
        account.time.clock(),
        SiteLimits(battery_export=True),
    )
    controller.automatic, controller.dry_run = False, False
    await controller.start()
    await looked(controller)
    return controller


async def looked(controller: Controller) -> None:
    """Read it, and act."""
    try:
        reading = await controller.batteries[SITE_ID].executor.driver.read()
    except DeviceError:
        controller.unread(SITE_ID)
    else:
        controller.read(SITE_ID, reading)
    await controller.tick()


async def minutes(account: Account, controller: Controller, count: int) -> None:
    """Let time pass, with a reading and a tick a minute."""
    for _ in range(count):
        account.pass_by(minutes=1)
        await looked(controller)


async def discharged(account: Account, for_min: int) -> Controller:
    """Have the user discharge it for a while."""
    controller = await started(account, await account.driver())
    duration = timedelta(minutes=for_min)
    await controller.force(Mode.DISCHARGE, power_w=None, duration=duration)
    assert controller.batteries[SITE_ID].lease.master is Master.FORCE
    return controller


def on_the_day(hour: int, minute: int) -> datetime:
    """Return a moment of the afternoon at the site."""
    return AFTERNOON.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("for_min", "end"), [(30, on_the_day(15, 0)), (15, on_the_day(14, 30))]
)
async def test_row_10_half_hours_that_are_forced(for_min: int, end: datetime) -> None:
    """At 14:10 for 30 minutes 14:00 and 14:30, which end at 15:00; for 15 only 14:00.

    That is what ends it without Home Assistant; with it, the user has it end sooner.
    """
    async with tesla() as account:
        before = told_of(account)
        controller = await discharged(account, for_min)
        told = account.set_by().tariff
        forced = {
            when
            for half in range(48)
            if prices_at(told, when := on_the_day(0, 0) + half * timedelta(minutes=30))
            in FORCED
        }
        first = on_the_day(14, 0)
        assert forced == {
            first + half * timedelta(minutes=30)
            for half in range((end - first) // timedelta(minutes=30))
        }
        assert prices_at(told, end) == USUAL
        await minutes(account, controller, for_min - 1)
        assert account.site.home.flows.battery_w == 5000
        await minutes(account, controller, 1)
        assert account.time.now == AFTERNOON + timedelta(minutes=for_min)
        assert told_of(account) == before
        assert account.site.home.flows.battery_w == LOAD_W


async def test_a_gateway_that_waits_for_the_last_half_hour() -> None:
    """It has nothing to wait for: what comes later brings less."""
    async with tesla(told=owners(reserve_pct=5)) as account:
        account.site.gateway.waits = True
        controller = await discharged(account, 240)
        for _ in range(3):
            assert account.site.home.flows.battery_w == 5000
            await minutes(account, controller, 30)


@pytest.mark.parametrize(("for_min", "past_min"), [(30, 50), (15, 20)])
async def test_row_10_nobody_is_there_at_the_end(for_min: int, past_min: int) -> None:
    """The gateway itself stops where its last half hour ends."""
    async with tesla(told=owners(reserve_pct=5)) as account:
        await discharged(account, for_min)
        account.pass_by(minutes=past_min - 1)
        assert account.site.home.flows.battery_w == 5000
        account.pass_by(minutes=1)
        assert account.site.home.flows.battery_w == LOAD_W


async def test_row_11_discharge_charge_restore() -> None:
    """The owner's tariff, mode and reserve: 0 is one."""
    async with tesla(told=owners(reserve_pct=0, mode="autonomous")) as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        controller = await discharged(account, 60)
        await minutes(account, controller, 6)
        hour = timedelta(hours=1)
        await controller.force(Mode.CHARGE, power_w=None, duration=hour)
        assert account.site.home.flows.battery_w == -5000
        assert account.set_by().reserve_pct == 100
        await minutes(account, controller, 6)
        await controller.restore_normal()
        assert told_of(account) == before
        assert account.set_by().reserve_pct == 0


async def test_row_12_an_end_while_home_assistant_is_down() -> None:
    """Given back at the start, the reserve too; tried again where that failed."""
    async with tesla(told=owners(reserve_pct=35)) as account:
        before = told_of(account)
        driver = await account.driver()
        controller = await started(account, driver)
        half = timedelta(minutes=30)
        await controller.force(Mode.CHARGE, power_w=None, duration=half)
        assert account.set_by().reserve_pct == 100
        # A crash: nobody is told, and the next start is hours later.
        account.pass_by(hours=3)
        account.cloud.standing_fault = Fault(status=503)
        again = await started(account, account.again(driver))
        battery = again.batteries[SITE_ID]
        assert battery.lease.master is not Master.FORCE
        assert battery.executor.held
        assert account.set_by().reserve_pct == 100
        account.cloud.heal()
        await minutes(account, again, 2)
        assert told_of(account) == before
