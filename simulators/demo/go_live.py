"""What a user does between the set-up and a battery that follows the plan."""

import asyncio
from collections.abc import Mapping
from time import monotonic

from .api import FlowResult, HassApi
from .issues import fix
from .json_values import HassApiError, Json

FOUND_WITHIN_S = 600.0
_POLL_S = 0.5


async def go_live(api: HassApi) -> list[FlowResult]:
    """Fix the issue "PowerSync is ready" as its dialogue asks; return its steps."""
    return await fix(api, "go_live")


async def backtest_found(api: HassApi, sensor: str) -> Mapping[str, Json]:
    """Return what would have been saved, once that is worked out."""
    end = monotonic() + FOUND_WITHIN_S
    while monotonic() < end:
        state = await api.state(sensor)
        if state is not None and "made_at" in state.attributes:
            return state.attributes
        await asyncio.sleep(_POLL_S)
    raise HassApiError("the past was not planned again in time")
