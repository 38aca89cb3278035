"""Choosing an integration that has the day-ahead prices."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
    MockModule,
    mock_integration,
)

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.json import JsonValueType
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import ConfigDialogue

QUARTER = timedelta(minutes=15)
TYPED: dict[str, Any] = {
    "source": "nord SE3",
    "hourly": False,
    "import_factor": 1.25,
    "import_addition": 0.9,
    "export_factor": 1,
    "export_addition": -0.05,
    "standing_per_day": 4,
}
STORED = {
    "integration": "nordpool",
    "config_entry_id": "nord",
    "place": "SE3",
    "currency": "SEK",
    "hourly": False,
    "import_factor": 1.25,
    "import_addition": 0.9,
    "export_factor": 1.0,
    "export_addition": -0.05,
    "standing_per_day": 4.0,
}


class Others:
    """Other integrations and their answers."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Have none yet."""
        self.hass = hass
        self.price = 100.0
        self.fails = False

    def add(self, domain: str, entry_id: str, **data: object) -> None:
        """Have an entry that is loaded, of an integration that does nothing else."""
        unload = AsyncMock(return_value=True)
        mock_integration(
            self.hass, MockModule(domain, async_unload_entry=unload), built_in=False
        )
        entry = MockConfigEntry(
            domain=domain,
            entry_id=entry_id,
            title=domain.title(),
            data=data,
            state=ConfigEntryState.LOADED,
        )
        entry.add_to_hass(self.hass)

    def nord_pool(self) -> None:
        """Have Nord Pool with two areas."""
        self.add("nordpool", "nord", areas=["SE3", "SE4"], currency="SEK")
        self.hass.services.async_register(
            "nordpool",
            "get_prices_for_date",
            self._prices,
            supports_response=SupportsResponse.ONLY,
        )

    def tibber(self) -> None:
        """Have Tibber with two homes."""
        self.add("tibber", "tib")
        self.hass.services.async_register(
            "tibber",
            "get_prices",
            self._homes,
            supports_response=SupportsResponse.ONLY,
        )

    async def _prices(self, call: ServiceCall) -> ServiceResponse:
        if self.fails:
            raise ServiceValidationError("down")
        start = datetime.fromisoformat(f"{call.data['date']}T00:00+01:00")
        rows: list[JsonValueType] = [
            {
                "start": (start + step * QUARTER).isoformat(),
                "end": (start + (step + 1) * QUARTER).isoformat(),
                "price": self.price,
            }
            for step in range(96)
        ]
        return dict.fromkeys(call.data["areas"], rows)

    async def _homes(self, call: ServiceCall) -> ServiceResponse:
        if self.fails:
            raise ServiceValidationError("down")
        return {"prices": {"Home": [], "Cabin": []}}


@pytest.fixture
def others(hass: HomeAssistant, dialogue: ConfigDialogue) -> Others:
    """Return other integrations of a home in Sweden."""
    hass.config.currency = "SEK"
    hass.config.time_zone = "Europe/Stockholm"
    return Others(hass)


@pytest.fixture
def stored_site(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> MockConfigEntry:
    """Return a site that is not set up."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    return entry


def sources(dialogue: ConfigDialogue) -> list[tuple[str, str]]:
    """Return what can be chosen, with its label."""
    schema = dialogue.result["data_schema"]
    assert schema is not None
    options = schema.schema["source"].config["options"]
    return [(option["value"], option["label"]) for option in options]


async def test_none_is_there(dialogue: ConfigDialogue, others: Others) -> None:
    """The user is told which to add."""
    await dialogue.to_provider("day_ahead")
    assert dialogue.reason == "no_day_ahead"


async def test_what_is_found_is_shown_first(
    dialogue: ConfigDialogue, others: Others, sungrow: SungrowSimulator
) -> None:
    """By hand: 100 SEK/MWh are 0.1; x 1.25 + 0.9 make 1.025, sold 0.05.

    At noon UTC it is 13:00 in Stockholm: tomorrow is there, 35 hours are 140 quarters.
    """
    others.nord_pool()
    await dialogue.to_provider("day_ahead")
    assert sources(dialogue) == [
        ("nord SE3", "Nordpool (SE3)"),
        ("nord SE4", "Nordpool (SE4)"),
    ]
    assert dialogue.form["source"] == "nord SE3"
    await dialogue.submit(TYPED)
    assert dialogue.step == "day_ahead_found"
    placeholders = dialogue.result["description_placeholders"]
    assert placeholders is not None
    assert {**placeholders, "until": ""} == {
        "until": "",
        "count": "140",
        "minutes": "15",
        "bought": "1.025 SEK/kWh",
        "sold": "0.05 SEK/kWh",
    }
    await dialogue.submit({"next_step_id": "day_ahead"})
    assert (dialogue.step, dialogue.form) == ("day_ahead", TYPED)
    await dialogue.submit(TYPED)
    await dialogue.submit({"next_step_id": "day_ahead_done"})
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data == {"provider": "day_ahead", "prices": STORED}


async def test_all_integrations(dialogue: ConfigDialogue, others: Others) -> None:
    """Each entry, area and home; a namesake of Nord Pool's has no areas."""
    others.nord_pool()
    others.add("nordpool", "namesake")
    others.add("energyzero", "zero")
    others.add("easyenergy", "easy")
    others.tibber()
    await dialogue.to_provider("day_ahead")
    assert [label for _, label in sources(dialogue)] == [
        *("Nordpool (SE3)", "Nordpool (SE4)", "Energyzero", "Easyenergy"),
        *("Tibber (Home)", "Tibber (Cabin)"),
    ]


async def test_tibber_does_not_answer(dialogue: ConfigDialogue, others: Others) -> None:
    """What cannot be asked cannot be chosen."""
    others.tibber()
    others.fails = True
    await dialogue.to_provider("day_ahead")
    assert dialogue.reason == "no_day_ahead"


async def test_an_outage(
    dialogue: ConfigDialogue, others: Others, sungrow: SungrowSimulator
) -> None:
    """Nothing is stored that does not work now; what was typed stays."""
    others.nord_pool()
    await dialogue.to_provider("day_ahead")
    others.fails = True
    await dialogue.submit(TYPED)
    assert (dialogue.step, dialogue.errors) == ("day_ahead", {"base": "cannot_connect"})
    assert dialogue.form == TYPED
    others.fails = False
    await dialogue.submit(TYPED)
    await dialogue.submit({"next_step_id": "day_ahead_done"})
    await dialogue.finish_from_address(sungrow)


@pytest.mark.parametrize(("entry_id", "source"), [("nord", "nord SE3"), ("gone", None)])
async def test_reconfigure(
    dialogue: ConfigDialogue,
    others: Others,
    stored_site: MockConfigEntry,
    entry_id: str,
    source: str | None,
) -> None:
    """All is there again; a source that is gone has to be chosen anew."""
    others.nord_pool()
    entry = stored_site
    prices = {**STORED, "config_entry_id": entry_id}
    dialogue.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "day_ahead", "prices": prices}
    )
    await dialogue.to_change(entry)
    assert dialogue.form.get("source") == source
    assert dialogue.form["import_addition"] == 0.9
    await dialogue.submit({**TYPED, "hourly": True})
    await dialogue.submit({"next_step_id": "day_ahead_done"})
    assert dialogue.reason == "reconfigure_successful"
    assert entry.data["prices"] == {**STORED, "hourly": True}
