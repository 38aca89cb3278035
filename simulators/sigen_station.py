"""A station of Sigenergy's cloud: the home behind it, and how it is set."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .home import InverterMode, SimulatedHome
from .sigen_prices import owners_tariff

NO_LIMIT = "4294967.295"
_DEFAULT_MODES = {
    "0": "Maximum Self-Powered",
    "1": "Sigen AI Mode",
    "2": "TOU",
    "5": "Fully Fed to Grid",
}
_MODES = {
    "0": InverterMode.FORCED_CHARGE,
    "1": InverterMode.FORCED_DISCHARGE,
    "2": InverterMode.FORCED_STOP,
    "3": InverterMode.SELF,
}


@dataclass
class SimulatedStation:
    """A station of the account: its home, and how it is set."""

    home: SimulatedHome
    station_id: str = "12025061000219"
    name: str = "Home"
    operating_mode: int = 0
    profile: int = -1
    offered: dict[str, str] = field(default_factory=_DEFAULT_MODES.copy)
    """The operating modes to choose from, by their value."""
    tariff: dict[str, object] = field(default_factory=owners_tariff)
    """The prices in the app: `priceMode`, `buyPrice` and `sellPrice`."""
    keeps_tariffs: bool = True
    """Whether what is saved is read back as it was sent."""
    charge_limit_kw: str = NO_LIMIT
    discharge_limit_kw: str = NO_LIMIT
    manual: dict[str, str] = field(default_factory=dict)
    """What was asked for last; nothing once it was cancelled."""
    tells_power: bool = False
    """Whether reading a manual control back tells its power, too."""
    ignores: bool = False
    """Whether what is asked for is acknowledged, and nothing else done."""
    late: int = 0
    """So many reads still show what ran before the last request."""
    _before: tuple[str | None, datetime | None] = (None, None)
    _late: int = 0

    def shown(self) -> tuple[str | None, datetime | None]:
        """Return the manual control as reading it back shows it, and its end."""
        if self._late:
            self._late -= 1
            return self._before
        return self.manual_mode, self.home.control.forced_until

    @property
    def manual_mode(self) -> str | None:
        """The manual control that runs now."""
        end = self.home.control.forced_until
        if not self.manual or end is None or self.home.clock.now() >= end:
            return None
        return self.manual["mode"]

    def take(self, body: dict[str, object]) -> None:
        """Begin a manual control, or end the one that runs."""
        if self.ignores:
            return
        self._before = self.manual_mode, self.home.control.forced_until
        self._late = self.late
        if not body["enable"]:
            self.manual = {}
            self.home.control = replace(
                self.home.control, mode=InverterMode.SELF, forced_until=None
            )
            return
        asked = {key: str(body[key]) for key in ("mode", "duration", "powerLimitation")}
        minutes = int(asked["duration"])
        if asked["mode"] not in _MODES or not 1 <= minutes <= 1440:
            raise ValueError("no such control")
        power_kw = float(asked["powerLimitation"] or 0)
        self.manual = asked
        self.home.control = replace(
            self.home.control,
            mode=_MODES[asked["mode"]],
            forced_power_w=min(1000 * power_kw, self.home.rated_w),
            forced_until=self.home.clock.now() + timedelta(minutes=minutes),
        )
