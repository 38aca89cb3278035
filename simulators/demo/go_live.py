"""What a user does between the set-up and a battery that follows the plan."""

import asyncio
from collections.abc import Mapping
from time import monotonic

from .api import FlowResult, HassApi, parse_flow
from .json_values import HassApiError, Json, as_list, as_object

READY_WITHIN_S = 60.0
FOUND_WITHIN_S = 180.0
FIX = "/api/repairs/issues/fix"
_POLL_S = 0.5


async def go_live(api: HassApi) -> list[FlowResult]:
    """Fix the issue "PowerSync is ready" as its dialogue asks; return its steps."""
    body: dict[str, Json] = {
        "handler": "power_sync",
        "issue_id": await _issue(api, "go_live"),
    }
    steps = [parse_flow(await api.request("POST", FIX, body))]
    while steps[-1].type == "form":
        path = f"{FIX}/{steps[-1].flow_id}"
        steps.append(parse_flow(await api.request("POST", path, {})))
    if steps[-1].type != "create_entry":
        raise HassApiError(f"going live: {steps[-1].type} {steps[-1].reason}")
    return steps


async def backtest_found(api: HassApi, sensor: str) -> Mapping[str, Json]:
    """Return what would have been saved, once that is worked out."""
    end = monotonic() + FOUND_WITHIN_S
    while monotonic() < end:
        state = await api.state(sensor)
        if state is not None and "made_at" in state.attributes:
            return state.attributes
        await asyncio.sleep(_POLL_S)
    raise HassApiError("the past was not planned again in time")


async def _issue(api: HassApi, key: str) -> str:
    """Return the id of an issue of PowerSync, once it is there."""
    end = monotonic() + READY_WITHIN_S
    while monotonic() < end:
        answer = as_object(await api.command("repairs/list_issues"))
        for value in as_list(answer["issues"]):
            issue = as_object(value)
            if issue.get("domain") == "power_sync" and (
                issue.get("translation_key") == key
            ):
                return str(issue["issue_id"])
        await asyncio.sleep(_POLL_S)
    raise HassApiError(f"there is no issue {key}")
