"""What a Powerwall's owner can set for good: the backup reserve, and Storm Watch."""

from collections.abc import Collection

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    OwnerRange,
    OwnerSetting,
    Settings,
    Write,
)

from . import settings

_NAMES = {
    OwnerSetting.BACKUP_RESERVE_PCT: settings.RESERVE,
    OwnerSetting.STORM_MODE: settings.STORM,
}
_RANGES = {
    OwnerSetting.BACKUP_RESERVE_PCT: OwnerRange(0, settings.FULL, 1),
    OwnerSetting.STORM_MODE: OwnerRange(0, 1, 1),
}


def owner_range(setting: OwnerSetting, served: Collection[str]) -> OwnerRange | None:
    """Return what a setting can be; None where this site lacks it."""
    return _RANGES[setting] if _NAMES.get(setting) in served else None


def owners(found: Settings) -> Settings:
    """Return those of all settings that are the owner's to set."""
    return {name: found.get(name) for name in _NAMES.values()}


def owner_value(setting: OwnerSetting, found: Settings) -> float | None:
    """Return a setting as a number; None where it is not known."""
    value = found.get(_NAMES.get(setting, ""))
    return float(value) if isinstance(value, int | float) else None


def owner_writes(
    setting: OwnerSetting, value: float, found: Settings
) -> tuple[Write, ...]:
    """Return what gives a setting a value. Raises DeviceRefusedError."""
    name = _NAMES[setting]
    wanted = bool(value) if setting is OwnerSetting.STORM_MODE else round(value)
    if name == settings.RESERVE and not settings.can_set_reserve(wanted):
        raise DeviceRefusedError("a Powerwall takes no reserve between 80 and 100 %")
    return () if found.get(name) == wanted else (Write(name, wanted),)
