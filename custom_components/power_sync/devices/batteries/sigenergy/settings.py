"""The settings of a Sigenergy plant, and what to write for each command.

The *remote EMS* is a switch (40029) with a mode (40031): while it is on, the mode
rules and the owner's own work mode rests. Two limits of the battery power (40032,
40034) act in charging and discharging, and with newer firmware in every mode. None
of them ends by itself. All are raw register values.

While the remote EMS is off, the mode is whatever was left there, and firmware may
change it. So settings are read with `in_force`: a mode that does not rule counts
as self-consumption.
"""

from typing import Final

from custom_components.power_sync.devices.batteries.sequence import Sequence, number
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    Settings,
    SettingValue,
    Write,
)

REMOTE_EMS: Final = "remote_ems"
MODE: Final = "remote_ems_mode"
MAX_CHARGE: Final = "max_charge_w"
MAX_DISCHARGE: Final = "max_discharge_w"
EXPORT_LIMIT: Final = "export_limit_w"
RESERVE: Final = "reserve_10th"
MAX_SOC: Final = "max_soc_10th"
MIN_SOC: Final = "min_soc_10th"

ADDRESSES: Final = {
    REMOTE_EMS: 40029,
    MODE: 40031,
    MAX_CHARGE: 40032,
    MAX_DISCHARGE: 40034,
    EXPORT_LIMIT: 40038,
    RESERVE: 40046,
    MAX_SOC: 40047,
    MIN_SOC: 40048,
}
"""Setting to holding register."""

WIDE: Final = frozenset({MAX_CHARGE, MAX_DISCHARGE, EXPORT_LIMIT})
"""Settings of two words, which go out in one request."""

CONTROL_SETTINGS: Final = frozenset({REMOTE_EMS, MODE, MAX_CHARGE, MAX_DISCHARGE})
LIMIT_SETTINGS: Final = frozenset({MAX_CHARGE, MAX_DISCHARGE})

OFF: Final = 0
ON: Final = 1

DIRECT: Final = 0
"""Another program sets the power itself."""
STANDBY: Final = 1
SELF: Final = 2
CHARGE_GRID_FIRST: Final = 3
CHARGE: Final = 4
"""From sun and grid, the sun first."""
DISCHARGE_SUN_FIRST: Final = 5
DISCHARGE: Final = 6
"""From the battery first, at the whole power of its limit."""

CHARGING: Final = frozenset({CHARGE_GRID_FIRST, CHARGE})
DISCHARGING: Final = frozenset({DISCHARGE_SUN_FIRST, DISCHARGE})
FORCED: Final = CHARGING | DISCHARGING | {STANDBY}

HIGHEST_U16: Final = 0xFFFF
HIGHEST_U32: Final = 0xFFFFFFFF


def in_force(found: Settings) -> dict[str, SettingValue]:
    """Return settings as they act: a mode that does not rule is self-consumption."""
    acting = dict(found)
    if number(found, REMOTE_EMS) == OFF and MODE in found:
        acting[MODE] = SELF
    return acting


def within_limit_w(rated_w: float, limit_w: int | None) -> float:
    """Return the power that a rating and the owner's limit leave.

    A limit of nothing does not count: it is what a hold of some program leaves
    behind, and no power to plan with.
    """
    return min(rated_w, limit_w) if limit_w else rated_w


def words_of(write: Write) -> list[int]:
    """Return the registers of a write, the high word first.

    Raises DeviceRefusedError for what is no setting of ours, and out of range.
    """
    value = write.value
    if write.setting not in ADDRESSES or not isinstance(value, int):
        raise DeviceRefusedError(f"cannot write {write.setting} = {value!r}")
    wide = write.setting in WIDE
    highest = HIGHEST_U32 if wide else HIGHEST_U16
    if not 0 <= value <= highest:
        raise DeviceRefusedError(f"{write.setting} = {value} is out of range")
    return [value >> 16, value & 0xFFFF] if wide else [value]


def writes_for(
    command: Command,
    owner: Settings,
    now: Settings,
    *,
    max_charge_w: float,
    max_discharge_w: float,
) -> tuple[Write, ...]:
    """Return the writes that bring a command about.

    `max_charge_w` and `max_discharge_w` are the ratings of the battery; the
    owner's limits bound the forced power further. Raises DeviceRefusedError for
    NO_DISCHARGE and LIMIT: whether the discharge limit acts in self-consumption
    depends on the firmware.
    """
    match command.mode:
        case Mode.SELF_CONSUMPTION:
            return writes_for_release(owner, now)
        case Mode.CHARGE:
            power_w = _forced_w(command, max_charge_w, number(owner, MAX_CHARGE))
            return _forced(CHARGE, (MAX_CHARGE, power_w), MAX_DISCHARGE, owner, now)
        case Mode.DISCHARGE:
            power_w = _forced_w(command, max_discharge_w, number(owner, MAX_DISCHARGE))
            return _forced(DISCHARGE, (MAX_DISCHARGE, power_w), MAX_CHARGE, owner, now)
        case Mode.STANDBY:
            return _standby(owner, now)
        case Mode.NO_DISCHARGE | Mode.LIMIT:
            raise DeviceRefusedError(f"a Sigenergy has no {command.mode}")


def _forced(
    mode: int, limit: tuple[str, int], other: str, owner: Settings, now: Settings
) -> tuple[Write, ...]:
    """Charge or discharge: the limit that is the power, the switch, then the mode.

    The other limit is put back last: while an earlier command still runs, it is
    that one's power.
    """
    sequence = Sequence(now)
    sequence.put(*limit)
    sequence.put(REMOTE_EMS, ON)
    sequence.put(MODE, mode)
    sequence.put(other, number(owner, other))
    return sequence.writes


def _standby(owner: Settings, now: Settings) -> tuple[Write, ...]:
    """Neither charge nor discharge; the sun still serves the home."""
    sequence = Sequence(now)
    sequence.put(REMOTE_EMS, ON)
    sequence.put(MODE, STANDBY)
    _put_limits(sequence, owner)
    return sequence.writes


def writes_for_release(owner: Settings, now: Settings) -> tuple[Write, ...]:
    """Return the writes that give the battery back to its owner.

    What is forced ends first, so that no limit that is put back becomes its power.
    The switch that gives it back comes last. Every value on the way is one of the
    owner's: a power cut in between leaves nothing that could be a stranger's.
    """
    sequence = Sequence(now)
    kept = number(owner, REMOTE_EMS) == ON
    if kept:
        sequence.put(REMOTE_EMS, ON)
    sequence.put(MODE, number(owner, MODE) if kept else SELF)
    _put_limits(sequence, owner)
    if not kept and REMOTE_EMS in now:
        sequence.put(REMOTE_EMS, OFF)
    return sequence.writes


def _put_limits(sequence: Sequence, owner: Settings) -> None:
    sequence.put(MAX_CHARGE, number(owner, MAX_CHARGE))
    sequence.put(MAX_DISCHARGE, number(owner, MAX_DISCHARGE))


def _forced_w(command: Command, rated_w: float, limit_w: int | None) -> int:
    """Return the forced power in W: the command's, within what is allowed."""
    highest = within_limit_w(rated_w, limit_w)
    wanted = highest if command.power_w is None else command.power_w
    return int(min(wanted, highest, HIGHEST_U32))


def owner_settings(
    found: Settings, *, max_charge_w: float, max_discharge_w: float
) -> Settings:
    """Return the owner's settings from those found at first contact.

    A remote EMS that forces the battery is temporary by nature: the owner gets
    the own work mode back, and the rating for the limit that was its power. One
    that does not force is somebody's lasting choice, and is kept.
    """
    owner = in_force(found)
    mode = number(owner, MODE)
    if number(found, REMOTE_EMS) != ON or mode not in FORCED:
        return owner
    owner |= {REMOTE_EMS: OFF, MODE: SELF}
    if mode in CHARGING:
        owner[MAX_CHARGE] = int(max_charge_w)
    if mode in DISCHARGING:
        owner[MAX_DISCHARGE] = int(max_discharge_w)
    return owner


def safe_settings(
    found: Settings, *, max_charge_w: float, max_discharge_w: float
) -> Settings:
    """Return settings that are safe without knowing the owner's.

    The owner's own work mode, and nothing forced. A limit stays as it was found
    outside a forced mode, as far as anyone knows it is the owner's; one of
    nothing, and those beside a forced mode, become the ratings.
    """
    if REMOTE_EMS not in found:
        return dict(found)
    safe: dict[str, SettingValue] = {**found, REMOTE_EMS: OFF, MODE: SELF}
    forced = number(found, REMOTE_EMS) == ON and number(found, MODE) in FORCED
    for setting, rated_w in (
        (MAX_CHARGE, max_charge_w),
        (MAX_DISCHARGE, max_discharge_w),
    ):
        if forced or number(found, setting) == 0:
            safe[setting] = int(rated_w)
    return safe
