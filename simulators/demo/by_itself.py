"""A demo home whose battery plans for itself, from the prices that are uploaded.

What counts is read from its gateway or cloud: the home's prices, through a kill of
Home Assistant too, and its owner's own tariff in the end.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.timegrid import floor_time
from simulators.clock import RealClock

from .asked import battery_entity
from .check import FOLLOWED_WITHIN_S, RESTORED_WITHIN_S, RESUMED_WITHIN_S, set_automatic
from .check_shown import number
from .entities import set_number, set_times, switch
from .homes import Home
from .report import Report, until
from .run import Demo
from .self_planning import SelfPlanning

SHOWN_WITHIN_S = 75.0
"""It is read once a minute."""
NEAR_PER_KWH = 0.0051
"""Prices go out anew when they have moved by more than half a cent."""
HALF_HOUR: Final = timedelta(minutes=30)
HOUR: Final = timedelta(hours=1)
BOOSTED_PER_KWH: Final = 0.9
CHIP_PER_KWH: Final = 2.0
"""Nothing is sold for less: more than any price."""


async def by_itself(
    demo: Demo, home: Home, battery: SelfPlanning, report: Report
) -> None:
    """Have it plan for itself; automatic control is off before and after."""
    await switch(demo, "tou_sync", on=True)
    hour = await _wish(demo, home)
    await planned_by(demo, battery, "itself")
    await set_automatic(demo, on=True)
    # What was just given back keeps the prices waiting for a while.
    if battery.owner_sets:
        await _storm_watch(demo, battery, report)
    await plans_now(demo, home, battery, report)
    await _as_wished(demo, battery, report, hour)
    await demo.hass.kill()
    await demo.start()
    wait_s = RESUMED_WITHIN_S + home.late_s
    good = await until(lambda: _plans(demo, battery), wait_s)
    report.resumes += good
    report.judge("kill -9 while it plans for itself: it goes on", good=good)
    for key in ("export_boost", "chip_mode"):
        await switch(demo, key, on=False)
    await planned_by(demo, battery, "powersync")
    await set_automatic(demo, on=False)


async def _wish(demo: Demo, home: Home) -> datetime:
    """Wish for a dear hour to sell in, then one of nothing; return its beginning."""
    zone = ZoneInfo(home.provider.place.time_zone)
    start = floor_time(RealClock().now(), HALF_HOUR)
    await set_number(demo, "boost_minimum", BOOSTED_PER_KWH)
    await set_times(demo, "boost", start, start + HOUR, zone)
    await set_number(demo, "chip_threshold", CHIP_PER_KWH)
    await set_times(demo, "chip", start + HOUR, start + 2 * HOUR, zone)
    for key in ("export_boost", "chip_mode"):
        await switch(demo, key, on=True)
    return start


async def _as_wished(
    demo: Demo, battery: SelfPlanning, report: Report, start: datetime
) -> None:
    """See both hours in its tariff, and others at their true price."""
    found = [battery.sold(start + hours * HOUR) for hours in (0.5, 1.5, 2.5)]
    after = found[-1]
    shown = await demo.state("export_price")
    report.judge(
        f"export boost and chip mode: it sells at {found[0]} in this hour, where "
        f"{shown} is paid now, at {found[1]} in the next one, and at {after} then",
        good=found[:2] == [BOOSTED_PER_KWH, 0.0]
        and after is not None
        and 0 < after < BOOSTED_PER_KWH
        and 0 < number(shown) < BOOSTED_PER_KWH,
    )


async def removed(
    demo: Demo, home: Home, battery: SelfPlanning, report: Report, owners: object
) -> None:
    """While it plans, stop Home Assistant, let its owner plan, and remove PowerSync.

    Each time its owner's tariff is back, exactly as it was.
    """
    await planned_by(demo, battery, "itself")
    await set_automatic(demo, on=True)
    await plans_now(demo, home, battery, report)
    code = await demo.hass.stop()
    report.judge(
        f"Home Assistant stopped (exit code {code}): it has {battery.name()}, all of "
        "it the owner's",
        good=code == 0 and await home.owner(demo) == owners,
    )
    await demo.start()
    await plans_now(demo, home, battery, report)
    await planned_by(demo, battery, "owner")
    await is_owners(demo, home, battery, report, owners, "planned by its owner")
    await planned_by(demo, battery, "itself")
    await plans_now(demo, home, battery, report)
    await demo.api.remove_entry(demo.entry_id)
    await is_owners(demo, home, battery, report, owners, "PowerSync removed")


async def is_owners(  # noqa: PLR0913, PLR0917 - what is seen, and where
    demo: Demo,
    home: Home,
    battery: SelfPlanning,
    report: Report,
    owners: object,
    why: str,
) -> None:
    """See that it has its owner's tariff again, and all else."""

    async def back() -> bool:
        return await home.owner(demo) == owners

    good = await until(back, RESTORED_WITHIN_S + home.late_s)
    report.restores += good
    report.judge(
        f"{why}: it has {battery.name()}, all of it the owner's again", good=good
    )


async def plans_now(
    demo: Demo, home: Home, battery: SelfPlanning, report: Report
) -> None:
    """See it plan by the home's prices, and that shown, and since when."""
    wait_s = FOLLOWED_WITHIN_S + home.late_s
    good = await until(lambda: _plans(demo, battery), wait_s)
    shown, since = await _shown(demo, battery)
    bought = battery.bought(RealClock().now())
    report.judge(
        f"planned by itself: it has {battery.name()}, {bought} a kWh now at "
        f"{await demo.state('import_price')}, and {shown} since {since} are shown",
        good=good and since is not None,
    )


async def _storm_watch(demo: Demo, battery: SelfPlanning, report: Report) -> None:
    """Switch Storm Watch on and off, which is the owner's and no command's."""
    switch = await battery_entity(demo, battery.battery_id, "switch", "storm_watch")
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


async def _plans(demo: Demo, battery: SelfPlanning) -> bool:
    """Whether it has the present price, and Home Assistant says so."""
    shown, _ = await _shown(demo, battery)
    if not battery.name().startswith(battery.ours) or shown != "prices":
        return False
    try:
        price = float(await demo.state("import_price"))
    except ValueError:
        return False
    bought = battery.bought(RealClock().now())
    return (
        bought is not None
        and min(abs(bought - price), abs(bought - max(0.0, price))) <= NEAR_PER_KWH
        and await demo.state("controlled_by") == "tariff"
    )


async def _shown(demo: Demo, battery: SelfPlanning) -> tuple[str, datetime | None]:
    """Return whose tariff is shown, and since when."""
    entity = await battery_entity(demo, battery.battery_id, "sensor", "tariff")
    state = await demo.api.state(entity)
    since = None if state is None else state.attributes.get("since")
    return (
        "none" if state is None else state.state,
        datetime.fromisoformat(since) if isinstance(since, str) else None,
    )


async def planned_by(demo: Demo, battery: SelfPlanning, planner: str) -> None:
    """Choose who plans the battery."""
    entity = await battery_entity(demo, battery.battery_id, "select", "planned_by")
    data = {"entity_id": entity, "option": planner}
    await demo.api.call_action("select", "select_option", data)
