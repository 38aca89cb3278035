"""An estimate of Amber's that is put right, in a demo home: in price and accounts."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.model.timegrid import floor_time
from simulators.amber.recorded import bought_cents
from simulators.clock import RealClock

from .check_shown import ROUNDED, number
from .feeds import CHEAP_RRP, FIVE_MINUTES
from .report import Report
from .run import Demo

ESTIMATED_RRP: Final = -1000.0
"""The least that the market allows: still a price at which a battery is charged."""
ALONE: Final = timedelta(seconds=20)
"""So long before five minutes begin, nothing of them has been asked for."""
COUNTED_AFTER: Final = timedelta(seconds=15)
"""Into five minutes, the accounts show what the ones before have cost."""
EVERY_S: Final = 1.0
MOST_OFF: Final = 0.25
"""How far off what was counted may be, as a share of what the correction comes to."""


async def check_settled(demo: Demo, report: Report) -> None:
    """Have five minutes estimated wrongly: price and cost follow what is settled."""
    start = floor_time(RealClock().now() + ALONE, FIVE_MINUTES) + FIVE_MINUTES
    end = start + FIVE_MINUTES
    amber = demo.home.feeds.amber
    amber.estimates[start] = ESTIMATED_RRP
    estimated = bought_cents(ESTIMATED_RRP, start) / 100
    settled = bought_cents(CHEAP_RRP, start) / 100
    await _sleep_until(start + COUNTED_AFTER)
    before = number(await demo.state("cost_today"))
    at_settled = as_shown = 0.0
    seen: list[float] = []
    counted_at = start
    while (now := RealClock().now()) < end:
        price = number(await demo.state("import_price"))
        if not seen or seen[-1] != price:
            seen.append(price)
        if abs(price - estimated) < ROUNDED:
            # It has been seen: now the market settles it.
            amber.estimates.clear()
        kwh = number(await demo.state("grid_power")) / 1000 * _hours(counted_at, now)
        at_settled += kwh * settled
        as_shown += kwh * price
        counted_at = now
        await asyncio.sleep(EVERY_S)
    await _sleep_until(end + COUNTED_AFTER)
    cost = number(await demo.state("cost_today")) - before
    report.judge(
        f"an estimate of {estimated:.4f} was put right: {seen}",
        good=[round(price, 3) for price in seen[-2:]]
        == [round(estimated, 3), round(settled, 3)],
    )
    report.judge(
        f"the five minutes cost {cost:.4f}, where {at_settled:.4f} is right, and "
        f"{as_shown:.4f} if the estimate had stayed",
        good=abs(cost - at_settled) < MOST_OFF * abs(as_shown - at_settled),
    )


def _hours(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(hours=1)


async def _sleep_until(when: datetime) -> None:
    await asyncio.sleep((when - RealClock().now()).total_seconds())
