"""A client of Home Assistant's own REST, log-in and websocket interfaces.

It does what a user's browser does, so that a demo set up with it proves the way a
user takes.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from .json_values import HassApiError, Json, as_list, as_object, as_text
from .session import HassSession

POLL_S = 0.25
ENTRIES = "/api/config/config_entries"


@dataclass(frozen=True, slots=True)
class State:
    """The state of an entity."""

    entity_id: str
    state: str
    attributes: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class FlowResult:
    """One step of a config, subentry or options flow.

    Attributes:
        type: `form`, `menu`, `create_entry`, `abort`, `progress` or another of
            Home Assistant's `FlowResultType`.
        flow_id: What `configure` needs to go on.
        step_id: The form or menu shown, None at the end.
        errors: Field to error key, empty when all is well.
        reason: Why the flow was aborted, None otherwise.
        entry_id: The config entry that was made, None otherwise.
        content: The whole answer.

    """

    type: str
    flow_id: str
    step_id: str | None
    errors: Mapping[str, str]
    reason: str | None
    entry_id: str | None
    content: Mapping[str, Json]


def parse_flow(value: Json) -> FlowResult:
    """Return an answer of a flow manager as a FlowResult."""
    content = as_object(value)
    result = content.get("result")
    errors = content.get("errors")
    step_id, reason = content.get("step_id"), content.get("reason")
    entry_id = result.get("entry_id") if isinstance(result, dict) else None
    return FlowResult(
        type=as_text(content.get("type")),
        flow_id=as_text(content.get("flow_id")),
        step_id=step_id if isinstance(step_id, str) else None,
        errors={k: str(v) for k, v in errors.items()}
        if isinstance(errors, dict)
        else {},
        reason=reason if isinstance(reason, str) else None,
        entry_id=entry_id if isinstance(entry_id, str) else None,
        content=content,
    )


def parse_state(value: Json) -> State:
    """Return one element of `/api/states`."""
    content = as_object(value)
    return State(
        as_text(content["entity_id"]),
        as_text(content["state"]),
        as_object(content["attributes"]),
    )


class HassApi(HassSession):
    """What the demo asks of one Home Assistant, as one user."""

    async def wait_until_running(self, timeout_s: float = 120.0) -> None:
        """Return when Home Assistant has finished starting.

        Raises:
            HassApiError: It has not within the time.

        """
        seen: Json = None
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    with suppress(HassApiError):
                        answer = as_object(await self.request("GET", "/api/config"))
                        seen = answer["state"]
                        if seen == "RUNNING":
                            return
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            message = f"Home Assistant is not running after {timeout_s:.0f} s: {seen}"
            raise HassApiError(message) from None

    async def states(self) -> dict[str, State]:
        """Return the states of all entities by their id."""
        answer = as_list(await self.request("GET", "/api/states"))
        states = [parse_state(value) for value in answer]
        return {state.entity_id: state for state in states}

    async def state(self, entity_id: str) -> State | None:
        """Return the state of an entity, None if there is no such entity."""
        try:
            answer = await self.request("GET", f"/api/states/{entity_id}")
        except HassApiError as err:
            if err.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return parse_state(answer)

    async def call_action(
        self, domain: str, action: str, data: Mapping[str, Json]
    ) -> None:
        """Perform an action and wait for its end.

        Raises:
            HassApiError: With status 400 for a wrong call, 500 for a failed one.

        """
        await self.request("POST", f"/api/services/{domain}/{action}", dict(data))

    async def call_action_with_response(
        self, domain: str, action: str, data: Mapping[str, Json]
    ) -> dict[str, Json]:
        """Perform an action that answers, and return its answer."""
        path = f"/api/services/{domain}/{action}"
        params = {"return_response": "1"}
        answer = as_object(await self.request("POST", path, dict(data), params))
        return as_object(answer["service_response"])

    async def start_flow(
        self, domain: str, reconfigure_entry_id: str | None = None
    ) -> FlowResult:
        """Open the flow that adds an integration, or reconfigures an entry of it."""
        body: dict[str, Json] = {"handler": domain}
        if reconfigure_entry_id is not None:
            body["entry_id"] = reconfigure_entry_id
        return parse_flow(await self.request("POST", f"{ENTRIES}/flow", body))

    async def configure_flow(
        self, flow_id: str, answers: Mapping[str, Json]
    ) -> FlowResult:
        """Submit a step of a config flow; a menu is answered by `next_step_id`."""
        path = f"{ENTRIES}/flow/{flow_id}"
        return parse_flow(await self.request("POST", path, dict(answers)))

    async def start_subentry_flow(
        self, entry_id: str, kind: str, reconfigure_subentry_id: str | None = None
    ) -> FlowResult:
        """Open the flow that adds a subentry of a kind, or reconfigures one."""
        body: dict[str, Json] = {"handler": [entry_id, kind]}
        if reconfigure_subentry_id is not None:
            body["subentry_id"] = reconfigure_subentry_id
        path = f"{ENTRIES}/subentries/flow"
        return parse_flow(await self.request("POST", path, body))

    async def configure_subentry_flow(
        self, flow_id: str, answers: Mapping[str, Json]
    ) -> FlowResult:
        """Submit a step of a subentry flow."""
        path = f"{ENTRIES}/subentries/flow/{flow_id}"
        return parse_flow(await self.request("POST", path, dict(answers)))

    async def start_options_flow(self, entry_id: str) -> FlowResult:
        """Open the options of an entry."""
        path = f"{ENTRIES}/options/flow"
        return parse_flow(await self.request("POST", path, {"handler": entry_id}))

    async def configure_options_flow(
        self, flow_id: str, answers: Mapping[str, Json]
    ) -> FlowResult:
        """Submit a step of an options flow."""
        path = f"{ENTRIES}/options/flow/{flow_id}"
        return parse_flow(await self.request("POST", path, dict(answers)))

    async def entries(self, domain: str) -> list[dict[str, Json]]:
        """Return the config entries of a domain, with their `state`."""
        path = f"{ENTRIES}/entry"
        answer = await self.request("GET", path, params={"domain": domain})
        return [as_object(entry) for entry in as_list(answer)]

    async def reload_entry(self, entry_id: str) -> None:
        """Reload a config entry."""
        await self.request("POST", f"{ENTRIES}/entry/{entry_id}/reload")

    async def remove_entry(self, entry_id: str) -> None:
        """Remove a config entry."""
        await self.request("DELETE", f"{ENTRIES}/entry/{entry_id}")

    async def notification(self, about: str) -> str:
        """Return what the notification says whose id begins so; empty for none."""
        found = as_list(await self.command("persistent_notification/get"))
        return next(
            (
                as_text(each["message"])
                for each in map(as_object, found)
                if as_text(each["notification_id"]).startswith(about)
            ),
            "",
        )

    async def diagnostics(self, entry_id: str) -> dict[str, Json]:
        """Download the diagnostics of an entry."""
        path = f"/api/diagnostics/config_entry/{entry_id}"
        return as_object(await self.request("GET", path))

    async def command(self, kind: str, **data: Json) -> Json:
        """Send one websocket command and return its result."""
        async with self.websocket() as socket:
            return await socket.command(kind, **data)
