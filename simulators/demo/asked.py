"""What a householder asks by actions, without a person, and what becomes of it.

Each part belongs to a home that has what it takes; all of them are without the plan.
"""

from collections.abc import Mapping
from math import nan

from custom_components.power_sync.model.battery import Mode

from .dialogues import DemoError
from .json_values import HassApiError, Json, as_list, as_object
from .report import Report, until
from .run import Demo

WITHIN_S = 60.0
TOLD_WITHIN_S = 120.0
"""A cloud shows late what it was told."""
NEAR_W = 150.0
POWER_W = 2000
RATE_W = 1500
NEAR_PER_KWH = 0.001
PENCE = 120.0
USUAL_PER_KWH = 1.0
"""What is dear unless the user says something else; those pence are more."""
NOT_DEAR_PER_KWH = 1.5
DEAR_NOTICE = "power_sync_dear"
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
    await _set_rate(demo, report, owners)
    await _ask_too_dear(demo, report, owners)


async def _set_rate(demo: Demo, report: Report, owners: Mapping[int, int]) -> None:
    """Set the inverter's own charge rate, where it has one; force more; set it back."""
    rate = await _inverters_number(demo, "charge_rate")
    if rate is None:
        return
    before = await _number(demo, rate)
    await _set_number(demo, rate, RATE_W)
    now = demo.home.inverter.settings()
    changed = {key: now[key] for key in now if now[key] != owners[key]}
    await _act(demo, "force_charge", duration=5, power_w=2 * POWER_W)
    good = await until(lambda: _gives(demo, -RATE_W), WITHIN_S)
    report.judge(
        f"charge rate set to {RATE_W} W: the inverter has {changed}, and a charge of "
        f"{2 * POWER_W} W is one of {-demo.home.home.flows.battery_w:.0f} W",
        good=good and len(changed) == 1 and await _number(demo, rate) == RATE_W,
    )
    await _set_number(demo, rate, before)
    await _restore(demo, report, owners)


async def _inverters_number(demo: Demo, key: str) -> str | None:
    """Return a number of the inverter's own; None where it has none."""
    for value in as_list(await demo.api.command("config/entity_registry/list")):
        entity = as_object(value)
        entity_id = str(entity["entity_id"])
        own = str(entity.get("unique_id")).endswith(f"_{key}")
        if own and entity_id.startswith("number."):
            return entity_id
    return None


async def _ask_too_dear(demo: Demo, report: Report, owners: Mapping[int, int]) -> None:
    """Force a charge in an hour that is dear, and say then that it is not."""
    cheap_pence = demo.home.feeds.have_this_hour_cost(PENCE)
    await _read_prices(demo, PENCE)
    dear, before = await demo.entity("dear_charge"), await demo.state("dear_charge")
    await _act(demo, "force_charge", duration=5, power_w=POWER_W)

    async def waits() -> bool:
        told = await demo.state("because") == "too_dear"
        return told and demo.home.inverter.settings() == owners

    good = await until(waits, WITHIN_S)
    report.judge(
        f"a forced charge at {await demo.state('import_price')} a kWh, where "
        f"{before} is dear: it waits, and nothing is written",
        good=good and float(before) == USUAL_PER_KWH,
    )

    async def told() -> bool:
        return "waits" in await demo.api.notification(DEAR_NOTICE)

    good = await until(told, WITHIN_S)
    said = await demo.api.notification(DEAR_NOTICE)
    report.judge(f"the householder is told: {said}", good=good)
    await _set_number(demo, dear, NOT_DEAR_PER_KWH)
    good = await until(lambda: _gives(demo, -POWER_W), WITHIN_S)
    report.judge(f"where {NOT_DEAR_PER_KWH} is dear: it goes on", good=good)
    await _set_number(demo, dear, float(before))
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


async def ask_of_powerwall(demo: Demo, report: Report) -> None:
    """Set mode and rules for good, and put them back; tell what a scan has found."""
    told = demo.home.tesla.site.gateway.told
    mode, rule = told.mode, told.export_rule
    battery_id = str(demo.home.tesla.site.site_id)
    select = await battery_entity(demo, battery_id, "select", "operation_mode")
    await _act(demo, "set_operation_mode", mode="backup")

    async def shown() -> bool:
        state = await demo.api.state(select)
        return told.mode == "backup" and state is not None and state.state == "backup"

    report.judge(
        "operation mode set to backup: the gateway has it, and it is shown",
        good=await until(shown, TOLD_WITHIN_S),
    )
    data: dict[str, Json] = {"entity_id": select, "option": mode}
    await demo.api.call_action("select", "select_option", data)
    await _act(demo, "set_grid_export", export="everything")
    good = told.export_rule == "battery_ok" and told.mode == mode
    await _act(demo, "set_grid_export", rule=rule)
    report.judge(
        f"exports set to everything and back to {told.export_rule}, mode {told.mode}",
        good=good and told.export_rule == rule,
    )
    await _act(demo, "set_grid_charging", enabled=True)
    good = not told.grid_charging_off
    await _act(demo, "set_grid_charging", enabled=False)

    async def keeps_to_it() -> bool:
        plan = await demo.api.call_action_with_response("power_sync", "get_plan", {})
        modes = {str(as_object(each)["mode"]) for each in as_list(plan["slots"])}
        return bool(modes) and Mode.CHARGE not in modes

    good = good and await until(keeps_to_it, WITHIN_S)
    refused = await _is_refused(demo, "force_charge", duration=5)
    report.judge(
        "charging from the grid switched on, and off for good: the plan buys nothing "
        "in the cheap hour, and a forced charge is refused",
        good=good and refused and told.grid_charging_off,
    )
    await _tell_scan(demo, report)


async def _tell_scan(demo: Demo, report: Report) -> None:
    """Tell what a scan has found, while the gateway does not tell energies."""
    site = demo.home.tesla.site
    site.tells_energies = False
    answer = await demo.api.call_action_with_response(
        "power_sync",
        "sync_battery_health",
        {"original_capacity_wh": 40_500, "current_capacity_wh": 38_475},
    )
    site.tells_energies = True
    health = as_object(as_list(answer["batteries"])[0])["health_pct"]
    report.judge(f"a scan is told: battery health {health} %", good=health == 95.0)


async def battery_entity(demo: Demo, battery_id: str, platform: str, key: str) -> str:
    """Return an entity of a battery. Raises DemoError."""
    unique_id = f"{battery_id}_{key}"
    for value in as_list(await demo.api.command("config/entity_registry/list")):
        entity = as_object(value)
        entity_id = str(entity["entity_id"])
        if entity.get("unique_id") == unique_id and entity_id.startswith(platform):
            return entity_id
    raise DemoError(f"the battery has no {key}")


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


async def _number(demo: Demo, entity_id: str) -> float:
    """Return the state of a number. Raises DemoError where it has none."""
    state = await demo.api.state(entity_id)
    try:
        return float(state.state) if state is not None else nan
    except ValueError as err:
        raise DemoError(f"{entity_id} is unknown") from err


async def _gives(demo: Demo, power_w: float) -> bool:
    return abs(demo.home.home.flows.battery_w - power_w) < NEAR_W


async def _restore(demo: Demo, report: Report, owners: Mapping[int, int]) -> None:
    await _act(demo, "restore_normal")

    async def back() -> bool:
        return demo.home.inverter.settings() == owners

    good = await until(back, WITHIN_S)
    report.restores += good
    report.judge("restore normal: the inverter is the owner's", good=good)
