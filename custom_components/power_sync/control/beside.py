"""No battery charges another: what one does is what its neighbours must not undo.

A battery in self-consumption follows the meter. It would serve a neighbour that
charges from the grid, and take what a neighbour sells; so it is held meanwhile. Where
one is to charge and one to sell, the lower master yields, and among equals the one
that charges: what is sold is wanted now. One that was seen to charge another, though
nobody asked for it, is held until that has stopped.
"""

from collections.abc import Iterable
from dataclasses import replace

from custom_components.power_sync.model.battery import Command, Mode

from .reasons import ControlReason
from .view import BatteryView, Intent, Master, Neighbour
from .wishes import mode_of

_RANK = {master: rank for rank, master in enumerate(Master)}
_TAKES_SUN = frozenset({Mode.SELF_CONSUMPTION, Mode.LIMIT, Mode.NO_DISCHARGE})
_FEEDS = frozenset({Mode.SELF_CONSUMPTION, Mode.LIMIT})
_SERVES = frozenset({Mode.SELF_CONSUMPTION, Mode.LIMIT, Mode.DISCHARGE})


def beside_others(
    view: BatteryView, master: Master, intent: Intent
) -> tuple[Master, Intent]:
    """Return who decides and what, where neighbours charge or sell.

    A battery that is held for a neighbour has that one's master, unless it has a
    master of its own.
    """
    if master is Master.SAFETY or not view.others:
        return master, intent
    if mode_of(intent) in (Mode.CHARGE, Mode.DISCHARGE):
        return master, _yielding(view, master, intent)
    chargers, sellers = _chargers(view.others), _sellers(view)
    for neighbours, modes, holds, reason in (
        (sellers, _TAKES_SUN, (Mode.STANDBY,), ControlReason.OTHER_EXPORTS),
        (
            chargers,
            _SERVES,
            (Mode.NO_DISCHARGE, Mode.STANDBY),
            ControlReason.OTHER_CHARGES,
        ),
    ):
        if neighbours and mode_of(intent) in modes:
            held = _hold(view, holds)
            if held is None:
                continue
            first = min(neighbours, key=lambda each: _RANK[each.master])
            until = first.command.until if first.command is not None else view.now
            if master is Master.NORMAL:
                master = first.master
            return master, Intent(
                command=Command(held, None, until), reason=reason, until=until
            )
    return master, _not_feeding(view, intent)


def _not_feeding(view: BatteryView, intent: Intent) -> Intent:
    """Return the intent, but hold a battery that was seen to charge another one.

    Only where PowerSync is in charge: else each follows the meter as its owner has
    set it. It is short, so a mode that costs no flash writes goes first.
    """
    if not (view.automatic and view.feeds_other and mode_of(intent) in _FEEDS):
        return intent
    worn = bool(view.capabilities.flash_settings)
    ways = (Mode.NO_DISCHARGE, Mode.STANDBY)
    held = _hold(view, reversed(ways) if worn else ways)
    if held is None:
        return intent
    until = intent.until or view.now
    return replace(
        intent,
        command=Command(held, None, until),
        reason=ControlReason.FEEDS_OTHER,
        detail=None,
    )


def _yielding(view: BatteryView, master: Master, intent: Intent) -> Intent:
    """Return an order to charge or sell, unless it has to yield to a neighbour's."""
    holds: tuple[Mode, ...]
    if mode_of(intent) is Mode.CHARGE:
        against = [n for n in _sellers(view) if _RANK[n.master] <= _RANK[master]]
        reason, holds = ControlReason.OTHER_EXPORTS, (Mode.STANDBY,)
        stubborn = any(each.serves for each in view.others)
    else:
        against = [n for n in _chargers(view.others) if _RANK[n.master] < _RANK[master]]
        reason, holds = ControlReason.OTHER_CHARGES, (Mode.NO_DISCHARGE, Mode.STANDBY)
        stubborn = any(each.takes for each in view.others) and exports(
            view, (intent.command,)
        )
    if against:
        held = _hold(view, holds)
        until = intent.until or view.now
        command = None if held is None else Command(held, None, until)
        return replace(intent, command=command, reason=reason, detail=None)
    if stubborn and master is not Master.FORCE:
        return replace(
            intent, command=None, reason=ControlReason.OTHER_FOLLOWS, detail=None
        )
    return intent


def _chargers(others: Iterable[Neighbour]) -> list[Neighbour]:
    return [each for each in others if each.mode is Mode.CHARGE]


def _sellers(view: BatteryView) -> list[Neighbour]:
    """Return the neighbours that discharge, where they feed the grid together."""
    found = [each for each in view.others if each.mode is Mode.DISCHARGE]
    return found if exports(view, (each.command for each in found)) else []


def exports(view: BatteryView, commands: Iterable[Command | None]) -> bool:
    """Whether forced powers are more than the home has taken in the last minutes."""
    powers = [None if each is None else each.power_w for each in commands]
    known = [power for power in powers if power is not None]
    if view.net_load_low_w is None or len(known) < len(powers):
        return bool(powers)
    return sum(known) > max(0.0, view.net_load_low_w)


def _hold(view: BatteryView, ways: Iterable[Mode]) -> Mode | None:
    """Return the first of these modes that the battery can be told now."""
    return next(
        (
            mode
            for mode in ways
            if mode in view.capabilities.modes and not view.flash_spent_for(mode)
        ),
        None,
    )
