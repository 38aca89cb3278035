"""The exact solver against figures by hand and against HiGHS."""

import pytest

from benchmarks.textbook import solve_textbook
from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.exact import setpoints, solve_exact
from custom_components.power_sync.planner.home import Home
from custom_components.power_sync.planner.problem import Problem
from custom_components.power_sync.planner.replay import replay_setpoints
from custom_components.power_sync.planner.stages import convex_hull, stages_of

from .homes import battery, home, random_convex


def solve(problem: Problem) -> list[float]:
    """Return the set-points of a convex problem in kWh per slot."""
    unpacked = Home(problem)
    stages, convex = stages_of(unpacked)
    assert convex
    return setpoints(unpacked, solve_exact(unpacked, stages))


def test_stores_cheap_energy_for_the_dear_hour() -> None:
    """Energy is bought when it is cheap, as much as the dear hour takes."""
    # The dear hour takes 3 kWh at the meter: 3 / 0.9 out of the cells, which is
    # 3 / 0.81 = 3.7037 kWh bought for the battery at 0.10.
    problem = home([0.10, 0.50], load_kw=[0.0, 3.0], spec=battery(soc_pct=10))
    assert solve(problem) == pytest.approx([-3 / 0.81, 3.0])
    found = plan(problem)
    # The power is a whole number of watts, here less than one below.
    assert found.cost == pytest.approx(0.10 * 3 / 0.81, abs=5e-4)
    assert found.baseline_cost == pytest.approx(1.50)


def test_does_not_store_what_losses_eat() -> None:
    """A spread smaller than the losses is left alone."""
    # 0.45 / 0.81 = 0.556 > 0.50: storing would cost more than it saves.
    problem = home([0.45, 0.50], load_kw=[0.0, 3.0], spec=battery(soc_pct=10))
    assert solve(problem) == pytest.approx([0.0, 0.0])


def test_wear_counts_per_kwh_delivered() -> None:
    """Wear decides where it is as large as the gain."""
    # 0.40 / 0.81 = 0.4938: worth it up to a wear of 0.0062 per kWh delivered.
    for wear, stored in ((0.006, -3 / 0.81), (0.0063, 0.0)):
        problem = home(
            [0.40, 0.50],
            load_kw=[0.0, 3.0],
            spec=battery(soc_pct=10, wear_per_kwh=wear),
        )
        assert solve(problem)[0] == pytest.approx(stored)


def test_curtailed_sun_is_stored_first() -> None:
    """Sun that cannot be sold is stored, the rest is sold."""
    # 6 kW of surplus, 2 kW may go out: 4 kWh would be lost, storing them is free.
    # The other 2 kWh earn 0.10 now and would save 0.9 * 0.9 * 0.12 later: sold.
    problem = home(
        [0.12, 0.12],
        [0.10, 0.10],
        solar_kw=[6.0, 0.0],
        load_kw=[0.0, 4.0],
        export_limit_kw=2.0,
        spec=battery(soc_pct=10),
    )
    assert solve(problem) == pytest.approx([-4.0, 4 * 0.81])


@pytest.mark.parametrize("part", range(10))
def test_costs_what_the_linear_program_costs(part: int) -> None:
    """The optimum is that of HiGHS, to nine digits, and so are both replays."""
    for seed in range(50 * part, 50 * part + 50):
        problem = random_convex(seed)
        unpacked = Home(problem)
        reference = solve_textbook(unpacked)
        ours = replay_setpoints(unpacked, solve(problem))
        theirs = replay_setpoints(unpacked, reference.battery)
        close = 1e-9 * max(1.0, abs(reference.objective))
        said = pytest.approx(reference.objective, abs=close)
        assert ours.objective == said, seed
        assert ours.objective == pytest.approx(theirs.objective, abs=close), seed


@pytest.mark.parametrize("seed", range(40))
def test_modes_come_close_to_the_optimum(seed: int) -> None:
    """The certificate's gap is measured from the true optimum."""
    problem = random_convex(seed)
    unpacked = Home(problem)
    bound = solve_textbook(unpacked).objective
    found = plan(problem)
    assert found.gap is not None
    wear = found.notes["wear_cost"]
    assert isinstance(wear, float)
    over_kwh = sum(
        max(0.0, slot.grid_kw * unpacked.step_h - unpacked.import_max[0])
        for slot in found.slots
    )
    objective = found.cost + wear + over_kwh * unpacked.penalty
    assert found.gap == pytest.approx(objective - bound, abs=1e-6)
    assert found.gap >= 0


def test_the_hull_is_below_and_convex() -> None:
    """The hull keeps the ends of each cost and ascends in between."""
    problem = home([-0.1, 0.2, 0.1], [0.0, 0.4, 0.1], solar_kw=[0.0, 3.0, 0.0])
    unpacked = Home(problem)
    stages, convex = stages_of(unpacked)
    assert not convex
    for stage, relaxed in zip(stages, convex_hull(stages), strict=True):
        slopes = [slope for slope, _ in relaxed.pieces]
        assert slopes == sorted(slopes)
        assert sum(length for _, length in relaxed.pieces) == pytest.approx(
            sum(length for _, length in stage.pieces)
        )
        assert sum(slope * length for slope, length in relaxed.pieces) == (
            pytest.approx(sum(slope * length for slope, length in stage.pieces))
        )
