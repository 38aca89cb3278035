"""The last ten minutes second by second: what was measured, decided and told.

What stays the same is kept once, so a quiet home's trace is a few dozen stretches.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from custom_components.power_sync.model.battery import Mode

from .log import Outcome
from .view import HoldStatus, Master

if TYPE_CHECKING:
    from .controlled import Controlled

KEPT: Final = timedelta(minutes=10)
MOST: Final = 600
"""One a second at most: the bound of the memory that it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A mode and its power in W; None is the most, or what follows the home."""

    mode: Mode
    power_w: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One battery at one second. Powers in W as measured, None where not known.

    `decided` is its lease, `sent` its last order, and `outcome` what came of it.
    """

    read_at: datetime | None
    soc_pct: float | None
    battery_w: float | None
    grid_w: float | None
    solar_w: float | None
    load_w: float | None
    car: bool
    master: Master
    reason: str
    hold: HoldStatus | None
    decided: Told
    sent: Told | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which nothing changed: its first and its last second."""

    first: datetime
    last: datetime
    batteries: tuple[Moment, ...]


class Trace:
    """The stretches of the last ten minutes, oldest first."""

    def __init__(self) -> None:
        """Have none yet."""
        self._stretches: deque[Stretch] = deque(maxlen=MOST)

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """What there is, oldest first."""
        return tuple(self._stretches)

    def note(self, now: datetime, batteries: tuple[Moment, ...]) -> None:
        """Take the present second."""
        kept = self._stretches
        while kept and not now - KEPT <= kept[0].last <= now:
            kept.popleft()
        first = now
        if kept and kept[-1].batteries == batteries:
            # The same objects again: a second more costs no memory.
            before = kept.pop()
            first, batteries = before.first, before.batteries
        kept.append(Stretch(first=first, last=now, batteries=batteries))


def moment_of(battery: Controlled) -> Moment:
    """Return what there is to know of a battery now."""
    reading, lease, order = battery.health.reading, battery.lease, battery.order
    command = lease.command
    return Moment(
        read_at=None if reading is None else reading.at,
        soc_pct=None if reading is None else reading.soc_pct,
        battery_w=None if reading is None else reading.battery_power_w,
        grid_w=None if reading is None else reading.grid_power_w,
        solar_w=None if reading is None else reading.solar_power_w,
        load_w=None if reading is None else reading.load_power_w,
        car=battery.knows_car,
        master=lease.master,
        reason=lease.reason,
        hold=lease.hold,
        decided=Told(
            mode=lease.mode, power_w=None if command is None else command.power_w
        ),
        sent=(
            None if order is None else Told(mode=order.asked[0], power_w=order.asked[1])
        ),
        outcome=battery.outcome,
    )
