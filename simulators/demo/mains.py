"""How a demo home is connected to the grid, as its user tells it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from .dialogues import walk

if TYPE_CHECKING:
    from .api import FlowResult
    from .json_values import Json
    from .run import Demo

FUSE_A: Final = 25


async def connect_phases(demo: Demo) -> None:
    """Add the meter, then tell phases, fuse and the battery's phase in the options."""
    url = demo.home.phase_meter.url
    start = await demo.api.start_flow("phase_meter")
    await walk(demo.api, start, {"user": {"url": url}})
    await tell_mains(demo, metered_per_phase=False)


async def tell_mains(demo: Demo, *, metered_per_phase: bool) -> FlowResult:
    """Go through the dialogue Phases and main fuse."""
    sensors = {f"phase_{n}": f"sensor.fuse_box_power_l{n}" for n in (1, 2, 3)}
    answers: Mapping[str, Mapping[str, Json]] = {
        "init": {"next_step_id": "mains"},
        "mains": {
            "mains_phases": "3",
            "fuse_a": FUSE_A,
            "metered_per_phase": metered_per_phase,
        },
        "mains_phases": {**sensors},
        "mains_battery": {"connection": "l1"},
    }
    step = await demo.api.start_options_flow(demo.entry_id)
    return await walk(demo.api, step, answers, go_on=demo.api.configure_options_flow)
