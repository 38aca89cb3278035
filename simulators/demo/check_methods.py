"""The ways to hold a battery while a car charges, in a demo home without a person.

The householder chooses each in turn while the car draws. What counts is what the
battery gives: nothing, what the home needs beside the car, or less than nothing.
"""

from collections.abc import Mapping
from time import monotonic
from typing import Final

from custom_components.power_sync.control.car_hold import SMALL_CHARGE_W
from custom_components.power_sync.control.view import HoldMethod, HoldStatus
from simulators.profile import WithAppliances

from .check import HELD_BACK_W, set_automatic
from .entities import switch
from .go_live import go_live
from .hold import TURN_WITHIN_S
from .homes import Home
from .json_values import Json
from .report import Report, log_is_clean, until
from .run import Demo, set_up

HELD_WITHIN_S: Final = 30.0
"""The battery is read every ten seconds, and the home's need is looked at with it."""
ALWAYS_ON_W: Final = 3000.0
"""Not switched on while the car is there: that may be the car."""
INTO_CAR_W: Final = 4000.0
NEAR_W: Final = 60.0
"""A limit is told in steps, and moves when the need has moved by more than that."""


async def check_methods(demo: Demo, home: Home) -> bool:
    """Have the car charge, and choose one way of holding after the other."""
    report = Report()
    owners = demo.home.inverter.settings()
    car = demo.home.drive.car
    # By day the sun alone may serve the home.
    car.profile = WithAppliances(car.profile, ALWAYS_ON_W)
    await set_up(demo, live=False, home=home)
    report.say(f"PowerSync is set up with {home.title}, in a dry run")
    await set_automatic(demo, on=False)
    await go_live(demo.api)

    async def draws() -> bool:
        return car.drawn_w > 0

    report.judge("the car starts by itself", good=await until(draws, TURN_WITHIN_S))
    for method in (
        HoldMethod.AUTOMATIC,
        HoldMethod.LIMIT,
        HoldMethod.SMALL_CHARGE,
        HoldMethod.NO_DISCHARGE,
    ):
        await _held_by(demo, report, owners, method)
    for on in (False, True):
        await _switched(demo, report, on=on)

    async def over() -> bool:
        return car.drawn_w == 0 and demo.home.inverter.settings() == owners

    good = await until(over, TURN_WITHIN_S)
    report.restores += good
    report.judge("the car stops: the inverter is the owner's", good=good)
    log_is_clean(demo, report)
    return not report.failures


async def _switched(demo: Demo, report: Report, *, on: bool) -> None:
    """Switch the hold: off, the battery empties itself into the car."""
    await switch(demo, "car_hold", on=on)

    async def done() -> bool:
        gives_w = demo.home.home.flows.battery_w
        return gives_w <= HELD_BACK_W if on else gives_w > INTO_CAR_W

    good = await until(done, HELD_WITHIN_S)
    report.judge(
        f"the hold switched {'on' if on else 'off'}: the battery gives "
        f"{demo.home.home.flows.battery_w:.0f} W",
        good=good and demo.home.drive.car.drawn_w > 0,
    )


async def _held_by(
    demo: Demo, report: Report, owners: Mapping[int, int], method: HoldMethod
) -> None:
    """Choose a way, and see what the battery gives then."""
    data: dict[str, Json] = {
        "entity_id": await demo.entity("hold_method"),
        "option": method,
    }
    await demo.api.call_action("select", "select_option", data)
    began = monotonic()

    async def as_wanted() -> bool:
        flows, car = demo.home.home.flows, demo.home.drive.car
        wanted_w = {
            HoldMethod.LIMIT: max(0.0, flows.load_w - car.drawn_w - flows.solar_w),
            HoldMethod.SMALL_CHARGE: -SMALL_CHARGE_W,
        }.get(method, HELD_BACK_W)
        return (
            car.drawn_w > 0
            and abs(flows.battery_w - wanted_w) <= NEAR_W
            and await demo.state("car_hold") == HoldStatus.HOLDING
        )

    good = await until(as_wanted, HELD_WITHIN_S)
    flows, now = demo.home.home.flows, demo.home.inverter.settings()
    changed = {key: now[key] for key in now if now[key] != owners[key]}
    report.judge(
        f"{method}: after {monotonic() - began:.1f} s the battery gives "
        f"{flows.battery_w:.0f} W; home and car draw {flows.load_w:.0f} W, the car "
        f"{demo.home.drive.car.drawn_w:.0f} W of it, the sun gives "
        f"{flows.solar_w:.0f} W; the inverter has {changed}",
        good=good,
    )
