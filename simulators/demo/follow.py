"""A demo home without a person, as far as Home Assistant itself shows it.

For batteries whose insides are seen through entities only. The Sungrow home has a
stricter check, which looks into the inverter.
"""

import asyncio

from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.model.battery import Mode

from .asked import ask_of_powerwall
from .by_itself import by_itself, removed
from .check import (
    FOLLOWED_WITHIN_S,
    RESTORED_WITHIN_S,
    RESUMED_WITHIN_S,
    SETTLES_S,
    in_words,
    plan_of,
    set_automatic,
    worth_something,
)
from .go_live import go_live
from .homes import Home
from .recorded import replay_differences
from .report import Report, log_is_clean, until
from .run import Demo, set_up
from .self_planning import SelfPlanning

CHARGES_W = -500.0
"""In the cheap hour the battery takes more than this from sun and grid."""


async def check_following(demo: Demo, home: Home) -> bool:
    """Live through it all; return whether everything was as it must be."""
    report = Report()
    demo.home.feeds.make_this_hour_cheap()
    await set_up(demo, live=False, home=home)
    report.say(f"PowerSync is set up with {home.title}, in a dry run")
    owners = await home.owner(demo)
    await worth_something(demo, report)
    report.judge(
        f"nothing has been written in the dry run: {owners}",
        good=await home.owner(demo) == owners,
    )
    steps = await go_live(demo.api)
    report.say(f"went live through the repair issue, in {len(steps) - 1} steps")
    report.say(in_words(await plan_of(demo)))

    async def followed() -> bool:
        planned = await demo.state("controlled_by") == "plan"
        return planned and await charging(demo)

    good = await until(followed, FOLLOWED_WITHIN_S + home.late_s)
    report.judge(
        f"the battery follows the plan: {await demo.state('current_action')} "
        f"({await demo.state('because')}), {await demo.state('battery_power')} W",
        good=good and await demo.state("current_action") == Mode.CHARGE,
    )
    if home.shows is not None:
        await home.shows(demo, report)
    other = await replay_differences(demo)
    replayed = f"differ in a replay: {', '.join(other)}" if other else "replay the same"
    report.judge(f"its diagnostics {replayed}", good=not other)
    await set_automatic(demo, on=False)
    await _given_back(demo, home, report, owners, "automatic control off")
    await asyncio.sleep(SETTLES_S)
    await _force_goes_on(demo, home, report, owners, kill=False)
    await _force_goes_on(demo, home, report, owners, kill=True)
    itself = None if home.plans_itself is None else home.plans_itself(demo)
    if itself is not None:
        await _plans_for_itself(demo, home, itself, report, owners)
    if home.islands:
        await _grid_is_lost(demo, home, report, owners)
    if itself is not None and itself.in_removal:
        # A start spares the five minutes that the grid is given to settle.
        await demo.hass.stop()
        await demo.start()
        await removed(demo, home, itself, report, owners)
    log_is_clean(demo, report)
    return not report.failures


async def _plans_for_itself(
    demo: Demo, home: Home, battery: SelfPlanning, report: Report, owners: object
) -> None:
    await by_itself(demo, home, battery, report)
    await _given_back(demo, home, report, owners, "another planner")
    if battery.owner_sets:
        await ask_of_powerwall(demo, report)
        await _given_back(demo, home, report, owners, "mode and rules")


async def _force_goes_on(
    demo: Demo, home: Home, report: Report, owners: object, *, kill: bool
) -> None:
    """Force for long; after the restart it goes on, until the user ends it."""
    how = "kill -9" if kill else "a clean stop"
    data = {"duration": 30, "power_w": 2000}
    await demo.api.call_action("power_sync", "force_charge", data)
    on = await until(lambda: charging(demo), FOLLOWED_WITHIN_S + home.late_s)
    report.judge("force charge, 30 min at 2000 W", good=on)
    if kill:
        await demo.hass.kill()
    else:
        await demo.hass.stop()
    await demo.start()
    on = await until(lambda: charging(demo), RESUMED_WITHIN_S + home.late_s)
    report.resumes += on
    report.judge(f"{how} during a force that has not expired: it goes on", good=on)
    await demo.api.call_action("power_sync", "restore_normal", {})
    await _given_back(demo, home, report, owners, "restore normal")


async def _grid_is_lost(demo: Demo, home: Home, report: Report, owners: object) -> None:
    """Take the grid away for a while: that is seen, and the battery left alone."""
    for islanded, wanted in (
        (True, Trouble.ISLANDED),
        (False, Trouble.GRID_RETURNING),
    ):
        demo.home.home.islanded = islanded

        async def seen(because: str = wanted) -> bool:
            return await demo.state("because") == because

        good = await until(seen, FOLLOWED_WITHIN_S + home.late_s)
        report.judge(
            f"the grid is {'lost' if islanded else 'back'}: "
            f"{await demo.state('controlled_by')}, because "
            f"{await demo.state('because')}",
            good=good and await home.owner(demo) == owners,
        )


async def _given_back(
    demo: Demo, home: Home, report: Report, owners: object, why: str
) -> None:
    async def back() -> bool:
        # The sun may charge it then, so its power says nothing.
        normal = await demo.state("current_action") == Mode.SELF_CONSUMPTION
        return normal and await home.owner(demo) == owners

    good = await until(back, RESTORED_WITHIN_S + home.late_s)
    report.restores += good
    report.judge(f"{why}: the battery is the owner's again", good=good)


async def charging(demo: Demo) -> bool:
    """Tell whether the battery charges as it was told."""
    if await demo.state("current_action") != Mode.CHARGE:
        return False
    try:
        return float(await demo.state("battery_power")) < CHARGES_W
    except ValueError:
        return False
