"""What a Powerwall's owner can set for good: its reserve, its mode and its rules."""

from collections.abc import Collection
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    EXPORT_EVERYTHING,
    EXPORT_NOTHING,
    EXPORT_SUN,
    ON_OFF,
    OwnerAllowed,
    OwnerChoice,
    OwnerRange,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)

from . import settings

_NAMES: Final = {
    OwnerSetting.BACKUP_RESERVE_PCT: settings.RESERVE,
    OwnerSetting.STORM_MODE: settings.STORM,
    OwnerSetting.OPERATION_MODE: settings.MODE,
    OwnerSetting.GRID_EXPORT: settings.EXPORT_RULE,
    OwnerSetting.GRID_CHARGING: settings.GRID_CHARGING,
}
_ALLOWED: Final[dict[OwnerSetting, OwnerAllowed]] = {
    OwnerSetting.BACKUP_RESERVE_PCT: OwnerRange(0, settings.FULL, 1),
    OwnerSetting.STORM_MODE: ON_OFF,
    OwnerSetting.OPERATION_MODE: OwnerChoice(settings.MODES),
    OwnerSetting.GRID_EXPORT: OwnerChoice(
        (EXPORT_EVERYTHING, EXPORT_SUN, EXPORT_NOTHING)
    ),
    OwnerSetting.GRID_CHARGING: ON_OFF,
}


def owner_range(setting: OwnerSetting, served: Collection[str]) -> OwnerAllowed | None:
    """Return what a setting can be; None where this site lacks it."""
    return _ALLOWED[setting] if _NAMES.get(setting) in served else None


def owners(found: Settings) -> Settings:
    """Return those of all settings that are the owner's to set."""
    return {name: found.get(name) for name in _NAMES.values()}


def owner_value(setting: OwnerSetting, found: Settings) -> OwnerValue:
    """Return a setting; None where it is not known."""
    return found.get(_NAMES.get(setting, ""))


def owner_writes(
    setting: OwnerSetting, value: OwnerValue, found: Settings
) -> tuple[Write, ...]:
    """Return what gives a setting a value. Raises DeviceRefusedError."""
    name, allowed = _NAMES[setting], _ALLOWED[setting]
    if not allowed.allows(value):
        raise DeviceRefusedError(f"a Powerwall has no {setting} = {value}")
    wanted = value
    if isinstance(allowed, OwnerRange) and isinstance(value, int | float):
        wanted = round(value)
        if not settings.can_set_reserve(wanted):
            raise DeviceRefusedError(
                "a Powerwall takes no reserve between 80 and 100 %"
            )
    return () if found.get(name) == wanted else (Write(name, wanted),)
