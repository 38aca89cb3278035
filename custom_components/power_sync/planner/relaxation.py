"""A site as a linear program, in segments: what each kWh at the meter costs.

Per block of slots there is a column for each segment of the meter (import, import
above the limit, export, sun held back), for each battery and each car, and a row
that balances them; per battery a row that keeps its energy. What is not linear is
left out, or is there as its convex hull: a car's least power, the side of the meter
where prices reward both at once, and that no battery charges another. So the optimum
is a bound that no schedule beats.
"""

from .blocks import Blocks, interval_numbers, plugged_slots
from .columns import Column, Columns, Terms
from .program import Program
from .site_limits import add_limits
from .site_replay import later_kwh, later_price
from .unit import Unit

_ALIKE = 1e-9


def is_tricky(blocks: Blocks, index: int) -> bool:
    """Return whether a block rewards buying and selling (or losing) at once."""
    return blocks.buy[index] < max(blocks.sell[index], 0.0) - _ALIKE


def add_site(program: Program, blocks: Blocks, weight: float = 1.0) -> Columns:
    """Add the columns and rows of a site, its costs times `weight`."""
    return _Builder(program, blocks, weight).build()


class _Builder:
    """Adds one site to a program."""

    def __init__(self, program: Program, blocks: Blocks, weight: float) -> None:
        self._program = program
        self._blocks = blocks
        self._site = blocks.site
        self._weight = weight
        self._columns = Columns()

    def build(self) -> Columns:
        """Return where everything is."""
        for unit in self._site.units:
            self._add_battery(unit)
        self._add_cars()
        for index in range(self._blocks.count):
            self._add_meter(index)
            add_limits(self._program, self._blocks, self._columns, index)
        self._add_demand()
        return self._columns

    def _add_battery(self, unit: Unit) -> None:
        program, blocks, columns = self._program, self._blocks, self._columns
        charge: list[int] = []
        discharge: list[int] = []
        energy: list[int] = []
        keeps = []
        low, high = min(unit.start, unit.floor), max(unit.start, *unit.tops)
        sun = blocks.dc_solar(unit)
        last = blocks.count - 1
        for index, length in enumerate(blocks.length):
            ac = unit.ac * length
            most_in = min(unit.charge * length, ac + sun[index])
            most_out = max(0.0, min(unit.discharge * length, ac - sun[index]))
            into = program.column(0.0, 0.0, most_in)
            out = program.column(self._weight * unit.wear, 0.0, most_out)
            worth = -self._weight * unit.leftover if index == last else 0.0
            stored = program.column(worth, low, high)
            terms = [
                (stored, 1.0),
                (into, -unit.into_cells),
                (out, 1 / unit.out_of_cells),
            ]
            before = energy[-1] if energy else None
            if before is not None:
                terms.append((before, -1.0))
            right = unit.start if before is None else 0.0
            keeps.append(program.equal.add(terms, right))
            self._add_taper(unit, index, into, before)
            charge.append(into)
            discharge.append(out)
            energy.append(stored)
        self._add_levels(unit, energy)
        columns.charge.append(charge)
        columns.discharge.append(discharge)
        columns.energy.append(energy)
        columns.keeps.append(keeps)
        columns.constant += self._weight * unit.leftover * unit.floor

    def _add_taper(self, unit: Unit, index: int, into: int, before: Column) -> None:
        program, length = self._program, self._blocks.length[index]
        for offset, slope in unit.lines:
            if before is None:
                most = max(0.0, offset + slope * unit.start) * length
                program.high[into] = min(program.high[into], most)
            else:
                program.atmost.add(
                    [(into, 1.0), (before, -slope * length)], offset * length
                )

    def _add_levels(self, unit: Unit, energy: list[int]) -> None:
        """Keep to a reserve that is raised for some slots, or a maximum lowered."""
        program, blocks = self._program, self._blocks
        highest = max(unit.tops)
        for index, stored in enumerate(energy):
            cost = self._weight * self._site.short_penalty * blocks.hours[index]
            floor, top = (
                each[blocks.first[index]] for each in (unit.floors, unit.tops)
            )
            if floor > unit.floor:
                lack = program.column(cost)
                program.atmost.add([(stored, -1.0), (lack, -1.0)], -floor)
            if top < highest:
                excess = program.column(cost)
                program.atmost.add([(stored, 1.0), (excess, -1.0)], top)

    def _add_cars(self) -> None:
        program, blocks, site = self._program, self._blocks, self._site
        for place, car in enumerate(site.problem.cars):
            plugged = plugged_slots(site)[place]
            drawn: list[Column] = [
                program.column(0.0, 0.0, car.most_kw * hours)
                if first < plugged and car.most_kw > 0
                else None
                for first, hours in zip(blocks.first, blocks.hours, strict=True)
            ]
            later = program.column(
                self._weight * later_price(site), 0.0, later_kwh(site, place)
            )
            short = program.column(self._weight * site.short_penalty)
            extra = program.column(self._weight * site.short_penalty)
            terms = [(column, 1.0) for column in drawn if column is not None]
            terms += [(later, 1.0), (short, 1.0), (extra, -1.0)]
            program.equal.add(terms, car.energy_kwh)
            self._columns.cars.append(drawn)

    def _most_flows(self, index: int) -> tuple[float, float]:
        """Return the most kWh that can be drawn and given at the meter."""
        blocks, site = self._blocks, self._site
        length, net = blocks.length[index], blocks.net[index]
        drawn = net + blocks.clipped[index]
        drawn += sum(unit.charge for unit in site.units) * length
        cars_kw = sum(car.most_kw for car in site.problem.cars)
        drawn += cars_kw * blocks.hours[index]
        given = sum(unit.discharge for unit in site.units) * length - net
        return max(0.0, drawn), max(0.0, given)

    def _add_meter(self, index: int) -> None:
        program, blocks, columns = self._program, self._blocks, self._columns
        weight, site = self._weight, self._site
        drawn, given = self._most_flows(index)
        sold = min(blocks.export_max[index], given)
        limit = blocks.import_max[index]
        buy = weight * blocks.buy[index]
        imported = program.column(buy, 0.0, min(limit, drawn))
        over = exported = curtailed = None
        terms = [(each[index], 1.0) for each in columns.charge]
        terms += [(each[index], -1.0) for each in columns.discharge]
        terms += [*self._columns.car_terms(index), (imported, -1.0)]
        if drawn > limit:
            over = program.column(buy + weight * site.penalty)
            terms.append((over, -1.0))
        if sold > 0:
            exported = program.column(-weight * blocks.sell[index], 0.0, sold)
            terms.append((exported, 1.0))
        if blocks.clipped[index] > 0 or -blocks.net[index] > blocks.export_max[index]:
            curtailed = program.column(
                weight * site.curtail, 0.0, max(0.0, blocks.solar[index])
            )
            terms.append((curtailed, 1.0))
        program.equal.add(terms, -blocks.net[index])
        columns.imported.append(imported)
        columns.over.append(over)
        columns.exported.append(exported)
        columns.curtailed.append(curtailed)
        if is_tricky(blocks, index):
            self._add_hull(index, min(limit, drawn), given)

    def _add_hull(self, index: int, drawn: float, given: float) -> None:
        """Keep to the convex hull of buying or selling, and of taking or giving."""
        program, columns = self._program, self._columns
        length = self._blocks.length[index]
        outs: Terms = [
            (column, drawn)
            for column in (columns.exported[index], columns.curtailed[index])
            if column is not None
        ]
        if outs and drawn > 0 and given > 0:
            # What an inverter cannot pass on is lost whichever side it is.
            most = given + self._blocks.clipped[index]
            terms = [(columns.imported[index], given), *outs]
            program.atmost.add(terms, drawn * most)
        for unit, into, out in zip(
            self._site.units, columns.charge, columns.discharge, strict=True
        ):
            if unit.charge > 0 and unit.discharge > 0:
                program.atmost.add(
                    [(into[index], unit.discharge), (out[index], unit.charge)],
                    unit.charge * unit.discharge * length,
                )

    def _add_demand(self) -> None:
        demand, blocks = self._site.problem.demand, self._blocks
        numbers = interval_numbers(self._site)
        intervals: dict[int, list[int]] = {}
        for index, first in enumerate(blocks.first):
            number = numbers[first]
            if number is not None:
                intervals.setdefault(number, []).append(index)
        if demand is None or not intervals:
            return
        rate = self._weight * demand.rate_per_kw
        peak = self._program.column(rate, demand.peak_kw)
        self._columns.constant -= rate * demand.peak_kw
        for members in intervals.values():
            terms: Terms = []
            for index in members:
                terms.append((self._columns.imported[index], 1.0))
                over = self._columns.over[index]
                if over is not None:
                    terms.append((over, 1.0))
            hours = sum(blocks.hours[index] for index in members)
            self._program.atmost.add([*terms, (peak, -hours)], 0.0)
