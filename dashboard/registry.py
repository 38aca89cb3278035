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


@dataclass(frozen=True, slots=True)
class Site:
    """A home and its entity ids, by platform and key as in `sensor.battery_level`."""

    title: str
    ids: Mapping[str, str] = field(default_factory=dict)


def sites_of(
    entities: Iterable[Mapping[str, object]], titles: Mapping[str, str]
) -> list[Site]:
    """Return the homes that have entities in a registry, in the order of their names.

    An entity's unique id is its home's entry and what it is, so neither a language
    nor a new name hides it. Disabled ones are left out. `titles` are those of the
    config entries by their id.
    """
    found: dict[str, dict[str, str]] = {}
    for entity in entities:
        entry_id, unique_id = entity.get("config_entry_id"), entity.get("unique_id")
        mine = entity.get("platform") == PLATFORM and entity.get("disabled_by") is None
        if not mine or not isinstance(entry_id, str) or not isinstance(unique_id, str):
            continue
        key = unique_id.removeprefix(f"{entry_id}_")
        if key == unique_id:
            # One of a battery, whose unique ids begin with its serial.
            continue
        entity_id = str(entity["entity_id"])
        domain = entity_id.partition(".")[0]
        found.setdefault(entry_id, {})[f"{domain}.{key}"] = entity_id
    homes = [Site(titles.get(entry_id, TITLE), ids) for entry_id, ids in found.items()]
    return sorted(homes, key=lambda site: site.title)


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
