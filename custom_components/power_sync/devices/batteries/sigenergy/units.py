"""Which devices of a plant answer at which unit ids, as it is stored."""

from dataclasses import dataclass
from typing import Final

from custom_components.power_sync.devices.batteries.brand import BatteryConfig

from .registers import PLANT_UNIT

SEARCHED: Final = tuple(range(1, 9))
"""The ids that are looked at for inverters, beside the one that was typed."""
LAST_UNIT: Final = 246

_INVERTER, _CHARGER = "inverter", "charger"


@dataclass(frozen=True, slots=True)
class Units:
    """The unit ids of a plant's devices, the first inverter being its identity."""

    inverters: tuple[int, ...] = ()
    charger: int | None = None

    def stored(self) -> str:
        """Return what `units_of` understands."""
        parts = [f"{_INVERTER}:{unit}" for unit in self.inverters]
        if self.charger is not None:
            parts.append(f"{_CHARGER}:{self.charger}")
        return ",".join(parts)


def units_of(config: BatteryConfig) -> Units:
    """Return the units of a stored battery; what makes no sense is left out."""
    inverters: list[int] = []
    charger: int | None = None
    for part in (config.variant or "").split(","):
        kind, _, unit = part.partition(":")
        if not unit.isdecimal() or not 1 <= int(unit) <= LAST_UNIT:
            continue
        if kind == _INVERTER:
            inverters.append(int(unit))
        elif kind == _CHARGER:
            charger = int(unit)
    return Units(tuple(inverters), charger)


def siblings(config: BatteryConfig | None) -> tuple[int, ...]:
    """Return the unit ids of a battery, or with None those where one may be."""
    if config is None:
        return (PLANT_UNIT, *SEARCHED)
    units = units_of(config)
    charger = () if units.charger is None else (units.charger,)
    return (PLANT_UNIT, *units.inverters, *charger)
