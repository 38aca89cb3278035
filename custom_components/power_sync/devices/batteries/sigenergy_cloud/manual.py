"""The one setting that is written: Sigenergy's instant manual control.

Mode and power are one setting, since they are sent in one request, and what runs is
always replaced as a whole. It ends by itself after `DURATION`, so it is renewed.

The cloud does not always tell the power back. What was sent is remembered together
with the end that the cloud gave it: the same mode with the same end is ours.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    SettingValue,
)

from .answers import POWER_MODES, Manual, ManualMode

MANUAL: Final = "manual_control"
OFF: Final = "off"
DURATION: Final = timedelta(minutes=30)
"""The shortest that the app offers."""

MODES: Final = {
    Mode.CHARGE: ManualMode.CHARGE,
    Mode.DISCHARGE: ManualMode.DISCHARGE,
    Mode.STANDBY: ManualMode.HOLD,
}
"""SELF_CONSUMPTION is the owner's own operating mode, and needs no control."""
NAMES: Final = {
    ManualMode.CHARGE: "charge",
    ManualMode.DISCHARGE: "discharge",
    ManualMode.HOLD: "hold",
    ManualMode.SELF_USE: "self_use",
}
_MODE_OF: Final = {name: mode for mode, name in NAMES.items()}
_SLACK: Final = timedelta(minutes=5)
"""How far the cloud's clock may be from ours."""
_ENDED: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """What this driver has sent last, and when the cloud says that it ends.

    Where another control ran in the same mode, `before` is the setting's value then,
    and `until` its end: as long as the cloud says that end, it is what still runs.
    """

    value: str
    before: SettingValue = None
    until: datetime | None = None
    end: datetime | None = None


def value_of(mode: ManualMode, power_kw: float | None) -> str:
    """Return the setting's value: the mode, and where it has one the power in W."""
    name = NAMES[mode]
    if mode not in POWER_MODES or power_kw is None:
        return name
    return f"{name} {1000 * power_kw:.0f}"


def parsed(value: SettingValue) -> tuple[ManualMode, float | None]:
    """Return mode and power in kW. Raises DeviceRefusedError where it is neither."""
    name, _, watts = str(value).partition(" ")
    mode = _MODE_OF.get(name)
    if mode is None or (mode in POWER_MODES) != watts.isdecimal():
        raise DeviceRefusedError(f"there is no manual control {value!r}")
    return mode, float(watts) / 1000 if watts else None


def wanted(command: Command, most_w: float) -> str:
    """Return the setting's value for a command. Raises DeviceRefusedError."""
    mode = MODES.get(command.mode)
    if mode is None:
        raise DeviceRefusedError(f"there is no {command.mode} through the cloud")
    if mode not in POWER_MODES:
        return value_of(mode, None)
    asked_w = most_w if command.power_w is None else min(command.power_w, most_w)
    return value_of(mode, asked_w / 1000)


def running(found: Manual, now: datetime) -> bool:
    """Whether a control runs: it may still be shown as enabled when it has ended."""
    return found.mode is not None and (found.end is None or now < found.end + _ENDED)


def noted(sent: Sent | None, found: Manual) -> Sent | None:
    """Return what was sent with the end that the cloud has given it."""
    if sent is None or sent.end is not None or found.mode != parsed(sent.value)[0]:
        return sent
    return sent if _ignored(sent, found) else replace(sent, end=found.end)


def _ignored(sent: Sent, found: Manual) -> bool:
    """Whether what was sent has changed nothing: it ends when it did before."""
    return sent.until is not None and found.end == sent.until


def present(
    found: Manual, sent: Sent | None, now: datetime, started: datetime
) -> SettingValue:
    """Return the setting's present value.

    None stands for one whose power nobody knows and that may be ours from before
    this driver `started`: it ends in time for that. Anything else whose power is not
    known is somebody else's.
    """
    if not running(found, now):
        return OFF
    if found.mode not in list(ManualMode):
        return f"mode {found.mode}"
    mode = ManualMode(found.mode)
    if sent is not None and parsed(sent.value)[0] == mode:
        if _ignored(sent, found):
            return sent.before
        if sent.end == found.end:
            return sent.value
    if mode in POWER_MODES and found.power_kw is None:
        may_be_ours = found.end is None or found.end <= started + DURATION + _SLACK
        return None if sent is None and may_be_ours else f"{NAMES[mode]} ?"
    return value_of(mode, found.power_kw)
