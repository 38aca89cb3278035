"""The repair issues of PowerSync, as Home Assistant's frontend shows them."""

import asyncio
from collections.abc import Mapping
import re
from string import Formatter
from time import monotonic
from typing import Final

from .api import FlowResult, HassApi, parse_flow
from .json_values import HassApiError, Json, as_list, as_object

THERE_WITHIN_S: Final = 60.0
FIX: Final = "/api/repairs/issues/fix"
_POLL_S: Final = 0.5
_NOT_FOR_READERS: Final = re.compile(r"[{}]|\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
"""What is left of a placeholder, and a key that was not translated."""


async def issues(api: HassApi) -> dict[str, dict[str, Json]]:
    """Return the issues that a user sees, by their key."""
    answer = as_object(await api.command("repairs/list_issues"))
    found = [as_object(value) for value in as_list(answer["issues"])]
    return {
        str(issue["translation_key"]): issue
        for issue in found
        if issue["domain"] == "power_sync" and not issue["ignored"]
    }


async def fix(api: HassApi, key: str) -> list[FlowResult]:
    """Fix an issue as its dialogue asks; return its steps. Raises HassApiError."""
    steps = [await _begin_fix(api, key)]
    while steps[-1].type == "form" and not steps[-1].errors:
        path = f"{FIX}/{steps[-1].flow_id}"
        steps.append(parse_flow(await api.request("POST", path, {})))
    if steps[-1].type != "create_entry":
        end = steps[-1]
        raise HassApiError(f"{key}: {end.type} {end.reason} {dict(end.errors)}")
    return steps


async def shown(api: HassApi, key: str) -> list[str]:
    """Return the texts of an issue: what is wrong, and what to do about it."""
    issue = (await issues(api))[key]
    texts = await _texts(api, key)
    names = as_object(issue["translation_placeholders"] or {})
    found = _filled(texts, "", names)
    if issue["is_fixable"]:
        step = await _begin_fix(api, key)
        names = as_object(step.content.get("description_placeholders") or {})
        found += _filled(texts, f"fix_flow.step.{step.step_id}.", names)
        await api.request("DELETE", f"{FIX}/{step.flow_id}")
    return found


def not_for_readers(texts: list[str]) -> list[str]:
    """Return what in texts that are shown should not be there."""
    if not all(text.strip() for text in texts) or len(texts) < 2:
        return ["a text is missing"]
    return [word for text in texts for word in _NOT_FOR_READERS.findall(text)]


async def _begin_fix(api: HassApi, key: str) -> FlowResult:
    body: dict[str, Json] = {
        "handler": "power_sync",
        "issue_id": await _issue_id(api, key),
    }
    return parse_flow(await api.request("POST", FIX, body))


async def _issue_id(api: HassApi, key: str) -> str:
    """Return the id of an issue, once it is there. Raises HassApiError."""
    end = monotonic() + THERE_WITHIN_S
    while monotonic() < end:
        if issue := (await issues(api)).get(key):
            return str(issue["issue_id"])
        await asyncio.sleep(_POLL_S)
    raise HassApiError(f"there is no issue {key}")


async def _texts(api: HassApi, key: str) -> dict[str, str]:
    """Return the texts of an issue in English, as they are translated."""
    answer = as_object(
        await api.command(
            "frontend/get_translations",
            language="en",
            category="issues",
            integration=["power_sync"],
        )
    )
    start = f"component.power_sync.issues.{key}."
    return {
        name.removeprefix(start): str(text)
        for name, text in as_object(answer["resources"]).items()
        if name.startswith(start)
    }


def _filled(
    texts: Mapping[str, str], start: str, names: Mapping[str, Json]
) -> list[str]:
    """Return title and description, with what they leave open filled in.

    A name that is not given stays open, as it does in the frontend.
    """

    class Known(dict[str, object]):
        def __missing__(self, key: str) -> str:
            return f"{{{key}}}"

    return [
        Formatter().vformat(texts[start + part], (), Known(names))
        for part in ("title", "description")
        if start + part in texts
    ]
