"""A charger that another integration reaches: what its entities' states mean."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.charger import (
    DRAWS_W,
    CarState,
    ChargerReading,
)

from .protocol import ChargerKind, Polling

THROUGH_ENTITIES: Final = ChargerKind(key="entities", manufacturer="")
POLLING: Final = Polling(
    plugged=timedelta(seconds=10),
    idle=timedelta(seconds=10),
    slowest=timedelta(seconds=60),
)
SILENT_AFTER: Final = timedelta(minutes=5)
"""A power that has not been reported for so long is not known."""

_STATES: Final[dict[CarState, frozenset[str]]] = {
    CarState.CHARGING: frozenset({"charging", "c", "c2", "boosting", "diverting"}),
    CarState.COMPLETE: frozenset({"complete", "completed", "finishing", "full"}),
    CarState.DISCONNECTED: frozenset(
        {"disconnected", "unplugged", "available", "a", "not_connected", "off"}
    ),
    CarState.FAULT: frozenset({"fault", "faulted", "error", "e", "f"}),
    CarState.CONNECTED: frozenset(
        {
            *("connected", "plugged", "plugged_in", "ready", "paused", "b", "b1", "b2"),
            *("c1", "preparing", "suspendedev", "suspended_ev", "suspendedevse"),
            *("suspended_evse", "waiting", "waiting_for_ev", "stopped", "on"),
        }
    ),
}
"""What integrations call the states, in lower case with underscores."""

type NumberOf = Callable[[str], tuple[float, datetime] | None]
type TextOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerEntities:
    """Which entities tell of a charger."""

    power: str
    plugged: str | None = None
    status: str | None = None

    @property
    def every(self) -> tuple[str, ...]:
        """All of them that there are."""
        every = (self.power, self.plugged, self.status)
        return tuple(entity for entity in every if entity is not None)


def state_called(text: str | None) -> CarState | None:
    """Return the state that an integration calls so, or None."""
    if text is None:
        return None
    name = text.strip().lower().replace(" ", "_").replace("-", "_")
    return next((state for state, names in _STATES.items() if name in names), None)


def reading_of(
    entities: ChargerEntities, number: NumberOf, text: TextOf, now: datetime
) -> ChargerReading:
    """Return what the entities say; `number` is in W with when it was reported.

    Raises DeviceUnreachableError where neither power nor state is known.
    """
    power = number(entities.power)
    power_w = None
    if power is not None and now - power[1] <= SILENT_AFTER:
        power_w = max(0.0, power[0])
    called = None if entities.status is None else state_called(text(entities.status))
    plugged = None if entities.plugged is None else state_called(text(entities.plugged))
    state = called or plugged
    if power_w is not None:
        if power_w > DRAWS_W:
            state = CarState.CHARGING
        elif state is CarState.CHARGING or state is None:
            # Nothing flows, so the status is ahead or behind.
            state = CarState.CONNECTED if plugged is None else plugged
    if state is None:
        raise DeviceUnreachableError("its entities say nothing")
    return ChargerReading(at=now, state=state, power_w=power_w, local=True)
