"""A plan with what it was made from. Pure."""

from dataclasses import dataclass

from .model.plan import Plan
from .planner import plan
from .planner.inputs import Outlook, PlanInputs, outlook, problem_from


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
    return Planning(planned, ahead, problem.battery.capacity_kwh, inputs, running)
