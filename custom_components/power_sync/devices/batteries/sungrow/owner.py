"""The owner's own settings of a Sungrow hybrid: what they can be, and how to set them.

The export limit has three forms: W, 10 W where there is none in W, and a share
of the rating, which counts instead of the others once somebody has set it. The
value is written before the switch, so that the switch never puts an old value
in force.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from modbus_connection.model import Component

from custom_components.power_sync.devices.batteries.sequence import Sequence, number
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    NO_LIMIT,
    OwnerRange,
    OwnerSetting,
    Settings,
    Write,
)

from .registers import SWITCH_OFF, SWITCH_ON
from .settings import (
    CEILING_STEP_W,
    EXPORT_LIMIT,
    EXPORT_LIMIT_WIDE,
    EXPORT_RATIO,
    EXPORT_SWITCH,
    LOWEST_CEILING,
    MAX_CHARGE,
    MAX_DISCHARGE,
    MAX_SOC,
    MIN_SOC,
    RESERVE,
)

WHOLE_RATIO: Final = 1000
"""An export ratio of 100 %."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How a register holds a setting: `scale` turns its value into the unit."""

    key: str
    scale: float


_FORMS: Final = {
    OwnerSetting.BACKUP_RESERVE_PCT: (_Form(RESERVE, 1),),
    OwnerSetting.MIN_SOC_PCT: (_Form(MIN_SOC, 0.1),),
    OwnerSetting.MAX_SOC_PCT: (_Form(MAX_SOC, 0.1),),
    OwnerSetting.MAX_CHARGE_W: (_Form(MAX_CHARGE, CEILING_STEP_W),),
    OwnerSetting.MAX_DISCHARGE_W: (_Form(MAX_DISCHARGE, CEILING_STEP_W),),
    OwnerSetting.EXPORT_LIMIT_W: (
        _Form(EXPORT_LIMIT, 1),
        _Form(EXPORT_LIMIT_WIDE, CEILING_STEP_W),
    ),
}
"""Each setting's registers, the first that the inverter has is the one."""

OWNER_SETTINGS: Final = frozenset(
    {form.key for forms in _FORMS.values() for form in forms}
    | {EXPORT_SWITCH, EXPORT_RATIO}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLimits:
    """What bounds the owner's settings on this inverter, in W."""

    rated_w: float
    battery_w: float
    export_least_w: float
    export_most_w: float


def found_in(components: Iterable[Component]) -> dict[str, int | None]:
    """Return every owner's setting; the fields of components have their names."""
    found: dict[str, int | None] = dict.fromkeys(OWNER_SETTINGS)
    for component in components:
        for key in component.declared_fields:
            found[key] = getattr(component, key)
    return found


def owner_range(
    setting: OwnerSetting, served: Collection[str], limits: OwnerLimits
) -> OwnerRange | None:
    """Return what a setting can be; None where its registers are not `served`."""
    form = _form(setting, served)
    if form is None:
        return None
    match setting:
        case OwnerSetting.BACKUP_RESERVE_PCT:
            return OwnerRange(0, 100, 1)
        case OwnerSetting.MIN_SOC_PCT:
            return OwnerRange(0, 50, 0.1)
        case OwnerSetting.MAX_SOC_PCT:
            return OwnerRange(50, 100, 0.1)
        case OwnerSetting.MAX_CHARGE_W | OwnerSetting.MAX_DISCHARGE_W:
            # 10 W is the lowest: some firmwares reject 0.
            return OwnerRange(
                LOWEST_CEILING * CEILING_STEP_W, limits.battery_w, CEILING_STEP_W
            )
        case _:
            return OwnerRange(limits.export_least_w, limits.export_most_w, form.scale)


def owner_value(
    setting: OwnerSetting, found: Settings, limits: OwnerLimits
) -> float | None:
    """Return a setting in its unit; None where it is not known."""
    form = _form(setting, _served(found))
    if form is None:
        return None
    if setting is OwnerSetting.EXPORT_LIMIT_W:
        switch = number(found, EXPORT_SWITCH)
        if switch != SWITCH_ON:
            return NO_LIMIT if switch == SWITCH_OFF else None
        ratio = _ratio(found)
        if ratio is not None:
            return round(ratio * limits.rated_w / WHOLE_RATIO, 1)
    raw = number(found, form.key)
    return None if raw is None else round(raw * form.scale, 1)


def owner_writes(
    setting: OwnerSetting, value: float | None, found: Settings, limits: OwnerLimits
) -> tuple[Write, ...]:
    """Return what gives a setting a value, in the order to write.

    Raises DeviceRefusedError for a setting that is not among those found, and
    for None as anything but an export limit.
    """
    served = _served(found)
    form = _form(setting, served)
    allowed = owner_range(setting, served, limits)
    if form is None or allowed is None:
        raise DeviceRefusedError(f"this inverter has no {setting}")
    sequence = Sequence(found)
    is_export = setting is OwnerSetting.EXPORT_LIMIT_W
    if value is None:
        if not is_export:
            raise DeviceRefusedError(f"{setting} needs a value")
        sequence.put(EXPORT_SWITCH, SWITCH_OFF)
        return sequence.writes
    value = min(max(value, allowed.least), allowed.most)
    # Down to a whole step; the addend keeps 28.999999999999996 at 29.
    sequence.put(form.key, int(value / form.scale + 1e-6))
    if is_export:
        if _ratio(found) is not None:
            share = int(value * WHOLE_RATIO / limits.rated_w + 1e-6)
            sequence.put(EXPORT_RATIO, min(share, WHOLE_RATIO))
        sequence.put(EXPORT_SWITCH, SWITCH_ON)
    return sequence.writes


def _form(setting: OwnerSetting, served: Collection[str]) -> _Form | None:
    """Return the register that holds a setting; an export limit needs its switch."""
    if setting is OwnerSetting.EXPORT_LIMIT_W and EXPORT_SWITCH not in served:
        return None
    return next((form for form in _FORMS.get(setting, ()) if form.key in served), None)


def _ratio(found: Settings) -> int | None:
    """Return the export ratio where somebody has set it.

    100 % is how inverters leave the factory, 0 what those answer that do not
    use it. A limit of nothing is in the other register just as well.
    """
    ratio = number(found, EXPORT_RATIO)
    return ratio if ratio is not None and 0 < ratio < WHOLE_RATIO else None


def _served(found: Settings) -> set[str]:
    return {key for key, value in found.items() if value is not None}
