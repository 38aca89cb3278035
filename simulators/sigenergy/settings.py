"""The holding registers of a plant, and what they make it do."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from simulators.home import InverterControl, InverterMode

REMOTE_EMS, MODE = 40029, 40031
FIXED_POWER = 40001
MAX_CHARGE, MAX_DISCHARGE, MAX_SOLAR = 40032, 40034, 40036
EXPORT_LIMIT, IMPORT_LIMIT = 40038, 40040
RESERVE, MAX_SOC, MIN_SOC = 40046, 40047, 40048

WIDE = frozenset({FIXED_POWER, *range(MAX_CHARGE, RESERVE, 2)})
"""The first words of settings of two words, which must be written together."""
BLOCKS = (range(40001, 40052),)
UNLIMITED = 0xFFFFFFFE

_DIRECT, _STANDBY, _SELF = 0, 1, 2
_CHARGE_GRID_FIRST, _CHARGE, _DISCHARGE_SUN_FIRST, _DISCHARGE = 3, 4, 5, 6


class PlantSettings:
    """The settings by wire address, raw; those of two words by their first."""

    def __init__(
        self,
        *,
        charge_w: int,
        discharge_w: int,
        rated_w: int,
        limits_everywhere: bool,
    ) -> None:
        """Begin with the factory's settings.

        `limits_everywhere` is newer firmware: the battery's limits act in every
        mode, and not only in the forced one that they belong to.
        """
        self._limits_everywhere = limits_everywhere
        self.values = {
            FIXED_POWER: 0,
            REMOTE_EMS: 0,
            MODE: _SELF,
            MAX_CHARGE: charge_w,
            MAX_DISCHARGE: discharge_w,
            MAX_SOLAR: 2 * rated_w,
            EXPORT_LIMIT: rated_w,
            IMPORT_LIMIT: UNLIMITED,
            RESERVE: 0,
            MAX_SOC: 1000,
            MIN_SOC: 50,
        }

    def words(self) -> dict[int, int]:
        """Return what reading gives."""
        words: dict[int, int] = {}
        for register, value in self.values.items():
            if register in WIDE:
                words |= {register: value >> 16, register + 1: value & 0xFFFF}
            else:
                words[register] = value
        return words

    def accepts(self, register: int, value: int) -> bool:
        """Return whether a setting takes a value."""
        allowed = _ALLOWED.get(register)
        return allowed is None or allowed(value)

    def apply_to(self, control: InverterControl) -> InverterControl:
        """Return `control` as these settings make it."""
        values = self.values
        mode, power_w = self._mode()
        charge_w, discharge_w = self._limits_w(mode)
        export_w = values[EXPORT_LIMIT]
        sunless = values[REMOTE_EMS] and values[MODE] == _CHARGE_GRID_FIRST
        return replace(
            control,
            mode=mode,
            forced_power_w=float(power_w),
            charge_ceiling_w=charge_w,
            discharge_ceiling_w=discharge_w,
            export_limit_w=None if export_w >= UNLIMITED else float(export_w),
            solar_limit_w=0.0 if sunless else None,
            min_soc_pct=values[MIN_SOC] / 10,
            max_soc_pct=values[MAX_SOC] / 10,
            backup_reserve_pct=values[RESERVE] / 10,
        )

    def _mode(self) -> tuple[InverterMode, int]:
        """Return what the battery does, and with how much power."""
        values = self.values
        if not values[REMOTE_EMS] or values[MODE] == _SELF:
            return InverterMode.SELF, 0
        match values[MODE]:
            case 3 | 4:
                return InverterMode.FORCED_CHARGE, values[MAX_CHARGE]
            case 5 | 6:
                return InverterMode.FORCED_DISCHARGE, values[MAX_DISCHARGE]
            case 0 if values[FIXED_POWER]:
                return InverterMode.FORCED_DISCHARGE, values[FIXED_POWER]
        return InverterMode.FORCED_STOP, 0

    def _limits_w(self, mode: InverterMode) -> tuple[float | None, float | None]:
        charge_w = float(self.values[MAX_CHARGE])
        discharge_w = float(self.values[MAX_DISCHARGE])
        if self._limits_everywhere:
            return charge_w, discharge_w
        return (
            charge_w if mode is InverterMode.FORCED_CHARGE else None,
            discharge_w if mode is InverterMode.FORCED_DISCHARGE else None,
        )


def _percent(value: int) -> bool:
    return value <= 1000


_ALLOWED: Mapping[int, Callable[[int], bool]] = {
    REMOTE_EMS: lambda value: value in {0, 1},
    MODE: lambda value: value <= _DISCHARGE,
    RESERVE: _percent,
    MAX_SOC: _percent,
    MIN_SOC: _percent,
}
