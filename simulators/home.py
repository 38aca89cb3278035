"""The physics of a home: sun, load, battery cells, inverter and grid.

Signs: battery power is positive while discharging, grid power while importing;
solar and load are never negative. All powers are at the AC side and balance at
every instant: `load = solar + battery + grid`. Within a step of the profile the
powers are constant but for the battery becoming full or empty and a forced
command running out, and the time is split exactly there. So the energies are
exact, and do not depend on how often one looks.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum

from simulators.clock import Clock
from simulators.energies import Energies, Flows, count
from simulators.profile import Profile

__all__ = [
    "Cells",
    "Energies",
    "Flows",
    "InverterControl",
    "InverterMode",
    "SimulatedHome",
]

_NOTHING = Energies()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The battery's cells and what their converter can do.

    The efficiencies are one way, between AC and the cells.
    """

    capacity_kwh: float = 10.0
    charge_efficiency: float = 0.96
    discharge_efficiency: float = 0.96
    max_charge_w: float = 5000.0
    max_discharge_w: float = 5000.0


class InverterMode(StrEnum):
    """What the inverter does with the battery."""

    SELF = "self"
    """The battery follows load minus sun."""
    FORCED_CHARGE = "forced_charge"
    FORCED_DISCHARGE = "forced_discharge"
    FORCED_STOP = "forced_stop"
    """The battery rests; the sun serves the home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterControl:
    """The settings of the inverter. None stands for no limit."""

    mode: InverterMode = InverterMode.SELF
    forced_power_w: float = 0.0
    forced_until: datetime | None = None
    """From then on a forced mode acts as SELF; None = it never ends by itself."""
    charge_ceiling_w: float | None = None
    discharge_ceiling_w: float | None = None
    export_limit_w: float | None = None
    """At the grid meter. The battery yields first, then the sun is curtailed."""
    ac_limit_w: float | None = None
    """Of the inverter's AC port, below its rated power."""
    solar_limit_w: float | None = None
    min_soc_pct: float = 5.0
    max_soc_pct: float = 100.0
    backup_reserve_pct: float = 0.0
    """Kept for an outage: not discharged while the grid is there."""
    running: bool = True


class SimulatedHome:
    """A home with sun, load, grid and (unless `cells` is None) a battery.

    Every access first brings the home to `clock.now()`. `tz` decides when the
    counters of the day start anew.
    """

    def __init__(  # noqa: PLR0913 - the parts of a home, by keyword
        self,
        clock: Clock,
        profile: Profile,
        *,
        cells: Cells | None = Cells(),
        soc_pct: float = 50.0,
        rated_w: float = 10_000.0,
        control: InverterControl = InverterControl(),
        totals: Energies = _NOTHING,
        tz: tzinfo = UTC,
    ) -> None:
        """Build the home as it is now; `rated_w` is that of the AC port."""
        self.clock = clock
        self.cells = cells
        self.rated_w = rated_w
        self._profile = profile
        self._soc_pct = soc_pct
        self._control = control
        self._totals = totals
        self._tz = tz
        self._islanded = False
        self._powered = True
        self._at = clock.now()
        self._at_midnight = totals
        self._midnight = self._next_midnight()

    @property
    def control(self) -> InverterControl:
        """The inverter's settings; assign a changed copy to change them."""
        return self._control

    @control.setter
    def control(self, control: InverterControl) -> None:
        self._advance()
        self._control = control

    @property
    def profile(self) -> Profile:
        """What load and sun do."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._advance()
        self._profile = profile

    @property
    def islanded(self) -> bool:
        """Whether the grid is gone."""
        return self._islanded

    @islanded.setter
    def islanded(self, islanded: bool) -> None:
        self._advance()
        self._islanded = islanded

    @property
    def powered(self) -> bool:
        """Whether the inverter itself has power."""
        return self._powered

    @powered.setter
    def powered(self, powered: bool) -> None:
        self._advance()
        self._powered = powered

    @property
    def soc_pct(self) -> float:
        """The state of charge; assign to put the cells elsewhere."""
        self._advance()
        return self._soc_pct

    @soc_pct.setter
    def soc_pct(self, soc_pct: float) -> None:
        self._advance()
        self._soc_pct = soc_pct

    @property
    def flows(self) -> Flows:
        """The powers now."""
        self._advance()
        return self._solve()

    @property
    def totals(self) -> Energies:
        """The counters since ever."""
        self._advance()
        return self._totals

    @property
    def today(self) -> Energies:
        """The counters since the last local midnight (or the start)."""
        self._advance()
        return self._totals.minus(self._at_midnight)

    @property
    def effective_mode(self) -> InverterMode:
        """The mode that acts now: SELF in an outage and after `forced_until`."""
        self._advance()
        return self._mode()

    def _mode(self) -> InverterMode:
        until = self._control.forced_until
        if self._islanded or (until is not None and self._at >= until):
            return InverterMode.SELF
        return self._control.mode

    def _next_midnight(self) -> datetime:
        tomorrow = self._at.astimezone(self._tz).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._tz).astimezone(UTC)

    def _step_start(self) -> datetime:
        """Return the start of the profile's step that `_at` lies in."""
        return self._at - (self._at - _EPOCH) % self._profile.step

    def _advance(self) -> None:
        """Bring the home to the present. A clock that was put back waits."""
        now = self.clock.now()
        while self._at < now:
            end = min(now, self._step_start() + self._profile.step, self._midnight)
            until = self._control.forced_until
            if until is not None and self._at < until:
                end = min(end, until)
            self._integrate((end - self._at).total_seconds() / 3600)
            self._at = end
            if end == self._midnight:
                self._at_midnight = self._totals
                self._midnight = self._next_midnight()

    def _integrate(self, hours: float) -> None:
        """Let `hours` of constant load and sun pass."""
        while hours > 0:
            flows = self._solve()
            part, soc_pct = self._until_limit(flows.battery_w, hours)
            self._soc_pct = soc_pct
            self._totals = count(self._totals, flows, part)
            hours -= part

    def _until_limit(self, battery_w: float, hours: float) -> tuple[float, float]:
        """Return how long `battery_w` lasts, at most `hours`, and the SOC then."""
        if self.cells is None or battery_w == 0:
            return hours, self._soc_pct
        if battery_w > 0:
            limit_pct = self._floor_pct()
            cells_kw = -battery_w / 1000 / self.cells.discharge_efficiency
        else:
            limit_pct = self._control.max_soc_pct
            cells_kw = -battery_w / 1000 * self.cells.charge_efficiency
        pct_per_hour = 100 * cells_kw / self.cells.capacity_kwh
        if pct_per_hour == 0:
            # A power so small that the division above has swallowed it.
            return hours, self._soc_pct
        to_limit = (limit_pct - self._soc_pct) / pct_per_hour
        if to_limit <= hours:
            return to_limit, limit_pct
        return hours, self._soc_pct + pct_per_hour * hours

    def _floor_pct(self) -> float:
        if self._islanded:
            return self._control.min_soc_pct
        return max(self._control.min_soc_pct, self._control.backup_reserve_pct)

    def _battery_caps_w(self) -> tuple[float, float]:
        """Return the most the battery can charge and discharge now."""
        if self.cells is None:
            return 0.0, 0.0
        control = self._control
        charge_w = _lowest(self.cells.max_charge_w, control.charge_ceiling_w)
        discharge_w = _lowest(self.cells.max_discharge_w, control.discharge_ceiling_w)
        return (
            charge_w if self._soc_pct < control.max_soc_pct else 0.0,
            discharge_w if self._soc_pct > self._floor_pct() else 0.0,
        )

    def _solve(self) -> Flows:
        """Return the powers that the settings, the cells and the limits allow."""
        start, control = self._step_start(), self._control
        load_w, available_w = self._profile.load_w(start), self._profile.solar_w(start)
        if not (control.running and self._powered):
            load_w = 0.0 if self._islanded else load_w
            return Flows(load_w, 0.0, 0.0, load_w, available_w)
        sun_w = _lowest(available_w, control.solar_limit_w)
        wanted_w = {
            InverterMode.SELF: load_w - sun_w,
            InverterMode.FORCED_CHARGE: -control.forced_power_w,
            InverterMode.FORCED_DISCHARGE: control.forced_power_w,
            InverterMode.FORCED_STOP: 0.0,
        }[self._mode()]
        max_charge_w, max_discharge_w = self._battery_caps_w()
        battery_w = max(-max_charge_w, min(wanted_w, max_discharge_w))
        ac_w = _lowest(self.rated_w, control.ac_limit_w)
        export_w = 0.0 if self._islanded else control.export_limit_w
        out_w = ac_w if export_w is None else min(ac_w, load_w + export_w)
        if battery_w > 0:
            battery_w = min(battery_w, max(0.0, out_w - sun_w))
        solar_w = min(sun_w, out_w - battery_w)
        battery_w = max(battery_w, -(ac_w + solar_w))
        if self._islanded:
            load_w = solar_w + battery_w
        return Flows(
            load_w, solar_w, battery_w, load_w - solar_w - battery_w, available_w
        )


def _lowest(value_w: float, limit_w: float | None) -> float:
    return value_w if limit_w is None else min(value_w, limit_w)
