"""How well control does: what was told and delivered, how often, and by whose word."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.model.battery import Capabilities, Command, Mode

from .log import LogEntry, Outcome
from .view import Master

HOUR: Final = timedelta(hours=1)
BRIDGED: Final = timedelta(seconds=60)
"""A longer time between two looks is not counted."""
_NOT_SENT: Final = frozenset({Outcome.DRY_RUN, Outcome.ALREADY, Outcome.NOT_STORED})


@dataclass(slots=True)
class RuleTimes:
    """For how long each master has decided for a battery, since the start."""

    by: dict[Master, timedelta] = field(default_factory=dict)
    _at: datetime | None = None

    def note(self, now: datetime, master: Master) -> None:
        """Take the master of now: its time goes back to the look before."""
        before, self._at = self._at, now
        if before is not None and timedelta(0) <= now - before <= BRIDGED:
            self.by[master] = self.by.get(master, timedelta(0)) + (now - before)


def commanded_w(command: Command | None, able: Capabilities) -> float | None:
    """Return the power that a command sets, + discharging; None where it sets none."""
    if command is None:
        return None
    match command.mode:
        case Mode.STANDBY:
            return 0.0
        case Mode.CHARGE:
            return -_power_w(command, able.max_charge_w)
        case Mode.DISCHARGE:
            return _power_w(command, able.max_discharge_w)
    return None


def _power_w(command: Command, most_w: float) -> float:
    return most_w if command.power_w is None else command.power_w


def commands_in_last_hour(
    entries: Iterable[LogEntry], battery_id: str, now: datetime
) -> int:
    """Return how many commands with writes were sent to a battery lately."""
    return sum(
        1
        for each in entries
        if each.battery_id == battery_id
        and each.at > now - HOUR
        and each.writes
        and each.outcome not in _NOT_SENT
    )
