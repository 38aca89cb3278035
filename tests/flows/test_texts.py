"""All that the dialogues show has a text, and no text is left over."""

import ast
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

import probatio
import pytest

from custom_components.power_sync import config_flow
from custom_components.power_sync.config_flow import provider_schema
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import Caveat, Transport
from custom_components.power_sync.flows import (
    battery,
    battery_address,
    battery_subentry,
    limits,
    octopus,
    octopus_forms,
    options,
    options_history,
    options_limits,
    options_planning,
    options_solar,
    options_step,
    prices,
)
from custom_components.power_sync.flows.battery import PROBE_ERRORS, brand_schema
from custom_components.power_sync.flows.battery_address import (
    address_schema,
    link_schema,
)
from custom_components.power_sync.flows.limits import LIMITS_SCHEMA
from custom_components.power_sync.flows.octopus_forms import (
    NO_EXPORT,
    region_schema,
    tariff_schema,
)
from custom_components.power_sync.flows.options import MENU
from custom_components.power_sync.flows.options_history import (
    HISTORY_SCHEMA,
    HISTORY_SENSORS_SCHEMA,
    UNFIT_ERRORS,
)
from custom_components.power_sync.flows.options_limits import SITE_LIMITS_SCHEMA
from custom_components.power_sync.flows.options_planning import PLANNING_SCHEMA
from custom_components.power_sync.flows.options_solar import (
    SENSORS_SCHEMA,
    SOLAR_SCHEMA,
    providers_schema,
)
from custom_components.power_sync.prices.octopus_products import Offers
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector

PACKAGE = Path(config_flow.__file__).parent
CONTENT: dict[str, Any] = json.loads(
    (PACKAGE / "translations" / "en.json").read_text(encoding="utf-8")
)
BATTERY = {
    "battery",
    "battery_link",
    "battery_connect",
    "battery_serial",
    "battery_found",
    *(f"battery_{caveat}" for caveat in Caveat),
}
SUNGROW = BRANDS["sungrow"]
FIELDS: Mapping[str, Any] = {
    "user": provider_schema(),
    "octopus": region_schema(collapsed=True),
    "octopus_tariff": tariff_schema(Offers(), collapsed=True),
    "battery": brand_schema(),
    "battery_link": link_schema(SUNGROW),
    "battery_connect": address_schema(SUNGROW, Transport.TCP),
    "battery_serial": address_schema(SUNGROW, Transport.SERIAL),
    **{f"battery_{caveat}": set() for caveat in Caveat},
    "battery_found": {"max_charge_w", "max_discharge_w", "capacity_kwh"},
    "limits": LIMITS_SCHEMA,
}
OPTION_FIELDS: Mapping[str, Any] = {
    "limits": SITE_LIMITS_SCHEMA,
    "planning": PLANNING_SCHEMA,
    "solar": SOLAR_SCHEMA,
    "solar_providers": providers_schema([]),
    "solar_sensors": SENSORS_SCHEMA,
    "solar_found": probatio.Schema({}),
    "history": HISTORY_SCHEMA,
    "history_sensors": HISTORY_SENSORS_SCHEMA,
    "history_found": probatio.Schema({}),
    "history_found_sun": probatio.Schema({}),
}
PLACEHOLDERS = {
    "octopus_tariff": {"region"},
    "battery_link": {"brand"},
    "battery_connect": {"brand"},
    "battery_serial": {"brand"},
    **{f"battery_{caveat}": {"model"} for caveat in Caveat},
    "battery_found": {"model", "serial", "capacity", "rated_power"},
    "limits": {"floor"},
    "solar_sensors": {"sensors"},
    "solar_found": {"source", "step", "until", "energy"},
    "history_sensors": {"sensor"},
    "history_found": {"days", "until", "per_day"},
    "history_found_sun": {"days", "until", "per_day", "sun_days", "sun_per_day"},
}
OPTIONS = (
    options_step,
    options_limits,
    options_planning,
    options_solar,
    options_history,
)
BATTERY_ONLY = "config_subentries.battery"


def part(path: str) -> dict[str, Any]:
    """Return a part of the texts."""
    found: Any = CONTENT
    for key in path.split("."):
        found = found[key]
    assert isinstance(found, dict)
    return found


def names(fields: Any) -> Iterator[tuple[str, str | None]]:
    """Yield each field and the section that it is in."""
    if not isinstance(fields, probatio.Schema):
        yield from ((name, None) for name in fields)
        return
    for key, field in fields.schema.items():
        if isinstance(field, section):
            yield from ((inner.schema, key.schema) for inner in field.schema.schema)
        else:
            yield key.schema, None


def every(schema: probatio.Schema) -> Iterator[Any]:
    """Yield each field, also those in sections."""
    for field in schema.schema.values():
        if isinstance(field, section):
            yield from every(field.schema)
        else:
            yield field


def strings(module: Any) -> Iterator[tuple[str, str]]:
    """Yield (what for, key) of the keys that a module of dialogues uses."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        match node:
            case ast.keyword(arg="step_id", value=ast.Constant(value=str(key))):
                yield "step", key
            case ast.Call(
                func=ast.Name(id="InputError" | "SensorError"),
                args=[ast.Constant(value=str(key)), *_],
            ):
                yield "error", key
            case ast.Call(
                func=ast.Name(id="AbortFlow"), args=[ast.Constant(value=str(key))]
            ):
                yield "abort", key
            case ast.Return(value=ast.Constant(value=str(key))) if module is prices:
                yield "error", key


def used(*modules: Any) -> dict[str, set[str]]:
    """Return the keys that modules use, by what for."""
    keys: dict[str, set[str]] = {"step": set(), "error": set(), "abort": set()}
    for module in modules:
        for kind, key in strings(module):
            keys[kind].add(key)
    return keys


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("config.step", used(config_flow, battery, octopus)["step"]),
        (
            "config.error",
            used(
                config_flow,
                battery,
                battery_address,
                octopus,
                octopus_forms,
                prices,
            )["error"]
            | used(limits)["error"]
            | set(PROBE_ERRORS.values()),
        ),
        ("config.abort", used(config_flow, battery)["abort"]),
        ("options.step", used(options, *OPTIONS)["step"]),
        ("options.step.init.menu_options", set(MENU)),
        ("options.step.init.menu_option_descriptions", set(MENU)),
        (
            "options.error",
            used(limits, *OPTIONS)["error"] | set(UNFIT_ERRORS.values()),
        ),
        (f"{BATTERY_ONLY}.step", BATTERY),
        (
            f"{BATTERY_ONLY}.error",
            used(battery, battery_address)["error"] | set(PROBE_ERRORS.values()),
        ),
        (f"{BATTERY_ONLY}.abort", used(battery, battery_subentry)["abort"]),
        (f"{BATTERY_ONLY}.initiate_flow", {"user", "reconfigure"}),
    ],
)
def test_keys(path: str, keys: set[str]) -> None:
    """Each key that is used has a text; none is left over."""
    if path == "config.error":
        # Of a new battery any serial is right.
        keys = keys - {"wrong_battery"}
    assert len(keys) > 0
    assert set(part(path)) == keys


@pytest.mark.parametrize(
    ("path", "form"),
    [
        *((f"config.step.{step}", fields) for step, fields in FIELDS.items()),
        *((f"options.step.{step}", fields) for step, fields in OPTION_FIELDS.items()),
        *((f"{BATTERY_ONLY}.step.{step}", FIELDS[step]) for step in sorted(BATTERY)),
    ],
)
def test_fields(path: str, form: Any) -> None:
    """Each field has a name and a description, each section a name."""
    text = part(path)
    fields = list(names(form))
    for area in {None, *(inside for _, inside in fields)}:
        where = text if area is None else text["sections"][area]
        wanted = {name for name, inside in fields if inside == area}
        data, described = where.get("data", {}), where.get("data_description", {})
        assert set(data) == set(described) == wanted
    assert set(text.get("sections", {})) == {inside for _, inside in fields if inside}
    assert {"title", "description"} <= set(text)


@pytest.mark.parametrize(
    ("area", "step"),
    [
        *(("config", step) for step in FIELDS),
        *(("options", step) for step in ("init", *OPTION_FIELDS)),
    ],
)
def test_placeholders(area: str, step: str) -> None:
    """A text names only what the step tells."""
    path = f"{area}.step.{step}"
    named = set(re.findall(r"{(\w+)}", json.dumps(part(path))))
    assert named <= PLACEHOLDERS.get(step, set())


def test_choices() -> None:
    """Each choice has a text, and a brand has its name."""
    schemas = (
        provider_schema(),
        *OPTION_FIELDS.values(),
        link_schema(SUNGROW),
        address_schema(SUNGROW, Transport.SERIAL),
    )
    selects = [
        field.config
        for schema in schemas
        for field in every(schema)
        if isinstance(field, SelectSelector) and "translation_key" in field.config
    ]
    choices = {
        select["translation_key"]: set(select["options"]) for select in selects
    } | {"export_product": {NO_EXPORT}}
    words = [each for brand in BRANDS.values() for each in brand.words.values()]
    choices |= {
        "setting": {each.name for each in words},
        "setting_value": {name for each in words for name in each.choices.values()},
        "go_live": {"now", "next", "nothing"},
    }
    assert {key: set(text["options"]) for key, text in CONTENT["selector"].items()} == (
        choices
    )
    assert all(brand.name for brand in BRANDS.values())


def test_style() -> None:
    """No addresses, no mark-up, no double spaces, no missing full stops."""
    for area in ("config", "options", "config_subentries"):
        text = json.dumps(CONTENT[area])
        assert "http:" not in text
        assert "https:" not in text
        assert "<" not in text
        assert "  " not in text
        assert "[%" not in text
        for described in re.findall(r'"data_description": ({.*?})', text):
            for sentence in json.loads(described).values():
                assert sentence.endswith(".")
