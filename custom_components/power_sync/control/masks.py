"""Masks: what cuts the master's word down to what the home allows."""

from dataclasses import replace
from typing import NamedTuple

from custom_components.power_sync.model.battery import Command, Mode

from .beside import exports
from .car_hold import hold_for_car
from .reasons import ControlReason
from .view import BatteryView, Intent, Master
from .wishes import below_top, mode_of, permitted, within_power

POWER_GRAIN_W = 100.0
"""Cut powers are rounded down to this, so that they do not follow every watt."""
STEP_UP_W = 500.0
"""Less than this more is not worth the writes."""
STALE_READING_S = 90.0
_TAKES_NONE = frozenset({Mode.CHARGE, Mode.NO_DISCHARGE, Mode.STANDBY})
"""Modes in which a battery gives the home nothing."""


class _Left(NamedTuple):
    """The power that there is room for, in W: now, and for all of the last minutes.

    `why` is what leaves no more.
    """

    now_w: float
    lasting_w: float
    stale: bool
    why: ControlReason


def masked(view: BatteryView, master: Master, intent: Intent) -> Intent:
    """Return the intent after all masks. Safety passes unchanged.

    What is its owner's, or planned by the battery itself, passes, too, but for a car:
    that hold has a switch of its own.
    """
    if master is Master.SAFETY:
        return intent
    if master is Master.SPIKE:
        view = view.in_spike
    if master is Master.PLAN:
        intent = _within_peak(view, intent)
    masks = (
        (hold_for_car, _within_site_limits, _within_fuse)
        if master in (Master.NORMAL, Master.TARIFF)
        else (
            permitted,
            _above_reserve,
            hold_for_car,
            below_top,
            within_power,
            _within_site_limits,
            _within_fuse,
            _not_into_a_car,
        )
    )
    confirmed = (
        master is Master.FORCE and view.force is not None and view.force.into_car
    )
    for mask in masks:
        if confirmed and mask in (hold_for_car, _not_into_a_car):
            continue
        intent = mask(view, intent)
    return intent


def _above_reserve(view: BatteryView, intent: Intent) -> Intent:
    """Stop discharging at the user's reserve.

    The device's own floor may be lower; in self-consumption it would go on.
    """
    mode = mode_of(intent)
    told_to_discharge = mode in (Mode.DISCHARGE, Mode.LIMIT)
    if view.soc_unknown and not view.at_reserve and told_to_discharge:
        return replace(intent, command=None, reason=ControlReason.SOC_UNKNOWN)
    if not (view.at_reserve and (told_to_discharge or mode is Mode.SELF_CONSUMPTION)):
        return intent
    floor = view.reading.min_soc_pct if view.reading is not None else None
    if floor is not None and floor >= view.limits.reserve_pct:
        # The device keeps the reserve itself.
        if mode is Mode.SELF_CONSUMPTION:
            return intent
        return replace(intent, command=None, reason=ControlReason.AT_RESERVE)
    hold = _hold_at_reserve(view)
    until = intent.until or view.now
    return replace(
        intent,
        command=None if hold is None else Command(hold, None, until),
        reason=ControlReason.AT_RESERVE,
    )


def _hold_at_reserve(view: BatteryView) -> Mode | None:
    """Return the mode that keeps the reserve; None is the owner's operation.

    Where holding would cost flash writes that are used up, the battery rests,
    but for a lasting surplus of sun, which only charges it.
    """
    modes = view.capabilities.modes
    if Mode.NO_DISCHARGE in modes and not view.flash_spent_for(Mode.NO_DISCHARGE):
        return Mode.NO_DISCHARGE
    surplus = (
        view.net_load_w is not None
        and view.net_load_high_w is not None
        and view.net_load_high_w < 0
    )
    return Mode.STANDBY if Mode.STANDBY in modes and not surplus else None


def _within_site_limits(view: BatteryView, intent: Intent) -> Intent:
    """Cut a forced power so that the home keeps its import and export limits."""
    command = intent.command
    if command is None:
        return intent
    limits = view.limits
    if command.mode is Mode.CHARGE and limits.import_limit_w is not None:
        limit_w, sign = limits.import_limit_w, -1
    elif command.mode is Mode.DISCHARGE and limits.export_limit_w is not None:
        limit_w, sign = limits.export_limit_w, 1
    else:
        return intent
    worst_w = view.net_load_high_w if sign < 0 else view.net_load_low_w
    lasting_w = limit_w * view.share
    if worst_w is not None:
        lasting_w = max(0.0, (limit_w + sign * worst_w) * view.share)
    if view.net_load_w is None:
        room_w = lasting_w = _blind_room_w(view, command, lasting_w)
    else:
        room_w = max(0.0, (limit_w + sign * view.net_load_w) * view.share)
    stale = view.reading_age_s is None or view.reading_age_s > STALE_READING_S
    left = _Left(room_w, lasting_w, stale, ControlReason.NO_ROOM)
    return _cut_down(view, intent, command, left)


def _within_peak(view: BatteryView, intent: Intent) -> Intent:
    """Keep the import from rising above the peak that is planned, or paid for.

    A plan is made of what is expected. Where the home draws more, the battery serves
    it instead of being held, for five minutes at least; a charge keeps to what is left.
    """
    command, peak_w = intent.command, view.peak_w
    worst_w, now_w = view.net_load_high_w, view.net_load_w
    if command is None or peak_w is None or worst_w is None or now_w is None:
        return intent
    if command.mode in _TAKES_NONE and worst_w > peak_w + POWER_GRAIN_W:
        return replace(
            intent, command=None, reason=ControlReason.DEMAND_PEAK, detail=None
        )
    if command.mode is not Mode.CHARGE:
        return intent
    stale = view.reading_age_s is None or view.reading_age_s > STALE_READING_S
    room_w, lasting_w = (
        max(0.0, (peak_w - net_w) * view.share) for net_w in (now_w, worst_w)
    )
    left = _Left(room_w, lasting_w, stale, ControlReason.DEMAND_PEAK)
    return _cut_down(view, intent, command, left)


def _within_fuse(view: BatteryView, intent: Intent) -> Intent:
    """Cut a forced power so that no phase goes beyond the main fuse."""
    command, fuse = intent.command, view.fuse
    room = None if command is None or fuse is None else fuse.of(command.mode)
    if command is None or fuse is None or room is None:
        return intent
    lasting_w = 0.0 if room.lasting_w is None else room.lasting_w
    now_w = room.now_w
    if now_w is None:
        now_w = lasting_w = _blind_room_w(view, command, lasting_w)
    why = ControlReason.NO_ROOM if room.by_meter else ControlReason.MAIN_FUSE
    left = _Left(now_w, lasting_w, not fuse.fresh, why)
    return _cut_down(view, intent, command, left)


def _cut_down(
    view: BatteryView, intent: Intent, command: Command, left: _Left
) -> Intent:
    """Return an intent with what is left of its power; with another mode for none."""
    able = view.capabilities
    charging = command.mode is Mode.CHARGE
    most_w = able.max_charge_w if charging else able.max_discharge_w
    wanted_w = most_w if command.power_w is None else command.power_w
    power_w = _cut(view, command.mode, wanted_w, left)
    if power_w >= wanted_w:
        return intent
    if not able.sets_power or power_w < max(able.min_power_w, POWER_GRAIN_W):
        return replace(intent, command=_instead_of(view, command), reason=left.why)
    # That the user asked says nothing of the power; another reason says why at all.
    asked = intent.reason == ControlReason.USER_REQUEST
    reason = left.why if asked else intent.reason
    return replace(intent, command=replace(command, power_w=power_w), reason=reason)


def _not_into_a_car(view: BatteryView, intent: Intent) -> Intent:
    """Sell nothing while a charger would take it for its car."""
    command = intent.command
    if command is None or command.mode is not Mode.DISCHARGE or not view.thirsty:
        return intent
    if not exports(view, (command,)):
        return intent
    return replace(
        intent, command=None, reason=ControlReason.CAR_WOULD_TAKE, detail=None
    )


def _blind_room_w(view: BatteryView, command: Command, last_known_w: float) -> float:
    """Return the room while the home's power is not known: never more than now."""
    present = view.present
    if present is not None and present.mode is command.mode and present.power_w:
        return present.power_w
    return last_known_w


def _instead_of(view: BatteryView, command: Command) -> Command | None:
    """Return what is left of a forced power that the home has no room for.

    Charging rests: a home that uses all it may import has no sun left over, and
    resting costs no flash writes. Discharging leaves the home to be served.
    """
    if command.mode is Mode.CHARGE:
        for mode in (Mode.STANDBY, Mode.NO_DISCHARGE):
            if mode in view.capabilities.modes:
                return Command(mode, None, command.until)
    return None


def _cut(view: BatteryView, mode: Mode, wanted_w: float, left: _Left) -> float:
    """Return the power for a room that changes with every kettle.

    Down at once. Up only as far as there was room for all of the last minutes,
    in no small steps and on a fresh reading: each change costs writes.
    """
    now_w, lasting_w = _within(wanted_w, left.now_w), _within(wanted_w, left.lasting_w)
    present_w = _present_w(view, mode)
    if present_w is None or now_w <= present_w:
        return now_w
    if left.stale or (lasting_w < wanted_w and lasting_w - present_w < STEP_UP_W):
        return min(present_w, wanted_w)
    return max(present_w, lasting_w)


def _within(wanted_w: float, room_w: float) -> float:
    if wanted_w <= room_w:
        return wanted_w
    return room_w // POWER_GRAIN_W * POWER_GRAIN_W


def _present_w(view: BatteryView, mode: Mode) -> float | None:
    """Return the power that a mode has now: none while it waits for room."""
    present = view.present
    if present is None:
        return None
    if present.mode is mode:
        return present.power_w
    return 0.0 if present.mode in (Mode.NO_DISCHARGE, Mode.STANDBY) else None
