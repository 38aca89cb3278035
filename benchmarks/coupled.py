"""Homes that are more than one battery with ordinary prices, and references."""

from dataclasses import replace
from datetime import timedelta
from math import inf

from benchmarks.homes import home
from benchmarks.textbook import textbook_program
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner.home import Home
from custom_components.power_sync.planner.problem import Problem
from custom_components.power_sync.planner.program import Program, load, solve
from custom_components.power_sync.planner.specs import (
    CarSpec,
    DemandCharge,
    charging_ranges_kw,
)
from custom_components.power_sync.planner.stages import stages_of

_PEAK_HOURS = range(16, 21)
_CHEAP = 0.2
_LOWERED = 0.2
_IMPORT, _EXPORT, _CHARGE, _DISCHARGE, _CURTAIL = 0, 2, 3, 4, 5
_COLUMNS = 7


def coupled_home(tariff: str) -> Problem:
    """Return a home with a second battery, a car until 7 in the morning, and a peak.

    The car needs 30 kWh and draws from 6 A on, from one phase or three; the peak of
    16:00 to 21:00 is charged.
    """
    plain = home(tariff)
    starts = list(plain.grid.starts())
    return replace(
        plain,
        batteries=(
            replace(
                plain.battery,
                capacity_kwh=10.0,
                max_charge_kw=3.6,
                max_discharge_kw=3.6,
                soc_pct=70.0,
            ),
        ),
        cars=(
            CarSpec(
                energy_kwh=30.0,
                departure=plain.grid.start + timedelta(hours=31),
                ranges_kw=charging_ranges_kw(16, 3, switches=True),
                may_battery_feed=True,
            ),
        ),
        demand=DemandCharge(
            rate_per_kw=0.4,
            window=tuple(start.hour in _PEAK_HOURS for start in starts),
            peak_kw=0.5,
        ),
    )


def large_home(tariff: str) -> Problem:
    """Return a home with nine batteries and four cars, paid for its cheap imports."""
    plain = coupled_home(tariff)
    second, car = plain.batteries[0], plain.cars[0]
    return replace(
        plain,
        import_per_kwh=_lowered(plain.import_per_kwh),
        batteries=tuple(
            replace(second, capacity_kwh=5.0 + place, soc_pct=10.0 + 10.0 * place)
            for place in range(8)
        ),
        cars=tuple(replace(car, energy_kwh=10.0 + 5.0 * place) for place in range(4)),
    )


def _lowered(prices: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(price - _LOWERED if price < _CHEAP else price for price in prices)


def nonconvex_home(tariff: str) -> Problem:
    """Return a home that is paid for import in its cheap hours."""
    plain = home(tariff)
    return replace(
        plain,
        import_per_kwh=_lowered(plain.import_per_kwh),
    )


def year_home() -> Problem:
    """Return a year of 5-minute slots."""
    plain = home("wholesale")
    times = 183

    def whole(values: tuple[float, ...]) -> tuple[float, ...]:
        return (values * times)[: 365 * 288]

    prices = whole(plain.import_per_kwh)
    return replace(
        plain,
        grid=TimeGrid(plain.grid.start, plain.grid.step, len(prices)),
        import_per_kwh=prices,
        export_per_kwh=whole(plain.export_per_kwh),
        solar_kw=whole(plain.solar_kw),
        load_kw=whole(plain.load_kw),
        firm=(True,) * len(prices),
    )


def solve_segments(home_: Home) -> float:
    """Return the optimum of the linear program of the planner's own segments."""
    load()
    program = Program()
    before = None
    for index, stage in enumerate(stages_of(home_)[0]):
        last = index == home_.count - 1
        stored = program.column(-home_.leftover if last else 0.0, 0.0, home_.span_kwh)
        terms = [(stored, 1.0)]
        terms += [(program.column(cost, 0.0, kwh), 1.0) for cost, kwh in stage.pieces]
        right = -stage.lowest
        if before is None:
            right += home_.start_kwh
        else:
            terms.append((before, -1.0))
        program.equal.add(terms, right)
        before = stored
    return solve(program, inf).objective


def best_of_milp(home_: Home, seconds: float) -> float:
    """Return what HiGHS finds with a binary for each slot that needs one.

    The textbook program, and for slots that pay for import, or more for export, one
    side of the meter and of the battery only. SciPy comes without type information.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped] # noqa: PLC0415
    from scipy.sparse import csc_array  # type: ignore[import-untyped] # noqa: PLC0415

    program = textbook_program(home_)
    low = [each[0] for each in program.bounds]
    high = [each[1] for each in program.bounds]
    costs, whole = program.costs[:], [0] * len(program.costs)
    rows, columns, factors = program.rows[:], program.columns[:], program.factors[:]
    least, most = program.right[:], program.right[:]

    def either(one: list[int], other: list[int]) -> None:
        """Let columns of one list only be above 0."""
        which = len(costs)
        costs.append(0.0)
        whole.append(1)
        low.append(0.0)
        high.append(1.0)
        for group, sign, right in ((one, -1.0, 0.0), (other, 1.0, 1.0)):
            bound = sum(min(high[column], 10.0) for column in group)
            rows.extend([len(most)] * (len(group) + 1))
            columns.extend([*group, which])
            factors.extend([1.0] * len(group) + [sign * bound])
            least.append(-inf)
            most.append(right * bound)

    for slot in range(home_.count):
        if home_.import_price[slot] < max(0.0, home_.export_price[slot]):
            base = slot * _COLUMNS
            either([base + _IMPORT], [base + _EXPORT, base + _CURTAIL])
            either([base + _CHARGE], [base + _DISCHARGE])
    answer = milp(
        costs,
        integrality=whole,
        bounds=Bounds(low, high),
        constraints=LinearConstraint(
            csc_array((factors, (rows, columns)), shape=(len(most), len(costs))),
            least,
            most,
        ),
        options={"time_limit": seconds, "mip_rel_gap": 1e-4},
    )
    return float(answer.fun)
