"""What is seen of a home through its batteries and chargers: load, sun and cars."""

from collections.abc import Mapping
from datetime import datetime

from custom_components.power_sync.model.battery import BatteryReading

from .car import CarWatch
from .controlled import Controlled
from .health import Trouble
from .leak import Leak
from .load import NetLoad, battery_of, load_of, net_load_of


class Sight:
    """What all batteries of a home say together, and what follows about cars."""

    def __init__(self, batteries: Mapping[str, Controlled]) -> None:
        """Look at these batteries; nothing is known before the first reading."""
        self.cars = CarWatch()
        self.leak = Leak()
        self.net_load = NetLoad()
        self._batteries = batteries

    def read(self, reading: BatteryReading, now: datetime) -> None:
        """Take note of a good poll, which its battery has already."""
        readable = self._readable(now)
        self.cars.load(reading.at, load_of(readable))
        battery_w = battery_of(readable, len(self._batteries))
        self.leak.take(now, self.cars.view(now), battery_w, net_load_of(readable))

    def note(self, now: datetime) -> None:
        """Remember the home's power of now."""
        self.net_load.note(now, self.net_load_w(now))

    def net_load_w(self, now: datetime) -> float | None:
        """Return home load less sun, from all batteries that are readable."""
        return net_load_of(self._readable(now))

    def _readable(self, now: datetime) -> list[BatteryReading | None]:
        return [
            battery.health.reading
            for battery in self._batteries.values()
            if battery.health.trouble(now) is not Trouble.UNREADABLE
        ]
