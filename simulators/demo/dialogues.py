"""The dialogues of Home Assistant, answered as a user does."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from .api import FlowResult, HassApi
from .json_values import Json, as_list, as_object


class DemoError(Exception):
    """The demo cannot go on."""


async def walk(  # noqa: PLR0913 - what there is to a dialogue
    api: HassApi,
    step: FlowResult,
    answers: Mapping[str, Mapping[str, Json]],
    rounds: Iterable[Mapping[str, Mapping[str, Json]]] = (),
    *,
    ends: str | None = None,
    go_on: Callable[[str, Mapping[str, Json]], Awaitable[FlowResult]] | None = None,
) -> FlowResult:
    """Answer a flow to its end, taking what it suggests where nothing is given.

    It is a config flow, unless `go_on` submits the steps of another one. Steps
    that come several times are answered from `rounds`, one after the other. It
    ends with an entry, or for the reason `ends`.
    """
    ahead = iter([answer for each in rounds for answer in each.values()])
    repeated = {key for each in rounds for key in each}
    while step.type in {"form", "menu"}:
        step_id = step.step_id or ""
        if step.errors or step_id not in {*answers, *repeated}:
            raise DemoError(f"{step_id}: {dict(step.errors)}")
        answer = next(ahead) if step_id in repeated else answers[step_id]
        fields = as_list(step.content.get("data_schema") or [])
        given = _filled_in(fields, answer)
        step = await (go_on or api.configure_flow)(step.flow_id, given)
    if (step.type, step.reason) not in {("create_entry", None), ("abort", ends)}:
        raise DemoError(f"a dialogue ended: {step.type} {step.reason}")
    return step


def _filled_in(fields: Iterable[Json], answer: Mapping[str, Json]) -> dict[str, Json]:
    """Return an answer with what a user finds filled in beside it."""
    given = dict(answer)
    for value in fields:
        field = as_object(value)
        name, description = str(field["name"]), field.get("description")
        if field.get("type") == "expandable":
            inner = as_object(answer.get(name) or {})
            given[name] = _filled_in(as_list(field["schema"]), inner)
        elif name in answer:
            continue
        elif isinstance(description, dict) and "suggested_value" in description:
            given[name] = description["suggested_value"]
        elif "default" in field:
            given[name] = field["default"]
    return given
