"""Settings of the home, set on its entities as the householder does."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from math import inf
from time import monotonic
from typing import Final

from .json_values import Json
from .report import until
from .run import Demo

ASKED_EVERY_S: Final = 10.0
"""A provider is asked once a minute at most."""


async def switch(demo: Demo, key: str, *, on: bool) -> None:
    """Turn a switch on or off."""
    data: dict[str, Json] = {"entity_id": await demo.entity(key, "switch")}
    await demo.api.call_action("switch", "turn_on" if on else "turn_off", data)


async def set_number(demo: Demo, key: str, value: float) -> None:
    """Set a number."""
    data: dict[str, Json] = {"entity_id": await demo.entity(key), "value": value}
    await demo.api.call_action("number", "set_value", data)


async def set_times(
    demo: Demo, key: str, start: datetime, end: datetime, zone: tzinfo
) -> None:
    """Set from when to when something counts each day, on the clock of `zone`."""
    for name, when in (("start", start), ("end", end)):
        data: dict[str, Json] = {
            "entity_id": await demo.entity(f"{key}_{name}"),
            "time": f"{when.astimezone(zone):%H:%M}:00",
        }
        await demo.api.call_action("time", "set_value", data)


async def with_prices(
    demo: Demo, condition: Callable[[], bool], within_s: float
) -> bool:
    """Wait for what comes of new prices, asking for them now and then."""
    asked_at = -inf

    async def met() -> bool:
        nonlocal asked_at
        if monotonic() - asked_at > ASKED_EVERY_S:
            asked_at = monotonic()
            await demo.api.call_action("power_sync", "sync_now", {})
        return condition()

    return await until(met, within_s)
