"""The same problem as a textbook linear program, solved by HiGHS.

Written from the physics alone: per slot import, import above the limit, export,
charge, discharge, curtailment and the stored energy, with a power balance and
an energy balance. It shares nothing with the exact solver but the problem and
the three prices that are the planner's choice: wear, leftover and the penalty
on import above the limit.
"""

from math import inf
from typing import NamedTuple

from custom_components.power_sync.planner.home import Home

_COLUMNS = 7
_IMPORT, _OVER, _EXPORT, _CHARGE, _DISCHARGE, _CURTAIL, _STORED = range(_COLUMNS)


class TextbookSolution(NamedTuple):
    """The battery's AC kWh per slot (+ discharge) and the optimum."""

    battery: list[float]
    objective: float


class Program(NamedTuple):
    """A linear program in columns: costs, bounds, and equations as triplets."""

    costs: list[float]
    bounds: list[tuple[float, float]]
    rows: list[int]
    columns: list[int]
    factors: list[float]
    right: list[float]


def textbook_program(home: Home) -> Program:
    """Return the linear program. The start must be inside of the limits."""
    problem, battery, hours = home.problem, home.problem.battery, home.step_h
    program = Program([], [], [], [], [], [])
    for slot in range(home.count):
        base = slot * _COLUMNS
        load, solar = problem.load_kw[slot] * hours, problem.solar_kw[slot] * hours
        buy, sell = problem.import_per_kwh[slot], problem.export_per_kwh[slot]
        charge = battery.max_charge_kw * hours
        if not problem.grid_charging:
            charge = min(charge, max(0.0, solar - load))
        discharge = battery.max_discharge_kw * hours
        if not problem.battery_export:
            discharge = min(discharge, max(0.0, load - solar))
        last = slot == home.count - 1
        program.costs.extend(
            (
                buy,
                buy + home.penalty,
                -sell,
                0.0,
                battery.wear_per_kwh,
                0.0,
                -home.leftover if last else 0.0,
            )
        )
        program.bounds.extend(
            (
                (0.0, _energy(problem.import_limit_kw, hours)),
                (0.0, inf),
                (0.0, _energy(problem.export_limit_kw, hours)),
                (0.0, charge),
                (0.0, discharge),
                (0.0, solar),
                (0.0, home.span_kwh),
            )
        )
        balance = [
            (base + _IMPORT, 1.0),
            (base + _OVER, 1.0),
            (base + _EXPORT, -1.0),
            (base + _CHARGE, -1.0),
            (base + _DISCHARGE, 1.0),
            (base + _CURTAIL, -1.0),
        ]
        storage = [
            (base + _STORED, 1.0),
            (base + _CHARGE, -battery.charge_efficiency),
            (base + _DISCHARGE, 1 / battery.discharge_efficiency),
        ]
        if slot:
            storage.append((base - _COLUMNS + _STORED, -1.0))
        for terms, right in (
            (balance, load - solar),
            (storage, 0.0 if slot else home.start_kwh),
        ):
            program.rows.extend([len(program.right)] * len(terms))
            program.columns.extend(column for column, _ in terms)
            program.factors.extend(factor for _, factor in terms)
            program.right.append(right)
    return program


def _energy(limit_kw: float | None, hours: float) -> float:
    return inf if limit_kw is None else limit_kw * hours


def solve_textbook(home: Home) -> TextbookSolution:
    """Return the optimum by HiGHS's dual simplex. Raises RuntimeError without."""
    # Imported here: only the comparison needs it, and it takes 50 MB. SciPy comes
    # without type information.
    from scipy.optimize import linprog  # type: ignore[import-untyped] # noqa: PLC0415
    from scipy.sparse import csc_array  # type: ignore[import-untyped] # noqa: PLC0415

    program = textbook_program(home)
    matrix = csc_array(
        (program.factors, (program.rows, program.columns)),
        shape=(len(program.right), len(program.costs)),
    )
    # Interior point stops between the corners; the simplex ends on one.
    answer = linprog(
        program.costs,
        A_eq=matrix,
        b_eq=program.right,
        bounds=program.bounds,
        method="highs-ds",
    )
    if answer.status != 0:
        raise RuntimeError(f"HiGHS: {answer.message}")
    values = [float(value) for value in answer.x]
    battery = [
        values[base + _DISCHARGE] - values[base + _CHARGE]
        for base in range(0, len(values), _COLUMNS)
    ]
    return TextbookSolution(battery, float(answer.fun))
