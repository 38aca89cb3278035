"""What a householder asks by actions, without a person, and what becomes of it.

Each part belongs to a home that has what it takes; all of them are without the plan.
"""

from collections.abc import Mapping

from .json_values import HassApiError, Json, as_list, as_object
from .report import Report, until
from .run import Demo, DemoError

WITHIN_S = 60.0
NEAR_W = 150.0
POWER_W = 2000
NEAR_PER_KWH = 0.001
PENCE = 40.0
DEAR_PER_KWH = 0.3
"""Below those pence: the charge that is asked for then waits."""
BAD_REQUEST = 400


async def ask_of_inverter(
    demo: Demo, report: Report, owners: Mapping[int, int]
) -> None:
    """Ask what would be done, set a power, and force a charge that is too dear."""
    inverter = demo.home.inverter
    writes = len(inverter.writes)
    answer = await demo.api.call_action_with_response("power_sync", "decide_once", {})
    decided = as_object(as_list(answer["batteries"])[0])
    report.judge(
        f"decide once: {decided['controlled_by']}, because {decided['because']}; "
        "nothing is written for it",
        good=decided["because"] == await demo.state("because")
        and len(inverter.writes) == writes,
    )
    await _act(demo, "set_power_setpoint", power_w=-POWER_W, duration=5)
    good = await until(lambda: _gives(demo, -POWER_W), WITHIN_S)
    report.judge(
        f"power set to {-POWER_W} W: the battery is at "
        f"{demo.home.home.flows.battery_w:.0f} W",
        good=good,
    )
    await _restore(demo, report, owners)
    await _ask_too_dear(demo, report, owners)


async def _ask_too_dear(demo: Demo, report: Report, owners: Mapping[int, int]) -> None:
    """Force a charge in an hour that is dear, and say then that it is not."""
    cheap_pence = demo.home.feeds.have_this_hour_cost(PENCE)
    await _read_prices(demo, PENCE)
    dear, before = await demo.entity("dear_charge"), await demo.state("dear_charge")
    await _set_number(demo, dear, DEAR_PER_KWH)
    await _act(demo, "force_charge", duration=5, power_w=POWER_W)

    async def waits() -> bool:
        told = await demo.state("because") == "too_dear"
        return told and demo.home.inverter.settings() == owners

    good = await until(waits, WITHIN_S)
    report.judge(
        f"a forced charge at {await demo.state('import_price')} a kWh, where "
        f"{DEAR_PER_KWH} is dear: it waits, and nothing is written",
        good=good,
    )
    await _set_number(demo, dear, float(before))
    good = await until(lambda: _gives(demo, -POWER_W), WITHIN_S)
    report.judge(f"where {before} is dear: it goes on", good=good)
    await _restore(demo, report, owners)
    demo.home.feeds.have_this_hour_cost(cheap_pence)
    await _read_prices(demo, cheap_pence)


async def _read_prices(demo: Demo, pence: float) -> None:
    """Have the provider asked anew, and wait for its price of now.

    Raises DemoError where that does not come.
    """
    await demo.api.reload_entry(demo.entry_id)

    async def known() -> bool:
        price = await demo.state("import_price")
        try:
            return abs(float(price) - pence / 100) < NEAR_PER_KWH
        except ValueError:
            return False

    if not await until(known, WITHIN_S):
        raise DemoError(f"there is no price of {pence} p")


async def ask_for_car(demo: Demo, report: Report) -> None:
    """Sell while the car charges: only where the householder says that it may."""
    export = await demo.entity("battery_export")
    await demo.api.call_action("switch", "turn_on", {"entity_id": export})
    report.judge(
        "a forced discharge that the car would take: refused",
        good=await _is_refused(demo, "force_discharge", duration=5, power_w=POWER_W),
    )
    await _act(demo, "force_discharge", duration=5, power_w=POWER_W, into_car=True)
    good = await until(lambda: _gives(demo, POWER_W), WITHIN_S)
    report.judge(
        f"confirmed: the battery gives {demo.home.home.flows.battery_w:.0f} W",
        good=good,
    )
    await _act(demo, "restore_normal")
    await demo.api.call_action("switch", "turn_off", {"entity_id": export})


async def _act(demo: Demo, action: str, **data: Json) -> None:
    await demo.api.call_action("power_sync", action, data)


async def _is_refused(demo: Demo, action: str, **data: Json) -> bool:
    """Whether an action is refused as a wrong call, and not as one that failed."""
    try:
        await _act(demo, action, **data)
    except HassApiError as err:
        return err.status == BAD_REQUEST
    return False


async def _set_number(demo: Demo, entity_id: str, value: float) -> None:
    data: dict[str, Json] = {"entity_id": entity_id, "value": value}
    await demo.api.call_action("number", "set_value", data)


async def _gives(demo: Demo, power_w: float) -> bool:
    return abs(demo.home.home.flows.battery_w - power_w) < NEAR_W


async def _restore(demo: Demo, report: Report, owners: Mapping[int, int]) -> None:
    await _act(demo, "restore_normal")

    async def back() -> bool:
        return demo.home.inverter.settings() == owners

    good = await until(back, WITHIN_S)
    report.restores += good
    report.judge("restore normal: the inverter is the owner's", good=good)
