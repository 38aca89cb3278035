"""For batteries with no settings of the owner's own, or with none but numbers."""

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    OwnerAllowed,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)


def number_wanted(setting: OwnerSetting, value: OwnerValue) -> float | None:
    """Return what a setting is to be, as a number. Raises DeviceRefusedError."""
    if isinstance(value, str | bool):
        raise DeviceRefusedError(f"{setting} is a number")
    return value


class NoOwnerSettings:
    """The part of a driver that says so."""

    def owner_range(self, _setting: OwnerSetting) -> OwnerAllowed | None:
        """Return None: there is none."""
        return None

    async def read_owner(self) -> Settings:
        """Return nothing."""
        return {}

    def owner_value(self, _setting: OwnerSetting, _found: Settings) -> OwnerValue:
        """Return None: not known."""
        return None

    def owner_writes(
        self, setting: OwnerSetting, _value: OwnerValue, _found: Settings
    ) -> tuple[Write, ...]:
        """Refuse."""
        raise DeviceRefusedError(f"this battery has no {setting}")
