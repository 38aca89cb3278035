"""The coupled solver: relax, round, fix, solve again.

The relaxation (`relaxation.py`) is solved first; its optimum is the bound that the
certificate reports. Where it does what cannot be (a car below its least power, both
sides of the meter at once, one battery charging another) that is rounded, fixed and
solved again. No search: two or three linear programs, and never a clock that decides.
"""

from dataclasses import dataclass, replace
from math import fsum, inf
from time import perf_counter

from custom_components.power_sync.model.battery import Mode

from .blocks import Blocks
from .program import Program, Solution, load, search, solve
from .relaxation import add_site, is_tricky
from .site import Site
from .site_replay import CarPowers
from .whole import WholeNumbers

SECONDS = 1.5
"""The programs of a plan take no longer together; the rest of 2 s is for the rest."""

LATER_PER_KWH = 1e-6
"""What a kWh of a battery weighs more for each hour that it is moved later."""
MOST_WHOLE = 200
"""More whole numbers than these are not searched for."""
_SOME_KWH = 1e-6
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a program says, slot by slot.

    `energy` are kWh in the cells of each battery at the end of each slot, `worth` what
    a kWh more there would save. `imported` is what the meter would show, `cars_kw` what
    the cars would draw: in the relaxation any mean power.
    """

    energy: tuple[tuple[float, ...], ...]
    worth: tuple[tuple[float, ...], ...]
    imported: tuple[float, ...]
    cars_kw: CarPowers


class SiteProgram:
    """The program of a site: relaxed first, then with what was rounded fixed."""

    def __init__(self, site: Site) -> None:
        """Relax and solve. Raises SolverMissingError or SolverFailedError."""
        load()
        self._site = site
        self.until = perf_counter() + SECONDS
        """When looking is given up, on the clock of `perf_counter`."""
        self._blocks = Blocks(site)
        self._program = Program()
        self._columns = add_site(self._program, self._blocks)
        self._keep_overrides()
        self._found = self._solve()
        self.bound = self._found.objective + self._columns.constant
        """An objective that no schedule beats."""
        self.relaxed = self._read()

    def best(self, cars_kw: CarPowers) -> Schedule:
        """Return the best schedule that can be found, near to these car powers.

        Where there are few enough whole numbers to decide, all cars and sides of
        the meter are searched for; else the cars stay on when they are. Raises
        SolverFailedError.
        """
        if len(self._site.units) > 1:
            self._hasten()
        whole = WholeNumbers(self._program, self._blocks, self._columns)
        if not whole.count or whole.count > MOST_WHOLE:
            return self._fixed(cars_kw)
        whole.add()
        values = search(self._program, self.until - perf_counter())
        for column in self._program.whole:
            number = float(round(values[column]))
            self._program.low[column] = self._program.high[column] = number
        self._found = self._solve()
        cars_kw = whole.powers(self._found.values)
        return replace(self._read(), cars_kw=cars_kw)

    def _hasten(self) -> None:
        """Let several batteries do early what is as good as later.

        Else one of them may wait for nothing while another acts. The bound has been
        found by then, without it.
        """
        blocks, columns = self._blocks, self._columns
        for each in (*columns.charge, *columns.discharge):
            for index, column in enumerate(each):
                hours = blocks.first[index] * blocks.site.step_h
                self._program.costs[column] += LATER_PER_KWH * hours

    def _fixed(self, cars_kw: CarPowers) -> Schedule:
        """Return the best schedule with the cars on as given, nothing on both sides.

        How much they draw while they are on is free. Raises SolverFailedError.
        """
        self._fix_cars(cars_kw)
        for _ in range(_ROUNDS):
            self._found = self._solve()
            if not self._fix_sides():
                break
        return replace(self._read(), cars_kw=self._repowered(cars_kw))

    def _solve(self) -> Solution:
        return solve(self._program, self.until - perf_counter())

    def _forbid(self, column: int) -> None:
        """Keep a quantity at 0."""
        self._program.high[column] = self._program.low[column] = 0.0

    def _keep_overrides(self) -> None:
        """Allow a battery no more than its owner's override.

        How much of it the limits at the meter leave is for the replay to say.
        """
        charging = (Mode.CHARGE, Mode.SELF_CONSUMPTION, Mode.NO_DISCHARGE, Mode.LIMIT)
        giving = (Mode.DISCHARGE, Mode.SELF_CONSUMPTION, Mode.LIMIT)
        for place, unit in enumerate(self._site.units):
            override = unit.spec.override
            if override is None:
                continue
            most = inf
            if override.power_kw is not None:
                most = override.power_kw * self._site.step_h
            for index in range(self._blocks.count):
                if not self._is_overridden(place, index):
                    continue
                into = self._columns.charge[place][index]
                out = self._columns.discharge[place][index]
                for column, modes, limited in (
                    (into, charging, override.mode is Mode.CHARGE),
                    (out, giving, True),
                ):
                    if override.mode not in modes:
                        self._forbid(column)
                    elif limited:
                        high = self._program.high[column]
                        self._program.high[column] = min(high, most)

    def _fix_sides(self) -> bool:
        """Fix the sides of what cannot be on both; return whether anything was."""
        changed = False
        for index in range(self._blocks.count):
            taken, given = self._sides(index)
            if taken > _SOME_KWH and given > _SOME_KWH:
                changed = True
                for into, out in self._both(index):
                    self._forbid(out if taken >= given else into)
            if is_tricky(self._blocks, index):
                changed |= self._fix_meter(index)
        return changed

    def _both(self, index: int) -> list[tuple[int, int]]:
        columns = self._columns
        return [
            (into[index], out[index])
            for place, (into, out) in enumerate(
                zip(columns.charge, columns.discharge, strict=True)
            )
            if not self._is_overridden(place, index)
        ]

    def _is_overridden(self, place: int, index: int) -> bool:
        override = self._site.units[place].spec.override
        return override is not None and override.holds(self._blocks.first[index])

    def _sides(self, index: int) -> tuple[float, float]:
        """Return what the cells take and give in a block."""
        taken = given = 0.0
        for place, unit in enumerate(self._site.units):
            into = self._columns.charge[place][index]
            out = self._columns.discharge[place][index]
            taken += self._found.values[into] * unit.into_cells
            given += self._found.values[out] / unit.out_of_cells
        return taken, given

    def _fix_meter(self, index: int) -> bool:
        """Let a block buy or sell, not both; what must be all the same costs much."""
        columns, values = self._columns, self._found.values
        bought = values[columns.imported[index]]
        outs = [
            column
            for column in (columns.exported[index], columns.curtailed[index])
            if column is not None
        ]
        sold = fsum(values[column] for column in outs)
        if bought <= _SOME_KWH or sold <= _SOME_KWH:
            return False
        if bought >= sold:
            for column in outs:
                self._program.costs[column] += self._site.penalty
        else:
            self._program.costs[columns.imported[index]] += self._site.penalty
        return True

    def _read(self) -> Schedule:
        """Return the schedule by slot: straight on between the ends of a block."""
        site, blocks, columns = self._site, self._blocks, self._columns
        energy, worth = [], []
        for place, unit in enumerate(site.units):
            levels, values, before = [], [], unit.start
            for index, length in enumerate(blocks.length):
                after = self._found.values[columns.energy[place][index]]
                levels += [
                    before + (after - before) * (step + 1) / length
                    for step in range(length)
                ]
                values += [
                    0.0 - self._found.balance[columns.keeps[place][index]]
                ] * length
                before = after
            energy.append(tuple(levels))
            worth.append(tuple(values))
        imported: list[float] = []
        for index, length in enumerate(blocks.length):
            over = columns.over[index]
            kwh = self._found.values[columns.imported[index]]
            kwh += 0.0 if over is None else self._found.values[over]
            imported += [kwh / length] * length
        return Schedule(
            energy=tuple(energy),
            worth=tuple(worth),
            imported=tuple(imported),
            cars_kw=self._drawn(),
        )

    def _drawn(self) -> CarPowers:
        """Return the mean kW of each car in each slot."""
        blocks, rows = self._blocks, []
        for columns in self._columns.cars:
            powers: list[float] = []
            for index, length in enumerate(blocks.length):
                column = columns[index]
                kwh = 0.0 if column is None else self._found.values[column]
                powers += [kwh / blocks.hours[index]] * length
            rows.append(tuple(powers))
        return tuple(rows)

    def _fix_cars(self, cars_kw: CarPowers) -> None:
        blocks, program, site = self._blocks, self._program, self._site
        for car, columns, powers in zip(
            site.problem.cars, self._columns.cars, cars_kw, strict=True
        ):
            for index, column in enumerate(columns):
                first, length = blocks.first[index], blocks.length[index]
                drawn = powers[first : first + length]
                if column is None:
                    continue
                spans = [car.range_of(kw) for kw in drawn if kw > 0]
                program.low[column] = site.step_h * fsum(low for low, _ in spans)
                program.high[column] = site.step_h * fsum(high for _, high in spans)
                if not car.may_battery_feed and spans:
                    self._serve_home_alone(index, length - len(spans))

    def _repowered(self, cars_kw: CarPowers) -> CarPowers:
        """Return the cars with what they draw in each block as was found."""
        blocks, hours = self._blocks, self._site.step_h
        rows = []
        for car, columns, powers in zip(
            self._site.problem.cars, self._columns.cars, cars_kw, strict=True
        ):
            row = list(powers)
            for index, column in enumerate(columns):
                first = blocks.first[index]
                slots = range(first, first + blocks.length[index])
                on = [slot for slot in slots if powers[slot] > 0]
                if column is None or not on:
                    continue
                kwh = self._found.values[column]
                if abs(kwh - hours * fsum(powers[slot] for slot in on)) <= _SOME_KWH:
                    continue
                for slot in on:
                    low, high = car.range_of(powers[slot])
                    row[slot] = round(min(max(kwh / hours / len(on), low), high), 6)
            rows.append(tuple(row))
        return tuple(rows)

    def _serve_home_alone(self, index: int, free_slots: int) -> None:
        """Keep the batteries from feeding a car in all but so many slots."""
        free = fsum(unit.discharge for unit in self._site.units) * free_slots
        given = self._columns.given(index)
        self._program.atmost.add(given, self._blocks.needs(index) + free)
