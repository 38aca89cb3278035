"""A home with a Powerwall: force, spike, sync and restart in any order.

PowerSync's own controller decides, and the simulated gateway behind the real protocol
obeys. Whatever came, its owner has tariff, mode, reserve, grid charging and export rule
back exactly, and no tariff of ours is in force past midnight.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import override

from hypothesis import example, given, settings
import pytest

from custom_components.power_sync.control.view import Master, PlannedBy
from custom_components.power_sync.devices.batteries.tesla import tariff
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from simulators.rest import Fault
from simulators.tesla.gateway import Told
from simulators.tesla.tariff import Prices, prices_at, season_at
from tests.devices.tesla_site import SITE_ID, Account, owners, tesla, told_of

from .any_order import STEPS, AnyOrder, Steps
from .test_tesla_any_order import OWNERS

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Home(AnyOrder):
    """A home with a Powerwall."""

    def __init__(self, account: Account, driver: TeslaBattery) -> None:
        """Reach it as `driver` does."""
        cloud, zone = account.cloud, account.site.gateway.zone
        super().__init__(SITE_ID, zone, cloud, account.journal, account.time)
        self.account, self.first = account, driver

    @override
    def anew(self) -> TeslaBattery:
        return self.account.again(self.first)

    @override
    def pass_by(self, minutes: int) -> None:
        self.account.pass_by(minutes=minutes)

    @override
    def holds(self) -> None:
        """Check that what is ours says nothing of any other day."""
        told = self.account.set_by()
        if not tariff.forces(tariff.value_of(told.tariff)):
            return
        today = self.time.now.astimezone(self.zone)
        for days in (1, 2):
            later = today + timedelta(days=days)
            assert season_at(told.tariff, later.date()) is None
            assert prices_at(told.tariff, later) == Prices(None, None)


async def lived(told: Told, steps: Steps) -> None:
    """Live through all of it, and look at what the owner has then."""
    async with tesla(told=told, zone="Australia/Sydney") as account:
        before = told_of(account)
        # A refusal lasts on the real clock: as long as until the next start.
        account.cloud.tariff_every = timedelta(0)
        await Home(account, await account.driver()).live(steps)
        assert told_of(account) == before


@settings(max_examples=25, deadline=None)
@given(OWNERS, STEPS)
@example(owners(), [("spike", 500), ("force", 0), ("restart", 0), ("spike", 0)])
@example(owners(reserve_pct=0), [("force", 1), ("spike", 3000), ("pass", 600)])
@example(owners(mode="backup"), [("sync", 5), ("fault", 1), ("spike", 400)])
def test_the_owner_has_it_back(told: Told, steps: Steps) -> None:
    """Tariff, mode, reserve, grid charging and export rule, exactly."""
    asyncio.run(lived(told, steps))


async def test_rows_8_and_9_a_spike_is_told_by_its_price() -> None:
    """500 $/MWh sell at 1.50 and buy at 5.00; a restart keeps the first baseline."""
    at = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)
    async with tesla(told=owners(reserve_pct=0), at=at) as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        home = Home(account, await account.driver())
        await home.start()
        account.pass_by(minutes=6)
        await home.step("spike", 500)
        battery = home.controller.batteries[SITE_ID]
        assert battery.lease.master is Master.SPIKE
        now = account.time.now
        assert prices_at(account.set_by().tariff, now) == (5.0, 1.5)
        assert prices_at(account.set_by().tariff, now + timedelta(hours=1)) == (
            0.3,
            0.08,
        )
        assert account.site.home.flows.battery_w == 5000
        # It goes on at another price: the tariff that is there will do.
        sent = account.cloud.commands_taken
        account.pass_by(minutes=1)
        await home.step("spike", 600)
        assert account.cloud.commands_taken == sent
        account.pass_by(minutes=6)
        await home.step("restart", 0)
        home.spike_per_mwh = 3000
        await home.minutes(40)
        # Half hours after that have the price of then; this is the second of them.
        assert prices_at(account.set_by().tariff, account.time.now) == (18.0, 8.91)
        home.planner = PlannedBy.OWNER
        account.pass_by(minutes=6)
        await home.step("spike", 0)
        assert told_of(account) == before


async def test_a_fault_in_a_spike_is_said_and_made_good() -> None:
    """What the cloud refuses backs the battery out; the next try takes."""
    async with tesla() as account:
        account.cloud.tariff_every = timedelta(0)
        home = Home(account, await account.driver())
        home.planner = PlannedBy.POWERSYNC
        await home.start()
        account.cloud.standing_fault = Fault(status=503)
        await home.step("spike", 500)
        outcome = home.controller.batteries[SITE_ID].outcome
        assert outcome is not None
        assert not outcome.good
        account.cloud.heal()
        account.pass_by(minutes=2)
        await home.tick()
        outcome = home.controller.batteries[SITE_ID].outcome
        assert outcome is not None
        assert outcome.good
        assert prices_at(account.set_by().tariff, account.time.now).sell == 1.5
