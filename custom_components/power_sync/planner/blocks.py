"""Slots that are alike, taken together.

Slots with the same prices and limits are one block: what a schedule costs in them
is convex in what flows, so its mean over a block costs no more than it does. The
optimum over blocks is therefore still a bound for the slots, at a fraction of the
work. The first slots stay alone: what is done now is decided on them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import fsum

from .site import Site
from .unit import Unit

FINE_SLOTS = 6
_LONGEST = timedelta(minutes=30)


class Blocks:
    """A site by blocks. Energies are kWh per block; nothing in it changes."""

    __slots__ = (
        "buy",
        "clipped",
        "count",
        "export_max",
        "first",
        "hours",
        "import_max",
        "length",
        "net",
        "sell",
        "site",
        "solar",
    )

    def __init__(self, site: Site, *, fine: bool = False) -> None:
        """Cut the slots of a site into blocks; with `fine` each is its own."""
        self.site = site
        marks = _marks(site, fine=fine)
        self.first = [
            index
            for index, mark in enumerate(marks)
            if not index or mark != marks[index - 1]
        ]
        ends = [*self.first[1:], site.count]
        self.length = [end - at for at, end in zip(self.first, ends, strict=True)]
        self.count = len(self.first)
        self.hours = [length * site.step_h for length in self.length]
        self.buy = [site.buy[index] for index in self.first]
        self.sell = [site.sell[index] for index in self.first]
        self.net = self._sums(site.net)
        self.solar = self._sums(site.solar)
        self.clipped = self._sums(site.clipped)
        self.import_max = self._sums(site.import_max)
        self.export_max = self._sums(site.export_max)

    def _sums(self, values: list[float]) -> list[float]:
        return [
            sum(values[first : first + length])
            for first, length in zip(self.first, self.length, strict=True)
        ]

    def slots_of(self, index: int) -> list[float]:
        """Return the net load of each slot of a block."""
        first = self.first[index]
        return self.site.net[first : first + self.length[index]]

    def surplus(self, index: int) -> float:
        """Return the sun beyond the home's needs, slot by slot."""
        return sum(max(0.0, -net) for net in self.slots_of(index))

    def needs(self, index: int) -> float:
        """Return what the home needs beyond the sun that it gets, slot by slot."""
        needed = sum(max(0.0, net) for net in self.slots_of(index))
        return needed + self.clipped[index]

    def dc_solar(self, unit: Unit) -> list[float]:
        """Return the sun on the DC side of a battery."""
        return self._sums(unit.dc_solar)


def plugged_slots(site: Site) -> list[int]:
    """Return for each car in how many of the slots it is there, from the first on."""
    grid = site.problem.grid
    return [
        min(site.count, max(0, (car.departure - grid.start) // grid.step))
        for car in site.problem.cars
    ]


def interval_numbers(site: Site) -> list[int | None]:
    """Return for each slot the interval of the demand charge that it is in."""
    demand, grid = site.problem.demand, site.problem.grid
    if demand is None:
        return [None] * site.count
    midnight = datetime.combine(grid.start.date(), datetime.min.time(), UTC)
    return [
        (start - midnight) // demand.interval if within else None
        for start, within in zip(grid.starts(), demand.window, strict=True)
    ]


def highest_import_kw(site: Site, imported: Sequence[float]) -> float:
    """Return the highest mean import of an interval that counts; 0 where none does.

    `imported` is the kWh of each slot.
    """
    members: dict[int, list[float]] = {}
    for kwh, number in zip(imported, interval_numbers(site), strict=True):
        if number is not None:
            members.setdefault(number, []).append(kwh / site.step_h)
    return max((fsum(kw) / len(kw) for kw in members.values()), default=0.0)


def _marks(site: Site, *, fine: bool) -> list[object]:
    """Return what slots must have in common to be in the same block."""
    if fine:
        return list(range(site.count))
    step = site.problem.grid.step
    longest = max(1, _LONGEST // step)
    plugged, intervals = plugged_slots(site), interval_numbers(site)
    told = [unit.spec.override for unit in site.units if unit.spec.override]
    offset = (site.problem.grid.start - datetime.min.replace(tzinfo=UTC)) // step
    return [
        index
        if index < FINE_SLOTS or any(override.holds(index) for override in told)
        else (
            (offset + index) // longest,
            site.buy[index],
            site.sell[index],
            site.import_max[index],
            site.export_max[index],
            site.net[index] > 0,
            intervals[index],
            tuple(index < count for count in plugged),
            tuple((unit.floors[index], unit.tops[index]) for unit in site.units),
        )
        for index in range(site.count)
    ]
