"""The set-up dialogue from its first to its last step."""

from unittest.mock import AsyncMock

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.price_source import ALL_PROVIDERS
from custom_components.power_sync.config_flow import PowerSyncConfigFlow
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.flows.limits import default_reserve_pct
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import SERIAL, battery_data, site_entry

from .dialogue import LIMITS, POWERS, TARIFFS, ConfigDialogue, address, region

SUGGESTED = {**TARIFFS, "other": {}}


async def test_a_site_is_set_up(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    no_setup: AsyncMock,
) -> None:
    """All that is asked is stored, as plain data."""
    await dialogue.to_region()
    advanced = {"base_url": "https://api.octopus.energy/v1"}
    assert dialogue.form == {"account": {}, "advanced": advanced}
    await dialogue.submit(region(octopus))
    assert dialogue.form == SUGGESTED
    await dialogue.submit(TARIFFS)
    assert (dialogue.step, dialogue.form) == ("battery_link", {"link": "lan"})
    await dialogue.submit(dialogue.form)
    assert dialogue.form == {"port": 502, "unit_id": 1}
    await dialogue.submit({**address(sungrow), "host": " LocalHost "})
    assert dialogue.form == {"max_charge_w": 10_600, "max_discharge_w": 10_600}
    assert dialogue.result["description_placeholders"] == {
        "model": "SH10RT",
        "serial": SERIAL,
        "capacity": "9.6 kWh",
        "rated_power": "10 kW",
    }
    await dialogue.submit(POWERS)
    assert dialogue.form == {
        "reserve_pct": 10,
        "grid_charging": True,
        "battery_export": False,
    }
    await dialogue.submit(LIMITS)

    entry = dialogue.entry
    assert (entry.title, entry.version, entry.minor_version) == ("PowerSync", 10, 1)
    assert entry.data == {
        "provider": "octopus",
        "prices": {**TARIFFS, "region": "C", "base_url": octopus.url},
    }
    assert entry.options == {
        "reserve_pct": 12,
        "import_limit_w": 14_000,
        "export_limit_w": None,
        "export_ceiling_w": None,
        "grid_charging": True,
        "battery_export": False,
    }
    (battery,) = entry.subentries.values()
    assert (battery.subentry_type, battery.title, battery.unique_id) == (
        "battery",
        "Sungrow SH10RT",
        SERIAL,
    )
    found = {**battery_data(sungrow), **POWERS}
    del found["sw_version"]
    assert {key: battery.data[key] for key in found} == found
    assert battery.data["host"] == "127.0.0.1"
    no_setup.assert_awaited_once()


async def test_no_export_tariff(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """It is suggested where none is on sale; a typed code is tidied up, and wins."""
    del octopus.products["AGILE-OUTGOING-19-05-13"]
    await dialogue.to_tariff(octopus)
    assert dialogue.form["export_product"] == "none"
    typed = {
        "other_import_product": " cosy-22-12-08 ",
        "other_export_product": " ",
    }
    await dialogue.submit({**dialogue.form, "other": typed})
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices["import_product"] == "COSY-22-12-08"
    assert prices["export_product"] is None


async def test_limits_of_the_inverter(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Floor, backup reserve and export limit are those of the inverter."""
    sungrow.owner_writes(13058, 80)  # stops at 8.0 %
    sungrow.owner_writes(13099, 20)  # backup reserve
    sungrow.owner_writes(13073, 5000)
    sungrow.owner_writes(13086, 0xAA)
    await dialogue.to_limits(octopus, sungrow)
    assert dialogue.form["reserve_pct"] == 20
    assert dialogue.form["export_limit_w"] == 5000

    typed = {
        "reserve_pct": 15,
        "grid_charging": False,
        "battery_export": True,
    }
    await dialogue.submit(typed)
    assert dialogue.errors == {"reserve_pct": "reserve_below_floor"}
    assert dialogue.result["description_placeholders"] == {"floor": "20"}
    assert dialogue.form == typed
    await dialogue.submit({**typed, "reserve_pct": 20})
    assert dialogue.entry.options == {
        "reserve_pct": 20,
        "import_limit_w": None,
        "export_limit_w": None,
        "export_ceiling_w": None,
        "grid_charging": False,
        "battery_export": True,
    }


@pytest.mark.parametrize(
    ("limits", "errors"),
    [
        ({"import_limit_w": 10}, {"import_limit_w": "import_limit_too_low"}),
        ({"import_limit_w": 499}, {"import_limit_w": "import_limit_too_low"}),
        ({"export_limit_w": 5}, {"export_limit_w": "export_limit_too_low"}),
        ({"export_limit_w": 99}, {"export_limit_w": "export_limit_too_low"}),
    ],
)
async def test_kilowatts_are_no_limits(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    limits: dict[str, int],
    errors: dict[str, str],
) -> None:
    """A limit of a few watts was meant in kW; no export at all is a limit."""
    typed = {**LIMITS, **limits}
    await dialogue.to_limits(octopus, sungrow)
    await dialogue.submit(typed)
    assert dialogue.errors == errors
    assert dialogue.form == typed
    lowest = {"import_limit_w": 500, "export_limit_w": 0}
    await dialogue.submit({**typed, **lowest})
    assert {key: dialogue.entry.options[key] for key in lowest} == lowest


def test_reserve_to_suggest() -> None:
    """10 %, and more where the inverter itself stops above that."""
    assert default_reserve_pct(None) == 10
    assert default_reserve_pct(5) == 10
    assert default_reserve_pct(20) == 20


async def test_battery_of_another_site(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """A battery has one master."""
    site_entry(sungrow, octopus).add_to_hass(hass)
    await dialogue.to_address(octopus)
    await dialogue.submit(address(sungrow))
    assert dialogue.reason == "already_configured"


async def test_two_dialogues_find_the_same_battery(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """The one that ends later makes nothing."""
    later = ConfigDialogue(hass)
    await later.to_limits(octopus, sungrow)
    await dialogue.to_address(octopus)
    await dialogue.finish_from_address(sungrow)
    await later.submit(LIMITS)
    assert later.reason == "already_configured"
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_tariff_is_changed(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """Without anything else being asked again; the old one is shown."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    await dialogue.to_change(entry)
    assert dialogue.form == region(octopus)
    await dialogue.submit(region(octopus, "D"))
    assert dialogue.form == SUGGESTED
    await dialogue.submit({**TARIFFS, "export_product": "none"})
    assert dialogue.reason == "reconfigure_successful"
    assert entry.data == {
        "provider": "octopus",
        "prices": {
            "import_product": "AGILE-24-10-01",
            "export_product": None,
            "region": "D",
            "base_url": octopus.url,
        },
        "dry_run": False,
    }


@pytest.mark.parametrize(
    ("stored", "suggested"),
    [
        pytest.param({"export_product": None}, {"export_product": "none"}, id="none"),
        pytest.param(
            {"import_product": "COSY-22-12-08"},
            {"import_product": "COSY-22-12-08"},
            id="on offer",
        ),
        pytest.param(
            {"import_product": "COSY-STAFF-25-01-01"},
            {"other": {"other_import_product": "COSY-STAFF-25-01-01"}},
            id="still has prices",
        ),
        pytest.param({"import_product": "AGILE-23-12-06"}, {}, id="ended"),
        pytest.param({"export_product": "OUTGOING-99-01-01"}, {}, id="withdrawn"),
    ],
)
async def test_tariff_of_before_is_suggested(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    stored: dict[str, str | None],
    suggested: dict[str, object],
) -> None:
    """While it has prices; after that, the one on sale."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(dialogue.hass)
    prices = {**entry.data["prices"], **stored}
    dialogue.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "prices": prices}
    )
    await dialogue.to_change(entry)
    await dialogue.submit(dialogue.form)
    assert dialogue.form == {**SUGGESTED, **suggested}
    assert ("other" in dialogue.folded_up) == ("other" not in suggested)
    await dialogue.submit(dialogue.form)
    assert dialogue.reason == "reconfigure_successful"


async def test_entry_of_another_integration(
    hass: HomeAssistant, enable_custom_integrations: None
) -> None:
    """It is refused with a text, and left as it is."""
    old = MockConfigEntry(domain=DOMAIN, version=3, data={"host": "192.0.2.1"})
    old.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(old.entry_id)
    assert old.state is ConfigEntryState.MIGRATION_ERROR
    assert old.error_reason_translation_key == "other_integration"
    assert (old.version, old.data) == (3, {"host": "192.0.2.1"})


async def test_several_providers_and_brands(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    second_brand: None,
) -> None:
    """They are asked for; each provider in the registry has steps."""
    for provider in ALL_PROVIDERS:
        assert hasattr(PowerSyncConfigFlow, f"async_step_{provider}")
    await dialogue.to_provider("octopus")
    await dialogue.submit(region(octopus))
    await dialogue.submit(TARIFFS)
    assert dialogue.step == "battery"
    await dialogue.submit({"brand": "sungrow"})
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data["provider"] == "octopus"


@pytest.mark.parametrize(
    ("country", "provider"), [("GB", "octopus"), ("AU", "amber"), ("FR", None)]
)
async def test_the_usual_provider_is_suggested(
    dialogue: ConfigDialogue, hass: HomeAssistant, country: str, provider: str | None
) -> None:
    """That of the country; elsewhere it has to be chosen."""
    hass.config.country = country
    await dialogue.open(DOMAIN, source="user")
    assert dialogue.form.get("provider") == provider
