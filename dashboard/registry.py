"""The entities of homes, as Home Assistant's entity registry has them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import json
from pathlib import Path

from homeassistant.util import slugify

PLATFORM = "power_sync"
TITLE = "PowerSync"
TRANSLATIONS = (
    Path(__file__).parents[1]
    / "custom_components"
    / PLATFORM
    / "translations"
    / "en.json"
)


BATTERY_KEYS = ("battery_level", "planned_action", "planned_level")
"""What is shown of a battery; its unique ids begin with its serial."""


@dataclass(frozen=True, slots=True)
class Site:
    """A home and its entity ids, by platform and key as in `sensor.battery_level`."""

    title: str
    ids: Mapping[str, str] = field(default_factory=dict)
    batteries: tuple[Mapping[str, str], ...] = ()
    """The same of each battery, as far as they are shown."""


def sites_of(
    entities: Iterable[Mapping[str, object]], titles: Mapping[str, str]
) -> list[Site]:
    """Return the homes that have entities in a registry, in the order of their names.

    An entity's unique id is its home's entry and what it is, so neither a language
    nor a new name hides it. Disabled ones are left out. `titles` are those of the
    config entries by their id.
    """
    found: dict[str, dict[str, str]] = {}
    batteries: dict[str, dict[str, dict[str, str]]] = {}
    for entity in entities:
        entry_id, unique_id = entity.get("config_entry_id"), entity.get("unique_id")
        mine = entity.get("platform") == PLATFORM and entity.get("disabled_by") is None
        if not mine or not isinstance(entry_id, str) or not isinstance(unique_id, str):
            continue
        entity_id = str(entity["entity_id"])
        domain = entity_id.partition(".")[0]
        key = unique_id.removeprefix(f"{entry_id}_")
        ids = found.setdefault(entry_id, {})
        if key == unique_id:
            serial, key = _of_battery(unique_id)
            ids = batteries.setdefault(entry_id, {}).setdefault(serial, {})
        ids[f"{domain}.{key}"] = entity_id
    homes = [
        Site(
            titles.get(entry_id, TITLE),
            ids,
            tuple(ids for serial, ids in batteries.get(entry_id, {}).items() if serial),
        )
        for entry_id, ids in found.items()
        if ids
    ]
    return sorted(homes, key=lambda site: site.title)


def _of_battery(unique_id: str) -> tuple[str, str]:
    """Return the serial and the key; an empty serial for what is not shown."""
    for key in BATTERY_KEYS:
        if unique_id.endswith(f"_{key}"):
            return unique_id.removesuffix(f"_{key}"), key
    return "", unique_id


def english_site() -> Site:
    """Return a home as it is after a set-up in English, with nothing renamed."""
    texts = json.loads(TRANSLATIONS.read_text(encoding="utf-8"))["entity"]
    return Site(
        TITLE,
        {
            f"{domain}.{key}": f"{domain}.{slugify(f'{TITLE} {text["name"]}')}"
            for domain, keys in texts.items()
            for key, text in keys.items()
        },
    )
