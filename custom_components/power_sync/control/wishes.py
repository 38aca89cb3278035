"""Masks for what the user allows: permissions, the highest level, power limits."""

from dataclasses import replace

from custom_components.power_sync.model.battery import Command, Mode

from .reasons import ControlReason
from .view import BatteryView, Intent


def permitted(view: BatteryView, intent: Intent) -> Intent:
    """Drop what the user does not allow: a plan may be older than that."""
    mode, limits = mode_of(intent), view.limits
    if (mode is Mode.CHARGE and not limits.grid_charging) or (
        mode is Mode.DISCHARGE and not limits.battery_export
    ):
        return replace(
            intent, command=None, reason=ControlReason.NOT_ALLOWED, detail=None
        )
    return intent


def below_top(view: BatteryView, intent: Intent) -> Intent:
    """Stop charging at the highest level: from the grid, and from spare sun.

    The battery rests while there is sun to spare, and for five minutes after: each
    passing cloud would otherwise be a command.
    """
    mode = mode_of(intent)
    if not view.at_top or mode in (Mode.DISCHARGE, Mode.STANDBY):
        return intent
    if mode is not Mode.CHARGE and not _has_surplus(view):
        return intent
    rest = None
    if Mode.STANDBY in view.capabilities.modes:
        rest = Command(Mode.STANDBY, None, intent.until or view.now)
    elif mode is not Mode.CHARGE:
        return intent
    return replace(intent, command=rest, reason=ControlReason.AT_TOP, detail=None)


def _has_surplus(view: BatteryView) -> bool:
    if view.net_load_w is None:
        return False
    resting = view.present is not None and view.present.mode is Mode.STANDBY
    lately_w = view.net_load_low_w if resting else None
    return view.net_load_w < 0 or (lately_w is not None and lately_w < 0)


def within_power(view: BatteryView, intent: Intent) -> Intent:
    """Keep to the user's power limits, and to what the battery can and may.

    Sun may charge the battery with more, where it follows the home: no mode of a
    battery holds that back alone.
    """
    mode, command = mode_of(intent), intent.command
    able = view.capabilities
    if mode is Mode.CHARGE and command is not None:
        limit_w = _share(view.limits.charge_limit_w, view.share_charge)
        return _cut(intent, command, limit_w, able.max_charge_w)
    limit_w = _share(view.limits.discharge_limit_w, view.share_discharge)
    if mode in (Mode.DISCHARGE, Mode.LIMIT) and command is not None:
        return _cut(intent, command, limit_w, able.max_discharge_w)
    if limit_w is None or limit_w >= able.max_discharge_w:
        return intent
    if mode is not Mode.SELF_CONSUMPTION or view.at_reserve:
        return intent
    limited = Command(Mode.LIMIT, limit_w, intent.until or view.now)
    if Mode.LIMIT not in able.modes or (
        view.flash_spent_for(Mode.LIMIT) and not _is_in_place(view, limited)
    ):
        return intent
    return replace(intent, command=limited)


def mode_of(intent: Intent) -> Mode:
    """Return the mode that is wanted."""
    return Mode.SELF_CONSUMPTION if intent.command is None else intent.command.mode


def _share(limit_w: float | None, share: float) -> float | None:
    return None if limit_w is None else limit_w * share


def _cut(
    intent: Intent, command: Command, limit_w: float | None, most_w: float
) -> Intent:
    wanted_w = most_w if command.power_w is None else command.power_w
    allowed_w = most_w if limit_w is None else min(limit_w, most_w)
    if allowed_w >= wanted_w:
        return intent
    return replace(intent, command=replace(command, power_w=allowed_w))


def _is_in_place(view: BatteryView, command: Command) -> bool:
    present = view.present
    return present is not None and (present.mode, present.power_w) == (
        command.mode,
        command.power_w,
    )
