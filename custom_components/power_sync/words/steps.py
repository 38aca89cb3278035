"""The plan as a few steps: stretches in which the battery does one thing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Limit, Plan, PlannedSlot, Reason

STEADY_SHARE = 0.1
"""A power that stays within this share of its greatest counts as one."""
SOME_KWH = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stretch of one mode.

    `power_kw` is the greatest power that is commanded in it, None where the mode
    needs none; `steady` whether it is about the same all the time. `reason` is the
    one that holds for the longest, with the means of its numbers. `firm` is False
    where any price of the stretch is only forecast.
    """

    start: datetime
    end: datetime
    mode: Mode
    power_kw: float | None
    steady: bool
    reason: Reason
    firm: bool


class _Placed(NamedTuple):
    place: int
    slot: PlannedSlot


def steps(plan: Plan, now: datetime) -> tuple[Step, ...]:
    """Return the steps from `now` to the end of the plan, the present one first.

    Empty where the plan does not reach to `now`.
    """
    first = plan.grid.index_at(now)
    if first is None:
        return ()
    return tuple(_steps(plan, first))


def _steps(plan: Plan, first: int) -> Iterator[Step]:
    ahead = (_Placed(*each) for each in enumerate(plan.slots) if each[0] >= first)
    for mode, group in groupby(ahead, key=lambda placed: placed.slot.mode):
        placed = list(group)
        slots = [each.slot for each in placed]
        powers = [slot.power_kw for slot in slots if slot.power_kw is not None]
        most = max(powers, default=None)
        yield Step(
            start=plan.grid.slot_start(placed[0].place),
            end=plan.grid.slot_start(placed[-1].place + 1),
            mode=mode,
            power_kw=most,
            steady=most is None or min(powers) >= most * (1 - STEADY_SHARE),
            reason=main_reason(slots),
            firm=all(slot.firm for slot in slots),
        )


def main_reason(slots: Sequence[PlannedSlot]) -> Reason:
    """Return the reason of most slots, with the means of its numbers.

    The means are weighted by what the battery does in the slots, so that a price
    is the one at which energy was bought or sold on the whole; one slot's price
    above its value never shows where the slots' sum is the other way round.
    """
    keys = Counter(slot.reason.key for slot in slots)
    # The first of equals: a Counter keeps the order in which keys came.
    key = keys.most_common(1)[0][0]
    chosen = [slot for slot in slots if slot.reason.key is key]
    moved = [abs(slot.battery_kw) for slot in chosen]
    weights = moved if sum(moved) > SOME_KWH else [1.0] * len(chosen)
    reasons = [slot.reason for slot in chosen]
    used = Counter(each.used_at for each in reasons if each.used_at is not None)
    return Reason(
        key,
        _mean([each.price_per_kwh for each in reasons], weights),
        _mean([each.value_per_kwh for each in reasons], weights),
        used.most_common(1)[0][0] if used else None,
        _common_limit(reasons),
    )


def _common_limit(reasons: Sequence[Reason]) -> Limit | None:
    """Return what limits most of a step's slots; None where nothing does."""
    return Counter(each.limit for each in reasons).most_common(1)[0][0]


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    known = [
        (value, weight)
        for value, weight in zip(values, weights, strict=True)
        if value is not None
    ]
    total = sum(weight for _, weight in known)
    if not total:
        return known[0][0] if known else None
    return sum(value * weight for value, weight in known) / total
