"""What the command log says in Home Assistant's logbook, in the user's language."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .command_log import EVENT_COMMAND
from .const import DOMAIN
from .control.log import Outcome
from .control.reasons import ControlReason
from .model.battery import OwnerValue

type Describer = Callable[[Event], dict[str, str]]

ICON = "mdi:home-battery"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Describer], None]
) -> None:
    """Describe our events."""

    @callback
    def async_describe(event: Event) -> dict[str, str]:
        return {
            LOGBOOK_ENTRY_ICON: ICON,
            LOGBOOK_ENTRY_NAME: str(event.data["battery"]),
            LOGBOOK_ENTRY_MESSAGE: command_message(hass, event.data),
        }

    async_describe_event(DOMAIN, EVENT_COMMAND, async_describe)


def command_message(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """Return what a battery was told, by whom, why, and what came of it."""
    language = hass.config.language
    texts = {
        key: text
        for category in ("common", "entity")
        for key, text in async_get_cached_translations(
            hass, language, category, DOMAIN
        ).items()
    }

    def text(key: str) -> str:
        return texts.get(f"component.{DOMAIN}.{key}", key.rpartition(".")[2])

    def state(sensor: str) -> str:
        return text(f"entity.sensor.{sensor}.state.{data[_FIELDS[sensor]]}")

    kind = "entry"
    if data["outcome"] == Outcome.DRY_RUN:
        kind = "dry_run"
    elif data["reason"] == ControlReason.USER_REQUEST:
        # That the user asked for it is who decided, too.
        kind = "asked"
    return text(f"common.logbook_{kind}").format(
        action=_action(data, text),
        master=text(f"common.logbook_by_{data['master']}"),
        reason=state("because"),
        outcome=state("outcome"),
    )


_FIELDS = {"because": "reason", "outcome": "outcome"}


def _action(data: Mapping[str, Any], text: Callable[[str], str]) -> str:
    command, owner = data["command"], data.get("owner_setting")
    if owner is not None:
        value = owner["value"]
        key = f"common.logbook_set_{owner['setting']}{_choice(value)}"
        return text(key).format(value="" if _choice(value) else _digits(value))
    if command is None:
        return text("common.logbook_given_back")
    power_w = command["power_w"]
    at = "" if power_w is None else "_at"
    return text(f"common.logbook_{command['mode']}{at}").format(power=_digits(power_w))


def _choice(value: OwnerValue) -> str:
    """Return the end of the key for a value that is no number."""
    match value:
        case None | False:
            return "_off"
        case True:
            return "_on"
        case str():
            return f"_{value}"
        case _:
            return ""


def _digits(power_w: float | None) -> str:
    """Return a power with its thousands apart, as every language reads it."""
    return "" if power_w is None else f"{power_w:,.0f}".replace(",", NO_BREAK_SPACE)
