"""What a backtest found, as sensors and actions show it. Pure."""

from datetime import tzinfo

from .answers import PlainObject
from .planner.findings import Backtest, Costs, Finding, TooLittle

MONEY_DIGITS = 2
ATTR_BY_DAY = "by_day"
ATTR_ASSUMPTIONS = "assumptions"


def finding_answer(found: Finding, zone: tzinfo) -> PlainObject:
    """Return a finding as users see it: money rounded, times local."""
    if isinstance(found, TooLittle):
        return {
            "learned_days": found.learned_days,
            "lacking": found.lacking.value,
            "look_again": found.look_again.astimezone(zone).isoformat(),
            "made_at": found.made_at.astimezone(zone).isoformat(),
        }
    return {
        **_costs(found.costs),
        **_foresight(found),
        "per_day": round(found.saved_per_day, MONEY_DIGITS),
        "currency": found.currency,
        "days": round(found.days, 1),
        "missing_hours": found.missing_hours,
        "learned_days": found.learned_days,
        "start": found.start.astimezone(zone).isoformat(),
        "end": found.end.astimezone(zone).isoformat(),
        "made_at": found.made_at.astimezone(zone).isoformat(),
        ATTR_BY_DAY: [
            {
                "day": each.day.isoformat(),
                "hours": each.hours,
                **_costs(each.costs),
            }
            for each in found.by_day
        ],
        ATTR_ASSUMPTIONS: dict(found.assumptions),
    }


def _foresight(found: Backtest) -> PlainObject:
    """Return what could have been saved at most, where it was asked for."""
    if found.perfect_foresight is None:
        return {}
    captured = found.captured_pct
    return {
        "cost_perfect_foresight": round(found.perfect_foresight, MONEY_DIGITS),
        "captured_pct": None if captured is None else round(captured, 1),
    }


def _costs(costs: Costs) -> PlainObject:
    return {
        "saved": round(costs.saved, MONEY_DIGITS),
        "cost_power_sync": round(costs.power_sync, MONEY_DIGITS),
        "cost_self_consumption": round(costs.self_consumption, MONEY_DIGITS),
        "cost_no_battery": round(costs.no_battery, MONEY_DIGITS),
    }
