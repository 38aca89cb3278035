"""The demo's diagnostics, downloaded as a user does it, and replayed."""

import asyncio
import gzip
import json
from pathlib import Path
from time import monotonic

from custom_components.power_sync.recording.errors import RecordingError
from custom_components.power_sync.recording.file import recording_of
from custom_components.power_sync.recording.replay import replay

from .dialogues import DemoError
from .run import Demo, running_demo, set_up

FOLLOWED_WITHIN_S = 90.0


async def replay_differences(demo: Demo) -> list[str]:
    """Return how a replay of the diagnostics differs from what they say."""
    downloaded = await demo.api.diagnostics(demo.entry_id)
    try:
        recording = await asyncio.to_thread(recording_of, downloaded)
    except RecordingError as err:
        return [str(err)]
    if recording.planning is None or recording.planning.plan is None:
        return ["there is no plan in it"]
    return list((await asyncio.to_thread(replay, recording)).differences)


async def save_diagnostics(folder: Path, path: Path) -> None:
    """Have a new home follow its first plan, and save its diagnostics, packed."""
    async with running_demo(folder) as demo:
        demo.home.feeds.make_this_hour_cheap()
        await set_up(demo, live=True)
        end = monotonic() + FOLLOWED_WITHIN_S
        while await demo.state("controlled_by") != "plan":
            if monotonic() > end:
                raise DemoError("the plan is not followed")
            await asyncio.sleep(1)
        # A few more ticks: the command has been read back by then.
        await asyncio.sleep(15)
        downloaded = await demo.api.diagnostics(demo.entry_id)
    # What machine it was on is nobody's concern.
    downloaded.pop("home_assistant")
    content = json.dumps(downloaded).encode()
    # Without a time in it, the same content makes the same file.
    await asyncio.to_thread(path.write_bytes, gzip.compress(content, mtime=0))
