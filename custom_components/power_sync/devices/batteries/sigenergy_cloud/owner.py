"""What a Sigenergy system's owner can set for good: its operating mode.

The modes are those that the account lists. A profile of the owner's own, and a mode
that is somebody else's to give (VPP, remote EMS), is not among the choices.
"""

from collections.abc import Collection
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    OwnerChoice,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)

from .answers import AI_MODE
from .planning import MODE

MODES: Final = {
    "self_consumption": "0",
    "ai": AI_MODE,
    "autonomous": "2",
    "full_feed_in": "5",
}
"""The cloud's code of each mode that an owner may choose."""
EXTERNAL_MODES: Final = frozenset({6, 7})
"""VPP and remote EMS: another energy manager has the battery."""


def owner_range(
    setting: OwnerSetting, served: Collection[str], listed: Collection[str]
) -> OwnerChoice | None:
    """Return the modes that the account lists; None where there is nothing to set."""
    if setting is not OwnerSetting.OPERATION_MODE or MODE not in served:
        return None
    return OwnerChoice(tuple(name for name, code in MODES.items() if code in listed))


def owner_value(setting: OwnerSetting, found: Settings) -> OwnerValue:
    """Return the mode by name; None where it is no choice, or not known."""
    if setting is not OwnerSetting.OPERATION_MODE:
        return None
    return next((name for name, code in MODES.items() if code == found.get(MODE)), None)


def owner_writes(value: OwnerValue, found: Settings) -> tuple[Write, ...]:
    """Return what sets a mode.

    Raises DeviceRefusedError for what is no mode, and where the system is not its
    owner's to set: to leave a VPP is for the app.
    """
    if not isinstance(value, str) or value not in MODES:
        raise DeviceRefusedError(f"this system has no operating mode {value}")
    if found.get(MODE) in {str(code) for code in EXTERNAL_MODES}:
        raise DeviceRefusedError("another energy manager has this system")
    return () if found.get(MODE) == MODES[value] else (Write(MODE, MODES[value]),)
