"""The holding registers of a hybrid (SH), and what they make it do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from simulators.home import InverterControl, InverterMode

from .models import SungrowModel

ON, OFF = 0xAA, 0x55
START, STOP = 0xCF, 0xCE
CHARGE, DISCHARGE, REST = 0xAA, 0xBB, 0xCC
EMS_SELF, EMS_FORCED, EMS_EXTERNAL, EMS_VPP, EMS_MICROGRID = 0, 2, 3, 4, 8

RUN = 12999
EMS_MODE = 13049
COMMAND = 13050
FORCED_POWER = 13051
MAX_SOC = 13057
MIN_SOC = 13058
EXPORT_LIMIT = 13073
HEARTBEAT = 13079
EXPORT_SWITCH = 13086
EXPORT_RATIO = 13087
AC_SWITCH, AC_RATIO = 13088, 13089
RESERVE = 13099
RS_AC_SWITCH, RS_AC_RATIO = 31203, 31204
EXPORT_LIMIT_WIDE = 31221
CHARGE_CEILING, DISCHARGE_CEILING = 33046, 33047
FORCED_POWER_WIDE = 33147

HOLDING_BLOCKS = (
    range(12999, 13124),
    range(31200, 31223),
    range(33046, 33048),
    range(33147, 33150),
    range(33207, 33219),
)
"""Inside these a gap reads as 0xFFFF; outside is exception 2."""

_WIDE = {EXPORT_LIMIT_WIDE: EXPORT_LIMIT, FORCED_POWER_WIDE: FORCED_POWER}
"""The same settings in 10 W, for inverters above 65 kW."""

type Allowed = Mapping[int, Callable[[int], bool]]


def _between(low: int, high: int) -> Callable[[int], bool]:
    return lambda value: low <= value <= high


def _one_of(*codes: int) -> Callable[[int], bool]:
    return lambda value: value in codes


class HybridSettings:
    """The settings by wire address, raw; each is as it was last written."""

    def __init__(
        self, model: SungrowModel, *, rated_w: float, bdc_rated_w: float
    ) -> None:
        """Begin with the factory's settings."""
        self._rated_w = rated_w
        self._beat_at: datetime | None = None
        self._allowed = _allowed(model, round(rated_w), round(bdc_rated_w))
        factory = _factory(round(rated_w), round(bdc_rated_w))
        self.values = {
            register: factory[register]
            for register in self._allowed
            if register not in _WIDE
        }

    def forget_control(self) -> None:
        """Be as before anybody forced the battery."""
        self.values |= {EMS_MODE: EMS_SELF, COMMAND: REST}

    def image(self) -> dict[int, int]:
        """Return what reading gives, with the wide forms."""
        wide = {
            register: self.values[narrow] // 10
            for register, narrow in _WIDE.items()
            if register in self._allowed
        }
        return self.values | wide

    def knows(self, register: int) -> bool:
        """Return whether the model has this register."""
        return register in self._allowed

    def accepts(self, register: int, value: int) -> bool:
        """Return whether `value` is one that the register takes."""
        return self._allowed[register](value)

    def write(self, register: int, value: int, at: datetime) -> None:
        """Take a value that is accepted."""
        if register == HEARTBEAT:
            self._beat_at = at
        if register in _WIDE:
            register, value = _WIDE[register], 10 * value
        self.values[register] = value

    def apply_to(self, control: InverterControl) -> InverterControl:
        """Return `control` as these settings make it."""
        values = self.values
        mode, until = self._mode()
        return replace(
            control,
            mode=mode,
            forced_until=until,
            forced_power_w=float(values[FORCED_POWER]),
            charge_ceiling_w=_ten_w(values.get(CHARGE_CEILING)),
            discharge_ceiling_w=_ten_w(values.get(DISCHARGE_CEILING)),
            export_limit_w=self._export_limit_w(),
            ac_limit_w=self._ac_limit_w(),
            min_soc_pct=values[MIN_SOC] / 10,
            max_soc_pct=values[MAX_SOC] / 10,
            backup_reserve_pct=float(values[RESERVE]),
            running=values[RUN] == START,
        )

    def _mode(self) -> tuple[InverterMode, datetime | None]:
        """Return the mode, and when it ends for lack of a heartbeat.

        In mode 2 nothing ever times out. In modes 3 and 4 the command acts as
        long as the heartbeat is written anew within the time it says.
        """
        mode = {
            CHARGE: InverterMode.FORCED_CHARGE,
            DISCHARGE: InverterMode.FORCED_DISCHARGE,
            REST: InverterMode.FORCED_STOP,
        }[self.values[COMMAND]]
        ems = self.values[EMS_MODE]
        if ems == EMS_FORCED:
            return mode, None
        if ems in {EMS_EXTERNAL, EMS_VPP} and self._beat_at is not None:
            return mode, self._beat_at + timedelta(seconds=self.values[HEARTBEAT])
        return InverterMode.SELF, None

    def _export_limit_w(self) -> float | None:
        if self.values.get(EXPORT_SWITCH) != ON:
            return None
        ratio = self.values.get(EXPORT_RATIO)
        if ratio is not None and 0 < ratio < 1000:
            return self._rated_w * ratio / 1000
        return float(self.values[EXPORT_LIMIT])

    def _ac_limit_w(self) -> float | None:
        for switch, ratio in ((AC_SWITCH, AC_RATIO), (RS_AC_SWITCH, RS_AC_RATIO)):
            if self.values.get(switch) == ON:
                return self._rated_w * self.values[ratio] / 1000
        return None


def _ten_w(value: int | None) -> float | None:
    return None if value is None else 10.0 * value


def _allowed(model: SungrowModel, rated_w: int, bdc_rated_w: int) -> Allowed:
    """Return which registers the model has and which values they take."""
    switch = _one_of(ON, OFF)
    allowed: dict[int, Callable[[int], bool]] = {
        RUN: _one_of(START, STOP),
        EMS_MODE: _one_of(EMS_SELF, EMS_FORCED, EMS_EXTERNAL, EMS_VPP, EMS_MICROGRID),
        COMMAND: _one_of(CHARGE, DISCHARGE, REST),
        FORCED_POWER: _between(0, bdc_rated_w),
        FORCED_POWER_WIDE: _between(0, bdc_rated_w // 10),
        MAX_SOC: _between(500, 1000),
        MIN_SOC: _between(0, 500),
        EXPORT_LIMIT: _between(0, rated_w),
        EXPORT_LIMIT_WIDE: _between(0, rated_w // 10),
        13074: switch,
        HEARTBEAT: _between(0, 1000),
        13085: switch,
        RESERVE: _between(0, 100),
        31212: switch,
    }
    if model.has_solar_limit:
        allowed[13017] = switch
    if model.has_export_switch:
        allowed[EXPORT_SWITCH] = switch
        if model.has_export_ratio:
            allowed[EXPORT_RATIO] = _between(0, 1000)
    if model.has_ac_limit:
        allowed |= {13016: _one_of(ON), AC_SWITCH: switch, AC_RATIO: _between(0, 1000)}
    if model.has_rs_ac_limit:
        allowed |= {RS_AC_SWITCH: switch, RS_AC_RATIO: _between(0, 1000)}
    if model.has_power_ceilings:
        ceiling = _between(1, bdc_rated_w // 10)
        allowed |= {CHARGE_CEILING: ceiling, DISCHARGE_CEILING: ceiling}
    if model.has_start_powers:
        allowed |= {33148: _between(0, 100), 33149: _between(0, 100)}
    if not model.has_timed_charging:
        return allowed
    hour, minute, soc = _between(0, 23), _between(0, 59), _between(0, 100)
    charging = (switch, _one_of(0, 1), *2 * (hour, minute, hour, minute, soc))
    return allowed | dict(enumerate(charging, 33207))


def _factory(rated_w: int, bdc_rated_w: int) -> Mapping[int, int]:
    """Return the settings of a new inverter."""
    return {
        RUN: START,
        13016: OFF,
        13017: OFF,
        EMS_MODE: EMS_SELF,
        COMMAND: REST,
        FORCED_POWER: 0,
        MAX_SOC: 1000,
        MIN_SOC: 50,
        EXPORT_LIMIT: rated_w,
        13074: ON,
        HEARTBEAT: 20,
        13085: ON,
        EXPORT_SWITCH: OFF,
        EXPORT_RATIO: 1000,
        AC_SWITCH: OFF,
        AC_RATIO: 1000,
        RESERVE: 0,
        RS_AC_SWITCH: OFF,
        RS_AC_RATIO: 1000,
        31212: OFF,
        CHARGE_CEILING: bdc_rated_w // 10,
        DISCHARGE_CEILING: bdc_rated_w // 10,
        33148: 0,
        33149: 0,
        33207: OFF,
    } | dict.fromkeys(range(33208, 33219), 0)
