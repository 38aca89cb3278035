"""The demo without a person: what a battery is left in, whatever happens.

A forced charge is under way when Home Assistant is killed, or stopped; its end
passes meanwhile, or lies ahead. What counts is read from the inverter.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from custom_components.power_sync.model.battery import Mode
from simulators.home import InverterMode

from .go_live import backtest_found, go_live
from .json_values import Json, as_object
from .recorded import replay_differences
from .run import Demo, DemoError, set_up

PLAN_WITHIN_S = 60.0
FOLLOWED_WITHIN_S = 60.0
RESTORED_WITHIN_S = 45.0
RESUMED_WITHIN_S = 45.0
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


@dataclass(slots=True)
class Report:
    """What was seen, line by line."""

    started: float = field(default_factory=monotonic)
    failures: list[str] = field(default_factory=list)
    restores: int = 0
    resumes: int = 0

    def say(self, text: str) -> None:
        """Print a line with the time since the start."""
        print(f"[{monotonic() - self.started:6.1f} s] {text}", flush=True)  # noqa: T201 - a command's output

    def judge(self, what: str, *, good: bool) -> None:
        """Print a verdict and remember a bad one."""
        self.say(f"{'ok  ' if good else 'FAIL'} {what}")
        if not good:
            self.failures.append(what)


async def check(demo: Demo) -> bool:
    """Live through it all; return whether everything was as it must be."""
    report = Report()
    owners = demo.home.inverter.settings()
    demo.home.make_this_hour_cheap()
    await set_up(demo, live=False)
    report.say("PowerSync is set up through its config flow, in a dry run")
    await _dry_run_is_worth_something(demo, report)
    steps = await go_live(demo.api)
    report.say(f"went live through the repair issue, in {len(steps) - 1} steps")
    await _plan_is_followed(demo, report)
    other = await replay_differences(demo)
    replayed = f"differ in a replay: {', '.join(other)}" if other else "replay the same"
    report.judge(f"its diagnostics {replayed}", good=not other)
    await _set_automatic(demo, on=False)
    await _until(lambda: _is(demo, owners), RESTORED_WITHIN_S)
    report.judge(
        "automatic control off: the inverter is the owner's",
        good=demo.home.inverter.settings() == owners,
    )
    await asyncio.sleep(SETTLES_S)
    await _force_ends_while_away(demo, report, owners, kill=True)
    await _force_ends_while_away(demo, report, owners, kill=False)
    await _force_goes_on(demo, report, owners, kill=False)
    await _force_goes_on(demo, report, owners, kill=True)
    _sum_up(demo, report)
    return not report.failures


async def _dry_run_is_worth_something(demo: Demo, report: Report) -> None:
    """See what would have been saved, and that nothing was written for it."""
    found = await backtest_found(demo.api, await demo.entity("would_have_saved"))
    saved, days = found.get("saved"), found.get("days")
    report.judge(
        "backtest: over {days} days would have saved {saved} {currency}, {per_day} a "
        "day: {cost_power_sync} instead of {cost_self_consumption} in self-consumption "
        "or {cost_no_battery} without a battery".format_map(found),
        good=isinstance(saved, float) and saved > 0 and days == 30,
    )
    report.judge(
        "nothing has been written to the inverter in the dry run",
        good=len(demo.home.inverter.writes) == 0,
    )


async def _plan_is_followed(demo: Demo, report: Report) -> None:
    report.say(_in_words(await _plan(demo)))

    async def followed() -> bool:
        if await demo.state("controlled_by") != "plan":
            return False
        wanted = Mode(await demo.state("current_action"))
        return demo.home.home.effective_mode is EXECUTED[wanted]

    good = await _until(followed, FOLLOWED_WITHIN_S)
    report.judge(
        f"the battery follows the plan: {await demo.state('current_action')} "
        f"({await demo.state('because')}), inverter {demo.home.home.effective_mode}",
        good=good and await _charging(demo),
    )


def _in_words(plan: Mapping[str, Json]) -> str:
    """Return what a plan costs, and what the home would cost without it."""
    slots = plan["slots"]
    count = len(slots) if isinstance(slots, list) else 0
    return (
        f"plan: {_money(plan['cost'])} {plan['currency']} in {count} slots, "
        f"{_money(plan['baseline_cost'])} without it"
    )


def _money(value: Json) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "unknown"


async def _plan(demo: Demo) -> dict[str, Json]:
    found: dict[str, Json] = {}

    async def there() -> bool:
        answer = await demo.api.call_action_with_response("power_sync", "get_plan", {})
        found.update(as_object(answer.get("plan") or answer))
        return bool(found.get("slots"))

    async def planned() -> bool:
        return (await demo.state("plan_cost")) not in ("unknown", "unavailable")

    if not await _until(planned, PLAN_WITHIN_S) or not await there():
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
    back = await _until(lambda: _is(demo, owners), RESTORED_WITHIN_S)
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
    on = await _until(lambda: _charging(demo), RESUMED_WITHIN_S)
    report.resumes += on
    report.judge(f"{how} during a force that has not expired: it goes on", good=on)
    await demo.api.call_action("power_sync", "restore_normal", {})
    back = await _until(lambda: _is(demo, owners), RESTORED_WITHIN_S)
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


async def _set_automatic(demo: Demo, *, on: bool) -> None:
    await demo.api.call_action(
        "switch",
        "turn_on" if on else "turn_off",
        {"entity_id": await demo.entity("automatic_control")},
    )


async def _is(demo: Demo, owners: dict[int, int]) -> bool:
    return demo.home.inverter.settings() == owners


async def _charging(demo: Demo) -> bool:
    return demo.home.home.effective_mode is InverterMode.FORCED_CHARGE


def _normal(demo: Demo) -> bool:
    return demo.home.home.effective_mode is InverterMode.SELF


async def _until(condition: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    """Wait for a condition; return whether it came about in time."""
    end = monotonic() + within_s
    while monotonic() < end:
        if await condition():
            return True
        await asyncio.sleep(0.25)
    return False


def _sum_up(demo: Demo, report: Report) -> None:
    writes = demo.home.inverter.writes
    report.say(f"the inverter received {len(writes)} writes")
    report.say(f"{report.restores} restores, {report.resumes} forces resumed")
    about_us = [
        record
        for record in demo.hass.problems(levels=("WARNING", "ERROR", "CRITICAL"))
        if "power_sync" in record.logger or "power_sync" in record.message
    ]
    unexpected = [
        record
        for record in about_us
        if not record.message.startswith("We found a custom integration power_sync")
    ]
    for record in unexpected:
        report.say(f"log: {record.level} {record.logger} {record.message}")
    report.judge("nothing from or about PowerSync in the log", good=not unexpected)
    report.say("all is well" if not report.failures else "it is not well")
