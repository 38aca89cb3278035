"""The shape of a dashboard's configuration, and the makers of its cards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulators.demo.json_values import Json

type Config = dict[str, Json]
type Ids = Mapping[str, str]
"""Entity ids by what they are, such as `sensor.battery_level`."""
type Card = Callable[[Ids], Config | None]
"""Makes a card; None where the entity is not there."""

OWN_NAME: Config = {"type": "entity"}
"""An entity's own name, without that of its device, in the user's language."""
FULL: Config = {"columns": "full"}


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under a heading, which is left out where none of them is there."""

    heading: str
    icon: str
    cards: tuple[Card, ...]


def tile(key: str, **options: Json) -> Card:
    """Show an entity with its own name."""

    def made(ids: Ids) -> Config | None:
        if key not in ids:
            return None
        return {"type": "tile", "entity": ids[key], "name": OWN_NAME, **options}

    return made


def wide(key: str, **options: Json) -> Card:
    """Show an entity over the whole width."""
    return tile(key, grid_options=FULL, **options)


def action(key: str, question: str | None = None, **options: Json) -> Card:
    """Show a button that asks before it is pressed, where there is a question."""

    def made(ids: Ids) -> Config | None:
        if key not in ids:
            return None
        press: Config = {
            "action": "perform-action",
            "perform_action": "button.press",
            "target": {"entity_id": ids[key]},
        }
        if question is not None:
            press["confirmation"] = {"text": question}
        return {
            "type": "tile",
            "entity": ids[key],
            "name": OWN_NAME,
            "hide_state": True,
            "tap_action": press,
            "icon_tap_action": press,
            **options,
        }

    return made


def notice(key: str, state: str, text: str) -> Card:
    """Say something while an entity is in a state."""

    def made(ids: Ids) -> Config | None:
        if key not in ids:
            return None
        return {
            "type": "markdown",
            "content": text,
            "visibility": [{"condition": "state", "entity": ids[key], "state": state}],
            "grid_options": FULL,
        }

    return made


def picture(key: str) -> Card:
    """Show an image, and nothing else."""

    def made(ids: Ids) -> Config | None:
        if key not in ids:
            return None
        return {
            "type": "picture-entity",
            "entity": ids[key],
            "show_name": False,
            "show_state": False,
            "grid_options": FULL,
        }

    return made


def headline(what: str, why: str) -> Card:
    """Say what is done in large letters, and why under it, in the user's words."""

    def made(ids: Ids) -> Config | None:
        if what not in ids or why not in ids:
            return None
        return {
            "type": "markdown",
            "content": (
                f"## {{{{ state_translated('{ids[what]}') }}}}\n"
                f"{{{{ state_translated('{ids[why]}') }}}}"
            ),
            "grid_options": FULL,
        }

    return made


def sentences(key: str, attribute: str) -> Card:
    """Show the text in an attribute."""

    def made(ids: Ids) -> Config | None:
        if key not in ids:
            return None
        return {
            "type": "markdown",
            "content": f"{{{{ state_attr('{ids[key]}', '{attribute}') or '' }}}}",
            "grid_options": FULL,
        }

    return made


def rows(*keys: str) -> Card:
    """Show entities below each other in one card; switches and lists act there."""

    def made(ids: Ids) -> Config | None:
        entities: list[Json] = [_row(key, ids[key]) for key in keys if key in ids]
        if not entities:
            return None
        return {
            "type": "entities",
            "show_header_toggle": False,
            "entities": entities,
            "grid_options": FULL,
        }

    return made


def _row(key: str, entity_id: str) -> Config:
    row: Config = {"entity": entity_id, "name": OWN_NAME}
    if not key.startswith("number."):
        return row
    # With a field to type in, there is no room for its name. A touch opens it.
    row["type"] = "simple-entity"
    # A limit that a home does not have would be called unknown.
    return {
        "type": "conditional",
        "conditions": [{"entity": entity_id, "state_not": "unknown"}],
        "row": row,
    }


def history(*keys: str, hours: int = 24) -> Card:
    """Show how entities have been."""

    def made(ids: Ids) -> Config | None:
        entities: list[Json] = [
            {"entity": ids[key], "name": OWN_NAME} for key in keys if key in ids
        ]
        if not entities:
            return None
        return {
            "type": "history-graph",
            "hours_to_show": hours,
            "entities": entities,
            "grid_options": FULL,
        }

    return made
