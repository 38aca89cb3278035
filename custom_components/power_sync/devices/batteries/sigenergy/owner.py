"""The owner's own settings of a Sigenergy plant: what they can be, how to set them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from custom_components.power_sync.devices.batteries.sequence import Sequence, number
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    NO_LIMIT,
    OwnerRange,
    OwnerSetting,
    Settings,
    Write,
)

from .settings import (
    EXPORT_LIMIT,
    MAX_CHARGE,
    MAX_DISCHARGE,
    MAX_SOC,
    MIN_SOC,
    RESERVE,
)

UNLIMITED: Final = 0xFFFFFFFE
"""The export limit that is none, by what other programs write."""
PLAUSIBLE_W: Final = 1_000_000
"""A limit beyond this limits nothing."""

_KEYS: Final = {
    OwnerSetting.BACKUP_RESERVE_PCT: (RESERVE, 0.1),
    OwnerSetting.MIN_SOC_PCT: (MIN_SOC, 0.1),
    OwnerSetting.MAX_SOC_PCT: (MAX_SOC, 0.1),
    OwnerSetting.MAX_CHARGE_W: (MAX_CHARGE, 1),
    OwnerSetting.MAX_DISCHARGE_W: (MAX_DISCHARGE, 1),
    OwnerSetting.EXPORT_LIMIT_W: (EXPORT_LIMIT, 1),
}
"""Each setting's register, and what turns its value into the unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLimits:
    """What bounds the owner's settings on this plant, in W."""

    rated_w: float
    charge_w: float
    discharge_w: float


def owner_range(
    setting: OwnerSetting, served: Collection[str], limits: OwnerLimits
) -> OwnerRange | None:
    """Return what a setting can be; None where its register is not `served`."""
    if setting not in _KEYS or _KEYS[setting][0] not in served:
        return None
    match setting:
        case OwnerSetting.MAX_CHARGE_W:
            return OwnerRange(0, limits.charge_w, 1)
        case OwnerSetting.MAX_DISCHARGE_W:
            return OwnerRange(0, limits.discharge_w, 1)
        case OwnerSetting.EXPORT_LIMIT_W:
            return OwnerRange(0, limits.rated_w, 1)
        case _:
            return OwnerRange(0, 100, 0.1)


def owner_value(setting: OwnerSetting, found: Settings) -> float | None:
    """Return a setting in its unit; None where it is not known."""
    if setting not in _KEYS:
        return None
    key, scale = _KEYS[setting]
    raw = number(found, key)
    if raw is None:
        return None
    value = round(raw * scale, 1)
    is_export = setting is OwnerSetting.EXPORT_LIMIT_W
    return NO_LIMIT if is_export and value > PLAUSIBLE_W else value


def owner_writes(
    setting: OwnerSetting, value: float | None, found: Settings, limits: OwnerLimits
) -> tuple[Write, ...]:
    """Return what gives a setting a value.

    Raises DeviceRefusedError for a setting that is not among those found, and
    for None as anything but an export limit.
    """
    served = {key for key, present in found.items() if present is not None}
    allowed = owner_range(setting, served, limits)
    if allowed is None:
        raise DeviceRefusedError(f"this plant has no {setting}")
    key, scale = _KEYS[setting]
    sequence = Sequence(found)
    if value is None:
        if setting is not OwnerSetting.EXPORT_LIMIT_W:
            raise DeviceRefusedError(f"{setting} needs a value")
        if owner_value(setting, found) != NO_LIMIT:
            sequence.put(key, UNLIMITED)
        return sequence.writes
    value = min(max(value, allowed.least), allowed.most)
    # Down to a whole step; the addend keeps 28.999999999999996 at 29.
    sequence.put(key, int(value / scale + 1e-6))
    return sequence.writes
