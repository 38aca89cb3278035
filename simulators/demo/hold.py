"""The demo's home with a car, without a person: the battery is held and given back.

What counts is read from the battery's registers. The plan is switched off, so that
nothing but the hold writes.
"""

from collections.abc import Callable
from time import monotonic

from .asked import ask_for_car
from .check import FOLLOWED_WITHIN_S, set_automatic
from .go_live import go_live
from .homes import Home
from .report import Report, log_is_clean, until
from .run import Demo, set_up
from .sale import sell_beside_car

HELD_WITHIN_S = 15.0
"""The battery is read every ten seconds, and its load tells of the car."""
RELEASED_WITHIN_S = 25.0
TURN_WITHIN_S = 240.0
CONFIRMED_WITHIN_S = 75.0
STANDBY = {40029: 1, 40031: 1}
"""Remote EMS on, and standby as its mode."""


async def check_hold(demo: Demo, home: Home) -> bool:
    """Watch the car start and stop, also while Home Assistant is killed."""
    report = Report()
    owners = demo.home.inverter.settings()
    await set_up(demo, live=False, home=home)
    report.say(f"PowerSync is set up with {home.title}, in a dry run")
    await set_automatic(demo, on=False)
    await go_live(demo.api)
    await until(lambda: _is(demo, owners), FOLLOWED_WITHIN_S)
    await _a_turn(demo, report, owners)
    await _a_turn_with_a_kill(demo, report, owners)
    await sell_beside_car(demo, report)
    await _released(demo, report, owners)
    report.say(f"the inverter received {len(demo.home.inverter.writes)} writes")
    log_is_clean(demo, report)
    return not report.failures


async def _a_turn(demo: Demo, report: Report, owners: dict[int, int]) -> None:
    """Hold with the start of the car, and release with its end."""
    await _starts(demo, report)
    await _held(demo, report, "the car has started")
    confirmed = await until(
        lambda: _says(demo, "car_hold", "holding"), CONFIRMED_WITHIN_S
    )
    measured = await until(
        lambda: _says(demo, "holding_for_car", "on"), CONFIRMED_WITHIN_S
    )
    report.judge(
        f"Home Assistant says so: {await demo.state('car_hold')}, because "
        f"{await demo.state('because')}; {await demo.state('car_leak_session')} Wh "
        "went into the car",
        good=confirmed and measured and _holds(demo),
    )
    await ask_for_car(demo, report)
    await _held(demo, report, "asked no more, the car charging on")
    await _stops(demo, report)
    await _released(demo, report, owners)


async def _a_turn_with_a_kill(
    demo: Demo, report: Report, owners: dict[int, int]
) -> None:
    """Kill Home Assistant while it holds: afterwards the hold goes on, and ends."""
    await _starts(demo, report)
    await _held(demo, report, "the car has started again")
    await demo.hass.kill()
    report.judge("Home Assistant killed: the battery stays held", good=_holds(demo))
    await demo.start()
    still = demo.home.drive.car.drawn_w > 0
    await _held(demo, report, f"started again, the car charging: {still}")
    await _stops(demo, report)
    await _released(demo, report, owners)


async def _starts(demo: Demo, report: Report) -> None:
    good = await _until(lambda: demo.home.drive.car.drawn_w > 0, TURN_WITHIN_S)
    flows = demo.home.home.flows
    report.judge(
        f"the car starts by itself: load {flows.load_w:.0f} W, battery "
        f"{flows.battery_w:.0f} W",
        good=good,
    )


async def _stops(demo: Demo, report: Report) -> None:
    good = await _until(lambda: demo.home.drive.car.drawn_w == 0, TURN_WITHIN_S)
    report.judge("the car stops by itself", good=good)


async def _held(demo: Demo, report: Report, when: str) -> None:
    began = monotonic()
    good = await _until(lambda: _holds(demo), HELD_WITHIN_S)
    report.judge(
        f"{when}: the battery is held after {monotonic() - began:.1f} s, at "
        f"{demo.home.home.flows.battery_w:.0f} W",
        good=good and demo.home.home.flows.battery_w == 0,
    )


async def _released(demo: Demo, report: Report, owners: dict[int, int]) -> None:
    began = monotonic()
    good = await until(lambda: _is(demo, owners), RELEASED_WITHIN_S)
    report.restores += good
    report.judge(
        f"the inverter is the owner's after {monotonic() - began:.1f} s", good=good
    )


def _holds(demo: Demo) -> bool:
    settings = demo.home.inverter.settings()
    return all(settings[register] == value for register, value in STANDBY.items())


async def _is(demo: Demo, owners: dict[int, int]) -> bool:
    return demo.home.inverter.settings() == owners


async def _says(demo: Demo, key: str, wanted: str) -> bool:
    return await demo.state(key) == wanted


async def _until(condition: Callable[[], bool], within_s: float) -> bool:
    async def met() -> bool:
        return condition()

    return await until(met, within_s)
