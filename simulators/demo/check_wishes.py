"""Prices as the householder wants them counted, and a peak that is charged.

Export boost, chip mode and spike protection change what the plan counts, and so what
the battery does; a demand charge keeps the import low in its window. What counts is
what the inverter does. The prices that are shown stay the true ones.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.timegrid import floor_time
from simulators.clock import RealClock
from simulators.profile import WithAppliances

from .check import FOLLOWED_WITHIN_S
from .check_demand import tell_demand
from .check_shown import ROUNDED, number
from .entities import set_number, set_times, switch, with_prices
from .feeds import FIVE_MINUTES
from .go_live import go_live
from .homes import Home
from .report import Report, log_is_clean, until
from .run import Demo, set_up

BOOSTED_PER_KWH: Final = 1.0
BOOSTED_FOR: Final = timedelta(minutes=20)
"""Less than the battery needs to be empty, so that it sells in all of it."""
CHIP_PER_KWH: Final = 0.30
MORE_PER_KWH: Final = 0.1
SELLS_W: Final = 1000.0
BUYS_W: Final = 1000.0
SOME_W: Final = 150.0
OVEN_W: Final = 3000.0
PRICES_WITHIN_S: Final = 150.0
"""A provider is asked once a minute at most."""
KEPT_FOR_S: Final = 20.0
WINDOW_BEGUN: Final = timedelta(0)


async def check_wishes(demo: Demo, home: Home) -> bool:
    """Live through it all; return whether everything was as it must be."""
    report = Report()
    zone = ZoneInfo(home.provider.place.time_zone)
    await set_up(demo, live=False, home=home)
    report.say(f"PowerSync is set up with {home.title}, in a dry run")
    await go_live(demo.api)
    await _boost_and_chip(demo, report, zone)
    await _spike_protection(demo, report)
    await _peak(demo, report, zone)
    log_is_clean(demo, report)
    return not report.failures


async def _boost_and_chip(demo: Demo, report: Report, zone: ZoneInfo) -> None:
    """Have selling count for much in the next minutes, and then for nothing."""
    start = floor_time(RealClock().now(), FIVE_MINUTES)
    paid = number(await demo.state("export_price"))
    report.judge(
        f"a kWh that is sold brings {paid}: {_seen(demo)}", good=not _sells(demo)
    )
    await set_number(demo, "boost_minimum", BOOSTED_PER_KWH)
    await set_times(demo, "boost", start, start + BOOSTED_FOR, zone)
    await switch(demo, "export_boost", on=True)
    good = await _until(lambda: _sells(demo))
    still = await demo.state("export_price")
    report.judge(
        f"export boost, {BOOSTED_PER_KWH} at least: {_seen(demo)}; {still} is shown",
        good=good and abs(number(still) - paid) < ROUNDED,
    )
    least = max(CHIP_PER_KWH, round(paid + MORE_PER_KWH, 2))
    await set_number(demo, "chip_threshold", least)
    await set_times(demo, "chip", start, start + 2 * BOOSTED_FOR, zone)
    await switch(demo, "chip_mode", on=True)
    good = await _until(lambda: demo.home.home.flows.grid_w > -SOME_W)
    report.judge(
        f"chip mode, nothing for less than {least}: {_seen(demo)}, the boost still on",
        good=good,
    )
    for key in ("export_boost", "chip_mode"):
        await switch(demo, key, on=False)


async def _spike_protection(demo: Demo, report: Report) -> None:
    """Have a spike announced while buying is cheap: nothing is bought meanwhile."""
    feeds = demo.home.feeds
    feeds.make_this_hour_cheap()
    good = await with_prices(demo, lambda: _buys(demo), PRICES_WITHIN_S)
    price = await demo.state("import_price")
    report.judge(f"a kWh costs {price}: {_seen(demo)}", good=good)
    feeds.amber.spikes |= dict.fromkeys(feeds.amber.prices, "potential")
    good = await with_prices(demo, lambda: not _buys(demo), PRICES_WITHIN_S)
    report.judge(
        f"a spike may come, at {await demo.state('import_price')}: {_seen(demo)}",
        good=good and demo.home.home.flows.grid_w < SOME_W,
    )
    await switch(demo, "spike_protection", on=False)
    good = await _until(lambda: _buys(demo))
    report.judge(f"spike protection off: {_seen(demo)}", good=good)
    await switch(demo, "spike_protection", on=True)
    good = await _until(lambda: not _buys(demo))
    report.judge(f"spike protection on: {_seen(demo)}", good=good)
    feeds.amber.spikes.clear()


async def _peak(demo: Demo, report: Report, zone: ZoneInfo) -> None:
    """Be charged for the highest import while buying is cheap, and use an oven."""
    good = await with_prices(demo, lambda: _buys(demo), PRICES_WITHIN_S)
    report.judge(f"the spike does not come: {_seen(demo)}", good=good)
    await tell_demand(demo, zone, WINDOW_BEGUN)
    good = await _until(lambda: not _buys(demo))
    most_w = await _highest_import_w(demo)
    report.judge(
        f"a demand charge, its window begun: {_seen(demo)}; {most_w:.0f} W were "
        f"imported at most in {KEPT_FOR_S:.0f} s, at "
        f"{await demo.state('import_price')} a kWh",
        good=good and most_w < SOME_W,
    )
    demo.home.home.profile = WithAppliances(demo.home.home.profile, OVEN_W)
    most_w = await _highest_import_w(demo)
    flows = demo.home.home.flows
    # By day the sun serves a part of it.
    left_w = max(0.0, flows.load_w - flows.solar_w)
    report.judge(
        f"an oven of {OVEN_W:.0f} W: {_seen(demo)}; {most_w:.0f} W were imported at "
        "most",
        good=most_w < SOME_W and flows.battery_w > left_w - SOME_W,
    )


async def _highest_import_w(demo: Demo) -> float:
    """Return the highest import of the next seconds."""
    most_w = 0.0
    for _ in range(int(KEPT_FOR_S)):
        most_w = max(most_w, demo.home.home.flows.grid_w)
        await asyncio.sleep(1)
    return most_w


def _sells(demo: Demo) -> bool:
    return demo.home.home.flows.grid_w < -SELLS_W


def _buys(demo: Demo) -> bool:
    flows = demo.home.home.flows
    return flows.grid_w > BUYS_W and flows.battery_w < -BUYS_W


def _seen(demo: Demo) -> str:
    flows = demo.home.home.flows
    return (
        f"the battery gives {flows.battery_w:.0f} W, the home draws "
        f"{flows.load_w:.0f} W, the meter says {flows.grid_w:.0f} W"
    )


async def _until(condition: Callable[[], bool]) -> bool:
    async def met() -> bool:
        return condition()

    return await until(met, FOLLOWED_WITHIN_S)
