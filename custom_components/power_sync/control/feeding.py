"""One battery feeds another though nobody asked for it: seen in what they report.

Two inverters that follow one meter can settle so by themselves, each with the meter at
zero: one gives, the other takes what it gives, and a part is lost on the way. The one
that gives is then to be held until the other has stopped. Whether it is, is for the
rules: this only says what is seen, slowly enough that no kettle makes it flap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from custom_components.power_sync.model.battery import Mode

from .controlled import Controlled

SOME_W: Final = 200.0
"""Less than this is how a meter and two inverters find their balance."""
SEEN: Final = 3
"""So many readings in a row of the one that gives, and of one that takes."""
CALM: Final = 2
"""So many readings of each battery in a row until the reason is gone."""
HELD_LEAST: Final = timedelta(minutes=1)
HELD_MOST: Final = timedelta(minutes=30)
SOON: Final = timedelta(minutes=15)
"""What begins again so soon after a hold is held longer: four times each time."""

_GIVES_ITSELF = frozenset({Mode.SELF_CONSUMPTION, Mode.LIMIT})
_TAKES_ITSELF = _GIVES_ITSELF | {Mode.NO_DISCHARGE}


class _Role(Enum):
    GIVES = auto()
    TAKES = auto()


@dataclass(slots=True)
class _Hold:
    """A battery that is to be held, and what was seen since."""

    began: datetime
    least: timedelta
    calm: dict[str, int] = field(default_factory=dict)


class Feeding:
    """Who gives to whom, unasked, and who is to be held for it."""

    def __init__(self) -> None:
        """Start without having seen anything."""
        self._looks: dict[str, tuple[_Role, int]] = {}
        self._holds: dict[str, _Hold] = {}
        self._ended: dict[str, tuple[datetime, timedelta]] = {}

    @property
    def goes_on(self) -> bool:
        """Whether one has been seen to feed another, and still does."""
        return bool(self._seen(_Role.GIVES)) and bool(self._seen(_Role.TAKES))

    @property
    def to_hold(self) -> frozenset[str]:
        """The batteries that are to be held."""
        return frozenset(self._holds)

    def take(
        self, battery_id: str, batteries: Mapping[str, Controlled], now: datetime
    ) -> None:
        """Take note of a new reading of a battery, beside the last ones of the others.

        A reading that says nothing, or is too old to go by, has no part in it.
        """
        roles = {key: _role(each, now) for key, each in batteries.items()}
        present = set(roles.values())
        if not {_Role.GIVES, _Role.TAKES} <= present:
            self._looks.clear()
        else:
            self._look(battery_id, roles[battery_id])
            for key, (role, _) in list(self._looks.items()):
                if roles[key] is not role:
                    del self._looks[key]
        if self.goes_on:
            for giver in self._seen(_Role.GIVES):
                self._hold(giver, now)
        self._judge(battery_id, batteries, roles, now)

    def _look(self, battery_id: str, role: _Role | None) -> None:
        if role is None:
            self._looks.pop(battery_id, None)
            return
        before, times = self._looks.get(battery_id, (role, 0))
        self._looks[battery_id] = (role, times + 1 if before is role else 1)

    def _seen(self, role: _Role) -> list[str]:
        return [
            key
            for key, (found, times) in self._looks.items()
            if found is role and times >= SEEN
        ]

    def _hold(self, battery_id: str, now: datetime) -> None:
        if battery_id in self._holds:
            return
        least = HELD_LEAST
        if battery_id in self._ended:
            ended, before = self._ended[battery_id]
            if timedelta(0) <= now - ended <= SOON:
                least = min(before * 4, HELD_MOST)
        self._holds[battery_id] = _Hold(now, least)

    def _judge(
        self,
        battery_id: str,
        batteries: Mapping[str, Controlled],
        roles: Mapping[str, _Role | None],
        now: datetime,
    ) -> None:
        """End the holds whose reason is gone.

        It is while none takes, or none gives and the grid gives nothing: then it is
        the sun that charges. What the home lacks, or has to spare, ends them at once.
        """
        if not self._holds:
            return
        taken = _Role.TAKES in roles.values()
        import_w = _import_w(batteries, now)
        by_sun = import_w is not None and import_w <= SOME_W
        calm = not taken or (by_sun and _Role.GIVES not in roles.values())
        wanted = import_w is not None and (
            import_w < -SOME_W or (import_w > SOME_W and not taken)
        )
        for key, hold in list(self._holds.items()):
            if not calm:
                hold.calm.clear()
                continue
            hold.calm[battery_id] = hold.calm.get(battery_id, 0) + 1
            settled = all(
                hold.calm.get(each, 0) >= CALM
                for each, battery in batteries.items()
                if battery.health.trouble(now) is None
            )
            over = not timedelta(0) <= now - hold.began < hold.least
            if settled and (over or wanted):
                del self._holds[key]
                self._ended[key] = now, hold.least


def _role(battery: Controlled, now: datetime) -> _Role | None:
    """Return what a battery does by itself: none where it was told to."""
    reading = battery.health.reading
    if reading is None or battery.health.trouble(now) is not None:
        return None
    told = battery.told if battery.executor.held else Mode.SELF_CONSUMPTION
    watts = reading.battery_power_w
    if watts is None:
        return None
    if watts > SOME_W and told in _GIVES_ITSELF:
        return _Role.GIVES
    if watts < -SOME_W and told in _TAKES_ITSELF:
        return _Role.TAKES
    return None


def _import_w(batteries: Mapping[str, Controlled], now: datetime) -> float | None:
    """Return what the home draws from the grid, by the newest reading that says so."""
    readings = (
        battery.health.reading
        for battery in batteries.values()
        if battery.health.trouble(now) is None
    )
    known = [
        (reading.at, reading.grid_power_w)
        for reading in readings
        if reading is not None and reading.grid_power_w is not None
    ]
    return max(known)[1] if known else None
