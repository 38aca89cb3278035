"""Whether a car draws power: from its charger, our own command, or the home's load.

A charger in a cloud tells of a car a minute or three late; the home's own load tells
at once, and of kettles, too. So a rise of the load while a car is plugged in counts
for two minutes, and goes on counting only where the charger says the same.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from typing import Final

from custom_components.power_sync.model.charger import FOLLOWS_EXPORT, ChargerReading

STEP_LEAST_W: Final = 1200.0
"""Less than a car's least current of 6 A on one phase."""
STEP_SHARE: Final = 0.7
"""So much of what the car took before must come at once to be taken for it."""
MOST_SHARE: Final = 1.1
"""More than that is something else, such as an electric shower."""
STEP_WITHIN: Final = timedelta(seconds=15)
"""A car goes up to its power over some seconds."""
CONFIRMED_WITHIN: Final = timedelta(seconds=120)
BACK_W: Final = 1000.0
"""A home that draws at most so much more than before has no car any more."""
LOADS_KEPT: Final = timedelta(minutes=5)
FRESH: Final = timedelta(seconds=15)
"""A power of the car that is older may be another by now."""
QUICK: Final = timedelta(seconds=3)
"""Readings that come faster must say the same twice."""


class CarSource(StrEnum):
    """What says that a car draws power."""

    CHARGER = "charger"
    STARTING = "starting"
    """PowerSync has just told the charger to start."""
    LOAD_STEP = "load_step"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarView:
    """A car that draws power. Powers in W, None where not known.

    `power_w` is the car's own, at least as good as can be told; `before_w` is what
    the home drew before. `fresh` is whether the power was measured just now.
    """

    source: CarSource
    since: datetime
    power_w: float | None
    before_w: float | None
    fresh: bool

    def own_need_w(self, net_load_w: float | None, solar_w: float | None) -> float:
        """Return what the home needs beside the car and its sun, never negative.

        Where that cannot be told it is 0: what is bought for the home costs little,
        what a battery gives to a car cannot be had again.
        """
        if net_load_w is None or self.power_w is None:
            return 0.0
        need_w = net_load_w - self.power_w
        if not self.fresh:
            if self.before_w is None:
                return 0.0
            need_w = min(need_w, self.before_w - (solar_w or 0.0))
        return max(0.0, need_w)

    def home_w(self, load_w: float | None) -> float | None:
        """Return what the home draws beside the car; None where nobody can tell.

        Where the car's power is not measured just now, it is no more than before.
        """
        if load_w is None:
            return None
        known = [] if self.power_w is None else [max(0.0, load_w - self.power_w)]
        if self.before_w is not None and not (known and self.fresh):
            known.append(min(load_w, self.before_w))
        return min(known, default=None)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a charger said last, and for how long that holds."""

    reading: ChargerReading
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class _Step:
    """A rise of the home's load."""

    at: datetime
    before_w: float
    by_w: float


class CarWatch:
    """Follows the chargers and the load of one home."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self.false_alarms = 0
        """How often a load was taken for a car that was none."""
        self._chargers: dict[str, _Known] = {}
        self._loads: deque[tuple[datetime, float]] = deque()
        self._step: _Step | None = None
        self._confirmed: _Step | None = None
        self._started: datetime | None = None
        self._since: datetime | None = None
        self._before_w: float | None = None
        self._usual_w: float | None = None
        self._was_in_load = False
        self._left = False

    # -- what is told --------------------------------------------------------------

    def read(self, charger_id: str, reading: ChargerReading, lasts: timedelta) -> None:
        """Take what a charger says; it holds for `lasts`, then nothing is known."""
        before = self._chargers.get(charger_id)
        self._chargers[charger_id] = _Known(reading, lasts)
        if not reading.charging:
            if before is not None and before.reading.charging:
                self._over()
            return
        self._started = None
        if self._step is not None:
            self._confirmed, self._step = self._step, None
        begins = before is None or not before.reading.charging
        if reading.power_w:
            # While it goes up to its power, a reading says less.
            usual_w = 0.0 if begins else self._usual_w or 0.0
            self._usual_w = max(usual_w, reading.power_w)

    def starting(self, now: datetime) -> None:
        """Note that the charger is about to be told to start."""
        self._started = now

    def load(self, at: datetime, load_w: float | None) -> None:
        """Take the home's whole load, cars included."""
        if load_w is None or (self._loads and at <= self._loads[-1][0]):
            return
        self._loads.append((at, load_w))
        while self._loads[0][0] < at - LOADS_KEPT:
            self._loads.popleft()
        if self._step is None:
            self._look_for_step(at, load_w)
        elif self._is_back(self._step.before_w + self._step.by_w / 2):
            self._end_step()

    def _look_for_step(self, at: datetime, load_w: float) -> None:
        if not self._may_start(at):
            return
        recent = [watts for when, watts in self._loads if at - when <= STEP_WITHIN]
        before_w = min(recent)
        usual_w = self._usual_w
        least_w = max(STEP_LEAST_W, STEP_SHARE * (usual_w or 0.0))
        most_w = inf if usual_w is None else max(STEP_LEAST_W, MOST_SHARE * usual_w)
        enough = [watts for watts in recent[-self._needed() :] if watts >= before_w]
        rose = all(least_w <= watts - before_w <= most_w for watts in enough)
        if rose and len(recent) > self._needed():
            self._step = _Step(at, before_w, load_w - before_w)

    def _needed(self) -> int:
        """Return how many readings must say the same."""
        if len(self._loads) < 2:  # noqa: PLR2004 - between two there is a time
            return 1
        return 2 if self._loads[-1][0] - self._loads[-2][0] <= QUICK else 1

    def _is_back(self, below_w: float) -> bool:
        last = list(self._loads)[-self._needed() :]
        return all(watts < below_w for _, watts in last)

    def _may_start(self, now: datetime) -> bool:
        """Whether a car is there that does not charge, as far as is known."""
        known = self._fresh(now)
        return any(each.plugged for each in known) and not any(
            each.charging for each in known
        )

    # -- what follows --------------------------------------------------------------

    def view(self, now: datetime) -> CarView | None:
        """Return the car that draws power, or None."""
        source = self._source(now)
        if source is None:
            self._since, self._before_w, self._was_in_load = None, None, False
            return None
        if self._since is None:
            self._since = now
        if self._before_w is None:
            self._before_w = self._load_before()
        if (step := self._step or self._confirmed) is not None:
            self._before_w = step.before_w
        power_w, fresh = self._power_w(now)
        return CarView(
            source=source,
            since=self._since,
            power_w=power_w,
            before_w=self._before_w,
            fresh=fresh,
        )

    def thirsty(self, now: datetime) -> bool:
        """Whether a charger would take for its car what the home exports."""
        return any(
            each.plugged and each.mode in FOLLOWS_EXPORT for each in self._fresh(now)
        )

    def _source(self, now: datetime) -> CarSource | None:
        if self._charging(now):
            return None if self._left_the_load(now) else CarSource.CHARGER
        if self._started is not None:
            if now - self._started < CONFIRMED_WITHIN:
                return CarSource.STARTING
            self._started = None
        if self._step is not None and now - self._step.at >= CONFIRMED_WITHIN:
            self._end_step()
        return None if self._step is None else CarSource.LOAD_STEP

    def _charging(self, now: datetime) -> bool:
        return any(each.charging for each in self._fresh(now))

    def _fresh(self, now: datetime) -> list[ChargerReading]:
        return [
            known.reading
            for known in self._chargers.values()
            if now - known.reading.at <= known.lasts
        ]

    def _left_the_load(self, now: datetime) -> bool:
        """Whether the load shows that the car has stopped, before its charger does.

        Only where the load showed the car, too: there may be sun that nobody measures.
        """
        power_w, _ = self._power_w(now)
        load_w = self._loads[-1][1] if self._loads else None
        if power_w is None or load_w is None:
            return False
        if load_w >= STEP_SHARE * power_w:
            self._was_in_load, self._left = True, False
        elif self._was_in_load and self._before_w is not None:
            gone_w = min(self._before_w + BACK_W, power_w / 2)
            self._left = self._left or self._is_back(gone_w)
        return self._left

    def _power_w(self, now: datetime) -> tuple[float | None, bool]:
        """Return the cars' power, and whether it was measured just now."""
        charging = [each for each in self._fresh(now) if each.charging]
        powers = [each.power_w for each in charging]
        if not powers or None in powers:
            step = self._step or self._confirmed
            return (None if step is None else step.by_w), False
        fresh = all(each.local and now - each.at <= FRESH for each in charging)
        return _sum(powers), fresh

    def _load_before(self) -> float | None:
        """Return what the home drew before the car, as far back as is remembered."""
        return min((watts for _, watts in self._loads), default=None)

    def _end_step(self) -> None:
        """Take a rise that no charger has confirmed for none of a car's."""
        self._step = None
        self.false_alarms += 1

    def _over(self) -> None:
        """Begin anew once a charger says that its car has stopped."""
        self._confirmed, self._left = None, False


def _sum(powers: Iterable[float | None]) -> float:
    return sum(power for power in powers if power is not None)
