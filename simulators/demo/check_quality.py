"""What a demo home shows those who look closely: quality sensors, and the trace.

The sensors are disabled until somebody enables them in the entity registry.
"""

import asyncio
from collections.abc import Mapping
from itertools import pairwise
import json
from pathlib import Path
import sys
from typing import TYPE_CHECKING, Final

from custom_components.power_sync.control.trace import KEPT, Stretch
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.recording.file import recording_of

from .json_values import Json, as_list, as_object
from .report import Report, until

if TYPE_CHECKING:
    from .run import Demo

ROOT: Final = Path(__file__).parents[2]
TIMES: Final = tuple(f"time_{master}" for master in Master)
QUALITY: Final = (
    *("commanded_power", "command_deviation", "commands_per_hour"),
    *(*TIMES, "car_false_holds"),
)
LEAKED: Final = ("car_leak_session", "car_leak_total")
SHOWN_WITHIN_S: Final = 90.0
TIMED_WITHIN_S: Final = 300.0
"""Times are shown in tenths of an hour."""
NEAR_W: Final = 300.0
LONGEST_GAP_S: Final = 3.0
"""Between two seconds of the trace, on a busy machine."""


async def enable_quality(demo: Demo) -> None:
    """Enable the sensors, as a user does who wants to see them."""
    for entity_id in (await _listed(demo, QUALITY)).values():
        await demo.api.command(
            "config/entity_registry/update", entity_id=entity_id, disabled_by=None
        )


async def check_quality(demo: Demo, report: Report) -> None:
    """See what was told and done while the battery charges by plan, and the times."""
    shown: dict[str, float] = {}

    async def told() -> bool:
        shown.clear()
        shown.update(await _shown(demo))
        told_w = shown.get("commanded_power", 0.0)
        deviation_w = shown.get("command_deviation")
        return told_w < 0 and deviation_w is not None and abs(deviation_w) < NEAR_W

    good = await until(told, SHOWN_WITHIN_S)
    report.judge(
        f"told {shown.get('commanded_power')} W and {shown.get('command_deviation')} W "
        f"off; {shown.get('commands_per_hour')} commands in the last hour",
        good=good and shown["commands_per_hour"] >= 1,
    )

    async def timed() -> bool:
        shown.clear()
        shown.update(await _shown(demo))
        return shown.get(f"time_{Master.PLAN}", 0.0) > 0

    good = await until(timed, TIMED_WITHIN_S)
    told_times = ", ".join(f"{key} {shown.get(key)} h" for key in TIMES)
    leaks = {key: shown.get(key) for key in (*LEAKED, "car_false_holds")}
    report.judge(
        f"{told_times}; into cars {leaks}",
        good=good and set(leaks.values()) == {0.0} and all(k in shown for k in TIMES),
    )
    await _trace(demo, report)


async def _trace(demo: Demo, report: Report) -> None:
    """Download the diagnostics, look at their trace, and replay the file."""
    downloaded = await demo.api.diagnostics(demo.entry_id)
    trace = (await asyncio.to_thread(recording_of, downloaded)).trace
    span_s = (trace[-1].last - trace[0].first).total_seconds()
    gap_s = max(((b.first - a.last).total_seconds() for a, b in pairwise(trace)))
    report.judge(
        f"the trace has {span_s:.0f} s in {len(trace)} stretches, {gap_s:.0f} s at "
        "most between two",
        good=60 < span_s <= KEPT.total_seconds() + LONGEST_GAP_S
        and gap_s <= LONGEST_GAP_S
        and any(_charges(each) for each in trace),
    )
    path = demo.hass.folder / "diagnostics.json"
    await asyncio.to_thread(path.write_text, json.dumps(downloaded), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.replay_file", str(path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    lines = (await process.communicate())[0].decode().splitlines()
    about = [line.strip() for line in lines if " charge at " in line and "sent" in line]
    report.judge(
        f"scripts/replay on the file: {(about or ['nothing'])[-1]} … {lines[-1]}",
        good=process.returncode == 0 and bool(about),
    )


def _charges(stretch: Stretch) -> bool:
    """Whether the battery was told to charge then, and did."""
    return any(
        each.master is Master.PLAN
        and each.sent is not None
        and each.sent.mode is Mode.CHARGE
        and (each.battery_w or 0.0) < 0
        for each in stretch.batteries
    )


async def _shown(demo: Demo) -> dict[str, float]:
    """Return the figures that are known now, by key."""
    states = await demo.api.states()
    found: dict[str, float] = {}
    for key, entity_id in (await _listed(demo, (*QUALITY, *LEAKED))).items():
        state = states.get(entity_id)
        if state is not None and state.state not in {"unknown", "unavailable"}:
            found[key] = float(state.state)
    return found


async def _listed(demo: Demo, keys: tuple[str, ...]) -> Mapping[str, str]:
    """Return the entities of PowerSync with these keys, of battery or site."""
    found: dict[str, str] = {}
    listed: Json = await demo.api.command("config/entity_registry/list")
    for value in as_list(listed):
        entity = as_object(value)
        for key in keys:
            if entity["platform"] == "power_sync" and str(entity["unique_id"]).endswith(
                f"_{key}"
            ):
                found[key] = str(entity["entity_id"])
    return found
