"""For batteries that have no settings of the owner's own, beyond the controls."""

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    OwnerRange,
    OwnerSetting,
    Settings,
    Write,
)


class NoOwnerSettings:
    """The part of a driver that says so."""

    def owner_range(self, _setting: OwnerSetting) -> OwnerRange | None:
        """Return None: there is none."""
        return None

    async def read_owner(self) -> Settings:
        """Return nothing."""
        return {}

    def owner_value(self, _setting: OwnerSetting, _found: Settings) -> float | None:
        """Return None: not known."""
        return None

    def owner_writes(
        self, setting: OwnerSetting, _value: float | None, _found: Settings
    ) -> tuple[Write, ...]:
        """Refuse."""
        raise DeviceRefusedError(f"this battery has no {setting}")
