"""Spike protection in the tariff of a battery that plans for itself, without a person.

Amber says that a price spike may come. What counts is the tariff that the battery's
cloud has.
"""

from datetime import timedelta
from typing import Final

from custom_components.power_sync.model.timegrid import floor_time
from custom_components.power_sync.planner.shaping import PROTECTION_PER_KWH
from simulators.clock import RealClock

from .by_itself import HALF_HOUR, NEAR_PER_KWH, is_owners, planned_by
from .check_shown import number
from .dialogues import DemoError
from .entities import switch
from .feeds import FIVE_MINUTES
from .go_live import go_live
from .homes import Home
from .report import Report, log_is_clean, until
from .run import Demo, set_up
from .self_planning import SelfPlanning

DAY: Final = timedelta(days=1)
SPIKES_FOR: Final = timedelta(hours=2)
TOLD_WITHIN_S: Final = 120.0


async def check_tariff(demo: Demo, home: Home) -> bool:
    """Have the battery plan for itself while a spike is announced."""
    report = Report()
    begun = floor_time(RealClock().now(), HALF_HOUR)
    spikes = [begun + each * FIVE_MINUTES for each in range(SPIKES_FOR // FIVE_MINUTES)]
    demo.home.feeds.amber.spikes |= dict.fromkeys(spikes, "potential")
    await set_up(demo, live=False, home=home)
    report.say(f"PowerSync is set up with {home.title}, in a dry run")
    if home.plans_itself is None:
        raise DemoError("its battery does not plan for itself")
    battery = home.plans_itself(demo)
    owners = await home.owner(demo)
    await go_live(demo.api)
    await switch(demo, "tou_sync", on=True)
    await planned_by(demo, battery, "itself")
    await _is_dear(demo, battery, report)
    await planned_by(demo, battery, "owner")
    await is_owners(demo, home, battery, report, owners, "planned by its owner")
    log_is_clean(demo, report)
    return not report.failures


async def _is_dear(demo: Demo, battery: SelfPlanning, report: Report) -> None:
    """See what buying costs in its tariff, while the spike may come and after it."""

    def best() -> float:
        now = RealClock().now()
        starts = [now + each * HALF_HOUR for each in range(DAY // HALF_HOUR)]
        return max(battery.sold(each) or 0.0 for each in starts)

    async def told() -> bool:
        bought = battery.bought(RealClock().now())
        wanted = PROTECTION_PER_KWH + best()
        return bought is not None and abs(bought - wanted) <= NEAR_PER_KWH

    good = await until(told, TOLD_WITHIN_S)
    price = number(await demo.state("import_price"))
    now = RealClock().now()
    counted, after = battery.bought(now), battery.bought(now + SPIKES_FOR)
    report.judge(
        f"a spike may come: buying counts {counted} now, where {price} is to be paid "
        f"and selling brings {best():.4f} at best, and {after} after it",
        good=good and price < 1 and after is not None and after < 1,
    )
