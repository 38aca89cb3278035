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
    """Return home load less sun in W; None unless all sun and a load are known."""
    solar_w, loads = 0.0, []
    for reading in readings:
        if reading is None or reading.solar_power_w is None:
            return None
        solar_w += reading.solar_power_w
        if reading.load_power_w is not None:
            loads.append(reading.load_power_w)
    # Every inverter with a meter reports the whole home's load.
    return max(loads) - solar_w if loads else None
