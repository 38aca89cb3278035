"""What a battery gave to a car all the same, counted from its readings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .car import CarView

BRIDGED: Final = timedelta(seconds=150)
"""A longer time between two readings is not counted."""
TRIFLE_W: Final = 20.0
WH_PER_KWH: Final = 1000.0


@dataclass(slots=True)
class Leak:
    """Energy in kWh that went from the batteries into cars."""

    session_kwh: float = 0.0
    """Since the car that charges, or charged last, began."""
    total_kwh: float = 0.0
    _since: datetime | None = None
    _at: datetime | None = None
    _leak_w: float = 0.0

    def take(
        self,
        now: datetime,
        car: CarView | None,
        battery_w: float | None,
        net_load_w: float | None,
    ) -> None:
        """Take the powers of now; they hold until the next ones come.

        A battery leaks what it gives beyond the home's own need, at most what the
        car draws. What is not known is not counted.
        """
        if self._at is not None and now - self._at <= BRIDGED:
            hours = (now - self._at).total_seconds() / 3600
            leaked_kwh = self._leak_w * hours / WH_PER_KWH
            self.session_kwh += leaked_kwh
            self.total_kwh += leaked_kwh
        self._at, self._leak_w = now, 0.0
        if car is None:
            self._since = None
            return
        if self._since is None:
            self._since, self.session_kwh = car.since, 0.0
        if battery_w is None or net_load_w is None or car.power_w is None:
            return
        own_w = max(0.0, net_load_w - car.power_w)
        leak_w = min(battery_w - own_w, car.power_w)
        self._leak_w = leak_w if leak_w > TRIFLE_W else 0.0
