"""Credits and capped rates: worked out by hand, and never dearer than without them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.model.prices import Cap, Credit, PriceCurve
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import (
    Objective,
    Problem,
    ProblemError,
    plan,
)
from custom_components.power_sync.planner.specs import ImportCredit, PriceCap
from custom_components.power_sync.planner.terms import Flows, extra_costs
from custom_components.power_sync.planner.terms_ahead import caps_on, credits_on

from .homes import HOUR, START, battery, home

FLAT = [0.30, 0.30, 0.31, 0.30]
"""A kWh stored at 0.30 comes back at 0.37: never worth it for the price alone."""


def credit(
    amount: float, *within: int, most_kwh: float = 0.1, count: int = 4
) -> tuple[ImportCredit, ...]:
    """Return a credit for some slots."""
    window = tuple(at in within for at in range(count))
    return (ImportCredit(amount=amount, most_kwh=most_kwh, window=window),)


def cap(
    most_kwh: float, *beyond: float | None, sold: bool = True
) -> tuple[PriceCap, ...]:
    """Return a cap; None in the slots that it is not about."""
    return (PriceCap(sold=sold, most_kwh=most_kwh, beyond_per_kwh=beyond),)


def bought(found: Plan) -> list[float]:
    """Return what a plan of hours imports, in kWh."""
    return [round(max(slot.grid_kw, 0.0), 6) for slot in found.slots]


def test_a_credit_that_is_worth_it() -> None:
    """1 kWh / 0.81 is bought before the window: 6 cents more, for a dollar."""
    problem = home(FLAT, spec=battery(soc_pct=10.0))
    assert bought(plan(problem)) == [1, 1, 1, 1]
    found = plan(replace(problem, credits=credit(1.0, 2)))
    assert sum(bought(found)[:2]) == pytest.approx(2 + 0.9 / 0.81, abs=0.13)
    assert bought(found)[2] <= 0.1
    # The credit is in the last slot of its window, and the home without has none.
    assert found.slots[2].cost == pytest.approx(bought(found)[2] * 0.31 - 1.0)
    assert found.cost == pytest.approx(sum(slot.cost for slot in found.slots))
    assert found.baseline_cost == pytest.approx(1.21)
    assert found.saving > 0.9
    assert found.notes["terms"] == -1.0
    assert found.notes["baseline_terms"] == 0.0


@pytest.mark.parametrize(
    ("amount", "most_kwh"),
    [
        # Less than the six cents that it takes.
        (0.04, 0.1),
        # Lost already: more has been bought in the window than is allowed.
        (0.0, 0.1),
    ],
)
def test_a_credit_that_is_not(amount: float, most_kwh: float) -> None:
    """Then the plan is that without it."""
    problem = home(FLAT, spec=battery(soc_pct=10.0))
    found = plan(replace(problem, credits=credit(amount, 2, most_kwh=most_kwh)))
    assert bought(found) == [1, 1, 1, 1]
    assert found.cost == pytest.approx(1.21)


def test_a_credit_that_is_had_anyway() -> None:
    """A full battery serves the window in any case: nothing changes but the money."""
    problem = home(FLAT, spec=battery(soc_pct=90.0))
    without = plan(problem)
    found = plan(replace(problem, credits=credit(1.0, 2)))
    assert found.cost == pytest.approx(without.cost - 1)
    assert found.baseline_cost == pytest.approx(without.baseline_cost - 1)
    assert found.bound is not None
    assert found.gap == pytest.approx(without.gap or 0.0, abs=1e-9)


def test_each_credit_is_weighed_by_itself() -> None:
    """Of two windows only one can be served: the battery holds no more."""
    buy = [0.30, 0.30, 0.31, 0.31]
    small = battery(capacity_kwh=1.3, soc_pct=10.0)
    one, two = (credit(amount, at)[0] for amount, at in ((0.5, 2), (1.0, 3)))
    found = plan(replace(home(buy, spec=small), credits=(one, two)))
    assert found.notes["terms"] == -1.0
    assert bought(found)[2] > 0.1 >= bought(found)[3]


def test_a_plan_for_self_consumption_gets_what_it_gets() -> None:
    """No credit makes it buy for the battery, but one that it has is counted."""
    problem = replace(
        home(FLAT, spec=battery(soc_pct=10.0)),
        objective=Objective.SELF_CONSUMPTION,
        credits=(*credit(1.0, 2), *credit(0.5, 2, most_kwh=1.5)),
    )
    found = plan(problem)
    assert bought(found) == [1, 1, 1, 1]
    assert found.cost == pytest.approx(1.21 - 0.5)


def test_what_is_sold_beyond_a_cap() -> None:
    """5 kWh are sold at 40 c; with a cap, two of them are kept for the evening."""
    steps = 12
    buy = [each for price in (*[0.45] * 3, *[0.3] * 3) for each in [price] * steps]
    sell = [each for price in (0, 0.4, 0.4, 0, 0, 0) for each in [price] * steps]
    problem = home(
        buy, sell, spec=battery(soc_pct=90.0, efficiency=1.0), step=HOUR / steps
    )

    def sold(found: Plan) -> float:
        return sum(max(-slot.grid_kw, 0.0) for slot in found.slots) / steps

    assert sold(plan(problem)) == pytest.approx(5.0, abs=0.01)
    beyond = [0.0 if steps <= at < 3 * steps else None for at in range(6 * steps)]
    found = plan(replace(problem, caps=cap(3.0, *beyond)))
    # Of 8 kWh three are sold, five used: at nothing none is worth selling.
    assert sold(found) == pytest.approx(3.0, abs=0.2)
    assert found.cost == pytest.approx(1.0 * 0.30 - 3 * 0.40, abs=0.06)


def test_what_is_free_up_to_a_cap() -> None:
    """A free kWh fills the battery; beyond the cap it is not free any more."""
    problem = home(
        [0.0, 0.0, 0.30, 0.30], 0.0, spec=battery(soc_pct=10.0), load_kw=[1, 1, 1, 1]
    )
    assert sum(bought(plan(problem))[:2]) > 4
    capped = replace(problem, caps=cap(2.0, 0.30, 0.30, None, None, sold=False))
    found = plan(capped)
    # The home itself takes what is free: nothing is left for the battery.
    assert bought(found) == [1, 1, 1, 1]
    assert found.cost == pytest.approx(0.6)
    assert extra_costs(capped, Flows((3, 1, 0, 0), (0,) * 4)) == pytest.approx(
        [0.3, 0.3, 0, 0]
    )


def contracts() -> Iterator[Problem]:
    """Yield homes with any contract."""
    for seed in range(25):
        random = Random(seed)  # noqa: S311 - no secret
        count = 12
        buy = [round(random.uniform(0.05, 0.5), 2) for _ in range(count)]
        sell = [round(random.uniform(0, min(buy)), 2) for _ in range(count)]
        problem = home(
            buy,
            sell,
            solar_kw=[random.choice((0, 0, 3)) for _ in range(count)],
            load_kw=[random.uniform(0, 3) for _ in range(count)],
            spec=battery(soc_pct=random.uniform(10, 90), wear_per_kwh=0.02),
        )
        start = random.randrange(count - 3)
        yield replace(
            problem,
            credits=credit(random.uniform(0, 2), *range(start, start + 3), count=count),
            caps=cap(
                random.uniform(0, 5),
                *(0.0 if start <= at < start + 3 else None for at in range(count)),
            ),
        )


@pytest.mark.parametrize("problem", contracts())
def test_never_dearer_than_the_plan_that_knows_of_neither(problem: Problem) -> None:
    """By the contract, with wear."""
    plain, found = plan(replace(problem, credits=(), caps=())), plan(problem)
    flows = Flows(
        tuple(max(slot.grid_kw, 0.0) for slot in plain.slots),
        tuple(max(-slot.grid_kw, 0.0) for slot in plain.slots),
    )
    by_contract = plain.cost + sum(extra_costs(problem, flows))
    assert all_of(found) <= by_contract + wear(plain) + 1e-6
    assert found.gap is not None
    assert found.gap >= -1e-6


def all_of(found: Plan) -> float:
    """Return what a plan comes to."""
    return found.cost + wear(found)


def wear(found: Plan) -> float:
    """Return what the battery wears."""
    worn = found.notes["wear_cost"]
    assert isinstance(worn, float)
    return worn


def test_on_the_slots_of_a_plan() -> None:
    """The caps of a pool are one; what lies elsewhere is left out."""
    grid = TimeGrid(START, timedelta(minutes=30), 6)
    half = HOUR / 2

    def capped(start: int, end: int, pool: str, beyond: float) -> Cap:
        return Cap(
            START + start * half,
            START + end * half,
            sold=True,
            pool=pool,
            most_kwh=9.0,
            beyond_per_kwh=beyond,
        )

    curve = PriceCurve(
        "AUD",
        "UTC",
        (),
        (
            Credit(START - HOUR, START, 1.0, 0.1),
            Credit(START + half, START + HOUR, 1.0, 0.1),
        ),
        (
            capped(0, 1, "a", 0.05),
            capped(3, 4, "a", 0.06),
            capped(4, 6, "b", 0.07),
            capped(9, 10, "c", 0.08),
        ),
    )
    (found,) = credits_on(curve, grid)
    assert found.window == (False, True, False, False, False, False)
    beyond = [each.beyond_per_kwh for each in caps_on(curve, grid)]
    assert beyond == [
        (0.05, None, None, 0.06, None, None),
        (None, None, None, None, 0.07, 0.07),
    ]


@pytest.mark.parametrize("windows", [(True,), (True,) * 5])
def test_windows_of_another_length(windows: Sequence[bool]) -> None:
    """They are refused, as any series is."""
    wrong = ImportCredit(amount=1.0, most_kwh=0.1, window=tuple(windows))
    with pytest.raises(ProblemError, match="credits"):
        replace(home(FLAT), credits=(wrong,))
