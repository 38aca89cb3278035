"""What is seen of a home through its batteries and chargers: load, sun and cars."""

from collections.abc import Callable, Mapping
from datetime import datetime

from custom_components.power_sync.model.battery import BatteryReading
from custom_components.power_sync.model.mains import Mains, PhasePowers

from .car import CarWatch
from .controlled import Controlled
from .health import Trouble
from .leak import Leak
from .load import NetLoad, battery_of, load_of, net_load_of
from .phases import FuseRoom, MeterLimits, OnPhases, PhaseWatch


class Sight:
    """What all batteries of a home say together, and what follows about cars."""

    def __init__(self, batteries: Mapping[str, Controlled]) -> None:
        """Look at these batteries; nothing is known before the first reading."""
        self.cars = CarWatch()
        self.leak = Leak()
        self.net_load = NetLoad()
        self.phases = PhaseWatch()
        self.measure: Callable[[], PhasePowers | None] = lambda: None
        """What measures the phases beside the batteries, where anything does."""
        self._batteries = batteries

    def read(self, reading: BatteryReading, now: datetime, mains: Mains) -> None:
        """Take note of a good poll, which its battery has already."""
        if mains.fuse_a is not None:
            # Now, as what a battery does and what its phases carry belong together.
            on_phases = list(self._on_phases(now).values())
            measured = self.measure() or self._told_phases(now)
            self.phases.take(now, mains, measured, on_phases)
        readable = self._readable(now)
        self.cars.load(reading.at, load_of(readable))
        battery_w = battery_of(readable, len(self._batteries))
        self.leak.take(now, self.cars.view(now), battery_w, net_load_of(readable))

    def note(self, now: datetime, mains: Mains) -> None:
        """Remember the home's power of now, and that of its phases."""
        net_load_w = self.net_load_w(now)
        self.net_load.note(now, net_load_w)
        self.phases.note(now, mains, net_load_w)

    def fuse_room(
        self, battery_id: str, now: datetime, mains: Mains, limits: MeterLimits
    ) -> FuseRoom | None:
        """Return what the main fuse leaves a battery; None where there is none."""
        every = self._on_phases(now)
        return self.phases.room(
            now, mains, limits, every[battery_id], list(every.values())
        )

    def _on_phases(self, now: datetime) -> dict[str, OnPhases]:
        """Return all batteries as they are connected."""
        return {
            battery_id: OnPhases(
                connection=battery.connection,
                power_w=None if reading is None else reading.battery_power_w,
                max_charge_w=battery.executor.driver.capabilities.max_charge_w,
                max_discharge_w=battery.executor.driver.capabilities.max_discharge_w,
            )
            for (battery_id, battery), reading in zip(
                self._batteries.items(), self._readings(now), strict=True
            )
        }

    def _told_phases(self, now: datetime) -> PhasePowers | None:
        """Return what an inverter's own meter says of the phases."""
        for reading in self._readable(now):
            if reading is not None and reading.grid_phases_w:
                return PhasePowers(reading.at, reading.grid_phases_w)
        return None

    def net_load_w(self, now: datetime) -> float | None:
        """Return home load less sun, from all batteries that are readable."""
        return net_load_of(self._readable(now))

    def _readable(self, now: datetime) -> list[BatteryReading | None]:
        return [
            battery.health.reading
            for battery in self._batteries.values()
            if battery.health.trouble(now) is not Trouble.UNREADABLE
        ]

    def _readings(self, now: datetime) -> list[BatteryReading | None]:
        """Return the reading of each battery; None where it cannot be read."""
        return [
            None
            if battery.health.trouble(now) is Trouble.UNREADABLE
            else battery.health.reading
            for battery in self._batteries.values()
        ]
