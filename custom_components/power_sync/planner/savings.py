"""What a plan saves until a given moment."""

from datetime import datetime

from custom_components.power_sync.model.plan import Plan


def saving_until(plan: Plan, until: datetime, *, capacity_kwh: float) -> float:
    """Return what `plan` saves over its slots that end by `until`.

    That is the money that the baseline pays more, plus the worth of the energy
    that the plan has stored more by then (less, where it has stored less): a
    battery filled tonight for tomorrow's peak has spent, not lost. 0 where no
    slot ends by then.
    """
    count = min(plan.grid.count, (until - plan.grid.start) // plan.grid.step)
    if count < 1:
        return 0.0
    done = plan.slots[:count]
    money = sum(slot.baseline_cost - slot.cost for slot in done)
    last = done[-1]
    more_kwh = (last.soc_pct - last.baseline_soc_pct) / 100 * capacity_kwh
    return money + more_kwh * last.stored_value_per_kwh
