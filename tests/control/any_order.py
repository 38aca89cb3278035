"""A home whose battery can plan for itself, and what may come to it in any order.

PowerSync's own controller decides, and the brand's simulated cloud behind the real
protocol obeys.
"""

from abc import ABC, abstractmethod
from datetime import timedelta, tzinfo

from hypothesis import strategies as st

from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.market import SpikeView
from custom_components.power_sync.control.view import Master, PlannedBy, SiteLimits
from custom_components.power_sync.devices.protocols import BatteryDriver, DeviceError
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.tariff import SLOTS, DayTariff
from simulators.rest import Fault, RestSimulator

from .bench import MemoryJournal, Time

type Steps = list[tuple[str, int]]

FORCES = (Mode.CHARGE, Mode.DISCHARGE, Mode.NO_DISCHARGE)
PLANNERS = tuple(PlannedBy)
FAULTS = (Fault(status=503), Fault(status=429), Fault(body="<html>"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("force"), st.integers(0, 2)),
        st.tuples(st.just("spike"), st.integers(0, 3000)),
        st.tuples(st.just("sync"), st.integers(-10, 40)),
        st.tuples(st.just("planner"), st.integers(0, 2)),
        st.tuples(st.just("normal"), st.just(0)),
        st.tuples(st.just("restart"), st.integers(0, 1)),
        st.tuples(st.just("pass"), st.integers(1, 600)),
        st.tuples(st.just("fault"), st.integers(0, 2)),
    ),
    min_size=2,
    max_size=10,
)
SPIKE_PER_MWH = 300
"""Below that a spike is over."""
KNOWN_FOR = timedelta(minutes=15)
LIMITS = SiteLimits(battery_export=True)


class AnyOrder(ABC):
    """A site whose prices do not show the market's, and who runs it.

    The battery plans for itself at first. Prices are in hundredths a kWh.
    """

    controller: Controller
    driver: BatteryDriver

    def __init__(
        self,
        battery_id: str,
        zone: tzinfo,
        cloud: RestSimulator,
        journal: MemoryJournal,
        time: Time,
    ) -> None:
        """Have what is reached through `cloud`, by the battery's clock in `zone`."""
        self.battery_id, self.zone, self.cloud = battery_id, zone, cloud
        self.journal, self.time = journal, time
        self.planner, self.prices = PlannedBy.ITSELF, 20
        self.spike_per_mwh = 0

    @abstractmethod
    def anew(self) -> BatteryDriver:
        """Return the battery's driver, as after a start."""

    @abstractmethod
    def pass_by(self, minutes: int) -> None:
        """Let time pass for everybody."""

    @abstractmethod
    def holds(self) -> None:
        """Check what holds at any time."""

    async def start(self) -> None:
        """Start Home Assistant with what is on its disk."""
        self.driver = self.anew()
        self.controller = Controller(
            [Member(self.driver, {})], self.journal, self.time.clock(), LIMITS
        )
        self.controller.automatic, self.controller.dry_run = True, False
        await self.controller.start()
        await self.tick()

    async def tick(self) -> None:
        """Read, say what the market and the prices are, and act."""
        battery, now = self.controller.batteries[self.battery_id], self.time.now
        prices = (self.prices / 100,) * SLOTS
        today = now.astimezone(self.zone).date()
        battery.planned_by = self.planner
        battery.tariff = DayTariff(today, "AUD", prices, (-0.01,) * SLOTS)
        paid = self.spike_per_mwh
        spike = SpikeView(now, now + KNOWN_FOR, paid / 1000) if paid else None
        self.controller.market.spike = spike
        try:
            self.controller.read(self.battery_id, await self.driver.read())
        except DeviceError:
            self.controller.unread(self.battery_id)
        await self.controller.tick()
        self.holds()

    async def step(self, what: str, number: int) -> None:
        """Let one thing happen."""
        match what:
            case "spike":
                self.spike_per_mwh = number if number >= SPIKE_PER_MWH else 0
            case "sync":
                self.prices = number
            case "planner":
                self.planner = PLANNERS[number]
            case "fault":
                self.cloud.fail(FAULTS[number])
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
                self.pass_by(number)
                self.holds()

    async def minutes(self, count: int) -> None:
        """Let time pass, with a reading a minute."""
        for _ in range(count):
            self.pass_by(1)
            await self.tick()

    async def live(self, steps: Steps) -> None:
        """Live through all of it; then nobody wants anything any more."""
        await self.start()
        for what, number in steps:
            await self.step(what, number)
        self.spike_per_mwh, self.planner = 0, PlannedBy.OWNER
        self.cloud.heal()
        for _ in range(4):
            # A force ends by itself; what the cloud refused is tried again.
            self.pass_by(12)
            await self.start()
            await self.minutes(4)
        battery = self.controller.batteries[self.battery_id]
        assert battery.lease.master is Master.NORMAL
        assert not battery.executor.held
