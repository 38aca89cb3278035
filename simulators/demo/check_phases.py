"""A demo home of three phases behind a main fuse, with a battery on the first one.

What counts is read from the inverter's registers and from the fuse box: never may a
phase carry more than its fuse for longer than the battery takes to be read.
"""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from .check import set_automatic
from .check_demand import (
    HEATING_W,
    demand_is_kept,
    peak_is_kept,
    tell_demand,
    watch_demand,
)
from .go_live import go_live
from .homes import Home
from .json_values import Json, as_object
from .mains import FUSE_A, tell_mains
from .report import Report, log_is_clean, until
from .run import Demo, set_up

LIMIT_W: Final = (FUSE_A - 2) * 230.0
"""PowerSync keeps 2 A below the fuse."""
CHARGE_W: Final = 3000
LEFT_W: Final = 1500.0
"""What the big load leaves the battery on its phase."""
PEAK_W: Final = 2500
SALE_W: Final = 5000
EXPORT_LIMIT_W: Final = 500
OVEN_W: Final = 1500.0
GRAIN_W: Final = 250.0
"""Powers are cut in steps of 100 W, and the home's own load moves a little."""
CUT_WITHIN_S: Final = 25.0
"""The phases are read every ten seconds, and so is the battery, after which it acts."""
BACK_WITHIN_S: Final = 360.0
"""Room counts as room when it has been there for five minutes."""
WITHIN_S: Final = 60.0
FORCED_POWER: Final = 13051


async def check_phases(demo: Demo, home: Home) -> bool:
    """Overload the battery's phase, and look at both ways of metering."""
    report = Report()
    owners = demo.home.inverter.settings()
    demo.home.phases.switch(0, 0, HEATING_W)
    await set_up(demo, live=False, home=home)
    report.say(
        f"PowerSync is set up with {home.title}: three phases, {FUSE_A} A each, the "
        "battery on L1"
    )
    await set_automatic(demo, on=False)
    await go_live(demo.api)
    zone = ZoneInfo(home.provider.place.time_zone)
    window = await tell_demand(demo, zone)
    await asyncio.gather(
        watch_demand(demo, report, window), _on_phases(demo, report, owners)
    )
    await _restore(demo, report, owners)
    await demand_is_kept(demo, report)
    await peak_is_kept(demo, report)
    log_is_clean(demo, report)
    return not report.failures


async def _on_phases(demo: Demo, report: Report, owners: Mapping[int, int]) -> None:
    await _cut_and_given_back(demo, report)
    await _restore(demo, report, owners)
    await _metering(demo, report)
    await _restore(demo, report, owners)
    # What the window's first interval has to charge for.
    await _force(demo, "force_charge", PEAK_W)


async def _cut_and_given_back(demo: Demo, report: Report) -> None:
    """Switch a big load on while the battery charges, and off again."""
    await _force(demo, "force_charge", CHARGE_W)
    good = await until(lambda: _is_told(demo, CHARGE_W), WITHIN_S)
    report.judge(
        f"a charge with {CHARGE_W} W: {_seen(demo)}, because {await _because(demo)}",
        good=good,
    )
    phases = demo.home.phases
    phases.switch(LIMIT_W - LEFT_W - phases.without_battery_w[0], 0, HEATING_W)
    report.say(f"a big load on L1: {_seen(demo)}")
    began = monotonic()
    good = await until(lambda: _is_told(demo, LEFT_W), CUT_WITHIN_S)
    report.judge(
        f"cut after {monotonic() - began:.1f} s: {_seen(demo)}",
        good=good and phases.grid_w[0] <= LIMIT_W + GRAIN_W,
    )

    async def says_why() -> bool:
        return await demo.state("because") == "main_fuse"

    good = await until(says_why, WITHIN_S)
    report.judge(f"and why: {await _because(demo)}", good=good)
    phases.switch(0, 0, HEATING_W)
    began = monotonic()

    async def given_back() -> bool:
        asked = await demo.state("because") == "user_request"
        return asked and await _is_told(demo, CHARGE_W)

    good = await until(given_back, BACK_WITHIN_S)
    report.judge(
        f"the load is off: given back after {monotonic() - began:.0f} s: "
        f"{_seen(demo)}, because {await _because(demo)}",
        good=good,
    )


async def _metering(demo: Demo, report: Report) -> None:
    """Sell on L1 while an oven on L2 draws: it counts only where phases make up."""
    phases, entity = demo.home.phases, await demo.entity("export_limit")
    data: dict[str, Json] = {"entity_id": entity, "value": EXPORT_LIMIT_W}
    await demo.api.call_action("number", "set_value", data)
    # By day the sun on L1 would be all that may be sold there.
    sun_w = max(0.0, -phases.without_battery_w[0])
    phases.switch(sun_w, OVEN_W, HEATING_W)
    # Until the oven has been seen.
    await asyncio.sleep(CUT_WITHIN_S)
    await _force(demo, "force_discharge", SALE_W)
    wanted_w = min(SALE_W, EXPORT_LIMIT_W + sum(phases.without_battery_w))
    good = await until(lambda: _is_told(demo, wanted_w), WITHIN_S)
    report.judge(
        f"selling, {EXPORT_LIMIT_W} W at most, all phases as one: {_seen(demo)}, "
        f"because {await _because(demo)}",
        good=good,
    )
    await tell_mains(demo, metered_per_phase=True)
    wanted_w = EXPORT_LIMIT_W + phases.without_battery_w[0]

    async def cut() -> bool:
        limited = await demo.state("because") == "no_room"
        return limited and await _is_told(demo, wanted_w)

    good = await until(cut, WITHIN_S)
    report.judge(
        f"each phase billed for itself: {_seen(demo)}, because {await _because(demo)}",
        good=good and -phases.grid_w[0] <= EXPORT_LIMIT_W + GRAIN_W,
    )
    phases.switch(0, 0, HEATING_W)


async def _force(demo: Demo, action: str, power_w: float) -> None:
    data: dict[str, Json] = {"duration": 30, "power_w": power_w}
    await demo.api.call_action("power_sync", action, data)


async def _is_told(demo: Demo, power_w: float) -> bool:
    """Whether inverter, battery and Home Assistant have about this forced power."""
    told_w = demo.home.inverter.settings()[FORCED_POWER]
    done_w = abs(demo.home.home.flows.battery_w)
    return all(abs(each - power_w) < GRAIN_W for each in (told_w, done_w))


def _seen(demo: Demo) -> str:
    l1, l2, l3 = demo.home.phases.grid_w
    return (
        f"the inverter is told {demo.home.inverter.settings()[FORCED_POWER]} W, the "
        f"battery gives {demo.home.home.flows.battery_w:.0f} W, the phases carry "
        f"{l1:.0f}, {l2:.0f} and {l3:.0f} W"
    )


async def _because(demo: Demo) -> str:
    """Return the reason as Home Assistant shows it."""
    answer = as_object(
        await demo.api.command(
            "frontend/get_translations",
            language="en",
            category="entity",
            integration=["power_sync"],
        )
    )
    because = await demo.state("because")
    key = f"component.power_sync.entity.sensor.because.state.{because}"
    return f"“{as_object(answer['resources'])[key]}”"


async def _restore(demo: Demo, report: Report, owners: Mapping[int, int]) -> None:
    await demo.api.call_action("power_sync", "restore_normal", {})

    async def back() -> bool:
        return demo.home.inverter.settings() == owners

    good = await until(back, WITHIN_S)
    report.restores += good
    report.judge("restore normal: the inverter is the owner's", good=good)
