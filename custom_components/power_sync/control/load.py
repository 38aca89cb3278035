"""The home's power over the last minutes: what a forced power has room for."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from custom_components.power_sync.model.battery import BatteryReading

ROOM_AFTER = timedelta(minutes=5)
"""Room for more power is room only when it has been there for so long."""


class NetLoad:
    """Home load less sun of the whole site, in W, with its recent extremes."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._seen: deque[tuple[datetime, float]] = deque()

    def note(self, now: datetime, net_load_w: float | None) -> None:
        """Take the present value; None where it is not known.

        What was known last stays until something newer is known.
        """
        if net_load_w is None:
            return
        while self._seen and not now - ROOM_AFTER <= self._seen[0][0] <= now:
            self._seen.popleft()
        self._seen.append((now, net_load_w))

    @property
    def highest_w(self) -> float | None:
        """The most of the last minutes; None where nothing was ever known."""
        return max((watts for _, watts in self._seen), default=None)

    @property
    def lowest_w(self) -> float | None:
        """The least of the last minutes; None where nothing was ever known."""
        return min((watts for _, watts in self._seen), default=None)


def net_load_of(readings: Iterable[BatteryReading | None]) -> float | None:
    """Return home load less sun in W; None unless all sun and a load are known.

    With several batteries it is what the meter and all of them say, where they do:
    the load that each inverter works out has its neighbours' power in it.
    """
    solar_w, loads, batteries, meters = 0.0, [], [], []
    for reading in readings:
        if reading is None or reading.solar_power_w is None:
            return None
        solar_w += reading.solar_power_w
        batteries.append(reading.battery_power_w)
        if reading.load_power_w is not None:
            loads.append(reading.load_power_w)
        if reading.grid_power_w is not None:
            meters.append(reading.grid_power_w)
    known = [power_w for power_w in batteries if power_w is not None]
    if len(batteries) > 1 and len(known) == len(batteries) and meters:
        return meters[0] + sum(known)
    # Every inverter with a meter reports the whole home's load.
    return max(loads) - solar_w if loads else None


def battery_of(readings: Iterable[BatteryReading | None], count: int) -> float | None:
    """Return what `count` batteries give together in W; None unless all are known."""
    known = [reading.battery_power_w for reading in readings if reading is not None]
    powers = [watts for watts in known if watts is not None]
    return sum(powers) if len(powers) == count else None


def load_of(readings: Iterable[BatteryReading | None]) -> float | None:
    """Return the home's load in W, cars included; None where none is known."""
    known = [reading.load_power_w for reading in readings if reading is not None]
    return max((watts for watts in known if watts is not None), default=None)
