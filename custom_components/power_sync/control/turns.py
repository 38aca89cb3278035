"""In which order batteries are brought in line with their leases."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol

from .authority import Lease
from .controlled import Controlled
from .together import decided, rest_first, stopping

STEPS_BACK_S = 10.0
"""So long, at most, is waited for a battery that must not undo another's order."""


class Act(Protocol):
    """Brings a battery in line; raises nothing."""

    def __call__(
        self, battery: Controlled, *, by_user: bool
    ) -> Coroutine[object, object, None]:
        """Do it; `by_user` where the user has just asked for it."""


async def in_turns(
    batteries: Sequence[tuple[Controlled, bool]],
    decide: Callable[[Controlled], Lease],
    act: Act,
) -> None:
    """Act on batteries, each with whether the user asked for that just now.

    First come those that stop, or are held for others: else one would serve or drain
    its neighbour for as long as the writes take. One that does not answer holds the
    others up for no longer than a moment.
    """
    everyone = [battery for battery, _ in batteries]
    await rest_first(stopping(everyone, decide), everyone)
    first: list[Coroutine[object, object, None]] = []
    then: list[Coroutine[object, object, None]] = []
    for battery, by_user in batteries:
        steps_back = _steps_back(battery, decide)
        (first if steps_back else then).append(act(battery, by_user=by_user))
    begun = [asyncio.ensure_future(each) for each in first]
    if begun and then:
        await asyncio.wait(begun, timeout=STEPS_BACK_S)
    await asyncio.gather(*begun, *then)


def _steps_back(battery: Controlled, decide: Callable[[Controlled], Lease]) -> bool:
    lease = decided(battery, decide)
    return lease is not None and battery.steps_back(lease.mode)
