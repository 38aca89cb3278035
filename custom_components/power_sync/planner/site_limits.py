"""What the owner, the inverters and the fuse allow: rows of a site's program."""

from .blocks import Blocks
from .columns import Columns, Terms
from .program import Program


def add_limits(program: Program, blocks: Blocks, columns: Columns, index: int) -> None:
    """Add the limits of one block."""
    _Limits(program, blocks, columns).add(index)


class _Limits:
    """Adds the limits of a site."""

    def __init__(self, program: Program, blocks: Blocks, columns: Columns) -> None:
        self._program = program
        self._blocks = blocks
        self._site = blocks.site
        self._columns = columns

    def add(self, index: int) -> None:
        """Add those of one block."""
        self._add_wishes(index)
        self._add_unfed(index)
        self._add_inverters(index)
        self._add_phases(index)

    def _add_wishes(self, index: int) -> None:
        """Add what the owner does not want: charging from the grid, selling."""
        program, columns, problem = self._program, self._columns, self._site.problem
        if not problem.grid_charging:
            taken = [(each[index], 1.0) for each in columns.charge]
            most = self._blocks.surplus(index) + self._blocks.clipped[index]
            program.atmost.add(taken, most)
        if not problem.battery_export:
            part = self._fed_part(index)
            cars = [(column, -part) for column, _ in self._columns.car_terms(index)]
            program.atmost.add(
                [*self._columns.given(index), *cars], self._blocks.needs(index)
            )

    def _fed_part(self, index: int) -> float:
        """Return what part of the cars' draw batteries may serve: the sun goes first.

        That is the hull of max(0, draw - surplus) up to the most that cars can draw.
        """
        if max(self._blocks.slots_of(index)) > 0:
            return 1.0
        cars_kw = sum(car.most_kw for car in self._site.problem.cars)
        most = cars_kw * self._blocks.hours[index]
        return max(0.0, 1 - self._blocks.surplus(index) / most) if most > 0 else 0.0

    def _add_unfed(self, index: int) -> None:
        """While a car that may not be fed draws its all, serve the home alone."""
        needs = self._blocks.needs(index)
        length, hours = self._blocks.length[index], self._blocks.hours[index]
        most = sum(unit.discharge for unit in self._site.units) * length
        if most <= needs:
            return
        for car, drawn in zip(self._site.problem.cars, self._columns.cars, strict=True):
            column = drawn[index]
            if column is not None and not car.may_battery_feed:
                part = (most - needs) / (car.most_kw * hours)
                self._program.atmost.add(
                    [*self._columns.given(index), (column, part)], most
                )

    def _add_inverters(self, index: int) -> None:
        """Keep what a hybrid inverter passes on within its power."""
        columns, length = self._columns, self._blocks.length[index]
        first = self._blocks.first[index]
        curtailed = columns.curtailed[index]
        for unit, into, out in zip(
            self._site.units, columns.charge, columns.discharge, strict=True
        ):
            sun = sum(unit.dc_solar[first : first + length])
            spare = unit.ac * length - sun
            if spare < unit.discharge * length:
                terms = [(out[index], 1.0), (into[index], -1.0)]
                if curtailed is not None:
                    terms.append((curtailed, -1.0))
                self._program.atmost.add(terms, spare)

    def _add_phases(self, index: int) -> None:
        """Keep the phase that cars of one phase draw from within its fuse."""
        fuse, columns = self._site.problem.fuse, self._columns
        if fuse is None or fuse.phases == 1:
            return
        single: Terms = [
            (column, 1 - 1 / fuse.phases)
            for car, drawn in zip(self._site.problem.cars, columns.cars, strict=True)
            if car.phases == 1 and (column := drawn[index]) is not None
        ]
        if single:
            terms = [(columns.imported[index], 1 / fuse.phases), *single]
            exported = columns.exported[index]
            if exported is not None:
                terms.append((exported, -1 / fuse.phases))
            most = fuse.phase_kw * self._blocks.hours[index]
            self._program.atmost.add(terms, most)
