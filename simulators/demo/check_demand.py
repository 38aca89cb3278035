"""The demand charge in a demo home: its window, the highest import, what it costs."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.timegrid import floor_time

from .check import set_automatic
from .check_shown import number
from .dialogues import DemoError
from .json_values import Json
from .report import Report, until
from .run import Demo, set_billing

RATE_PER_KW: Final = 9.0
INTERVAL: Final = timedelta(minutes=15)
MINUTE: Final = timedelta(minutes=1)
LASTS: Final = timedelta(hours=2)
OVEN_W: Final = 2500.0
HEATING_W: Final = 4000.0
"""On the third phase all the time, so that something is bought by day as well."""
SOME_W: Final = 150.0
GRAIN_W: Final = 150.0
CUT_WITHIN_S: Final = 25.0
"""The battery is read every ten seconds, and may be read just before."""
SHOWN_WITHIN_S: Final = 90.0
NEAR_KW: Final = 0.3
"""The meter is read every ten seconds, and what it shows holds until the next one."""
ROUNDED: Final = 0.02


@dataclass(frozen=True, slots=True)
class DemandWindow:
    """A window that has been told; it begins at a minute that is still ahead."""

    start: datetime

    @property
    def counted_at(self) -> datetime:
        """When the first interval ends that counts."""
        return floor_time(self.start, INTERVAL) + INTERVAL


async def tell_demand(
    demo: Demo, zone: ZoneInfo, ahead: timedelta = 2 * MINUTE
) -> DemandWindow:
    """Enter a demand charge whose window begins `ahead` of this minute."""
    start = floor_time(datetime.now(zone), MINUTE).astimezone(zone) + ahead
    demand: dict[str, Json] = {
        "rate_per_kw": RATE_PER_KW,
        "start": f"{start:%H:%M:%S}",
        "end": f"{start + LASTS:%H:%M:%S}",
        "interval_min": str(INTERVAL // MINUTE),
    }
    await set_billing(demo, 0.0, demand)

    async def loaded() -> bool:
        # The site is set up anew with its options, and only then has a window.
        try:
            return await demo.state("demand_window") in {"on", "off"}
        except DemoError:
            return False

    if not await until(loaded, SHOWN_WITHIN_S):
        raise DemoError("there is no demand window")
    return DemandWindow(start)


async def watch_demand(demo: Demo, report: Report, window: DemandWindow) -> None:
    """See the window begin, and its highest import when an interval has ended."""
    await _sleep_until(window.start)
    before_kwh = demo.home.home.totals.import_kwh

    async def begun() -> bool:
        return await demo.state("demand_window") == "on"

    good = await until(begun, SHOWN_WITHIN_S)
    report.judge("the demand window has begun", good=good)
    await _sleep_until(window.counted_at)
    hours = (window.counted_at - window.start) / timedelta(hours=1)
    drawn_kw = (demo.home.home.totals.import_kwh - before_kwh) / hours

    async def counted() -> bool:
        return abs(number(await demo.state("demand_peak")) - drawn_kw) < NEAR_KW

    good = await until(counted, SHOWN_WITHIN_S)
    report.judge(f"{drawn_kw:.2f} kW were drawn: {await _costs(demo)}", good=good)


async def demand_is_kept(demo: Demo, report: Report) -> None:
    """See the same after Home Assistant was stopped, and started again."""
    peak_kw = number(await demo.state("demand_peak"))
    await demo.hass.stop()
    await demo.start()

    async def the_same() -> bool:
        return number(await demo.state("demand_peak")) >= peak_kw - ROUNDED > 0

    good = await until(the_same, SHOWN_WITHIN_S)
    cost = number(await demo.state("demand_cost"))
    expected = number(await demo.state("demand_cost_expected"))
    report.judge(
        f"after a restart: {await _costs(demo)}",
        good=good
        and abs(cost - RATE_PER_KW * number(await demo.state("demand_peak"))) < ROUNDED
        and expected >= cost - ROUNDED,
    )


async def peak_is_kept(demo: Demo, report: Report) -> None:
    """Buy in the window, cheaply, no more than is paid for; then use an oven."""
    home, phases = demo.home.home, demo.home.phases
    peak_w = 1000 * number(await demo.state("demand_peak"))
    demo.home.feeds.make_this_hour_cheap()
    await demo.api.reload_entry(demo.entry_id)
    await set_automatic(demo, on=True)

    async def charges() -> bool:
        planned = await demo.state("current_action") == Mode.CHARGE
        return planned and home.flows.battery_w < -SOME_W

    good = await until(charges, SHOWN_WITHIN_S)
    # More sun than was forecast, by day, leaves less to be bought.
    report.judge(
        f"cheap at {await demo.state('import_price')} within the window: the battery "
        f"is charged with {-home.flows.battery_w:.0f} W, {home.flows.grid_w:.0f} W "
        f"are imported where {peak_w:.0f} W are paid for",
        good=good and home.flows.grid_w < peak_w + GRAIN_W,
    )
    phases.switch(0, OVEN_W, HEATING_W)
    report.say(f"an oven of {OVEN_W:.0f} W: {home.flows.grid_w:.0f} W are imported")
    began = monotonic()

    async def kept() -> bool:
        return home.flows.grid_w < peak_w + GRAIN_W

    good = await until(kept, CUT_WITHIN_S)
    report.judge(
        f"after {monotonic() - began:.1f} s the battery gives "
        f"{home.flows.battery_w:.0f} W, {home.flows.grid_w:.0f} W are imported, "
        f"because {await demo.state('because')}",
        good=good,
    )
    phases.switch(0, 0, 0)


async def _costs(demo: Demo) -> str:
    return (
        f"a highest import of {await demo.state('demand_peak')} kW costs "
        f"{await demo.state('demand_cost')} so far, and "
        f"{await demo.state('demand_cost_expected')} as expected"
    )


async def _sleep_until(when: datetime) -> None:
    await asyncio.sleep(max(0.0, (when - datetime.now(when.tzinfo)).total_seconds()))
