"""The lists in docs/reference.md: all entities, all actions."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
import json
from pathlib import Path
from typing import Any, Final

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
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.number_settings import SETTING_NUMBERS
from custom_components.power_sync.sensor_backtest import BACKTEST_SENSORS
from custom_components.power_sync.sensor_battery import BATTERY_SENSORS, LEASE_SENSORS
from custom_components.power_sync.sensor_bill import BILL_SENSORS
from custom_components.power_sync.sensor_charger import CHARGER_SENSORS
from custom_components.power_sync.sensor_controlled_load import CONTROLLED_LOAD
from custom_components.power_sync.sensor_hold import HOLD_SENSORS, LEAKED_IN_TOTAL
from custom_components.power_sync.sensor_inverter import INVERTER_SENSORS
from custom_components.power_sync.sensor_money import MONEY_SENSORS
from custom_components.power_sync.sensor_planned import PLANNED_SENSORS
from custom_components.power_sync.sensor_prices import PRICE_SENSORS
from custom_components.power_sync.sensor_quality import QUALITY_SENSORS, RULE_TIMES
from custom_components.power_sync.sensor_scores import SCORE_SENSORS
from custom_components.power_sync.sensor_site import FORECAST_SENSORS, SITE_SENSORS
from custom_components.power_sync.sensor_tariff import TARIFF
from custom_components.power_sync.sensor_window import CHEAPEST_WINDOW
from custom_components.power_sync.sensor_words import PLAN_IN_WORDS
from homeassistant.const import EntityCategory
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util.yaml import parse_yaml

type Described = tuple[str, Iterable[EntityDescription]]
"""A platform and what it has on a device."""

PACKAGE: Final = Path(button.__file__).parent

DEVICES: Final[Mapping[str, tuple[Described, ...]]] = {
    "Your home": (
        ("image", (image.PLAN,)),
        ("calendar", (calendar.TARIFF,)),
        (
            "sensor",
            (
                *SITE_SENSORS,
                *PRICE_SENSORS,
                *MONEY_SENSORS,
                *BILL_SENSORS,
                *FORECAST_SENSORS,
                *BACKTEST_SENSORS,
                *SCORE_SENSORS,
                *HOLD_SENSORS,
                CHEAPEST_WINDOW,
                CONTROLLED_LOAD,
                LEAKED_IN_TOTAL,
                PLAN_IN_WORDS,
            ),
        ),
        ("binary_sensor", binary_sensor.BINARY_SENSORS),
        ("switch", switch.SWITCHES),
        ("number", (number.FORCE_POWER, *SETTING_NUMBERS)),
        ("time", time.TIMES),
        (
            "select",
            (
                select.FORCE_DURATION,
                select.OBJECTIVE,
                select.PICTURE_THEME,
                select.HOLD_METHOD,
            ),
        ),
        ("button", button.BUTTONS),
    ),
    "Each battery": (
        (
            "sensor",
            (
                *BATTERY_SENSORS,
                *LEASE_SENSORS,
                *PLANNED_SENSORS,
                *QUALITY_SENSORS,
                *RULE_TIMES,
                TARIFF,
            ),
        ),
        ("switch", switch.OWNER_SWITCHES),
        ("number", number.OWNER_NUMBERS),
        ("select", (select.PLANNED_BY, *select.OWNER_SELECTS)),
    ),
    "Each inverter of a battery that has several": (("sensor", INVERTER_SENSORS),),
    "Each car charger": (
        ("sensor", CHARGER_SENSORS),
        ("binary_sensor", (binary_sensor.PLUGGED,)),
        ("select", (select.CHARGE_MODE,)),
    ),
}
KINDS: Final = {
    EntityCategory.CONFIG: "setting",
    EntityCategory.DIAGNOSTIC: "diagnostic",
}
SITE_FIELD: Final = "config_entry_id"


@cache
def texts() -> dict[str, Any]:
    """Return the English texts."""
    path = PACKAGE / "translations" / "en.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def row(cells: Iterable[str]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    heads = tuple(heads)
    return "\n".join((row(heads), row("---" for _ in heads), *map(row, rows)))


def entity_tables() -> str:
    """Return the entities of each device, as Markdown."""
    heads = ("entity", "platform", "unit", "kind")
    parts = []
    for device, platforms in DEVICES.items():
        rows = {
            _entity(platform, each): None
            for platform, described in platforms
            for each in described
        }
        parts += [f"### {device}", table(heads, rows)]
    return "\n\n".join(parts)


def _entity(platform: str, description: EntityDescription) -> tuple[str, ...]:
    return (
        str(texts()["entity"][platform][description.key]["name"]),
        platform.replace("_", " "),
        _unit(description),
        ", ".join(_kinds(description)),
    )


def _kinds(description: EntityDescription) -> Iterator[str]:
    if description.entity_category is not None:
        yield KINDS[description.entity_category]
    if not description.entity_registry_enabled_default:
        yield "off at first"


def _unit(description: EntityDescription) -> str:
    """Return the unit; that of money follows from the currency of the prices."""
    if getattr(description, "per_kwh", False):
        return "currency per kWh"
    unit_fn = getattr(description, "unit_fn", None)
    if unit_fn is not None:
        return str(unit_fn("currency")).replace("/", " per ")
    if description.device_class == "monetary":
        return "currency"
    return str(getattr(description, "native_unit_of_measurement", None) or "")


def action_tables() -> str:
    """Return each action with its fields, as Markdown."""
    parts = []
    for name, action in _actions().items():
        text = texts()["services"][name]
        parts += [f"### {text['name']}", f"`{DOMAIN}.{name}`: {text['description']}"]
        rows = [
            (f"`{field}`", _field(text["fields"][field]["description"], details))
            for field, details in _fields((action or {}).get("fields", {}))
            if field != SITE_FIELD
        ]
        if rows:
            parts.append(table(("field", "meaning"), rows))
    return "\n\n".join(parts)


def _actions() -> Mapping[str, Any]:
    """Return the actions as the editor for automations knows them."""
    described = parse_yaml((PACKAGE / "services.yaml").read_text(encoding="utf-8"))
    return described if isinstance(described, dict) else {}


def _fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the fields of an action, those in sections too."""
    for name, details in fields.items():
        if "fields" in details:
            yield from _fields(details["fields"])
        else:
            yield name, details


def _field(meaning: str, details: Mapping[str, Any]) -> str:
    return f"{meaning} Needed." if details.get("required") else meaning
