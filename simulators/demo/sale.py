"""A sale beside a charger that would take it: stopped first, and set back after."""

from simulators.myenergi.server import ECO_PLUS, STOPPED

from .asked import battery_entity
from .report import Report, until
from .run import Demo

SOLD_W = 2000.0
SEEN_WITHIN_S = 120.0
"""The charger is asked every half minute at most, and its cloud is late."""
SOLD_WITHIN_S = 180.0
SET_BACK_WITHIN_S = 240.0
"""A minute after the sale, as it may go on; then the cloud has to be told."""


async def sell_beside_car(demo: Demo, report: Report) -> None:
    """Sell while the owner has the Zappi in Eco+, the car plugged in."""
    zappi = demo.home.drive.zappi
    shown = await battery_entity(demo, str(zappi.serial), "select", "charge_mode")
    zappi.set_mode(ECO_PLUS)

    async def is_known() -> bool:
        state = await demo.api.state(shown)
        return state is not None and state.state == "eco_plus"

    known = await until(is_known, SEEN_WITHIN_S)
    export = await demo.entity("battery_export")
    await demo.api.call_action("switch", "turn_on", {"entity_id": export})
    data = {"duration": 15, "power_w": SOLD_W}
    await demo.api.call_action("power_sync", "force_discharge", {**data})
    modes: set[int] = set()

    async def sells() -> bool:
        sold = demo.home.home.flows.battery_w > SOLD_W / 2
        if sold:
            modes.add(zappi.mode)
        return sold

    sold = await until(sells, SOLD_WITHIN_S)
    report.judge(
        f"a sale beside a Zappi in Eco+: it is stopped first (mode {modes}), the "
        f"battery gives {demo.home.home.flows.battery_w:.0f} W, the car takes "
        f"{demo.home.drive.car.drawn_w:.0f} W",
        good=known and sold and modes == {STOPPED},
    )
    await demo.api.call_action("power_sync", "restore_normal", {})
    await demo.api.call_action("switch", "turn_off", {"entity_id": export})

    async def is_back() -> bool:
        return zappi.mode == ECO_PLUS and await is_known()

    good = await until(is_back, SET_BACK_WITHIN_S)
    report.judge("the sale over: the Zappi is in its owner's Eco+ again", good=good)
