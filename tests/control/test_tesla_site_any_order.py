"""A home with a Powerwall: force, spike, sync and restart in any order.

PowerSync's own controller decides, and the simulated gateway behind the real protocol
obeys. Whatever came, its owner has tariff, mode, reserve, grid charging and export rule
back exactly, and no tariff of ours is in force past midnight.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.market import SpikeView
from custom_components.power_sync.control.view import Master, PlannedBy, SiteLimits
from custom_components.power_sync.devices.batteries.tesla import tariff
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.devices.protocols import DeviceError
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.tariff import SLOTS, DayTariff
from simulators.rest import Fault
from simulators.tesla.gateway import Told
from simulators.tesla.tariff import Prices, prices_at, season_at
from tests.devices.tesla_site import SITE_ID, Account, owners, tesla, told_of

from .test_tesla_any_order import FAULTS, OWNERS

pytestmark = pytest.mark.usefixtures("socket_enabled")
FORCES = (Mode.CHARGE, Mode.DISCHARGE, Mode.NO_DISCHARGE)
PLANNERS = tuple(PlannedBy)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("force"), st.integers(0, 2)),
        st.tuples(st.just("spike"), st.integers(0, 3000)),
        st.tuples(st.just("sync"), st.integers(0, 40)),
        st.tuples(st.just("planner"), st.integers(0, 2)),
        st.tuples(st.just("normal"), st.just(0)),
        st.tuples(st.just("restart"), st.integers(0, 1)),
        st.tuples(st.just("pass"), st.integers(1, 600)),
        st.tuples(st.just("fault"), st.integers(0, 2)),
    ),
    min_size=2,
    max_size=10,
)
KNOWN_FOR = timedelta(minutes=15)
LIMITS = SiteLimits(battery_export=True)


class Home:
    """A site whose prices do not show the market's, and who runs it."""

    controller: Controller

    def __init__(self, account: Account, driver: TeslaBattery) -> None:
        """Have the Powerwall plan for itself."""
        self.account, self.driver = account, driver
        self.planner, self.prices = PlannedBy.ITSELF, 20
        self.spike_per_mwh = 0

    async def start(self) -> None:
        """Start Home Assistant with what is on its disk."""
        self.driver = self.account.again(self.driver)
        self.controller = Controller(
            [Member(self.driver, {})],
            self.account.journal,
            self.account.time.clock(),
            LIMITS,
        )
        self.controller.automatic, self.controller.dry_run = True, False
        await self.controller.start()
        await self.tick()

    async def tick(self) -> None:
        """Read, say what the market and the prices are, and act."""
        battery, now = self.controller.batteries[SITE_ID], self.account.time.now
        battery.planned_by, battery.tariff = self.planner, self._tariff()
        paid = self.spike_per_mwh
        spike = SpikeView(now, now + KNOWN_FOR, paid / 1000) if paid else None
        self.controller.market.spike = spike
        try:
            self.controller.read(SITE_ID, await self.driver.read())
        except DeviceError:
            self.controller.unread(SITE_ID)
        await self.controller.tick()
        self.ends_at_midnight()

    def _tariff(self) -> DayTariff:
        zone = self.account.site.gateway.zone
        today = self.account.time.now.astimezone(zone).date()
        return DayTariff(today, "AUD", (self.prices / 100,) * SLOTS, (-0.01,) * SLOTS)

    async def step(self, what: str, number: int) -> None:
        """Let one thing happen."""
        match what:
            case "spike":
                # Below 300 $/MWh it is over.
                self.spike_per_mwh = number if number >= 300 else 0
            case "sync":
                self.prices = number
            case "planner":
                self.planner = PLANNERS[number]
            case "fault":
                self.account.cloud.fail(FAULTS[number])
            case _:
                await self._act(what, number)
        await self.tick()
        if what == "pass":
            # As often as it is read in truth: a battery that was silent is left alone.
            await self.minutes(3)

    async def _act(self, what: str, number: int) -> None:
        match what:
            case "force":
                duration = timedelta(minutes=40)
                await self.controller.force(
                    FORCES[number], power_w=None, duration=duration
                )
            case "normal":
                await self.controller.restore_normal()
            case "restart":
                if number:
                    await self.controller.stop()
                await self.start()
            case "pass":
                self.account.pass_by(minutes=number)
                self.ends_at_midnight()

    async def minutes(self, count: int) -> None:
        """Let time pass, with a reading a minute."""
        for _ in range(count):
            self.account.pass_by(minutes=1)
            await self.tick()

    def ends_at_midnight(self) -> None:
        """Check that what is ours says nothing of any other day."""
        told, zone = self.account.set_by(), self.account.site.gateway.zone
        if not tariff.forces(tariff.value_of(told.tariff)):
            return
        today = self.account.time.now.astimezone(zone)
        for days in (1, 2):
            later = today + timedelta(days=days)
            assert season_at(told.tariff, later.date()) is None
            assert prices_at(told.tariff, later) == Prices(None, None)


async def lived(told: Told, steps: list[tuple[str, int]]) -> None:
    """Live through all of it; then nobody wants anything any more."""
    async with tesla(told=told, zone="Australia/Sydney") as account:
        before = told_of(account)
        # A refusal lasts on the real clock: as long as until the next start.
        account.cloud.tariff_every = timedelta(0)
        home = Home(account, await account.driver())
        await home.start()
        for what, number in steps:
            await home.step(what, number)
        home.spike_per_mwh, home.planner = 0, PlannedBy.OWNER
        account.cloud.heal()
        for _ in range(4):
            # A force ends by itself; what the cloud refused is tried again.
            account.pass_by(minutes=12)
            await home.start()
            await home.minutes(4)
        battery = home.controller.batteries[SITE_ID]
        assert battery.lease.master is Master.NORMAL
        assert not battery.executor.held
        assert told_of(account) == before


@settings(max_examples=25, deadline=None)
@given(OWNERS, STEPS)
@example(owners(), [("spike", 500), ("force", 0), ("restart", 0), ("spike", 0)])
@example(owners(reserve_pct=0), [("force", 1), ("spike", 3000), ("pass", 600)])
@example(owners(mode="backup"), [("sync", 5), ("fault", 1), ("spike", 400)])
def test_the_owner_has_it_back(told: Told, steps: list[tuple[str, int]]) -> None:
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
