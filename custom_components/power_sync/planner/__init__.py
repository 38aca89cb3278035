"""The planner: a problem in, a plan out. Pure and deterministic."""

from .engine import plan
from .losses import mode_losses, slot_loss
from .problem import BatterySpec, Objective, Problem, ProblemError
from .savings import saving_until

__all__ = [
    "BatterySpec",
    "Objective",
    "Problem",
    "ProblemError",
    "mode_losses",
    "plan",
    "saving_until",
    "slot_loss",
]
