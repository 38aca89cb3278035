"""Import below zero and export above import."""

from datetime import timedelta
from itertools import product
from random import Random

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.planner import Problem, plan
from custom_components.power_sync.planner.engine import plan as engine_plan
from custom_components.power_sync.planner.exact import setpoints
from custom_components.power_sync.planner.home import Home, Order
from custom_components.power_sync.planner.replay import replay_orders, replay_setpoints
from custom_components.power_sync.planner.soc_grid import solve_grid
from custom_components.power_sync.planner.stages import stages_of

from .homes import battery, home

ALPHABET = (
    Order(Mode.SELF_CONSUMPTION),
    Order(Mode.NO_DISCHARGE),
    Order(Mode.STANDBY),
    Order(Mode.CHARGE, 5.0),
    Order(Mode.DISCHARGE, 5.0),
)


def hostile(seed: int, count: int, hours: float) -> Problem:
    """Return a home in which about half of the slots are not convex."""
    random = Random(seed)  # noqa: S311 - made-up homes need no secrecy
    buy = [random.choice((0.2, 0.3, random.uniform(-0.3, 0.3))) for _ in range(count)]
    sell = [
        random.choice((0.3 * price, price + 0.05, random.uniform(-0.1, 0.5)))
        for price in buy
    ]
    return home(
        buy,
        sell,
        solar_kw=[random.choice((0.0, random.uniform(0, 6))) for _ in range(count)],
        load_kw=[random.uniform(0.2, 3) for _ in range(count)],
        step=timedelta(hours=hours),
        spec=battery(soc_pct=random.uniform(10, 100), resume_margin_pct=0.0),
        import_limit_kw=14.0,
        leftover_value_per_kwh=0.1,
    )


def test_paid_import_fills_the_battery() -> None:
    """The battery makes room for energy that it is paid to take."""
    found = plan(home([0.3, -0.2, 0.3], [0.1, -0.2, 0.1], spec=battery(soc_pct=30)))
    assert found.slots[1].mode is Mode.CHARGE
    assert found.slots[1].grid_kw == pytest.approx(6.0)
    # It first makes room: the 2 kWh above the reserve go out before.
    assert found.slots[0].soc_pct == pytest.approx(10.0)


def test_never_charges_and_discharges_at_once() -> None:
    """Losses are never used to burn energy that is paid for."""
    found = plan(hostile(3, 24, 1.0))
    soc_kwh = hostile(3, 24, 1.0).battery.soc_pct / 10
    for slot in found.slots:
        stored = slot.battery_kw / 0.9 if slot.battery_kw > 0 else slot.battery_kw * 0.9
        soc_kwh -= stored
        assert slot.soc_pct / 10 == pytest.approx(soc_kwh)


@pytest.mark.parametrize("seed", range(12))
def test_no_sequence_of_modes_is_much_better(seed: int) -> None:
    """An exhaustive search over all modes finds next to nothing more."""
    problem = hostile(seed, 5, 1.0)
    unpacked = Home(problem)
    best = min(
        replay_orders(unpacked, orders).objective
        for orders in product(ALPHABET, repeat=5)
    )
    found = plan(problem)
    spread = found.baseline_cost - best
    assert found.cost <= best + 0.03 * spread + 1e-3


@pytest.mark.parametrize("seed", range(6))
def test_it_is_close_to_the_bound(seed: int) -> None:
    """Over a long horizon the gap to the relaxed bound is small."""
    found = plan(hostile(seed, 96, 0.5))
    assert found.bound is not None
    assert found.gap is not None
    assert 0 <= found.gap <= 0.02 * (found.baseline_cost - found.bound)


def test_the_grid_solver_comes_close_on_convex_costs() -> None:
    """Where the optimum is known, the grid solver is close to it."""
    problem = home(
        [0.2, 0.1, 0.3, 0.5] * 12, 0.05, solar_kw=[0, 0, 3, 0] * 12, load_kw=0.9
    )
    unpacked = Home(problem)
    stages, convex = stages_of(unpacked)
    assert convex
    found = replay_setpoints(
        unpacked, setpoints(unpacked, solve_grid(unpacked, stages))
    )
    exact = engine_plan(problem)
    assert exact.bound is not None
    assert exact.bound - 1e-9 <= found.objective <= exact.bound + 0.02
