"""Masks: what cuts the master's word down to what the home allows."""

from dataclasses import replace

from custom_components.power_sync.model.battery import Command, Mode

from .reasons import ControlReason
from .view import BatteryView, Intent, Master

POWER_GRAIN_W = 100.0
"""Cut powers are rounded down to this, so that they do not follow every watt."""
STALE_READING_S = 90.0


def masked(view: BatteryView, master: Master, intent: Intent) -> Intent:
    """Return the intent after all masks. Safety and normal pass unchanged."""
    if master not in (Master.FORCE, Master.PLAN):
        return intent
    return _within_site_limits(view, _above_reserve(view, intent))


def _above_reserve(view: BatteryView, intent: Intent) -> Intent:
    """Stop discharging at the user's reserve.

    The device's own floor may be lower; in self-consumption it would go on.
    """
    mode = Mode.SELF_CONSUMPTION if intent.command is None else intent.command.mode
    discharges = mode in (Mode.SELF_CONSUMPTION, Mode.DISCHARGE, Mode.LIMIT)
    if not (view.at_reserve and discharges):
        return intent
    modes = view.capabilities.modes
    floor = view.reading.min_soc_pct if view.reading is not None else None
    if floor is not None and floor >= view.limits.reserve_pct:
        # The device keeps the reserve itself.
        if mode is Mode.SELF_CONSUMPTION:
            return intent
        return replace(intent, command=None, reason=ControlReason.AT_RESERVE)
    if Mode.NO_DISCHARGE not in modes:
        return replace(intent, command=None, reason=ControlReason.AT_RESERVE)
    until = intent.until or view.now
    return replace(
        intent,
        command=Command(Mode.NO_DISCHARGE, None, until),
        reason=ControlReason.AT_RESERVE,
    )


def _within_site_limits(view: BatteryView, intent: Intent) -> Intent:
    """Cut a forced power so that the home keeps its import and export limits."""
    command = intent.command
    if command is None or view.net_load_w is None:
        return intent
    limits = view.limits
    if command.mode is Mode.CHARGE and limits.import_limit_w is not None:
        room_w = limits.import_limit_w - view.net_load_w
        most_w = view.capabilities.max_charge_w
    elif command.mode is Mode.DISCHARGE and limits.export_limit_w is not None:
        room_w = limits.export_limit_w + view.net_load_w
        most_w = view.capabilities.max_discharge_w
    else:
        return intent
    wanted_w = most_w if command.power_w is None else command.power_w
    power_w = _cut(view, command, wanted_w, max(0.0, room_w * view.share))
    if power_w >= wanted_w:
        return intent
    if power_w < max(view.capabilities.min_power_w, POWER_GRAIN_W):
        return replace(
            intent, command=_instead_of(view, command), reason=ControlReason.NO_ROOM
        )
    return replace(intent, command=replace(command, power_w=power_w))


def _instead_of(view: BatteryView, command: Command) -> Command | None:
    """Return what is left of a forced power that the home has no room for.

    Charging leaves the sun to charge (or rest, where the battery cannot be told
    that); discharging leaves the home to be served.
    """
    if command.mode is Mode.CHARGE:
        for mode in (Mode.NO_DISCHARGE, Mode.STANDBY):
            if mode in view.capabilities.modes:
                return Command(mode, None, command.until)
    return None


def _cut(view: BatteryView, command: Command, wanted_w: float, room_w: float) -> float:
    """Return the power for a room that changes with every kettle.

    Down at once, up only by more than a few grains and on a fresh reading.
    """
    allowed_w = min(wanted_w, room_w // POWER_GRAIN_W * POWER_GRAIN_W)
    present = view.present
    present_w = present.power_w if present and present.mode is command.mode else None
    if present_w is None or allowed_w <= present_w:
        return allowed_w
    stale = view.reading_age_s is None or view.reading_age_s > STALE_READING_S
    if stale or allowed_w - present_w < 5 * POWER_GRAIN_W:
        return min(present_w, wanted_w)
    return allowed_w
