"""All that users see has a text and an icon, and none is left over."""

import ast
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.power_sync import (
    binary_sensor,
    button,
    calendar,
    image,
    number,
    select,
    switch,
    time,
)
from custom_components.power_sync.backtest_services import BACKTEST_SCHEMA
from custom_components.power_sync.brand_services import brand_schema
from custom_components.power_sync.calendar_services import CALENDAR_SCHEMA
from custom_components.power_sync.const import FORCE_DURATIONS_MIN
from custom_components.power_sync.control.problems import ProblemKey
from custom_components.power_sync.control.view import HoldMethod, PlannedBy
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.actions import ANY_BRAND
from custom_components.power_sync.going_live import GO_LIVE
from custom_components.power_sync.health_service import HEALTH_SCHEMA
from custom_components.power_sync.issues import (
    FIXABLE,
    FOREIGN_CONTROL_BY,
    LIBRARY_MISSING,
)
from custom_components.power_sync.model.charger import ChargeMode
from custom_components.power_sync.model.plan import LimitKey
from custom_components.power_sync.number_settings import SETTING_NUMBERS
from custom_components.power_sync.picture import Theme
from custom_components.power_sync.planner import Objective
from custom_components.power_sync.price_services import WINDOW_SCHEMA
from custom_components.power_sync.prices.glance import Level
from custom_components.power_sync.repairs import FIX_FLOWS
from custom_components.power_sync.sensor_backtest import BACKTEST_SENSORS
from custom_components.power_sync.sensor_battery import BATTERY_SENSORS, LEASE_SENSORS
from custom_components.power_sync.sensor_bill import BILL_SENSORS
from custom_components.power_sync.sensor_charger import CHARGER_SENSORS
from custom_components.power_sync.sensor_controlled_load import CONTROLLED_LOAD
from custom_components.power_sync.sensor_hold import HOLD_SENSORS, LEAKED_IN_TOTAL
from custom_components.power_sync.sensor_inverter import INVERTER_SENSORS
from custom_components.power_sync.sensor_money import MONEY_SENSORS, Basis
from custom_components.power_sync.sensor_planned import PLANNED_SENSORS
from custom_components.power_sync.sensor_prices import PRICE_SENSORS
from custom_components.power_sync.sensor_quality import QUALITY_SENSORS, RULE_TIMES
from custom_components.power_sync.sensor_scores import SCORE_SENSORS
from custom_components.power_sync.sensor_site import FORECAST_SENSORS, SITE_SENSORS
from custom_components.power_sync.sensor_tariff import TARIFF
from custom_components.power_sync.sensor_window import CHEAPEST_WINDOW
from custom_components.power_sync.sensor_words import PLAN_IN_WORDS
from custom_components.power_sync.services import (
    BATTERY_SCHEMA,
    DISCHARGE_SCHEMA,
    FORCE_SCHEMA,
    LOG_SCHEMA,
    PLAN_SCHEMA,
    SITE_SCHEMA,
)
from custom_components.power_sync.setpoint_service import SETPOINT_SCHEMA
from custom_components.power_sync.words.summary import TOLD_WITH_NUMBERS
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.util.yaml import parse_yaml

PACKAGE = Path(button.__file__).parent
SENSORS: tuple[SensorEntityDescription, ...] = (
    *SITE_SENSORS,
    *PRICE_SENSORS,
    *BILL_SENSORS,
    *MONEY_SENSORS,
    *FORECAST_SENSORS,
    *BACKTEST_SENSORS,
    *SCORE_SENSORS,
    *BATTERY_SENSORS,
    *LEASE_SENSORS,
    *INVERTER_SENSORS,
    *PLANNED_SENSORS,
    CHEAPEST_WINDOW,
    CONTROLLED_LOAD,
    *CHARGER_SENSORS,
    *HOLD_SENSORS,
    LEAKED_IN_TOTAL,
    *QUALITY_SENSORS,
    *RULE_TIMES,
    PLAN_IN_WORDS,
    TARIFF,
)
ENTITIES: Mapping[str, set[str]] = {
    "binary_sensor": {
        binary_sensor.PLUGGED.key,
        *(each.key for each in binary_sensor.BINARY_SENSORS),
    },
    "button": {each.key for each in button.BUTTONS},
    "calendar": {calendar.TARIFF.key},
    "image": {image.PLAN.key},
    "number": {
        number.FORCE_POWER.key,
        *(each.key for each in (*SETTING_NUMBERS, *number.OWNER_NUMBERS)),
    },
    "select": {
        select.FORCE_DURATION.key,
        select.OBJECTIVE.key,
        select.PICTURE_THEME.key,
        select.HOLD_METHOD.key,
        select.CHARGE_MODE.key,
        select.PLANNED_BY.key,
        *(each.key for each in select.OWNER_SELECTS),
    },
    "sensor": {each.key for each in SENSORS},
    "switch": {each.key for each in (*switch.OWNER_SWITCHES, *switch.SWITCHES)},
    "time": {each.key for each in time.TIMES},
}
SCHEMAS = {
    "force_charge": FORCE_SCHEMA,
    "force_discharge": DISCHARGE_SCHEMA,
    "hold": FORCE_SCHEMA,
    "restore_normal": BATTERY_SCHEMA,
    "replan": SITE_SCHEMA,
    "set_power_setpoint": SETPOINT_SCHEMA,
    "sync_battery_health": HEALTH_SCHEMA,
    "decide_once": BATTERY_SCHEMA,
    "set_grid_export_auto": BATTERY_SCHEMA,
    "sync_now": SITE_SCHEMA,
    "sync_tou_schedule": BATTERY_SCHEMA,
    "find_cheapest_window": WINDOW_SCHEMA,
    "backtest": BACKTEST_SCHEMA,
    "cancel_backtest": SITE_SCHEMA,
    "get_plan": PLAN_SCHEMA,
    "get_command_log": LOG_SCHEMA,
    "get_calendar_history": CALENDAR_SCHEMA,
    **{
        action.name: brand_schema(action)
        for actions in (ANY_BRAND, *(brand.actions for brand in BRANDS.values()))
        for action in actions
    },
}
FIX_TEXTS = {
    "tariff_ended": {"abort": {"site_gone"}},
    "foreign_control": {"abort": {"not_loaded", "battery_gone"}},
    FOREIGN_CONTROL_BY: {"abort": {"not_loaded", "battery_gone"}},
    LIBRARY_MISSING: {"error": {"still_missing"}},
}
"""What the dialogues that fix an issue say beside their questions."""
HAS_OWN_ICON = {"battery_level", "next_action_at", "until", "temperature"}
"""Their device class gives them one."""


@pytest.fixture(autouse=True)
def with_custom_integrations() -> None:
    """Do without Home Assistant: files are compared here."""


def load(name: str) -> dict[str, Any]:
    """Return a JSON file of the package."""
    content: dict[str, Any] = json.loads((PACKAGE / name).read_text(encoding="utf-8"))
    return content


TEXTS = load("translations/en.json")
ICONS = load("icons.json")


def keywords(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield each exception's key of a module with the placeholders it is given."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        key, domain = given.get("translation_key"), given.get("translation_domain")
        if isinstance(key, ast.Constant) and domain is not None:
            values = given.get("translation_placeholders")
            names = values.keys if isinstance(values, ast.Dict) else []
            yield (
                str(key.value),
                {str(name.value) for name in names if isinstance(name, ast.Constant)},
            )


def raised() -> dict[str, set[str]]:
    """Return all exceptions of the package with their placeholders."""
    found: dict[str, set[str]] = {
        # Raised in one place for several keys, and shown as a notification.
        "command_failed": {"problems"},
        "restore_failed": {"problems"},
        "setting_failed": {"problems"},
        "sync_failed": {"problems"},
        "not_given_back": {"batteries"},
    }
    for path in PACKAGE.rglob("*.py"):
        for key, names in keywords(path):
            assert found.setdefault(key, names) == names, key
    return found


def test_entities() -> None:
    """Each entity has a name, each name an entity."""
    assert {platform: set(texts) for platform, texts in TEXTS["entity"].items()} == (
        ENTITIES
    )
    for texts in TEXTS["entity"].values():
        assert all(text["name"] for text in texts.values())


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.key)
def test_states(sensor: SensorEntityDescription) -> None:
    """Each state of an enum has a text, each text a state."""
    texts = TEXTS["entity"]["sensor"][sensor.key].get("state", {})
    assert texts.keys() == set(sensor.options or ())


def test_basis() -> None:
    """What the day's saving stands on is said in words."""
    attributes = TEXTS["entity"]["sensor"]["saved_today"]["state_attributes"]
    assert attributes["basis"]["state"].keys() == set(Basis)


def test_other_states() -> None:
    """So have the durations, which are no sensor's."""
    durations = TEXTS["entity"]["select"]["force_duration"]["state"]
    assert durations.keys() == {str(minutes) for minutes in FORCE_DURATIONS_MIN}
    assert durations["15"] == "15 minutes"
    assert durations["60"] == "1 hour"
    assert durations["150"] == "2 hours 30 minutes"
    objectives = TEXTS["entity"]["select"]["objective"]["state"]
    assert objectives.keys() == set(Objective)
    assert objectives == TEXTS["selector"]["objective"]["options"]
    methods = TEXTS["entity"]["select"]["hold_method"]["state"]
    assert methods.keys() == set(HoldMethod)
    modes = TEXTS["entity"]["select"]["charge_mode"]["state"]
    assert modes.keys() == set(ChargeMode)
    planners = TEXTS["entity"]["select"]["planned_by"]["state"]
    assert planners.keys() == set(PlannedBy)
    themes = TEXTS["entity"]["select"]["picture_theme"]["state"]
    assert themes.keys() == set(Theme)


def test_icons() -> None:
    """Each entity has an icon of ours or of its device class."""
    for platform, keys in ENTITIES.items():
        assert ICONS["entity"][platform].keys() - keys == set()
        assert keys - ICONS["entity"][platform].keys() <= HAS_OWN_ICON
        for key, icon in ICONS["entity"][platform].items():
            states = TEXTS["entity"][platform][key].get("state", {"off": "", "on": ""})
            assert icon.get("state", {}).keys() <= states.keys()
    icons = re.findall(r'"mdi:[a-z0-9-]+"', (PACKAGE / "icons.json").read_text())
    assert len(icons) == (PACKAGE / "icons.json").read_text().count("mdi:")


@pytest.mark.parametrize("action", SCHEMAS)
def test_actions(action: str) -> None:
    """The fields of an action are those that it takes, in all descriptions."""
    described = parse_yaml((PACKAGE / "services.yaml").read_text(encoding="utf-8"))
    assert isinstance(described, dict)
    assert described.keys() == SCHEMAS.keys() == TEXTS["services"].keys()
    fields: set[str] = set()
    sections = set()
    for name, field in described[action]["fields"].items():
        if "fields" in field:
            sections.add(name)
            fields |= set(field["fields"])
        else:
            fields.add(name)
    taken = {str(key.schema) for key in SCHEMAS[action].schema}
    assert fields == taken == TEXTS["services"][action]["fields"].keys()
    assert sections == TEXTS["services"][action].get("sections", {}).keys()
    assert sections == ICONS["services"][action].get("sections", {}).keys()
    for field in TEXTS["services"][action]["fields"].values():
        assert field.keys() == {"name", "description"}


def test_sentences() -> None:
    """Each sentence is said somewhere, and each that is said has a text.

    Keys that are put together are those of weekdays, of reasons, of limits and of a
    tariff's levels; the logbook's have a test of their own.
    """
    said: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(node.value)
    sentences = {key for key in TEXTS["common"] if not key.startswith("logbook_")}
    reasons = {f"why_{key.value}" for key in TOLD_WITH_NUMBERS}
    limits = {f"limit_{key.value}" for key in LimitKey}
    levels = {f"tariff_{level.value}" for level in Level}
    put_together = {f"weekday_{day}" for day in range(7)} | reasons | limits | levels
    assert put_together <= sentences
    assert sentences - put_together <= said


def test_exceptions() -> None:
    """Each exception has a text with the placeholders it is given, and no other."""
    texts = {key: text["message"] for key, text in TEXTS["exceptions"].items()}
    wanted = raised()
    assert texts.keys() == wanted.keys()
    for key, text in texts.items():
        assert set(re.findall(r"{(\w+)}", text)) == wanted[key], key


STEPS = {
    GO_LIVE: {"saved", "nothing_saved", "too_little", "not_known", "write"},
}
"""Of the issues that are fixed in more than one step."""


def test_issues() -> None:
    """Each problem has a text that says what to do; a fixable one asks."""
    assert TEXTS["issues"].keys() == {
        *ProblemKey,
        FOREIGN_CONTROL_BY,
        GO_LIVE,
        LIBRARY_MISSING,
    }
    assert FIX_FLOWS.keys() == FIXABLE | {GO_LIVE}
    for key, text in TEXTS["issues"].items():
        if key in FIX_FLOWS:
            assert text.keys() == {"title", "fix_flow"}
            steps = text["fix_flow"]["step"]
            assert steps.keys() == STEPS.get(key, {"confirm"})
            for step in steps.values():
                assert step.keys() == {"title", "description"}
            others = {
                kind: set(texts)
                for kind, texts in text["fix_flow"].items()
                if kind != "step"
            }
            if key != GO_LIVE:
                assert others == FIX_TEXTS.get(key, {})
        else:
            assert text.keys() == {"title", "description"}
        if key != GO_LIVE:
            named = set(re.findall(r"{(\w+)}", json.dumps(text)))
            assert named <= {"account", "battery", "library", "site", "suspects"}
