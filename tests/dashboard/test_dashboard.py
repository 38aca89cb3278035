"""The dashboard: made of what there is, by what it is."""

from collections.abc import Iterator
from itertools import pairwise
import json
from pathlib import Path
import re
import subprocess
import sys

import pytest

from dashboard import Site, build, english_site, sites_of
from dashboard.__main__ import FILE, written
from dashboard.cards import COLUMNS
from dashboard.sources import sites_in
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import parse_yaml
from simulators.demo.json_values import Json
from tests.ha.conftest import SetUp
from tests.words.english import CONTENT

ROOT = Path(__file__).parents[2]
BUILT_IN = {
    *("conditional", "entities", "grid", "heading", "history-graph", "markdown"),
    *("picture-entity", "sections", "simple-entity", "tile"),
}
ENTRY = "01ENTRY"


def entity(entity_id: str, unique_id: str, **changes: object) -> dict[str, object]:
    """Return an entry of the entity registry."""
    return {
        "entity_id": entity_id,
        "unique_id": unique_id,
        "platform": "power_sync",
        "config_entry_id": ENTRY,
        "disabled_by": None,
        **changes,
    }


def nodes(value: object) -> Iterator[dict[str, object]]:
    """Yield every mapping of a configuration."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


def ids_in(config: object) -> set[str]:
    """Return the entity ids that a configuration names, in templates too."""
    return set(
        re.findall(
            r"\b(?:sensor|switch|select|number|button|image|binary_sensor)\.\w+",
            json.dumps(config).replace("button.press", ""),
        )
    )


def test_the_file_is_what_the_script_makes() -> None:
    """Whoever changes the cards runs scripts/dashboard."""
    assert FILE.read_text(encoding="utf-8") == written([english_site()])


def test_only_home_assistants_own_cards() -> None:
    """Nothing has to be installed for it."""
    config = parse_yaml(FILE.read_text(encoding="utf-8"))
    types = {
        str(node["type"])
        for node in nodes(config)
        if "type" in node and not node.keys() <= {"type", "style"}
    }
    assert types == BUILT_IN


def test_no_card_stands_alone() -> None:
    """A column begins with a heading, and none is without cards under it."""
    columns = [
        [str(card["type"]) for card in nodes(section["cards"]) if "type" in card]
        for section in nodes(build([english_site()]))
        if section.get("type") == "grid"
    ]
    assert len(columns) == len(COLUMNS)
    for types in columns:
        assert types[0] == "heading"
        assert ("heading", "heading") not in pairwise([*types, "heading"])


@pytest.mark.usefixtures(
    *("recorder_mock", "frozen_time", "enable_custom_integrations"),
)
async def test_every_entity_exists_after_a_set_up(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """All that the file names is there, shown, and known under its key."""
    entry = await set_up()
    named = ids_in(parse_yaml(FILE.read_text(encoding="utf-8")))
    assert len(named) > 20
    assert {each for each in named if hass.states.get(each) is None} == set()
    registered = [
        json.loads(json.dumps(each.extended_dict))
        for each in er.async_entries_for_config_entry(
            er.async_get(hass), entry.entry_id
        )
    ]
    (site,) = sites_of(registered, {entry.entry_id: "PowerSync"})
    config = build([site])
    assert ids_in(config) == named
    assert config == build([english_site()])


def test_another_language_and_new_names() -> None:
    """An entity is found by what it is."""
    (site,) = sites_of(
        [
            entity("sensor.haus_akkustand", f"{ENTRY}_battery_level"),
            entity("switch.probe", f"{ENTRY}_dry_run"),
            entity("sensor.sh10rt_level", "A2320500123_battery_level"),
            entity("sensor.x", f"{ENTRY}_saving", disabled_by="user"),
            entity("sensor.y", f"{ENTRY}_plan_cost", platform="other"),
            entity("sensor.z", f"{ENTRY}_plan_cost", config_entry_id=None),
        ],
        {ENTRY: "Haus"},
    )
    assert site == Site(
        "Haus",
        {
            "sensor.battery_level": "sensor.haus_akkustand",
            "switch.dry_run": "switch.probe",
        },
        ({"sensor.battery_level": "sensor.sh10rt_level"},),
    )
    config = build([site])
    assert ids_in(config) == {"sensor.haus_akkustand", "switch.probe"}
    headings = [
        node["heading"] for node in nodes(config) if node.get("type") == "heading"
    ]
    assert headings == ["Plan", "Now", "Settings"]


def test_each_of_several_batteries_is_shown() -> None:
    """Under the name of its device, with what is planned for it."""
    (site,) = sites_of(
        [
            entity("sensor.level", f"{ENTRY}_battery_level"),
            entity("sensor.one_action", "A1_planned_action"),
            entity("sensor.one_level", "A1_battery_level"),
            entity("sensor.one_planned", "A1_planned_level"),
            entity("sensor.one_power", "A1_battery_power"),
            entity("sensor.two_action", "B_2_planned_action"),
            entity("sensor.two_level", "B_2_battery_level"),
        ],
        {ENTRY: "Haus"},
    )
    config = build([site])
    cards = [node for node in nodes(config) if "entity" in node or "heading" in node]
    shown = [card.get("heading") or card["entity"] for card in cards]
    assert shown[shown.index("Batteries") + 1 :] == [
        "sensor.one_action",
        "sensor.one_level",
        "sensor.one_planned",
        "sensor.two_action",
        "sensor.two_level",
    ]
    names = [node.get("name") for node in nodes(config) if "entity" in node]
    assert names.count({"type": "device"}) == 2


def test_a_home_without_anything_has_nothing_to_show() -> None:
    """No heading is left over."""
    (view,) = nodes_of_views(build([Site("Empty")]))
    assert view["sections"] == []


def nodes_of_views(config: dict[str, Json]) -> list[dict[str, object]]:
    """Return the views of a dashboard."""
    return [node for node in nodes(config) if "sections" in node]


def test_two_homes_are_two_views() -> None:
    """In the order of their names, each at an address of its own."""
    homes = sites_of(
        [
            entity("sensor.b", "2_saving", config_entry_id="2"),
            entity("sensor.a", "1_saving", config_entry_id="1"),
        ],
        {"1": "Upper house", "2": "Lower house"},
    )
    views = nodes_of_views(build(homes))
    assert [(view["title"], view["path"]) for view in views] == [
        ("Lower house", "powersync"),
        ("Upper house", "powersync-2"),
    ]


def test_forcing_asks_first() -> None:
    """What moves energy by one touch of a card needs a second one."""
    asked = {
        str(node["entity"]): "confirmation" in node["tap_action"]  # type: ignore[operator]  # a mapping
        for node in nodes(build([english_site()]))
        if "tap_action" in node
    }
    assert asked == {
        "button.powersync_force_charge": True,
        "button.powersync_force_discharge": True,
        "button.powersync_restore_normal_operation": False,
        "button.powersync_plan_again": False,
    }


@pytest.mark.parametrize(
    ("button", "switch"),
    [("force_charge", "grid_charging"), ("force_discharge", "battery_export")],
)
def test_what_a_button_needs_is_said(button: str, switch: str) -> None:
    """While its switch is off a button cannot be pressed, and one reads why."""
    texts = CONTENT["entity"]
    condition = {
        "condition": "state",
        "entity": english_site().ids[f"switch.{switch}"],
        "state": "off",
    }
    (said,) = (
        str(node["content"])
        for node in nodes(build([english_site()]))
        if node.get("visibility") == [condition]
    )
    assert f"*{texts['button'][button]['name']}*" in said
    assert f"*{texts['switch'][switch]['name']}*" in said


def store(folder: Path, name: str, **data: object) -> None:
    """Write a file of Home Assistant's storage."""
    (folder / ".storage").mkdir(exist_ok=True)
    (folder / ".storage" / name).write_text(json.dumps({"data": data}))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-m", "dashboard", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_configuration_folder(tmp_path: Path) -> None:
    """From the files of a Home Assistant, to the terminal or a file."""
    store(
        tmp_path,
        "core.entity_registry",
        entities=[entity("sensor.haus_akkustand", f"{ENTRY}_battery_level")],
    )
    store(
        tmp_path, "core.config_entries", entries=[{"entry_id": ENTRY, "title": "Haus"}]
    )
    made = written(sites_in(tmp_path))
    assert "entity: sensor.haus_akkustand\n" in made
    assert run("--config", str(tmp_path)).stdout == made
    output = tmp_path / "made.yaml"
    assert run("--config", str(tmp_path), "--output", str(output)).returncode == 0
    assert output.read_text(encoding="utf-8") == made


def test_a_folder_without_us(tmp_path: Path) -> None:
    """It is said in a line what is missing; nothing is written."""
    missing = run("--config", str(tmp_path))
    assert missing.returncode == 1
    assert missing.stderr.startswith("No dashboard was made: ")
    store(tmp_path, "core.entity_registry", entities=[])
    store(tmp_path, "core.config_entries", entries=[])
    empty = run("--config", str(tmp_path))
    assert empty.returncode == 1
    assert empty.stderr == "No dashboard was made: PowerSync has no entities there\n"
