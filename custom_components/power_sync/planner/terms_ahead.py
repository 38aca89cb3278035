"""The credits and caps of a contract, on the slots of a plan."""

from collections import defaultdict

from custom_components.power_sync.model.prices import Cap, PriceCurve
from custom_components.power_sync.model.timegrid import TimeGrid

from .specs import ImportCredit, PriceCap


def credits_on(curve: PriceCurve, grid: TimeGrid) -> tuple[ImportCredit, ...]:
    """Return the credits that a plan on `grid` can still earn or lose."""
    starts = list(grid.starts())
    found = (
        ImportCredit(
            amount=credit.amount,
            most_kwh=credit.most_kwh,
            window=tuple(credit.start <= start < credit.end for start in starts),
        )
        for credit in curve.credits
    )
    return tuple(credit for credit in found if any(credit.window))


def caps_on(curve: PriceCurve, grid: TimeGrid) -> tuple[PriceCap, ...]:
    """Return the caps that hold on `grid`, one for each pool."""
    pools: dict[str, list[Cap]] = defaultdict(list)
    for cap in curve.caps:
        pools[cap.pool].append(cap)
    starts = list(grid.starts())
    found = (
        PriceCap(
            sold=caps[0].sold,
            most_kwh=caps[0].most_kwh,
            beyond_per_kwh=tuple(
                next((c.beyond_per_kwh for c in caps if c.start <= start < c.end), None)
                for start in starts
            ),
        )
        for caps in pools.values()
    )
    return tuple(cap for cap in found if {*cap.beyond_per_kwh} != {None})
