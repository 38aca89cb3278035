"""A demo home whose battery plans for itself, from the prices that are uploaded.

What counts is read from its gateway: the home's prices, through a kill of Home
Assistant too, and its owner's own tariff in the end.
"""

from simulators.tesla.tariff import prices_at

from .asked import powerwall_entity
from .check import FOLLOWED_WITHIN_S, RESUMED_WITHIN_S, set_automatic
from .homes import Home
from .report import Report, until
from .run import Demo

OURS = "POWER_SYNC:PRICES:"
SHOWN_WITHIN_S = 75.0
"""It is read once a minute."""
NEAR_PER_KWH = 0.0051
"""Prices go out anew when they have moved by more than half a cent."""


async def by_itself(demo: Demo, home: Home, report: Report) -> None:
    """Have it plan for itself; automatic control is off before and after."""
    await demo.api.call_action(
        "switch", "turn_on", {"entity_id": await demo.entity("tou_sync")}
    )
    await _planned_by(demo, "itself")
    await set_automatic(demo, on=True)
    # What was just given back keeps the prices waiting for five minutes.
    await _storm_watch(demo, report)
    good = await until(lambda: _plans(demo), FOLLOWED_WITHIN_S + home.late_s)
    report.judge(
        f"planned by itself: the gateway has {_code(demo)}, {_bought(demo)} a kWh now "
        f"at {await demo.state('import_price')}, and {await _shown(demo)} are shown",
        good=good,
    )
    await demo.hass.kill()
    await demo.start()
    good = await until(lambda: _plans(demo), RESUMED_WITHIN_S + home.late_s)
    report.resumes += good
    report.judge("kill -9 while it plans for itself: it goes on", good=good)
    await _planned_by(demo, "powersync")
    await set_automatic(demo, on=False)


async def _storm_watch(demo: Demo, report: Report) -> None:
    """Switch Storm Watch on and off, which is the owner's and no command's."""
    switch = await powerwall_entity(demo, "switch", "storm_watch")
    told = demo.home.tesla.site.gateway.told
    for action, wanted in (("turn_on", True), ("turn_off", False)):
        await demo.api.call_action("switch", action, {"entity_id": switch})

        async def shown(state: str = "on" if wanted else "off") -> bool:
            found = await demo.api.state(switch)
            return found is not None and found.state == state

        good = await until(shown, SHOWN_WITHIN_S)
        report.judge(
            f"Storm Watch, {action}: the gateway has {told.storm_mode}, as shown",
            good=good and told.storm_mode is wanted,
        )


async def _plans(demo: Demo) -> bool:
    """Whether the gateway has the present price, and Home Assistant says so."""
    if not _code(demo).startswith(OURS) or await _shown(demo) != "prices":
        return False
    try:
        price = float(await demo.state("import_price"))
    except ValueError:
        return False
    bought = _bought(demo)
    return (
        bought is not None
        and abs(bought - max(0.0, price)) <= NEAR_PER_KWH
        and await demo.state("controlled_by") == "tariff"
    )


def _code(demo: Demo) -> str:
    return str(demo.home.tesla.site.gateway.told.tariff.get("code"))


def _bought(demo: Demo) -> float | None:
    """Return what the gateway takes for the price of now."""
    gateway = demo.home.tesla.site.gateway
    local = gateway.home.clock.now().astimezone(gateway.zone)
    return prices_at(gateway.told.tariff, local).buy


async def _shown(demo: Demo) -> str:
    state = await demo.api.state(await powerwall_entity(demo, "sensor", "tariff"))
    return "none" if state is None else state.state


async def _planned_by(demo: Demo, planner: str) -> None:
    entity = await powerwall_entity(demo, "select", "planned_by")
    data = {"entity_id": entity, "option": planner}
    await demo.api.call_action("select", "select_option", data)
