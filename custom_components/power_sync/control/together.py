"""Batteries that stop charging or selling together: none goes on with what another did.

The first of them that follows the meter again would serve a neighbour that still
charges, and take what one still sells. Two inverters on one meter that have come to
that go on with it by themselves: each sees a meter at zero. So those that stop beside
others rest for as long as the writes take, and only then follow the meter.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from custom_components.power_sync.model.battery import Mode

from .authority import Lease
from .controlled import Controlled, resting
from .view import Master

REST_S = 5.0
"""So long, at most, batteries that are to be given back wait for all to rest."""
_FORCED = frozenset({Mode.CHARGE, Mode.DISCHARGE})
_APART = frozenset({Mode.NO_DISCHARGE, Mode.STANDBY})


def decided(battery: Controlled, decide: Callable[[Controlled], Lease]) -> Lease | None:
    """Return what is decided; None where it cannot be, which is told on acting."""
    try:
        return decide(battery)
    except Exception:  # noqa: BLE001 - told where it is acted on
        return None


def stopping(
    batteries: Iterable[Controlled], decide: Callable[[Controlled], Lease]
) -> list[Controlled]:
    """Return the batteries whose forced power ends with what is decided now.

    One in trouble is left alone, and one that cannot be decided on is told elsewhere.
    """
    return [
        battery
        for battery in batteries
        if battery.told in _FORCED
        and (lease := decided(battery, decide)) is not None
        and lease.mode not in _FORCED | {Mode.STANDBY}
        and lease.master is not Master.SAFETY
    ]


async def rest_first(ending: Sequence[Controlled], home: Iterable[Controlled]) -> None:
    """Have batteries rest that end a forced power beside others. Raises nothing.

    A neighbour that is held needs no such care. What cannot rest, or is told things
    rarely, goes straight on: that the others rest is enough.
    """
    everyone = list(home)
    begun = [
        asyncio.ensure_future(battery.carry_out_safely(resting(battery)))
        for battery in ending
        if _can_rest(battery)
        and any(each.told not in _APART for each in everyone if each is not battery)
    ]
    if begun:
        await asyncio.wait(begun, timeout=REST_S)


def _can_rest(battery: Controlled) -> bool:
    able = battery.executor.driver.capabilities
    return (
        battery.told in _FORCED
        and battery.executor.held
        and Mode.STANDBY in able.modes
        and able.min_interval <= timedelta(0)
    )
