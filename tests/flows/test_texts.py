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
from custom_components.power_sync.devices.batteries.brand import Caveat
from custom_components.power_sync.devices.batteries.modbus import (
    Transport,
    modbus_access,
)
from custom_components.power_sync.devices.batteries.tesla.access import VIA_TOKEN
from custom_components.power_sync.flows import (
    amber,
    amber_account,
    battery,
    battery_address,
    battery_cloud,
    battery_entities,
    battery_entities_forms,
    battery_found,
    battery_modbus,
    battery_no_device,
    battery_subentry,
    battery_tesla,
    charger,
    cloud_forms,
    day_ahead,
    entity,
    fixed,
    fixed_credit_forms,
    fixed_forms,
    flow_power,
    flow_power_forms,
    limits,
    market_forms,
    octopus,
    octopus_forms,
    octopus_own,
    options,
    options_billing,
    options_history,
    options_limits,
    options_mains,
    options_market,
    options_planning,
    options_solar,
    options_step,
    prices,
    reauth,
)
from custom_components.power_sync.flows.amber_forms import account_schema, site_schema
from custom_components.power_sync.flows.battery import brand_schema
from custom_components.power_sync.flows.battery_address import (
    address_schema,
    link_schema,
)
from custom_components.power_sync.flows.battery_cloud import (
    account_schema as account_schema_of_a_cloud,
    station_schema,
)
from custom_components.power_sync.flows.battery_entities_forms import (
    MODES_SCHEMA,
    RIGHT_SCHEMA,
    TRY_SCHEMA,
    recipe_schema,
    sensors_schema,
)
from custom_components.power_sync.flows.battery_found import PROBE_ERRORS
from custom_components.power_sync.flows.battery_no_device import no_device_schema
from custom_components.power_sync.flows.battery_tesla import (
    borrowed_schema,
    site_schema as site_schema_of_tesla,
    token_schema,
)
from custom_components.power_sync.flows.charger import (
    KEY_SCHEMA,
    entities_schema,
    kind_schema,
    pick_schema,
    zappi_schema,
)
from custom_components.power_sync.flows.day_ahead import day_ahead_schema
from custom_components.power_sync.flows.entity import entity_schema
from custom_components.power_sync.flows.fixed_credit_forms import credit_schema
from custom_components.power_sync.flows.fixed_forms import (
    choice_schema,
    fixed_schema,
    rate_schema,
    template_schema,
)
from custom_components.power_sync.flows.flow_power_forms import (
    contract_schema,
    market_site_schema,
)
from custom_components.power_sync.flows.limits import LIMITS_SCHEMA
from custom_components.power_sync.flows.market_forms import market_schema
from custom_components.power_sync.flows.octopus_forms import (
    NO_EXPORT,
    home_schema,
    region_schema,
    tariff_schema,
)
from custom_components.power_sync.flows.options import MENU
from custom_components.power_sync.flows.options_billing import billing_schema
from custom_components.power_sync.flows.options_history import (
    HISTORY_SCHEMA,
    HISTORY_SENSORS_SCHEMA,
    UNFIT_ERRORS,
)
from custom_components.power_sync.flows.options_limits import SITE_LIMITS_SCHEMA
from custom_components.power_sync.flows.options_mains import (
    CONNECTION_SCHEMA,
    MAINS_SCHEMA,
    PHASES_SCHEMA,
)
from custom_components.power_sync.flows.options_planning import planning_schema
from custom_components.power_sync.flows.options_solar import (
    SENSORS_SCHEMA,
    SOLAR_SCHEMA,
    providers_schema,
)
from custom_components.power_sync.flows.prices import PRICE_ERRORS
from custom_components.power_sync.flows.reauth import PASSWORD_SCHEMA, REAUTH_SCHEMA
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.prices.octopus_products import Offers
from custom_components.power_sync.prices.templates import TEMPLATES
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector
from homeassistant.util.yaml import parse_yaml

PACKAGE = Path(config_flow.__file__).parent
CONTENT: dict[str, Any] = json.loads(
    (PACKAGE / "translations" / "en.json").read_text(encoding="utf-8")
)
BATTERY = {
    "battery",
    "battery_link",
    "battery_connect",
    "battery_serial",
    "battery_no_device",
    "battery_cloud",
    "battery_station",
    "battery_tesla",
    "battery_tesla_token",
    "battery_tesla_site",
    "battery_entities",
    "battery_entities_sign",
    "battery_entities_modes",
    "battery_entities_mode",
    "battery_entities_try",
    "battery_entities_tried",
    "battery_found",
    *(f"battery_{caveat}" for caveat in Caveat),
}
REACHED = modbus_access(BRANDS["sungrow"])
FIELDS: Mapping[str, Any] = {
    "user": provider_schema(),
    "reconfigure": provider_schema(),
    "octopus": region_schema(collapsed=True),
    "octopus_home": home_schema(["1 Example Street"]),
    "octopus_tariff": tariff_schema(Offers(), collapsed=True),
    "amber": account_schema(known=False, collapsed=True),
    "amber_site": site_schema([]),
    "day_ahead": day_ahead_schema([]),
    "day_ahead_found": set(),
    "flow_power": contract_schema(collapsed=True),
    "flow_power_amber": account_schema(known=False, collapsed=True),
    "flow_power_site": market_site_schema([]),
    "entity": entity_schema("EUR", collapsed=True),
    "entity_found": set(),
    "fixed": fixed_schema("EUR"),
    "fixed_rates": set(),
    "fixed_template": template_schema(list(TEMPLATES)),
    "fixed_rate": rate_schema("EUR", collapsed=True, holidays=True),
    "fixed_credit": credit_schema("EUR"),
    "fixed_change": choice_schema([], multiple=False),
    "fixed_remove": choice_schema([], multiple=True),
    "fixed_market": market_schema(collapsed=True),
    "reauth_confirm": REAUTH_SCHEMA,
    "battery": brand_schema(),
    "battery_link": link_schema(REACHED),
    "battery_connect": address_schema(REACHED, Transport.TCP),
    "battery_serial": address_schema(REACHED, Transport.SERIAL),
    "reauth_battery": PASSWORD_SCHEMA,
    "reauth_charger": KEY_SCHEMA,
    "reauth_battery_token": REAUTH_SCHEMA,
    "battery_tesla": borrowed_schema([]),
    "battery_tesla_token": token_schema(),
    "battery_tesla_site": site_schema_of_tesla([]),
    "battery_cloud": account_schema_of_a_cloud(BRANDS["sigenergy_cloud"]),
    "battery_station": station_schema([]),
    "battery_no_device": no_device_schema(BRANDS["simulated"]),
    "battery_entities": sensors_schema(),
    "battery_entities_sign": RIGHT_SCHEMA,
    "battery_entities_modes": MODES_SCHEMA,
    "battery_entities_mode": recipe_schema(Mode.CHARGE),
    "battery_entities_try": TRY_SCHEMA,
    "battery_entities_tried": RIGHT_SCHEMA,
    **{f"battery_{caveat}": set() for caveat in Caveat},
    "battery_found": {"max_charge_w", "max_discharge_w", "capacity_kwh"},
    "limits": LIMITS_SCHEMA,
}
CHARGER_FIELDS: Mapping[str, Any] = {
    "user": kind_schema(),
    "zappi": zappi_schema(),
    "zappi_pick": pick_schema([]),
    "charger_entities": entities_schema(),
}
OPTION_FIELDS: Mapping[str, Any] = {
    "limits": SITE_LIMITS_SCHEMA,
    "mains": MAINS_SCHEMA,
    "mains_phases": PHASES_SCHEMA,
    "mains_battery": CONNECTION_SCHEMA,
    "planning": planning_schema("AUD"),
    "solar": SOLAR_SCHEMA,
    "solar_providers": providers_schema([]),
    "solar_sensors": SENSORS_SCHEMA,
    "solar_found": probatio.Schema({}),
    "history": HISTORY_SCHEMA,
    "history_sensors": HISTORY_SENSORS_SCHEMA,
    "history_found": probatio.Schema({}),
    "history_found_sun": probatio.Schema({}),
    "market": market_schema(collapsed=True),
    "billing": billing_schema("AUD"),
}
PLACEHOLDERS = {
    "octopus_tariff": {"region"},
    "day_ahead_found": {"count", "minutes", "until", "bought", "sold"},
    "entity_found": {"count", "minutes", "until", "bought", "sold"},
    "fixed_rates": {"bought", "sold", "rates"},
    "reauth_confirm": {"site"},
    "reauth_battery": {"battery", "email"},
    "reauth_charger": {"charger"},
    "reauth_battery_token": {"battery"},
    "battery_cloud": {"brand"},
    "battery_link": {"brand"},
    "battery_connect": {"brand"},
    "battery_serial": {"brand"},
    **{f"battery_{caveat}": {"model"} for caveat in Caveat},
    "battery_found": {"model", "serial", "capacity", "rated_power"},
    "battery_entities_sign": {"level", "power"},
    "battery_entities_try": {"mode"},
    "battery_entities_tried": {"mode", "before", "during"},
    "battery_entities_modes": {"modes"},
    "battery_entities_mode": {"mode"},
    "limits": {"floor"},
    "mains_battery": {"battery"},
    "solar_sensors": {"sensors"},
    "solar_found": {"source", "step", "until", "energy"},
    "history_sensors": {"sensor"},
    "history_found": {"days", "until", "per_day"},
    "history_found_sun": {"days", "until", "per_day", "sun_days", "sun_per_day"},
}
BATTERY_STEPS = (
    battery,
    battery_found,
    battery_modbus,
    battery_address,
    battery_cloud,
    battery_entities,
    battery_entities_forms,
    battery_no_device,
    battery_tesla,
    cloud_forms,
)
OPTIONS = (
    options_step,
    options_limits,
    options_mains,
    options_planning,
    options_solar,
    options_history,
    options_market,
    options_billing,
)
PROVIDER_STEPS = (octopus, amber, flow_power, day_ahead, entity, fixed)
OF_A_REPORT = {
    *("cannot_connect", "rate_limited", "invalid_answer", "unknown_tariff"),
    *("invalid_url", "unknown"),
}
"""What can be wrong where prices are asked for without an account."""
BATTERY_ONLY = "config_subentries.battery"
CHARGER_ONLY = "config_subentries.charger"


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
            case ast.keyword(
                arg="refused" | "gone", value=ast.Constant(value=str(key))
            ):
                yield "error", key
            case ast.Call(
                func=ast.Name(id="AbortFlow"), args=[ast.Constant(value=str(key))]
            ):
                yield "abort", key


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
        (
            "config.step",
            used(config_flow, *BATTERY_STEPS, *PROVIDER_STEPS, reauth)["step"],
        ),
        (
            "config.error",
            used(
                config_flow,
                *BATTERY_STEPS,
                octopus,
                octopus_forms,
                octopus_own,
                amber_account,
                entity,
                fixed,
                fixed_credit_forms,
                fixed_forms,
                flow_power_forms,
                market_forms,
                prices,
                reauth,
            )["error"]
            | {*PRICE_ERRORS.values(), "invalid_answer"}
            | used(limits)["error"]
            | used(charger)["error"]
            | set(PROBE_ERRORS.values()),
        ),
        (
            "config.step.day_ahead_found.menu_options",
            {"day_ahead_done", "day_ahead"},
        ),
        ("config.step.entity_found.menu_options", {"entity_done", "entity"}),
        (
            "config.step.fixed_rates.menu_options",
            {
                *("fixed_add", "fixed_template", "fixed_change"),
                *("fixed_remove", "fixed_credit", "fixed_done"),
            },
        ),
        ("config.abort", used(config_flow, *BATTERY_STEPS, *PROVIDER_STEPS)["abort"]),
        ("options.step", used(options, *OPTIONS)["step"]),
        ("options.step.init.menu_options", set(MENU)),
        ("options.step.init.menu_option_descriptions", set(MENU)),
        (
            "options.error",
            used(limits, market_forms, *OPTIONS)["error"]
            | set(UNFIT_ERRORS.values())
            | OF_A_REPORT,
        ),
        (f"{BATTERY_ONLY}.step", BATTERY),
        (
            f"{BATTERY_ONLY}.error",
            # An address is checked as those of prices are.
            used(*BATTERY_STEPS)["error"]
            | {"invalid_url"}
            | set(PROBE_ERRORS.values()),
        ),
        (f"{BATTERY_ONLY}.abort", used(*BATTERY_STEPS, battery_subentry)["abort"]),
        (f"{BATTERY_ONLY}.initiate_flow", {"user", "reconfigure"}),
        (f"{CHARGER_ONLY}.step", used(charger)["step"] | {"user"}),
        (f"{CHARGER_ONLY}.error", used(charger)["error"]),
        (f"{CHARGER_ONLY}.abort", {"already_configured"}),
        (f"{CHARGER_ONLY}.initiate_flow", {"user", "reconfigure"}),
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
        *(
            (f"{CHARGER_ONLY}.step.{step}", form)
            for step, form in CHARGER_FIELDS.items()
        ),
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


def action_choices() -> dict[str, set[Any]]:
    """Return what the fields of actions offer that has words, by its key."""
    found: dict[str, set[Any]] = {}

    def look(tree: object) -> None:
        for key, part_ in tree.items() if isinstance(tree, dict) else ():
            if key == "select" and "translation_key" in part_:
                named = found.setdefault(part_["translation_key"], set())
                named.update(part_["options"])
            look(part_)

    look(parse_yaml((PACKAGE / "services.yaml").read_text(encoding="utf-8")))
    return found


def test_choices() -> None:
    """Each choice has a text, and a brand has its name."""
    schemas = (
        provider_schema(),
        template_schema(list(TEMPLATES)),
        rate_schema("EUR", collapsed=True, holidays=True),
        site_schema([]),
        contract_schema(collapsed=True),
        *OPTION_FIELDS.values(),
        *CHARGER_FIELDS.values(),
        MODES_SCHEMA,
        link_schema(REACHED),
        address_schema(REACHED, Transport.SERIAL),
        account_schema_of_a_cloud(BRANDS["sigenergy_cloud"]),
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
        "tesla_access": {VIA_TOKEN},
        "terms": {"day", "pooled", "credit"},
        **action_choices(),
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
