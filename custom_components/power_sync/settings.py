"""What the user sets for a home, on entities and in the options. Pure.

One value has one owner: these settings, kept in the site's own store. What was
answered when the site was set up is where they start.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import Enum, StrEnum
from math import inf, isfinite
from typing import Any, Final

from .control.owner_rules import RULES
from .control.view import HoldMethod, PlannedBy, SiteLimits
from .model.battery import OwnerSetting
from .model.mains import THREE_PHASES, Connection, Mains
from .model.scan import Scan
from .picture import Theme
from .planner.problem import DEFAULT_WEAR_PER_KWH, Objective
from .planner.shaping import MIDNIGHT_MIN, TRUE_PRICES, Shaping
from .prices.spike_watch import ENTER_AUD_PER_MWH, LEAVE_AUD_PER_MWH, Thresholds

FORCE_DURATION_DEFAULT_MIN: Final = 30
DEFAULT_RESERVE_PCT: Final = 10.0
LEAST_SPAN_PCT: Final = 5.0
"""So far apart are the lowest and the highest level at least."""
MOST_SPIKE_PAID_PER_KWH: Final = 30.0
MOST_WEAR_PER_KWH: Final = 10.0
# A limit below these is one in kW: the smallest supplies are of some kilowatts.
LOWEST_IMPORT_LIMIT_W: Final = 500.0
LOWEST_EXPORT_LIMIT_W: Final = 100.0
SHORTEST_WINDOW_H: Final = 0.5
LONGEST_WINDOW_H: Final = 24.0
LEAST_FUSE_A: Final = 6.0
MOST_FUSE_A: Final = 250.0
LOWEST_POWER_W: Final = 200.0
"""A power limit below this is one in kW, or no operation at all."""


type KeptScan = list[Any]
"""The original and the present capacity in Wh, and when that was found, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user sets. Changing them reloads nothing.

    Powers are W of the whole site and None where there is no limit.
    `export_ceiling_w` is the highest export limit that may be set on the entity:
    the one that was found on the inverter at first contact, unless the user has
    chosen another in a dialogue. `spike_reserve_pct` None is the reserve, and
    `dear_per_kwh` None what suits the currency (`dear.py`). `planned_by` and
    `connections` are by the battery's config subentry, and have only those that
    PowerSync does not plan, and those that are on a single phase. `owner_rules`
    likewise has the rules that batteries were given, `scans` what their packs were
    found to hold.
    """

    automatic: bool = True
    dry_run: bool = True
    force_duration_min: int = FORCE_DURATION_DEFAULT_MIN
    force_power_w: float | None = None
    reserve_pct: float = DEFAULT_RESERVE_PCT
    min_soc_pct: float = 0.0
    max_soc_pct: float = 100.0
    charge_limit_w: float | None = None
    discharge_limit_w: float | None = None
    import_limit_w: float | None = None
    export_limit_w: float | None = None
    export_ceiling_w: float | None = None
    grid_charging: bool = True
    battery_export: bool = False
    wear_per_kwh: float = DEFAULT_WEAR_PER_KWH
    objective: Objective = Objective.LOWEST_COST
    spike_protection: bool = TRUE_PRICES.spike_protection
    export_boost: bool = TRUE_PRICES.export_boost
    boost_offset_per_kwh: float = TRUE_PRICES.boost_offset_per_kwh
    boost_minimum_per_kwh: float = TRUE_PRICES.boost_minimum_per_kwh
    boost_threshold_per_kwh: float = TRUE_PRICES.boost_threshold_per_kwh
    boost_start_min: int = TRUE_PRICES.boost_start_min
    boost_end_min: int = TRUE_PRICES.boost_end_min
    chip_mode: bool = TRUE_PRICES.chip_mode
    chip_threshold_per_kwh: float = TRUE_PRICES.chip_threshold_per_kwh
    chip_start_min: int = TRUE_PRICES.chip_start_min
    chip_end_min: int = TRUE_PRICES.chip_end_min
    cheapest_window_h: float = 3.0
    picture_theme: Theme = Theme.AUTO
    spike_enter_per_mwh: float = ENTER_AUD_PER_MWH
    spike_leave_per_mwh: float = LEAVE_AUD_PER_MWH
    car_hold: bool = True
    hold_method: HoldMethod = HoldMethod.AUTOMATIC
    spike_response: bool = False
    spike_reserve_pct: float | None = None
    spike_paid_per_kwh: float = 0.0
    pause_dear_charge: bool = True
    dear_per_kwh: float | None = None
    tou_sync: bool = False
    planned_by: Mapping[str, PlannedBy] = field(default_factory=dict)
    owner_rules: Mapping[str, list[OwnerSetting]] = field(default_factory=dict)
    scans: Mapping[str, KeptScan] = field(default_factory=dict)
    mains_phases: int = 1
    fuse_a: float | None = None
    metered_per_phase: bool = False
    connections: Mapping[str, Connection] = field(default_factory=dict)

    @property
    def limits(self) -> SiteLimits:
        """What control keeps to."""
        return SiteLimits(
            import_limit_w=self.import_limit_w,
            export_limit_w=self.export_limit_w,
            grid_charging=self.grid_charging,
            battery_export=self.battery_export,
            reserve_pct=max(self.reserve_pct, self.min_soc_pct),
            spike_floor_pct=(
                None
                if self.spike_reserve_pct is None
                else max(self.spike_reserve_pct, self.min_soc_pct)
            ),
            max_soc_pct=self.max_soc_pct,
            charge_limit_w=self.charge_limit_w,
            discharge_limit_w=self.discharge_limit_w,
            mains=Mains(
                phases=self.mains_phases,
                fuse_a=self.fuse_a,
                metered_per_phase=self.metered_per_phase,
            ),
        )

    @property
    def thresholds(self) -> Thresholds:
        """When the wholesale price is a spike."""
        return Thresholds(self.spike_enter_per_mwh, self.spike_leave_per_mwh)

    @property
    def dear(self) -> tuple[bool, float | None]:
        """Whether a forced charge waits for a lower price, and which one."""
        return self.pause_dear_charge, self.dear_per_kwh

    @property
    def hold(self) -> HoldMethod | None:
        """How batteries are kept from feeding cars; None where they are not."""
        return self.hold_method if self.car_hold else None

    @property
    def shaping(self) -> Shaping:
        """How prices count for the plan."""
        return Shaping(
            **{each.name: getattr(self, each.name) for each in fields(Shaping)}
        )


_DEFAULTS = Settings()
_MOST: Final = {
    "boost_start_min": MIDNIGHT_MIN - 1,
    "boost_end_min": MIDNIGHT_MIN - 1,
    "chip_start_min": MIDNIGHT_MIN - 1,
    "chip_end_min": MIDNIGHT_MIN - 1,
    "cheapest_window_h": LONGEST_WINDOW_H,
    "mains_phases": THREE_PHASES,
    "fuse_a": MOST_FUSE_A,
}
_LEAST: Final = {
    "cheapest_window_h": SHORTEST_WINDOW_H,
    "mains_phases": 1,
    "fuse_a": LEAST_FUSE_A,
}
_BY_BATTERY: Final[Mapping[str, type[StrEnum]]] = {
    "planned_by": PlannedBy,
    "connections": Connection,
}
_PERCENT = frozenset({"reserve_pct", "min_soc_pct", "max_soc_pct", "spike_reserve_pct"})


def safe_settings(defaults: Settings) -> Settings:
    """Return what holds where the user's settings are lost: nothing is written."""
    return replace(defaults, dry_run=True, battery_export=False)


def settings_from(data: Mapping[str, object], defaults: Settings) -> Settings:
    """Return the settings that `data` holds.

    What is missing, or no such setting can be, is as in `defaults`.
    """
    found: dict[str, Any] = {}
    for each in fields(Settings):
        if each.name in data:
            with suppress(TypeError, ValueError):
                found[each.name] = _checked(each.name, data[each.name])
    return replace(defaults, **found)


def _by_battery(name: str, value: object) -> dict[str, StrEnum]:
    """Return what is chosen for which battery. Raises TypeError or ValueError."""
    if not isinstance(value, Mapping):
        raise TypeError(name)
    return {str(key): _BY_BATTERY[name](chosen) for key, chosen in value.items()}


def _rules(value: object) -> dict[str, list[OwnerSetting]]:
    """Return which rules which battery was given. Raises TypeError or ValueError."""
    if not isinstance(value, Mapping):
        raise TypeError("owner_rules")
    return {
        str(key): [each for rule in rules if (each := OwnerSetting(rule)) in RULES]
        for key, rules in value.items()
    }


def _scans(value: object) -> dict[str, KeptScan]:
    """Return what scans have found. Raises TypeError or ValueError."""
    if not isinstance(value, Mapping):
        raise TypeError("scans")
    found = {}
    for key, (original_wh, current_wh, at) in value.items():
        scan = Scan(float(original_wh), float(current_wh))
        when = None if at is None else datetime.fromisoformat(at).isoformat()
        found[str(key)] = [scan.original_wh, scan.current_wh, when]
    return found


_MAPPED: Final[Mapping[str, Callable[[object], Mapping[str, object]]]] = {
    "owner_rules": _rules,
    "scans": _scans,
}


def _checked(name: str, value: object) -> object:
    """Return a value as its setting holds it. Raises TypeError or ValueError."""
    default = getattr(_DEFAULTS, name)
    if value is None and default is None:
        return None
    if isinstance(default, Mapping):
        read = _MAPPED.get(name)
        return _by_battery(name, value) if read is None else read(value)
    if isinstance(default, Enum):
        return type(default)(value)
    if isinstance(default, bool) and isinstance(value, bool):
        return value
    if (
        isinstance(default, bool)
        or not isinstance(value, int | float)
        or (isinstance(value, bool))
    ):
        raise TypeError(name)
    most = 100.0 if name in _PERCENT else _MOST.get(name, inf)
    if not isfinite(value) or not _LEAST.get(name, 0) <= value <= most:
        raise ValueError(name)
    return int(value) if isinstance(default, int) else float(value)
