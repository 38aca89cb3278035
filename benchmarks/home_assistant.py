"""What PowerSync costs a Home Assistant: disk, loop, memory, start and end.

A real Home Assistant runs in a process of its own, against the demo's simulators
and at their real rhythm; the integration `measure` looks at it from the inside.
"""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
import sys
from tempfile import TemporaryDirectory
from time import monotonic, time

from simulators.demo.go_live import backtest_found
from simulators.demo.json_values import Json, as_list, as_object
from simulators.demo.run import (
    HASS_PYTHON,
    Demo,
    add_beside,
    add_household,
    running_demo,
    set_up,
)

from .recorder_growth import growth
from .restless import restless

MEASURE = Path(__file__).parent / "custom_components" / "measure"
SETTLES_S = 20.0
BASELINE_S = 60.0
SPAN_S = 300.0
"""One turn of all that recurs: readings, plan, five-minute statistics."""
CONTROL = "entity_battery"
"""An integration of a few entities that stands for all others."""
WARM_RELOADS = 10
RELOADS = 100
DATABASE = "home-assistant_v2.db"
COMMITTED_S = 3.0

type Figures = dict[str, float]


def run() -> Figures:
    """Return the figures; it takes about eight minutes."""
    return asyncio.run(_run())


async def _run() -> Figures:
    with TemporaryDirectory() as folder:
        async with running_demo(
            Path(folder) / "hass", port=0, python=HASS_PYTHON, beside=(MEASURE,)
        ) as demo:
            demo.home.home.profile = restless(load_w=1200, solar_w=1500)
            demo.home.feeds.make_this_hour_cheap()
            await add_household(demo)
            await add_beside(demo, CONTROL)
            return await _measure(demo)


async def _measure(demo: Demo) -> Figures:
    _say("Home Assistant without PowerSync")
    await asyncio.sleep(SETTLES_S)
    await _take(demo)
    await asyncio.sleep(BASELINE_S)
    before = await _take(demo)
    _say("Setting up PowerSync")
    await set_up(demo, live=True)
    await asyncio.sleep(SETTLES_S)
    first = await _take(demo)
    _say(f"Running for {SPAN_S:.0f} s")
    began_s = time()
    await asyncio.sleep(SPAN_S)
    running = await _take(demo)
    await asyncio.sleep(COMMITTED_S)
    _say("Counting what was recorded")
    database = Path(demo.hass.folder) / DATABASE
    day = await asyncio.to_thread(
        growth, database, await _entities(demo), began_s, SPAN_S
    )
    for entity, rows in list(day.by_entity.items())[:12]:
        _say(f"{rows:5} rows  {entity}")
    return {
        "recorder_mb_per_day": day.mb_per_day,
        "recorder_rows_per_day": day.rows_per_day,
        "loop_block_ms_max": running["late_ms"],
        "loop_block_baseline_ms_max": before["late_ms"],
        "loop_busy_ms_max": running["busy_ms"],
        "loop_busy_baseline_ms_max": before["busy_ms"],
        "loop_block_first_minute_ms_max": first["late_ms"],
        "loop_busy_first_minute_ms_max": first["busy_ms"],
        "added_rss_mb": running["rss_mb"] - before["rss_mb"],
        "scipy_loaded": running["scipy"],
        **await _set_up_and_unload(demo),
        **await _reload(demo),
    }


async def _set_up_and_unload(demo: Demo) -> Figures:
    """Unload a home whose plan is in effect, and set it up again."""
    unload_s = await _timed(_disable(demo, disabled=True))
    before = await _take(demo)
    setup_s = await _timed(_disable(demo, disabled=False))
    after = await _take(demo)
    return {
        "setup_s": setup_s,
        "unload_s": unload_s,
        "setup_busy_ms_max": after["busy_ms"],
        "unload_busy_ms_max": before["busy_ms"],
    }


async def _disable(demo: Demo, *, disabled: bool) -> None:
    by: Json = "user" if disabled else None
    await demo.api.command(
        "config_entries/disable", entry_id=demo.entry_id, disabled_by=by
    )


async def _reload(demo: Demo) -> Figures:
    """Reload again and again; what is there once is there once afterwards.

    Home Assistant itself keeps something of every reload, so another integration
    goes through the same.
    """
    # One that is under way holds prices, and another number of them each time.
    await backtest_found(demo.api, await demo.entity("would_have_saved"))
    (control,) = await demo.api.entries(CONTROL)
    theirs = await _left_by_reloads(demo, str(control["entry_id"]))
    ours = await _left_by_reloads(demo, demo.entry_id)
    return {
        **{f"reload_{key}": value for key, value in ours.items()},
        **{f"reload_control_{key}": value for key, value in theirs.items()},
        **{
            f"reload_{key}_over_control": value - theirs[key]
            for key, value in ours.items()
        },
    }


async def _left_by_reloads(demo: Demo, entry_id: str) -> Figures:
    """Return what an entry's reloads leave behind."""
    _say(f"Reloading {RELOADS} times")
    before: Figures = {}
    for done in range(RELOADS + 1):
        if done == WARM_RELOADS:
            before = await _take_settled(demo)
        if done < RELOADS:
            await demo.api.reload_entry(entry_id)
    after = await _take_settled(demo)
    return {
        "growth_mb": after["rss_mb"] - before["rss_mb"],
        # The recorder's own cache of what was recorded meanwhile, which has a limit.
        "growth_sqlite_mb": after["sqlite_mb"] - before["sqlite_mb"],
        "tasks_left": after["tasks"] - before["tasks"],
        "listeners_left": after["listeners"] - before["listeners"],
        "objects_left": after["objects"] - before["objects"],
    }


async def _take_settled(demo: Demo) -> Figures:
    """Return the figures of a home that has begun to run again."""
    await asyncio.sleep(SETTLES_S)
    return await _take(demo)


async def _take(demo: Demo) -> Figures:
    """Return what was seen since the last time."""
    seen = await demo.api.call_action_with_response("measure", "take", {})
    return {
        key: float(value)
        for key, value in seen.items()
        if isinstance(value, int | float)
    }


async def _timed(work: Awaitable[None]) -> float:
    began_s = monotonic()
    await work
    return monotonic() - began_s


async def _entities(demo: Demo) -> list[str]:
    """Return the entities of PowerSync."""
    listed = as_list(await demo.api.command("config/entity_registry/list"))
    entities = [as_object(value) for value in listed]
    return [
        str(entity["entity_id"])
        for entity in entities
        if entity["platform"] == "power_sync"
    ]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
