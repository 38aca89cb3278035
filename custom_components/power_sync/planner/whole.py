"""What is one or the other: a car on or off, a side of the meter, of the fleet.

Only where it is not decided anyway: for cars that have a least power, and for the
blocks whose prices reward both sides at once.
"""

from math import fsum, inf

from .blocks import Blocks
from .columns import Columns, Terms
from .program import Program
from .relaxation import is_tricky
from .site_replay import CarPowers
from .specs import CarSpec

_SOME_KWH = 1e-6


class WholeNumbers:
    """The whole numbers of a site's program."""

    def __init__(self, program: Program, blocks: Blocks, columns: Columns) -> None:
        """Count them; none is added yet."""
        self._program = program
        self._blocks = blocks
        self._columns = columns
        self._cars = [
            [(index, column) for index, column in enumerate(each) if column is not None]
            for each in columns.cars
        ]
        self._parts: dict[int, list[tuple[int, int]]] = {}
        self._tricky = [at for at in range(blocks.count) if is_tricky(blocks, at)]
        ranges = [len(car.ranges_kw) for car in blocks.site.problem.cars]
        self.count = 2 * len(self._tricky)
        self.count += sum(
            number * len(each) for number, each in zip(ranges, self._cars, strict=True)
        )

    def add(self) -> None:
        """Add them to the program."""
        for car, each in zip(self._blocks.site.problem.cars, self._cars, strict=True):
            for index, column in each:
                self._add_car(car, index, column)
        for index in self._tricky:
            self._add_sides(index)

    def _add_whole(self, most: float) -> int:
        column = self._program.column(0.0, 0.0, most)
        self._program.whole[column] = None
        return column

    def _add_car(self, car: CarSpec, index: int, column: int) -> None:
        """Let a car draw within one of its ranges, in so many slots of a block."""
        program, site = self._program, self._blocks.site
        length = self._blocks.length[index]
        parts = []
        for low, high in car.ranges_kw:
            slots = self._add_whole(length)
            drawn = program.column(0.0)
            program.atmost.add([(drawn, 1.0), (slots, -high * site.step_h)], 0.0)
            program.atmost.add([(drawn, -1.0), (slots, low * site.step_h)], 0.0)
            parts.append((slots, drawn))
        program.atmost.add([(slots, 1.0) for slots, _ in parts], length)
        program.equal.add([(column, 1.0), *((part, -1.0) for _, part in parts)], 0.0)
        self._parts[column] = parts
        if not car.may_battery_feed:
            most = fsum(unit.discharge for unit in site.units)
            out: Terms = [(each[index], 1.0) for each in self._columns.discharge]
            out += [(slots, most) for slots, _ in parts]
            program.atmost.add(out, most * length + self._blocks.needs(index))

    def _add_sides(self, index: int) -> None:
        """Let a block buy or sell, and the fleet take or give."""
        columns = self._columns
        outs = [
            column
            for column in (columns.exported[index], columns.curtailed[index])
            if column is not None
        ]
        clipped = self._blocks.clipped[index]
        self._either([columns.imported[index]], outs, clipped)
        self._either(
            [each[index] for each in columns.charge],
            [each[index] for each in columns.discharge],
            0.0,
        )
        if not self._blocks.site.problem.battery_export:
            self._either([each[index] for each in columns.discharge], outs, clipped)

    def _either(self, one: list[int], other: list[int], besides: float) -> None:
        """Let columns be above 0 of one list only, but for `besides` of the other."""
        high = self._program.high
        most_one = fsum(high[column] for column in one)
        most_other = fsum(high[column] for column in other)
        if not 0 < most_one < inf or not 0 < most_other < inf:
            return
        which = self._add_whole(1.0)
        add = self._program.atmost.add
        add([*((each, 1.0) for each in one), (which, -most_one)], 0.0)
        add(
            [*((each, 1.0) for each in other), (which, most_other)],
            most_other + besides,
        )

    def powers(self, values: list[float]) -> CarPowers:
        """Return the kW of each car in each slot; in a block, with the sun."""
        blocks, site = self._blocks, self._blocks.site
        rows = []
        for car, each in zip(site.problem.cars, self._cars, strict=True):
            row = [0.0] * site.count
            for index, column in each:
                first, length = blocks.first[index], blocks.length[index]
                free = sorted(range(first, first + length), key=lambda at: site.net[at])
                for (low, high), (slots, drawn) in zip(
                    car.ranges_kw, self._parts[column], strict=True
                ):
                    count = round(values[slots])
                    if count and values[drawn] > _SOME_KWH:
                        kw = values[drawn] / count / site.step_h
                        for slot in free[:count]:
                            row[slot] = round(min(max(kw, low), high), 6)
                        free = free[count:]
            rows.append(tuple(row))
        return tuple(rows)
