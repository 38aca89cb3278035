"""Reasons to act, one module each, the highest first."""

from custom_components.power_sync.control.view import Rule

from .force import ForceRule
from .normal import NormalRule
from .plan import PlanRule
from .safety import SafetyRule
from .spike import SpikeRule
from .tariff import TariffRule

RULES: tuple[Rule, ...] = (
    SafetyRule(),
    ForceRule(),
    SpikeRule(),
    PlanRule(),
    TariffRule(),
    NormalRule(),
)
