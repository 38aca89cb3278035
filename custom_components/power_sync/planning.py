"""A plan with what it was made from. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta

from .model.plan import Plan
from .planner import mode_losses, plan, slot_loss
from .planner.home_problem import merged, problem_from
from .planner.inputs import PlanInputs
from .planner.outlook import Outlook, outlook


@dataclass(frozen=True, slots=True)
class Planning:
    """The plan, and all that it was made from.

    `running` is the plan that was in force then: ties are broken towards it.
    """

    plan: Plan
    outlook: Outlook
    capacity_kwh: float
    inputs: PlanInputs
    running: Plan | None


def make_plan(inputs: PlanInputs, running: Plan | None) -> Planning | None:
    """Return a plan, or None where prices or load are not known. Runs in a thread.

    Raises ProblemError for a figure that no home can have.
    """
    ahead = outlook(inputs)
    if ahead is None:
        return None
    problem = problem_from(inputs, ahead)
    planned = plan(problem, running=running, now=inputs.now)
    ids = tuple(member.battery_id for member in inputs.fleet)
    if all(ids):
        planned = replace(planned, battery_ids=ids)
    capacity_kwh = sum(battery.capacity_kwh for battery in problem.all_batteries)
    return Planning(planned, ahead, capacity_kwh, inputs, running)


def losses_of(planning: Planning) -> dict[str, float]:
    """Return what each mode saves over the plan's horizon. Runs in a thread.

    Several batteries count as one that knows the modes that all of them know. For a
    battery that can be told something new less often than in every slot there is what
    that costs, as `slots`.
    """
    problem = problem_from(planning.inputs, planning.outlook)
    problem = merged(problem, planning.inputs)
    losses = {mode.value: money for mode, money in mode_losses(problem).items()}
    slots = max(problem.battery.slot_minutes, problem.battery.min_dwell_minutes)
    if timedelta(minutes=slots) > problem.grid.step:
        losses["slots"] = slot_loss(problem)
    return {name: round(money, 4) for name, money in losses.items()}
