"""A site may be reloaded for ever: each time leaves as much behind as the last."""

import asyncio
from collections import Counter
import gc

import pytest

from tests.scenarios.life import Life

pytestmark = pytest.mark.usefixtures("plain_prices")

PACKAGE = "custom_components.power_sync"
WARM, MORE = 3, 12


def held(life: Life) -> Counter[str]:
    """Count what is held: our objects by their class, tasks, listeners."""
    gc.collect()
    counts = Counter(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in map(type, gc.get_objects())
        if kind.__module__.startswith(PACKAGE)
    )
    counts["tasks"] = len(asyncio.all_tasks())
    for event, listeners in life.hass.bus.async_listeners().items():
        counts[str(event)] = listeners
    return counts


async def reload(life: Life, times: int) -> None:
    """Reload the site, and let it come to rest each time."""
    for _ in range(times):
        assert await life.hass.config_entries.async_reload(life.entry.entry_id)
        await life.hass.async_block_till_done(wait_background_tasks=True)


async def test_reloads_leave_nothing_behind(life: Life) -> None:
    """What grows with each reload would fill the memory of those who edit options."""
    await life.set_up(automatic=True)
    await reload(life, WARM)
    before = held(life)
    assert before[f"{PACKAGE}.site.Site"] == 1
    await reload(life, MORE)
    assert held(life) - before == Counter()
