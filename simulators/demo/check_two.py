"""A demo home with two batteries of different brands behind one meter.

What counts is read from the registers of each, and from what flows: never may one
battery charge the other for longer than a change of both takes.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from simulators.home import InverterMode

from .check import (
    FOLLOWED_WITHIN_S,
    RESTORED_WITHIN_S,
    RESUMED_WITHIN_S,
    SETTLES_S,
    in_words,
    plan_of,
    set_automatic,
)
from .dialogues import DemoError
from .go_live import go_live
from .home import Inverter
from .homes import Home
from .json_values import Json, as_list, as_object
from .recorded import replay_differences
from .report import Report, log_is_clean, until
from .run import Demo, set_up

SOME_W = 200.0
AS_TOLD_W = 100.0
MOST_OVERLAP_S = 12.0
"""A neighbour's order takes a tick of control, and its own meter's next look."""
_LOOK_EVERY_S = 0.5


@dataclass(slots=True)
class Watch:
    """How long one battery has charged another at a stretch, at most."""

    longest_s: float = 0.0
    ended_at: float = 0.0
    since: float | None = None

    def look(self, powers_w: list[float]) -> None:
        """Take the powers of the batteries now."""
        swaps = min(powers_w) < -SOME_W and max(powers_w) > SOME_W
        if not swaps:
            self.since = None
            return
        self.since = self.since or monotonic()
        if monotonic() - self.since > self.longest_s:
            self.longest_s, self.ended_at = monotonic() - self.since, monotonic()


async def check_two(demo: Demo, home: Home) -> bool:
    """Live through it all; return whether everything was as it must be.

    What would have been saved is seen in the homes with one battery.
    """
    report = Report()
    demo.home.feeds.make_this_hour_cheap()
    async with _watching(demo) as watch:
        await set_up(demo, live=False, home=home)
        report.say(f"PowerSync is set up with {home.title}, in a dry run")
        owners = await home.owner(demo)
        written = sum(len(each.writes) for each in demo.home.inverters)
        report.judge("nothing has been written in the dry run", good=written == 0)
        await go_live(demo.api)
        report.say(in_words(await plan_of(demo)))
        await _each_follows_its_part(demo, report)
        other = await replay_differences(demo)
        replayed = f"differ in a replay: {other}" if other else "replay the same"
        report.judge(f"its diagnostics {replayed}", good=not other)
        await set_automatic(demo, on=False)
        await _given_back(demo, home, report, owners, "automatic control off")
        await asyncio.sleep(SETTLES_S)
        for action, others in (
            ("force_discharge", {InverterMode.FORCED_STOP}),
            ("force_charge", {InverterMode.FORCED_STOP, InverterMode.SELF}),
        ):
            for place in range(len(demo.home.inverters)):
                await _one_forced(demo, report, action, place, others)
                await demo.api.call_action("power_sync", "restore_normal", {})
                await _given_back(demo, home, report, owners, "restore normal")
        await _force_goes_on(demo, home, report, owners)
    report.judge(
        f"neither charged the other for longer than {MOST_OVERLAP_S:.0f} s: "
        f"{watch.longest_s:.1f} s at most, {watch.ended_at - report.started:.0f} s in",
        good=watch.longest_s <= MOST_OVERLAP_S,
    )
    for inverter in demo.home.inverters:
        report.say(f"{type(inverter).__name__}: {len(inverter.writes)} writes")
    log_is_clean(demo, report)
    return not report.failures


@asynccontextmanager
async def _watching(demo: Demo) -> AsyncGenerator[Watch]:
    """Look at what flows, all the time."""
    watch = Watch()

    async def look() -> None:
        while True:
            watch.look(_powers_w(demo))
            await asyncio.sleep(_LOOK_EVERY_S)

    task = asyncio.create_task(look())
    try:
        yield watch
    finally:
        task.cancel()


def _powers_w(demo: Demo) -> list[float]:
    return [inverter.home.flows.battery_w for inverter in demo.home.inverters]


async def _each_follows_its_part(demo: Demo, report: Report) -> None:
    """See each battery charge in the cheap hour, at the power that is its own."""
    parts: list[Mapping[str, Json]] = []

    async def followed() -> bool:
        plan = await plan_of(demo)
        now = as_object(as_list(plan["slots"])[0])
        parts[:] = [as_object(part) for part in as_list(now.get("batteries") or [])]
        return len(parts) == len(demo.home.inverters) and all(
            _charges_at(inverter, part.get("power_w"))
            for inverter, part in zip(demo.home.inverters, parts, strict=True)
        )

    good = await until(followed, FOLLOWED_WITHIN_S)
    plan = await plan_of(demo)
    report.say(f"solver: {plan['solver']}, {_notes(plan)}")
    for inverter, part in zip(demo.home.inverters, parts, strict=False):
        report.judge(
            f"{part.get('name')}: told {part.get('mode')} at {part.get('power_w')} W; "
            f"its registers: {_in_words(inverter)}",
            good=good,
        )
    report.judge("every battery follows its own part of the plan", good=good)


def _notes(plan: Mapping[str, Json]) -> str:
    why = as_object(plan["notes"]).get("coupled_solver")
    return "with SciPy" if why is None else f"without SciPy ({why})"


def _charges_at(inverter: Inverter, power_w: Json) -> bool:
    control = inverter.home.control
    if inverter.home.effective_mode is not InverterMode.FORCED_CHARGE:
        return False
    if not isinstance(power_w, int | float):
        return False
    return abs(_forced_w(inverter) - power_w) <= AS_TOLD_W and control.running


def _forced_w(inverter: Inverter) -> float:
    """Return the power that is asked of a battery by its registers."""
    control = inverter.home.control
    ceiling_w = control.charge_ceiling_w
    if ceiling_w is None:
        return control.forced_power_w
    return min(control.forced_power_w, ceiling_w)


def _in_words(inverter: Inverter) -> str:
    return f"{inverter.home.effective_mode} at {_forced_w(inverter):.0f} W"


async def _one_forced(
    demo: Demo, report: Report, action: str, place: int, others: set[InverterMode]
) -> None:
    """Force one battery alone; the other one must not undo it."""
    chosen = demo.home.inverters[place]
    (neighbour,) = (each for each in demo.home.inverters if each is not chosen)
    wanted = {
        "force_charge": InverterMode.FORCED_CHARGE,
        "force_discharge": InverterMode.FORCED_DISCHARGE,
    }[action]
    data: dict[str, Json] = {
        "duration": 10,
        "power_w": 4000,
        "battery": [await _device(demo, chosen.serial)],
    }
    await demo.api.call_action("power_sync", action, data)

    async def held() -> bool:
        mine, its = chosen.home, neighbour.home
        apart = mine.flows.battery_w * its.flows.battery_w >= 0
        return (
            mine.effective_mode is wanted
            and its.effective_mode in others
            and (apart or abs(its.flows.battery_w) < SOME_W)
        )

    good = await until(held, FOLLOWED_WITHIN_S)
    report.judge(
        f"{action} of {type(chosen).__name__} alone at 4000 W: the other one "
        f"{neighbour.home.effective_mode}, {neighbour.home.flows.battery_w:.0f} W",
        good=good,
    )


async def _device(demo: Demo, serial: str) -> str:
    """Return the id of a battery's device."""
    for value in as_list(await demo.api.command("config/device_registry/list")):
        device = as_object(value)
        if ["power_sync", serial] in as_list(device["identifiers"]):
            return str(device["id"])
    raise DemoError(f"there is no device {serial}")


async def _force_goes_on(
    demo: Demo, home: Home, report: Report, owners: object
) -> None:
    """Kill Home Assistant in the middle of a force of both."""

    async def both() -> bool:
        return all(
            each.home.effective_mode is InverterMode.FORCED_CHARGE
            for each in demo.home.inverters
        )

    data: dict[str, Json] = {"duration": 30, "power_w": 4000}
    await demo.api.call_action("power_sync", "force_charge", data)
    report.judge("force charge of both", good=await until(both, FOLLOWED_WITHIN_S))
    await demo.hass.kill()
    await demo.start()
    on = await until(both, RESUMED_WITHIN_S)
    report.resumes += on
    report.judge("kill -9 during it: it goes on for both", good=on)
    await demo.api.call_action("power_sync", "restore_normal", {})
    await _given_back(demo, home, report, owners, "restore normal")


async def _given_back(
    demo: Demo, home: Home, report: Report, owners: object, why: str
) -> None:
    async def back() -> bool:
        return await home.owner(demo) == owners

    good = await until(back, RESTORED_WITHIN_S)
    report.restores += good
    report.judge(f"{why}: both batteries are their owner's again", good=good)
