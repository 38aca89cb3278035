"""Choosing an entity that holds prices."""

from datetime import timedelta
from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, site_entry

from .dialogue import ConfigDialogue

HOUR = timedelta(hours=1)
MARKET = "sensor.market"
ADJUST = {
    "import_factor": 1,
    "import_addition": 0,
    "export_factor": 1,
    "export_addition": 0,
}
TYPED: dict[str, Any] = {
    "import_entity": MARKET,
    "export_per_kwh": 0.07,
    "published": True,
    "adjust": {**ADJUST, "import_factor": 1.21, "import_addition": 0.15},
}
STORED = {
    "currency": "EUR",
    "zone": "Europe/Berlin",
    "import_entity": MARKET,
    "export_entity": None,
    "export_per_kwh": 0.07,
    "published": True,
    "standing_per_day": None,
    "import_factor": 1.21,
    "import_addition": 0.15,
    "export_factor": 1.0,
    "export_addition": 0.0,
}


@pytest.fixture(autouse=True)
def market(hass: HomeAssistant, dialogue: ConfigDialogue) -> None:
    """Have a home in Germany that knows the market's prices until 16:00 in Berlin."""
    hass.config.currency = "EUR"
    hass.config.time_zone = "Europe/Berlin"
    show(hass, MARKET, 80.0, 90.0, 100.0)


def show(hass: HomeAssistant, entity_id: str, *prices: float) -> None:
    """Show prices of hours from now on, in EUR/MWh."""
    rows = [
        {
            "start_time": (NOON + step * HOUR).isoformat(),
            "end_time": (NOON + (step + 1) * HOUR).isoformat(),
            "price": price,
        }
        for step, price in enumerate(prices)
    ]
    hass.states.async_set(
        entity_id, "80.0", {"data": rows, "unit_of_measurement": "EUR/MWh"}
    )


async def test_what_is_found_is_shown_first(
    dialogue: ConfigDialogue, sungrow: SungrowSimulator
) -> None:
    """By hand: 80 EUR/MWh are 0.08; x 1.21 + 0.15 make 0.2468."""
    await dialogue.to_provider("entity")
    assert dialogue.form == {
        "export_per_kwh": 0,
        "published": True,
        "adjust": ADJUST,
    }
    assert dialogue.folded_up == {"adjust"}
    await dialogue.submit(TYPED)
    assert dialogue.step == "entity_found"
    placeholders = dialogue.result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["count"] == "3"
    assert placeholders["minutes"] == "60"
    assert placeholders["bought"] == "0.2468 EUR/kWh"
    assert placeholders["sold"] == "0.07 EUR/kWh"
    await dialogue.submit({"next_step_id": "entity"})
    assert (dialogue.step, dialogue.form) == ("entity", TYPED)
    await dialogue.submit(TYPED)
    await dialogue.submit({"next_step_id": "entity_done"})
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data == {"provider": "entity", "prices": STORED}


async def test_two_entities(
    dialogue: ConfigDialogue, hass: HomeAssistant, sungrow: SungrowSimulator
) -> None:
    """Sold by another entity, with a fee, and a supply charge."""
    show(hass, "sensor.sold", 50.0, 60.0)
    await dialogue.to_provider("entity")
    typed = {
        **TYPED,
        "export_entity": "sensor.sold",
        "standing_per_day": 0.4,
        "published": False,
        "adjust": {**ADJUST, "export_addition": -0.01},
    }
    await dialogue.submit(typed)
    placeholders = dialogue.result["description_placeholders"]
    assert placeholders is not None
    assert (placeholders["count"], placeholders["sold"]) == ("2", "0.04 EUR/kWh")
    await dialogue.submit({"next_step_id": "entity_done"})
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices["export_entity"] == "sensor.sold"
    assert (prices["standing_per_day"], prices["published"]) == (0.4, False)


@pytest.mark.parametrize(
    ("field", "state", "error"),
    [
        ("import_entity", None, "entity_unavailable"),
        ("import_entity", "unavailable", "entity_unavailable"),
        ("import_entity", "0.3", "no_price_list"),
        ("export_entity", "0.3", "no_price_list"),
    ],
)
async def test_no_prices_there(
    dialogue: ConfigDialogue,
    sungrow: SungrowSimulator,
    field: str,
    state: str | None,
    error: str,
) -> None:
    """The entity is named, what was typed stays, and another one goes on."""
    if state is not None:
        dialogue.hass.states.async_set("sensor.other", state)
    await dialogue.to_provider("entity")
    await dialogue.submit({**TYPED, field: "sensor.other"})
    assert (dialogue.step, dialogue.errors) == ("entity", {field: error})
    assert dialogue.form == {**TYPED, field: "sensor.other"}
    assert dialogue.folded_up == set()
    await dialogue.submit(TYPED)
    await dialogue.submit({"next_step_id": "entity_done"})
    await dialogue.finish_from_address(sungrow)


async def test_prices_that_begin_later(
    dialogue: ConfigDialogue, hass: HomeAssistant
) -> None:
    """Without a price for now there is nothing to begin with."""
    rows = [{"start": (NOON + 5 * HOUR).isoformat(), "price": 0.3}]
    hass.states.async_set(MARKET, "unknown", {"prices": rows})
    await dialogue.to_provider("entity")
    await dialogue.submit(TYPED)
    assert dialogue.errors == {"base": "no_price_now"}


async def test_reconfigure(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> None:
    """All that was entered is there again."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "entity", "prices": STORED}
    )
    await dialogue.to_change(entry)
    assert dialogue.form == TYPED
    assert dialogue.folded_up == set()
    await dialogue.submit({**TYPED, "export_per_kwh": 0.08})
    await dialogue.submit({"next_step_id": "entity_done"})
    assert dialogue.reason == "reconfigure_successful"
    assert entry.data["prices"] == {**STORED, "export_per_kwh": 0.08}
