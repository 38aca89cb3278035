"""The settings of a Sungrow hybrid, and what to write for each command.

Three registers force the battery: the EMS mode, the forced command and the
forced power. Nothing in the forced mode ends by itself. Two more are ceilings
of the battery power that hold in every mode. All are raw register values.

The lists hold what differs from the present settings, in the order to write.
A list may name a setting twice, so it is compared with the settings as they
are at that point, not as they were before the first write.
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

EMS_MODE: Final = "ems_mode"
FORCED_COMMAND: Final = "forced_command"
FORCED_POWER: Final = "forced_power_w"
MAX_CHARGE: Final = "max_charge_10w"
MAX_DISCHARGE: Final = "max_discharge_10w"

MAX_SOC: Final = "max_soc_10th"
MIN_SOC: Final = "min_soc_10th"
EXPORT_LIMIT: Final = "export_limit_w"
EXPORT_SWITCH: Final = "export_switch"
EXPORT_RATIO: Final = "export_ratio_10th"
EXPORT_LIMIT_WIDE: Final = "export_limit_10w"
RESERVE: Final = "reserve_pct"

ADDRESSES: Final = {
    EMS_MODE: 13049,
    FORCED_COMMAND: 13050,
    FORCED_POWER: 13051,
    MAX_SOC: 13057,
    MIN_SOC: 13058,
    EXPORT_LIMIT: 13073,
    EXPORT_SWITCH: 13086,
    EXPORT_RATIO: 13087,
    RESERVE: 13099,
    EXPORT_LIMIT_WIDE: 31221,
    MAX_CHARGE: 33046,
    MAX_DISCHARGE: 33047,
}
"""Setting to holding register."""

CONTROL_SETTINGS: Final = frozenset({EMS_MODE, FORCED_COMMAND, FORCED_POWER})
CEILING_SETTINGS: Final = frozenset({MAX_CHARGE, MAX_DISCHARGE})

SELF_MODE: Final = 0
FORCED_MODE: Final = 2
EXTERNAL_MODES: Final = frozenset({3, 4})
"""Under an external EMS or a VPP: another energy manager controls the battery."""

CHARGE: Final = 0xAA
DISCHARGE: Final = 0xBB
STOP: Final = 0xCC

MIN_FORCED_W: Final = 200
"""Forced powers below this are not followed reliably."""
CEILING_STEP_W: Final = 10
LOWEST_CEILING: Final = 1
"""10 W: what stands for none, because some firmwares reject 0."""
HIGHEST_VALUE: Final = 0xFFFF


def within_ceiling_w(rated_w: float, ceiling: int | None) -> float:
    """Return the power that a rating and the owner's ceiling leave.

    The lowest ceiling does not count: it is what a hold leaves in the register
    while it lasts, and no power to plan with.
    """
    if ceiling is None or ceiling <= LOWEST_CEILING:
        return rated_w
    return min(rated_w, ceiling * CEILING_STEP_W)


def _put_ceilings(
    sequence: Sequence, owner: Settings, max_discharge: int | None = None
) -> None:
    """Put back the owner's ceilings, but with `max_discharge` where given."""
    sequence.put(MAX_CHARGE, number(owner, MAX_CHARGE))
    if max_discharge is None:
        max_discharge = number(owner, MAX_DISCHARGE)
    sequence.put(MAX_DISCHARGE, max_discharge)


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
    owner's ceilings bound the forced power further. Raises DeviceRefusedError
    for NO_DISCHARGE and LIMIT where the device has no ceilings, and for all but
    normal operation under another energy manager, which is not fought with.
    """
    modes = {number(now, EMS_MODE), number(owner, EMS_MODE)}
    if command.mode is not Mode.SELF_CONSUMPTION and modes & EXTERNAL_MODES:
        raise DeviceRefusedError("another energy manager controls the battery")
    match command.mode:
        case Mode.SELF_CONSUMPTION:
            return writes_for_release(owner, now)
        case Mode.CHARGE:
            power = _forced_w(command, max_charge_w, number(owner, MAX_CHARGE))
            return _forced(CHARGE, power, owner, now)
        case Mode.DISCHARGE:
            power = _forced_w(command, max_discharge_w, number(owner, MAX_DISCHARGE))
            return _forced(DISCHARGE, power, owner, now)
        case Mode.STANDBY:
            return _standby(owner, now)
        case Mode.NO_DISCHARGE:
            return _limited(LOWEST_CEILING, owner, now)
        case Mode.LIMIT:
            return _limited(_limit(command), owner, now)


def writes_for_release(owner: Settings, now: Settings) -> tuple[Write, ...]:
    """Return the writes that give the battery back to its owner."""
    sequence = Sequence(now)
    _to_owner(sequence, owner, now)
    _put_ceilings(sequence, owner)
    return sequence.writes


def _forced(
    code: int, power_w: int, owner: Settings, now: Settings
) -> tuple[Write, ...]:
    """Charge or discharge at a power.

    Power comes before mode and command: SH10RS refuses the other order. A
    command that is neither this one nor stop is stopped first, so that neither
    the forced mode nor the new power ever runs it.
    """
    sequence = Sequence(now)
    if number(now, FORCED_COMMAND) != code:
        sequence.put(FORCED_COMMAND, STOP)
    _put_ceilings(sequence, owner)
    sequence.put(FORCED_POWER, power_w)
    sequence.put(EMS_MODE, FORCED_MODE)
    sequence.put(FORCED_COMMAND, code)
    return sequence.writes


def _standby(owner: Settings, now: Settings) -> tuple[Write, ...]:
    """Stop in the forced mode: the battery rests, sun still serves the home."""
    sequence = Sequence(now)
    sequence.put(FORCED_COMMAND, STOP)
    sequence.put(EMS_MODE, FORCED_MODE)
    _put_ceilings(sequence, owner)
    return sequence.writes


def _limited(max_discharge: int, owner: Settings, now: Settings) -> tuple[Write, ...]:
    """Run as normal, with a lower ceiling of discharge, never a higher one."""
    ceiling = number(owner, MAX_DISCHARGE)
    if ceiling is None:
        raise DeviceRefusedError("this inverter has no ceiling of discharge power")
    sequence = Sequence(now)
    _to_owner(sequence, owner, now)
    _put_ceilings(sequence, owner, min(max_discharge, ceiling))
    return sequence.writes


def _to_owner(sequence: Sequence, owner: Settings, now: Settings) -> None:
    """Stop what is forced, then put back mode, power and command."""
    if EMS_MODE not in now:
        # What cannot be read is never written either.
        return
    mode = number(owner, EMS_MODE)
    if mode is None:
        mode = SELF_MODE
    if number(now, EMS_MODE) != mode:
        sequence.put(FORCED_COMMAND, STOP)
    sequence.put(EMS_MODE, mode)
    sequence.put(FORCED_POWER, number(owner, FORCED_POWER))
    sequence.put(FORCED_COMMAND, number(owner, FORCED_COMMAND))


def _forced_w(command: Command, rated_w: float, ceiling: int | None) -> int:
    """Return the forced power in W: the command's, within what is allowed."""
    highest = rated_w
    if ceiling is not None:
        highest = min(highest, ceiling * CEILING_STEP_W)
    wanted = highest if command.power_w is None else command.power_w
    return int(min(max(wanted, MIN_FORCED_W), highest, HIGHEST_VALUE))


def _limit(command: Command) -> int:
    """Return the ceiling for a LIMIT in steps of 10 W, rounded down."""
    if command.power_w is None:
        return HIGHEST_VALUE
    steps = min(command.power_w / CEILING_STEP_W, HIGHEST_VALUE)
    return max(LOWEST_CEILING, int(steps))


def owner_settings(found: Settings) -> Settings:
    """Return the owner's settings from those found at first contact.

    The forced mode is temporary by nature and becomes self-consumption; a
    running command becomes stop in every mode that would run it. An external
    EMS or a VPP (modes 3 and 4) is kept. A discharge ceiling of 10 W is kept
    as well, although it may be what another program left behind: it is just as
    well the owner's wish, and never ours to raise.
    """
    owner = dict(found)
    if EMS_MODE not in found:
        return owner
    mode = number(found, EMS_MODE)
    if mode != SELF_MODE:
        owner[FORCED_COMMAND] = STOP
    if mode in (None, FORCED_MODE):
        owner[EMS_MODE] = SELF_MODE
    return owner


def safe_settings(
    found: Settings, *, max_charge_w: float, max_discharge_w: float
) -> Settings:
    """Return settings that are safe without knowing the owner's.

    Self-consumption, and nothing forced. A ceiling that was found outside the
    forced mode is the owner's as far as anyone knows, so it stays; the lowest
    one, which a hold of ours sets, and those beside a forced command become the
    ratings. A ceiling that the device lacks stays None.
    """
    forced = number(found, EMS_MODE) == FORCED_MODE
    safe: dict[str, SettingValue] = {}
    if EMS_MODE in found:
        safe |= {EMS_MODE: SELF_MODE, FORCED_COMMAND: STOP, FORCED_POWER: 0}
    for setting, rated_w in (
        (MAX_CHARGE, max_charge_w),
        (MAX_DISCHARGE, max_discharge_w),
    ):
        ceiling = number(found, setting)
        if ceiling is not None and (forced or ceiling == LOWEST_CEILING):
            ceiling = int(rated_w / CEILING_STEP_W)
        safe[setting] = ceiling
    return safe
