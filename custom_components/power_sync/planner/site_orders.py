"""From a site's schedule to what its batteries can be told.

Slot by slot, from the energies that the earlier orders really leave behind, a few
joint orders are carried out by the site's own physics and compared: by what the slot
costs, what the energy that is left is worth (the schedule's prices of it), and, where
that comes to the same, by how far it leads away from the schedule. So a missing mode,
a rounded power or a rest at the reserve is answered with what is best from there.
"""

from collections.abc import Iterable
from math import fsum, inf
from operator import ne
from time import perf_counter
from typing import NamedTuple

from custom_components.power_sync.model.battery import Mode

from .coupled import Schedule
from .fleet import fleet_home, fleet_values, peaks_of
from .home import FOLLOW, Order
from .program import SolverFailedError
from .site import Draw, Reach, Site, State, Step, Wish
from .site_replay import advance, overridden
from .split import Told
from .telling import Orders, Telling
from .unit import Unit
from .values import Values

_FORCED = (Mode.CHARGE, Mode.DISCHARGE)
_TIE = 1e-6
_UNEVEN = 0.002
"""What a kWh weighs by which a battery is elsewhere than in the schedule."""
_STRICT = 10.0
"""The same where nothing else shall count."""
MOST_STEPS = 40_000
"""With more slots times batteries times joint orders, fewer orders are compared."""
_LEAST_OPTIONS = 4


class _Slot(NamedTuple):
    """A slot as it begins: the state, what can be done, and the schedule's end.

    `planned` are the kWh in the cells that the schedule has at the end of the slot,
    `extra` what a kWh there is worth more than in the mean battery.
    """

    energy: list[float]
    reaches: list[Reach]
    planned: list[float]
    extra: list[float]


class SiteOrders:
    """Chooses the orders of each battery from a schedule of the whole site."""

    def __init__(
        self,
        site: Site,
        schedule: Schedule,
        until: float = inf,
        before: Told | None = None,
    ) -> None:
        """Take what both ways of choosing need.

        `before` is what each battery has been told until now, if anything.
        `until` is on the clock of `perf_counter`: then choosing is given up.
        """
        self._site = site
        self._until = until
        self._before = before or Told.nothing(site)
        self._schedule = schedule
        self._change, self._uneven = 0.0, _UNEVEN
        self._draw: Draw = site.draw(schedule.cars_kw)
        self._telling = Telling(site, self._draw)
        self._demand = 0.0
        demand = site.problem.demand
        if demand is not None:
            hours = demand.interval.total_seconds() / 3600
            self._demand = demand.rate_per_kw / hours
        self._peaks = peaks_of(site, schedule.imported)
        self._own = fleet_values(fleet_home(site, schedule.cars_kw, self._peaks))
        self._values = self._own
        self._floor = fsum(unit.floor for unit in site.units)
        units = len(site.units)
        most = MOST_STEPS // (site.count * units) if units else 0
        self._most = max(_LEAST_OPTIONS, most)
        """So many joint orders are compared in a slot."""

    def choose(
        self,
        *,
        strict: bool = False,
        change: float = 0.0,
        values: Values | None = None,
    ) -> list[Orders]:
        """Return the orders of every slot; `strict` ones keep to the schedule's levels.

        `values` are what the fleet's energy is worth, where that is not what is
        expected. A battery is told something new only where the slot gains more than
        `change`. Of those that are equally good, the first of these: all follow the
        home, what was told before. Raises SolverFailedError when the time is up.
        """
        self._change = change
        self._values = values or self._own
        self._uneven = _STRICT if strict else _UNEVEN
        site = self._site
        state, before = site.start(), [FOLLOW] * len(site.units)
        going_on = self._before
        result = []
        for index in range(site.count):
            if perf_counter() > self._until:
                raise SolverFailedError("the time for orders of each battery is up")
            before, step = self._best(index, state, before, going_on)
            going_on = going_on.then(site, index, before)
            state = advance(site, index, state, step)
            result.append(before)
        return result

    def _best(
        self, index: int, state: State, before: Orders, going_on: Told
    ) -> tuple[Orders, Step]:
        """Return the best orders, and what they do."""
        site, slot = self._site, self._slot(index, state)
        best: tuple[Orders, Step] | None = None
        least = inf
        wishes: list[dict[Order, Wish]] = [{} for _ in slot.reaches]
        seen: set[tuple[Order, ...]] = set()
        for orders in self._options(index, slot, before):
            told = overridden(site, index, going_on.turned(site, index, orders))
            key = tuple(told)
            if key in seen or (len(seen) >= self._most and orders is not before):
                continue
            seen.add(key)
            wanted = []
            for order, reach, known in zip(told, slot.reaches, wishes, strict=True):
                wish = known.get(order)
                if wish is None:
                    wish = known[order] = site.wish(order, reach)
                wanted.append(wish)
            step = site.meet(index, wanted, self._draw)
            score = self._score(index, slot, step)
            if self._change:
                score += self._change * sum(map(ne, told, before, strict=True))
            if score < least - _TIE:
                least, best = score, (told, step)
        if best is None:
            raise AssertionError("there is always an order")
        return best

    def _slot(self, index: int, state: State) -> _Slot:
        schedule = self._schedule
        worths = [worth[index] for worth in schedule.worth]
        usual = fsum(worths) / len(worths)
        return _Slot(
            energy=state.energy,
            reaches=self._site.reaches(index, state),
            planned=[levels[index] for levels in schedule.energy],
            extra=[worth - usual for worth in worths],
        )

    def _score(self, index: int, slot: _Slot, step: Step) -> float:
        site = self._site
        score = site.price_of(index, step)
        over = step.imported - self._peaks[index]
        if over > 0:
            score += self._demand * over
        given = taken = stored = 0.0
        for place, kwh in enumerate(step.battery):
            if kwh > 0:
                given += kwh
            else:
                taken -= kwh
            energy = site.units[place].after(kwh, slot.energy[place])
            stored += energy
            away = energy - slot.planned[place]
            score += self._uneven * abs(away) - slot.extra[place] * away
        # No battery charges another.
        swapped = min(given, taken - site.clipped[index])
        if swapped > 0:
            score += site.penalty * swapped
        if self._values is not None:
            score += self._values.at(index, stored - self._floor)
        return score

    def _options(self, index: int, slot: _Slot, before: Orders) -> Iterable[Orders]:
        """Yield the joint orders worth comparing, the preferred ones first."""
        count = len(self._site.units)
        yield [FOLLOW] * count
        if all(order.mode not in _FORCED for order in before):
            yield before
        keep = self._telling.keep(self._draw.all[index])
        yield keep
        for aimed in self._aims(index, slot):
            yield self._telling.orders_for(index, aimed, exact=True)
            yield self._telling.orders_for(index, aimed, exact=False)
        if count > 1:
            for place in range(count):
                # One follows the home, or acts, while the others keep still.
                yield [FOLLOW if at == place else keep[at] for at in range(count)]
        yield before

    def _aims(self, index: int, slot: _Slot) -> Iterable[list[float]]:
        """Yield AC kWh for each battery that are worth trying.

        Those that the schedule says for the slot, those that lead back to it, and
        those that are best for the fleet, shared as its batteries can.
        """
        energy, units = self._schedule.energy, self._site.units
        back, planned = [], []
        for place, unit in enumerate(units):
            before = energy[place][index - 1] if index else unit.start
            back.append(slot.energy[place] - slot.planned[place])
            planned.append(before - slot.planned[place])
        for change in (planned, back):
            yield [
                min(out * unit.out_of_cells, reach.give)
                if out > 0
                else -min(-out / unit.into_cells, reach.take)
                for out, unit, reach in zip(change, units, slot.reaches, strict=True)
            ]
        if self._values is not None:
            whole = fsum(slot.energy) - self._floor
            for out in dict.fromkeys(self._values.best(index, whole)):
                yield _shared(out, units, slot.reaches)


def _shared(out: float, units: list[Unit], reaches: list[Reach]) -> list[float]:
    """Return the AC kWh of a change of the whole fleet, as its batteries can."""
    if out > 0:
        able = [
            reach.give / unit.out_of_cells
            for reach, unit in zip(reaches, units, strict=True)
        ]
        part = min(1.0, out / whole) if (whole := fsum(able)) > 0 else 0.0
        return [reach.give * part for reach in reaches]
    able = [
        reach.take * unit.into_cells for reach, unit in zip(reaches, units, strict=True)
    ]
    part = min(1.0, -out / whole) if (whole := fsum(able)) > 0 else 0.0
    return [-reach.take * part for reach in reaches]
