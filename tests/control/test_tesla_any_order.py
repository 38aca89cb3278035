"""A Powerwall through whatever comes: its owner has it back as it was.

Forces, holds, syncs of new prices, power cuts, restarts, faults and time in any order,
on a simulated gateway behind the real protocol.
"""

import asyncio
from datetime import timedelta
from typing import cast

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.devices.batteries.tesla import tariff
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.tariff import SLOTS, DayTariff
from simulators.tesla.gateway import Told
from simulators.tesla.tariff import season_at
from tests.devices.tesla_site import Account, owners, tesla, told_of

from .any_order import FAULTS
from .bench import PowerCutError
from .test_power_cut_brands import Cutting

pytestmark = pytest.mark.usefixtures("socket_enabled")
RELEASED_WITHIN = timedelta(minutes=5)
"""A Powerwall is back after that, though its cloud takes a tariff every 4 minutes."""
FORCES = (Mode.CHARGE, Mode.DISCHARGE, Mode.NO_DISCHARGE, None)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(0, 3)),
        st.tuples(st.just("sync"), st.integers(0, 40)),
        st.tuples(st.just("cut"), st.integers(1, 5)),
        st.tuples(st.just("pass"), st.integers(1, 600)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("fault"), st.integers(0, 2)),
        st.tuples(st.just("late"), st.integers(0, 60)),
    ),
    max_size=12,
)
OWNERS = st.builds(
    owners,
    mode=st.sampled_from(("self_consumption", "autonomous", "backup")),
    reserve_pct=st.sampled_from((0, 20, 79, 80, 85, 100)),
    grid_charging_off=st.booleans(),
    export_rule=st.sampled_from(("battery_ok", "pv_only", "never", None)),
)


class Life:
    """A site, and a Home Assistant that comes and goes."""

    def __init__(self, account: Account, executor: BatteryExecutor) -> None:
        """Begin with a first start."""
        self.account = account
        self.executor = executor
        self.last: Mode | None = None
        self.tariff: DayTariff | None = None

    def _prices(self, cents: int) -> DayTariff:
        zone = self.account.site.gateway.zone
        today = self.account.time.now.astimezone(zone).date()
        return DayTariff(today, "AUD", (cents / 100,) * SLOTS, (-0.01,) * SLOTS)

    async def step(self, what: str, number: int) -> None:
        """Let one thing happen."""
        match what:
            case "order":
                self.last, self.tariff = FORCES[number], None
                await self._order()
            case "sync":
                # By itself, from prices that have moved since.
                self.last, self.tariff = None, self._prices(number)
                await self._order()
            case "cut":
                await self._cut(number)
            case "pass":
                self.account.pass_by(minutes=number)
            case "restart":
                await self._restart()
            case "fault":
                self.account.cloud.fail(FAULTS[number])
            case "late":
                gateway = self.account.site.gateway
                gateway.delay = gateway.shown_after = timedelta(seconds=number)
        self._tariff_ends_at_midnight()

    async def _order(self) -> None:
        order = self.account.order(self.last, tariff=self.tariff)
        await self.executor.carry_out(order)

    async def _cut(self, after: int) -> None:
        driver = self.executor.driver
        self.executor.driver = cast("BatteryDriver", Cutting(driver, after))
        try:
            await self._order()
        except PowerCutError:
            await self._restart()
        else:
            self.executor.driver = driver

    async def _restart(self) -> None:
        self.executor = await again(self.account, self.executor)

    def _tariff_ends_at_midnight(self) -> None:
        told = self.account.set_by()
        if tariff.forces(tariff.value_of(told.tariff)):
            zone = self.account.site.gateway.zone
            tomorrow = self.account.time.now.astimezone(zone) + timedelta(days=1)
            assert season_at(told.tariff, tomorrow.date()) is None


async def again(account: Account, executor: BatteryExecutor) -> BatteryExecutor:
    """Start Home Assistant anew: only what the journal holds is left."""
    driver = executor.driver
    plain = driver._driver if isinstance(driver, Cutting) else driver  # noqa: SLF001 - what it stands before
    return await account.executor(account.again(plain))  # type: ignore[arg-type]  # it is a Powerwall's


async def lived(told: Told, steps: list[tuple[str, int]]) -> None:
    """Live through all of it, and give the battery back."""
    async with tesla(told=told, zone="Australia/Sydney") as account:
        before = told_of(account)
        life = Life(account, await account.executor(await account.driver()))
        for what, number in steps:
            await life.step(what, number)
        gateway = account.site.gateway
        gateway.delay = gateway.shown_after = timedelta(0)
        account.cloud.heal()
        ended = account.time.now
        while True:
            # What was under way arrives, and what the cloud refused is tried again. A
            # client of its own each time: how long one keeps quiet is real time.
            life.executor = await again(account, life.executor)
            await life.executor.carry_out(account.order(None))
            if not life.executor.held or account.time.now - ended > RELEASED_WITHIN:
                break
            account.pass_by(seconds=50)
        assert not life.executor.held
        assert account.time.now - ended <= RELEASED_WITHIN
        assert told_of(account) == before


@settings(max_examples=25, deadline=None)
@given(OWNERS, STEPS)
@example(owners(mode="backup", reserve_pct=0), [("order", 0), ("order", 3)])
@example(owners(), [("sync", 20), ("pass", 6), ("order", 0), ("restart", 0)])
@example(owners(), [("order", 1), ("pass", 6), ("sync", 20), ("cut", 2)])
def test_the_owner_has_it_back(told: Told, steps: list[tuple[str, int]]) -> None:
    """Tariff, mode, reserve, grid charging and export rule, exactly."""
    asyncio.run(lived(told, steps))


@pytest.mark.parametrize("mode", FORCES)
@pytest.mark.parametrize("before", FORCES[:2])
async def test_power_cuts(before: Mode, mode: Mode | None) -> None:
    """After the n-th write of each command, from each that sets a tariff."""
    for after in range(1, 6):
        async with tesla() as account:
            owner = told_of(account)
            account.cloud.tariff_every = timedelta(0)
            life = Life(account, await account.executor(await account.driver()))
            await life.step("order", FORCES.index(before))
            account.pass_by(minutes=6)
            life.last = mode
            await life.step("cut", after)
            await life.step("restart", 0)
            account.pass_by(minutes=6)
            assert (await life.executor.carry_out(account.order(None))).good
            assert told_of(account) == owner
            assert not life.executor.held
