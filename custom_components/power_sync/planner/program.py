"""A linear program in columns and rows, and HiGHS to solve it.

SciPy is imported here and nowhere else in the planner, and only when a program is
solved: a home that needs none never loads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

ITERATIONS = 60_000
"""Simplex steps at most: a bound that does not depend on the clock."""
NODES = 60
"""Nodes of a search at most, for the same reason."""
GAP = 1e-3
"""A search ends this near to its bound, in parts of the optimum."""


class SolverMissingError(Exception):
    """SciPy is not there."""


class SolverFailedError(Exception):
    """HiGHS found no optimum within its bounds."""


class Solution(NamedTuple):
    """An optimum: the columns, what a unit more on the right of each row costs."""

    values: list[float]
    objective: float
    balance: list[float]
    """Of the equations."""


@dataclass(slots=True)
class Rows:
    """Rows of one kind, as triplets."""

    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    factor: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)

    def add(self, terms: Sequence[tuple[int, float]], right: float) -> int:
        """Add a row; return its number."""
        number = len(self.right)
        for column, factor in terms:
            self.row.append(number)
            self.column.append(column)
            self.factor.append(factor)
        self.right.append(right)
        return number


@dataclass(slots=True)
class Program:
    """Minimise `costs` within bounds, equations and upper limits."""

    costs: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    whole: dict[int, None] = field(default_factory=dict)
    """The columns that are whole numbers, for `search`."""
    high: list[float] = field(default_factory=list)
    equal: Rows = field(default_factory=Rows)
    atmost: Rows = field(default_factory=Rows)

    def column(self, cost: float, low: float = 0.0, high: float = inf) -> int:
        """Add a column; return its number."""
        self.costs.append(cost)
        self.low.append(low)
        self.high.append(high)
        return len(self.costs) - 1


def load() -> None:
    """Load SciPy, which takes a while once. Raises SolverMissingError without it."""
    try:
        import scipy.optimize  # type: ignore[import-untyped] # noqa: F401, PLC0415
    except ImportError as err:
        raise SolverMissingError from err


def solve(program: Program, seconds: float) -> Solution:
    """Return the optimum at a corner, by HiGHS's dual simplex.

    Needs `load`. Raises SolverFailedError where there is no optimum or the bounds of
    iterations or time were reached.
    """
    from numpy import column_stack  # noqa: PLC0415
    from scipy.optimize import linprog  # noqa: PLC0415

    width = len(program.costs)
    answer = linprog(
        program.costs,
        A_ub=_matrix(program.atmost, width),
        b_ub=program.atmost.right or None,
        A_eq=_matrix(program.equal, width),
        b_eq=program.equal.right or None,
        bounds=column_stack([program.low, program.high]),
        method="highs-ds",
        options={"maxiter": ITERATIONS, "time_limit": max(seconds, 0.01)},
    )
    if answer.status != 0:
        raise SolverFailedError(str(answer.message))
    return Solution(
        values=answer.x.tolist(),
        objective=float(answer.fun),
        balance=answer.eqlin.marginals.tolist(),
    )


def search(program: Program, seconds: float) -> list[float]:
    """Return columns of which the whole ones are whole, near to the best.

    Needs `load`. Raises SolverFailedError where none were found within the bounds of
    nodes or time.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415

    width = len(program.costs)
    equal, atmost = program.equal, program.atmost
    constraints = [
        LinearConstraint(_matrix(equal, width), equal.right, equal.right),
        LinearConstraint(_matrix(atmost, width), -inf, atmost.right),
    ]
    answer = milp(
        program.costs,
        integrality=[int(column in program.whole) for column in range(width)],
        bounds=Bounds(program.low, program.high),
        constraints=constraints[: 2 if atmost.right else 1],
        options={
            "node_limit": NODES,
            "mip_rel_gap": GAP,
            "time_limit": max(seconds, 0.01),
        },
    )
    if answer.x is None:
        raise SolverFailedError(str(answer.message))
    values: list[float] = answer.x.tolist()
    return values


def _matrix(rows: Rows, width: int) -> object:
    from scipy.sparse import csc_array  # type: ignore[import-untyped] # noqa: PLC0415

    if not rows.right:
        return None
    return csc_array(
        (rows.factor, (rows.row, rows.column)), shape=(len(rows.right), width)
    )
