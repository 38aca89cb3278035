"""The demo without a person: what a battery is left in, whatever happens.

A forced charge is under way when Home Assistant is killed, or stopped; its end
passes meanwhile, or lies ahead. What counts is read from the inverter.
"""

import asyncio
from collections.abc import Mapping
from time import monotonic

from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.model.battery import Mode
from simulators.home import InverterMode

from .asked import ask_of_inverter
from .dialogues import DemoError
from .go_live import backtest_found, go_live
from .homes import Home
from .json_values import Json, as_object
from .recorded import replay_differences
from .report import Report, log_is_clean, until
from .run import Demo, set_up

PLAN_WITHIN_S = 60.0
FOLLOWED_WITHIN_S = 60.0
RESTORED_WITHIN_S = 45.0
RESUMED_WITHIN_S = 45.0
NOTICED_WITHIN_S = 60.0
"""A WiNet-S is read every half minute."""
HELD_BACK_W = 10
"""The ceiling of a discharge that is not wanted: some inverters refuse 0."""
SETTLES_S = 11.0
"""Home Assistant saves its registries ten seconds after a change."""

EXECUTED = {
    Mode.SELF_CONSUMPTION: InverterMode.SELF,
    Mode.NO_DISCHARGE: InverterMode.SELF,
    Mode.LIMIT: InverterMode.SELF,
    Mode.CHARGE: InverterMode.FORCED_CHARGE,
    Mode.DISCHARGE: InverterMode.FORCED_DISCHARGE,
    Mode.STANDBY: InverterMode.FORCED_STOP,
}


async def check(demo: Demo, home: Home) -> bool:
    """Live through it all; return whether everything was as it must be."""
    report = Report()
    owners = demo.home.inverter.settings()
    demo.home.feeds.make_this_hour_cheap()
    await set_up(demo, live=False, home=home)
    report.say(f"PowerSync is set up with {home.title}, in a dry run")
    if home.shows is not None:
        await home.shows(demo, report)
    await _dry_run_is_worth_something(demo, report)
    steps = await go_live(demo.api)
    report.say(f"went live through the repair issue, in {len(steps) - 1} steps")
    await _plan_is_followed(demo, home, report)
    other = await replay_differences(demo)
    replayed = f"differ in a replay: {', '.join(other)}" if other else "replay the same"
    report.judge(f"its diagnostics {replayed}", good=not other)
    await set_automatic(demo, on=False)
    await until(lambda: _is(demo, owners), RESTORED_WITHIN_S)
    report.judge(
        "automatic control off: the inverter is the owner's",
        good=demo.home.inverter.settings() == owners,
    )
    if home.cheap_hour is Mode.CHARGE:
        await ask_of_inverter(demo, report, owners)
        await asyncio.sleep(SETTLES_S)
        await _force_ends_while_away(demo, report, owners, kill=True)
        await _force_ends_while_away(demo, report, owners, kill=False)
        await _force_goes_on(demo, report, owners, kill=False)
        await _force_goes_on(demo, report, owners, kill=True)
    await _grid_is_lost(demo, home, report, owners)
    _sum_up(demo, report)
    return not report.failures


async def _dry_run_is_worth_something(demo: Demo, report: Report) -> None:
    """See what would have been saved, and that nothing was written for it."""
    await worth_something(demo, report)
    report.judge(
        "nothing has been written to the inverter in the dry run",
        good=len(demo.home.inverter.writes) == 0,
    )


async def worth_something(demo: Demo, report: Report) -> None:
    """See what would have been saved in the last 30 days."""
    found = await backtest_found(demo.api, await demo.entity("would_have_saved"))
    saved, days = found.get("saved"), found.get("days")
    report.judge(
        "backtest: over {days} days would have saved {saved} {currency}, {per_day} a "
        "day: {cost_power_sync} instead of {cost_self_consumption} in self-consumption "
        "or {cost_no_battery} without a battery".format_map(found),
        good=isinstance(saved, float) and saved > 0 and days == 30,
    )


async def _plan_is_followed(demo: Demo, home: Home, report: Report) -> None:
    report.say(in_words(await plan_of(demo)))
    good = await until(lambda: _follows(demo, home), FOLLOWED_WITHIN_S)
    report.judge(
        f"the battery follows the plan: {await demo.state('current_action')} "
        f"({await demo.state('because')}), inverter {demo.home.home.effective_mode}",
        good=good,
    )


async def _follows(demo: Demo, home: Home) -> bool:
    """Whether the inverter does what is planned for the cheap hour."""
    inverter, wanted = demo.home.home, home.cheap_hour
    held_w = inverter.control.discharge_ceiling_w
    return (
        await demo.state("controlled_by") == "plan"
        and await demo.state("current_action") == wanted
        and inverter.effective_mode is EXECUTED[wanted]
        and (wanted is not Mode.NO_DISCHARGE or held_w == HELD_BACK_W)
    )


async def _grid_is_lost(
    demo: Demo, home: Home, report: Report, owners: dict[int, int]
) -> None:
    """Take the grid away while the plan is followed."""
    await set_automatic(demo, on=True)
    good = await until(lambda: _follows(demo, home), FOLLOWED_WITHIN_S)
    report.judge("automatic control on: the plan is followed again", good=good)
    demo.home.home.islanded = True

    async def left_alone() -> bool:
        told = await demo.state("because") == Trouble.ISLANDED
        return told and demo.home.inverter.settings() == owners

    good = await until(left_alone, NOTICED_WITHIN_S)
    report.judge("the grid is lost: the inverter is the owner's", good=good)
    writes = len(demo.home.inverter.writes)
    demo.home.home.islanded = False

    async def waits() -> bool:
        return await demo.state("because") == Trouble.GRID_RETURNING

    good = await until(waits, NOTICED_WITHIN_S)
    report.judge(
        "the grid is back: nothing is written until it has lasted",
        good=good and len(demo.home.inverter.writes) == writes,
    )


def in_words(plan: Mapping[str, Json]) -> str:
    """Return what a plan costs, and what the home would cost without it."""
    slots = plan["slots"]
    count = len(slots) if isinstance(slots, list) else 0
    return (
        f"plan: {_money(plan['cost'])} {plan['currency']} in {count} slots, "
        f"{_money(plan['baseline_cost'])} without it"
    )


def _money(value: Json) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "unknown"


async def plan_of(demo: Demo) -> dict[str, Json]:
    """Return the plan, once there is one. Raises DemoError."""
    found: dict[str, Json] = {}

    async def there() -> bool:
        answer = await demo.api.call_action_with_response("power_sync", "get_plan", {})
        found.update(as_object(answer.get("plan") or answer))
        return bool(found.get("slots"))

    async def planned() -> bool:
        return (await demo.state("plan_cost")) not in ("unknown", "unavailable")

    if not await until(planned, PLAN_WITHIN_S) or not await there():
        raise DemoError("there is no plan")
    return found


async def _force_ends_while_away(
    demo: Demo, report: Report, owners: dict[int, int], *, kill: bool
) -> None:
    """Force for a minute; Home Assistant is away when it ends."""
    how = "kill -9" if kill else "a clean stop"
    ends = monotonic() + 60
    await _force(demo, report, minutes=1)
    await _go(demo, report, owners, kill=kill)
    await asyncio.sleep(max(0.0, ends + 1 - monotonic()))
    await demo.start()
    back = await until(lambda: _is(demo, owners), RESTORED_WITHIN_S)
    report.restores += back
    report.judge(
        f"{how} during a force that then expired: after the restart the inverter is "
        "in self-consumption with the owner's settings",
        good=back and _normal(demo),
    )


async def _force_goes_on(
    demo: Demo, report: Report, owners: dict[int, int], *, kill: bool
) -> None:
    """Force for long; after the restart it goes on, until the user ends it."""
    how = "kill -9" if kill else "a clean stop"
    await _force(demo, report, minutes=30)
    await _go(demo, report, owners, kill=kill)
    await demo.start()
    on = await until(lambda: _charging(demo), RESUMED_WITHIN_S)
    report.resumes += on
    report.judge(f"{how} during a force that has not expired: it goes on", good=on)
    await demo.api.call_action("power_sync", "restore_normal", {})
    back = await until(lambda: _is(demo, owners), RESTORED_WITHIN_S)
    report.restores += back
    report.judge(
        "restore normal: the inverter is the owner's", good=back and _normal(demo)
    )


async def _force(demo: Demo, report: Report, minutes: int) -> None:
    await demo.api.call_action(
        "power_sync", "force_charge", {"duration": minutes, "power_w": 3000}
    )
    report.judge(f"force charge, {minutes} min at 3000 W", good=await _charging(demo))


async def _go(
    demo: Demo, report: Report, owners: dict[int, int], *, kill: bool
) -> None:
    """End Home Assistant, and look at what it leaves behind."""
    if kill:
        await demo.hass.kill()
        report.say("Home Assistant killed; the inverter goes on charging by itself")
        return
    code = await demo.hass.stop()
    report.judge(
        f"Home Assistant stopped (exit code {code}): the inverter is the owner's",
        good=code == 0 and demo.home.inverter.settings() == owners,
    )


async def set_automatic(demo: Demo, *, on: bool) -> None:
    """Turn automatic control on or off, as the user does; a reload is waited for.

    Raises DemoError where it cannot be switched.
    """
    wanted, entity = "on" if on else "off", await demo.entity("automatic_control")

    async def switched() -> bool:
        if await demo.state("automatic_control") not in ("on", "off"):
            return False
        await demo.api.call_action("switch", f"turn_{wanted}", {"entity_id": entity})
        return await demo.state("automatic_control") == wanted

    if not await until(switched, FOLLOWED_WITHIN_S):
        raise DemoError(f"automatic control cannot be turned {wanted}")


async def _is(demo: Demo, owners: dict[int, int]) -> bool:
    return demo.home.inverter.settings() == owners


async def _charging(demo: Demo) -> bool:
    return demo.home.home.effective_mode is InverterMode.FORCED_CHARGE


def _normal(demo: Demo) -> bool:
    return demo.home.home.effective_mode is InverterMode.SELF


def _sum_up(demo: Demo, report: Report) -> None:
    writes = demo.home.inverter.writes
    report.say(f"the inverter received {len(writes)} writes")
    log_is_clean(demo, report)
