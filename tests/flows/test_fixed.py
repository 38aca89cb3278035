"""Entering fixed prices, and rates by time, day and season."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.storage import SettingsStore
from custom_components.power_sync.flows.fixed_forms import price_text
from custom_components.power_sync.prices.aemo_client import SHARED_FOR
from custom_components.power_sync.prices.fixed import read_tariff
from custom_components.power_sync.prices.spike_watch import Thresholds
from custom_components.power_sync.prices.templates import TEMPLATES
from custom_components.power_sync.site_settings import (
    async_change_settings,
    async_present_settings,
    seed_settings,
)
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonValueType
from simulators.aemo import AemoSimulator
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import ConfigDialogue
from .test_options import hass_config_dir, hass_storage  # noqa: F401 - fixtures

BASE = {"import_per_kwh": 0.3, "export_per_kwh": 0.08, "standing_per_day": 0.55}
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EVERY_MONTH = [
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
]
ALWAYS = {"weekdays": EVERY_DAY, "months": EVERY_MONTH}
NIGHT: dict[str, Any] = {
    "direction": "import",
    "price_per_kwh": 0.2,
    "start": "22:00:00",
    "end": "06:00:00",
    "days": ALWAYS,
}
WINTER_EVENING: dict[str, Any] = {
    "direction": "export",
    "price_per_kwh": 0.125,
    "start": "17:30:00",
    "end": "19:30:00",
    "days": {
        "weekdays": ["mon", "tue", "wed", "thu", "fri"],
        "months": ["jan", "feb", "nov", "dec"],
    },
}
STORED_NIGHT = {
    "direction": "import",
    "price_per_kwh": 0.2,
    "start": "22:00",
    "end": "06:00",
    "weekdays": [0, 1, 2, 3, 4, 5, 6],
    "months": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
}
STORED_EVENING = {
    "direction": "export",
    "price_per_kwh": 0.125,
    "start": "17:30",
    "end": "19:30",
    "weekdays": [0, 1, 2, 3, 4],
    "months": [1, 2, 11, 12],
}


@pytest.fixture(autouse=True)
def berlin(hass: HomeAssistant) -> None:
    """Have a home in Germany."""
    hass.config.currency = "EUR"
    hass.config.time_zone = "Europe/Berlin"


def rates_shown(dialogue: ConfigDialogue) -> list[str]:
    """Return the lines of the list, with plain dashes."""
    placeholders = dialogue.result["description_placeholders"]
    assert placeholders is not None
    return str(placeholders["rates"]).replace("\N{EN DASH}", "-").splitlines()


async def choose(dialogue: ConfigDialogue, step: str) -> None:
    """Choose what to do next."""
    assert dialogue.step == "fixed_rates"
    await dialogue.submit({"next_step_id": step})


async def add(dialogue: ConfigDialogue, rate: dict[str, Any]) -> None:
    """Add a rate."""
    await choose(dialogue, "fixed_add")
    assert dialogue.step == "fixed_rate"
    await dialogue.submit(rate)


async def test_one_price(dialogue: ConfigDialogue, sungrow: SungrowSimulator) -> None:
    """Two figures are enough; currency and time zone are Home Assistant's."""
    await dialogue.to_provider("fixed")
    assert (dialogue.step, dialogue.form) == ("fixed", {"export_per_kwh": 0})
    await dialogue.submit({"import_per_kwh": 0.3, "export_per_kwh": 0})
    assert dialogue.result["menu_options"] == [
        "fixed_add",
        "fixed_credit",
        "fixed_done",
    ]
    assert dialogue.result["description_placeholders"] == {
        "bought": "0.30 EUR/kWh",
        "sold": "0.00 EUR/kWh",
        "rates": "",
    }
    await choose(dialogue, "fixed_done")
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data == {
        "provider": "fixed",
        "prices": {
            "currency": "EUR",
            "zone": "Europe/Berlin",
            "import_per_kwh": 0.3,
            "export_per_kwh": 0.0,
            "standing_per_day": None,
            "holidays": None,
            "rates": [],
        },
    }


async def test_several_rates(
    dialogue: ConfigDialogue, sungrow: SungrowSimulator
) -> None:
    """They are listed as they are added, and stored as plain data."""
    await dialogue.to_provider("fixed")
    await dialogue.submit(BASE)
    await add(dialogue, NIGHT)
    assert rates_shown(dialogue) == [
        "- Buying from the grid: 0.20 EUR/kWh, 22:00-06:00"
    ]
    await add(dialogue, WINTER_EVENING)
    assert rates_shown(dialogue)[1] == (
        "- Selling to the grid: 0.125 EUR/kWh, 17:30-19:30, Monday-Friday, "
        "January-February, November-December"
    )
    await choose(dialogue, "fixed_done")
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices["rates"] == [STORED_NIGHT, STORED_EVENING]
    assert prices["standing_per_day"] == 0.55


async def test_a_rate_is_changed_and_removed(dialogue: ConfigDialogue) -> None:
    """What was entered is shown, keeps its place, and can go."""
    await dialogue.to_provider("fixed")
    await dialogue.submit(BASE)
    await add(dialogue, NIGHT)
    await add(dialogue, WINTER_EVENING)
    await choose(dialogue, "fixed_change")
    await dialogue.submit({"chosen": "0"})
    shown = {**NIGHT, "start": "22:00", "end": "06:00", "cap": {"pooled": False}}
    assert dialogue.form == shown
    assert dialogue.folded_up == set()
    sunday = {**NIGHT, "days": {**ALWAYS, "weekdays": ["sun"]}}
    await dialogue.submit({**sunday, "price_per_kwh": 0.1})
    assert rates_shown(dialogue)[0] == (
        "- Buying from the grid: 0.10 EUR/kWh, 22:00-06:00, Sunday"
    )
    assert len(rates_shown(dialogue)) == 2
    await choose(dialogue, "fixed_remove")
    await dialogue.submit({"chosen": ["0", "1"]})
    assert rates_shown(dialogue) == []
    assert dialogue.result["menu_options"] == [
        "fixed_add",
        "fixed_credit",
        "fixed_done",
    ]


@pytest.mark.parametrize("key", ["import_per_kwh", "export_per_kwh"])
async def test_cents(
    dialogue: ConfigDialogue, sungrow: SungrowSimulator, key: str
) -> None:
    """30 is no price of a kWh in euros; what was typed stays."""
    await dialogue.to_provider("fixed")
    await dialogue.submit({**BASE, key: 30})
    assert (dialogue.step, dialogue.errors) == ("fixed", {key: "price_in_cents"})
    assert dialogue.form[key] == 30
    await dialogue.submit(BASE)
    await choose(dialogue, "fixed_done")
    await dialogue.finish_from_address(sungrow)


async def test_another_currency(dialogue: ConfigDialogue, hass: HomeAssistant) -> None:
    """30 forints are a price."""
    hass.config.currency = "HUF"
    await dialogue.to_provider("fixed")
    await dialogue.submit({**BASE, "import_per_kwh": 36.9})
    assert dialogue.step == "fixed_rates"


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"price_per_kwh": 20}, {"price_per_kwh": "price_in_cents"}),
        ({"days": {**ALWAYS, "weekdays": []}}, {"base": "no_day"}),
        ({"days": {**ALWAYS, "months": []}}, {"base": "no_day"}),
    ],
)
async def test_a_rate_that_cannot_be(
    dialogue: ConfigDialogue,
    sungrow: SungrowSimulator,
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """It is asked for again, with what was typed."""
    await dialogue.to_provider("fixed")
    await dialogue.submit(BASE)
    await add(dialogue, {**NIGHT, **wrong})
    assert (dialogue.step, dialogue.errors) == ("fixed_rate", errors)
    assert dialogue.form == {**NIGHT, **wrong, "cap": {"pooled": False}}
    await dialogue.submit(NIGHT)
    assert len(rates_shown(dialogue)) == 1
    await choose(dialogue, "fixed_done")
    await dialogue.finish_from_address(sungrow)


async def test_from_another_provider_and_back_to_the_rates(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> None:
    """A home that changes its provider starts anew, and finds its rates later."""
    entry: MockConfigEntry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    await dialogue.open("power_sync", source="reconfigure", entry_id=entry.entry_id)
    assert dialogue.form == {"provider": "octopus"}
    await dialogue.submit({"provider": "fixed"})
    assert dialogue.form == {"export_per_kwh": 0}
    await dialogue.submit(BASE)
    await add(dialogue, NIGHT)
    await choose(dialogue, "fixed_done")
    assert dialogue.reason == "reconfigure_successful"
    assert entry.data["provider"] == "fixed"
    assert entry.data["prices"]["rates"] == [STORED_NIGHT]

    # The currency and the zone of a tariff stay, whatever Home Assistant's are.
    hass.config.currency = "USD"
    hass.config.time_zone = "America/New_York"
    await dialogue.to_change(entry)
    assert dialogue.form == BASE
    await dialogue.submit({**BASE, "import_per_kwh": 0.31})
    assert len(rates_shown(dialogue)) == 1
    await choose(dialogue, "fixed_done")
    assert dialogue.reason == "reconfigure_successful"
    prices = entry.data["prices"]
    assert (prices["currency"], prices["zone"]) == ("EUR", "Europe/Berlin")
    assert (prices["import_per_kwh"], prices["rates"]) == (0.31, [STORED_NIGHT])


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (0.3, "0.30 EUR/kWh"),
        (0.12345, "0.12345 EUR/kWh"),
        (-0.05, "-0.05 EUR/kWh"),
        (36, "36.00 EUR/kWh"),
    ],
)
def test_price_text(price: float, text: str) -> None:
    """All digits, and at least cents."""
    assert price_text(price, "EUR") == text


async def test_a_known_contract(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    sungrow: SungrowSimulator,
    aemo: AemoSimulator,
    frozen_time: FrozenDateTimeFactory,
) -> None:
    """GloBird's hours are entered by one choice, where dollars are paid.

    So are its thresholds for spikes: the region's price is asked for before.
    """
    hass.config.currency = "AUD"
    hass.config.time_zone = "Australia/Melbourne"
    await dialogue.to_provider("fixed")
    await dialogue.submit(BASE)
    assert dialogue.result["menu_options"] == [
        *("fixed_add", "fixed_template", "fixed_credit", "fixed_done")
    ]
    await choose(dialogue, "fixed_template")
    assert dialogue.step == "fixed_template"
    await dialogue.submit({"template": "globird_zerohero_2026"})
    assert rates_shown(dialogue) == [
        (
            "- Buying from the grid: 0.00 AUD/kWh, 12:00-15:00, "
            "50 kWh a day in the mean of a month"
        ),
        "- Selling to the grid: 0.10 AUD/kWh, 18:00-21:00, 15 kWh a day",
        "- Credit: 1.00 AUD a day for buying at most 0.09 kWh, 18:00-21:00",
    ]
    # What is there is not taken away by another choice.
    assert "fixed_template" not in dialogue.result["menu_options"]
    await choose(dialogue, "fixed_done")
    assert dialogue.step == "fixed_market"
    typed = dialogue.form
    assert typed["spike_enter_per_mwh"] == 3000
    assert typed["spike_leave_per_mwh"] == 2980
    report = {"report_url": aemo.addresses["report_url"]}
    assert typed["spike_paid_per_kwh"] == 0
    paid = {"spike_paid_per_kwh": 0.75}
    typed = {**typed, **paid, "region": "vic1", "advanced": report}
    for wrong, errors in (
        ({"spike_enter_per_mwh": 0}, {"base": "threshold_not_positive"}),
        ({"spike_leave_per_mwh": 3001}, {"spike_leave_per_mwh": "leave_above_enter"}),
        ({"advanced": {"report_url": "aemo"}}, {"base": "invalid_url"}),
    ):
        await dialogue.submit({**typed, **wrong})
        assert (dialogue.step, dialogue.errors) == ("fixed_market", errors)
        assert dialogue.form == {**typed, **wrong}
    aemo.fail(Fault(status=503))
    await dialogue.submit(typed)
    assert dialogue.errors == {"base": "cannot_connect"}
    frozen_time.tick(SHARED_FOR)
    await dialogue.submit(typed)
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert (prices["region"], prices["report_url"]) == ("VIC1", report["report_url"])
    assert prices["spike_enter_per_mwh"] == 3000
    assert seed_settings(dialogue.entry).spike_paid_per_kwh == 0.75
    free, evening = prices["rates"]
    assert (free["start"], free["end"], free["price_per_kwh"]) == ("12:00", "15:00", 0)
    assert (evening["direction"], evening["most_kwh"]) == ("export", 15)
    assert prices["credit"]["amount"] == 1.0


async def test_a_credit_and_a_cap(
    dialogue: ConfigDialogue, sungrow: SungrowSimulator
) -> None:
    """They are entered, shown, changed and taken away."""
    await dialogue.to_provider("fixed")
    await dialogue.submit(BASE)
    cap = {"most_kwh": 15, "pooled": False}
    await add(dialogue, {**WINTER_EVENING, "cap": cap})
    assert rates_shown(dialogue)[0].endswith(", 15 kWh a day")
    await choose(dialogue, "fixed_change")
    await dialogue.submit({"chosen": "0"})
    assert dialogue.form["cap"] == cap
    await dialogue.submit({**WINTER_EVENING, "cap": {"most_kwh": 50, "pooled": True}})
    assert rates_shown(dialogue)[0].endswith(", 50 kWh a day in the mean of a month")
    credit: dict[str, Any] = {
        "amount": 1.5,
        "start": "18:00:00",
        "end": "21:00:00",
        "most_kwh": 0.09,
    }
    await choose(dialogue, "fixed_credit")
    for amount, error in ((-1, "charge_below_zero"), (100, "price_in_cents")):
        await dialogue.submit({**credit, "amount": amount})
        assert dialogue.errors == {"amount": error}
        assert dialogue.form["amount"] == amount
    await dialogue.submit(credit)
    line = "- Credit: 1.50 EUR a day for buying at most 0.09 kWh, 18:00-21:00"
    assert rates_shown(dialogue)[1] == line
    await choose(dialogue, "fixed_credit")
    assert dialogue.form["amount"] == 1.5
    await dialogue.submit({**credit, "amount": 0})
    assert len(rates_shown(dialogue)) == 1
    await choose(dialogue, "fixed_credit")
    await dialogue.submit(credit)
    await choose(dialogue, "fixed_done")
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices["credit"] == {
        "amount": 1.5,
        "start": "18:00",
        "end": "21:00",
        "most_kwh": 0.09,
    }
    (rate,) = prices["rates"]
    assert (rate["most_kwh"], rate["pooled"]) == (50, True)


@pytest.mark.parametrize(
    ("key", "cheap", "on_sundays"),
    [
        ("solar_sharer", {11: 0.0, 13: 0.0}, {11: 0.0}),
        ("night", {0: 0.3, 5: 0.3}, {0: 0.3}),
        ("evening_peak", {16: 0.3, 20: 0.3}, {}),
    ],
)
async def test_contracts_that_many_sell(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    key: str,
    cheap: dict[int, float],
    on_sundays: dict[int, float],
) -> None:
    """Their hours are entered; a price that is not known is the usual one."""
    assert cheap.items() >= on_sundays.items()
    hass.config.currency = "AUD"
    await dialogue.to_provider("fixed")
    await dialogue.submit(BASE)
    await choose(dialogue, "fixed_template")
    await dialogue.submit({"template": key})
    (shown,) = rates_shown(dialogue)
    price = min(cheap.values())
    end = {"solar_sharer": 14, "night": 6, "evening_peak": 21}[key]
    days = "" if on_sundays else ", Monday-Friday"
    assert shown == (
        f"- Buying from the grid: {price:.2f} AUD/kWh, "
        f"{min(cheap):02}:00-{end:02}:00{days}"
    )


CALENDAR = "calendar.holidays"


@pytest.fixture
async def holidays(hass: HomeAssistant) -> None:
    """Have a calendar of holidays, as Home Assistant's Local calendar keeps one."""

    async def answer(call: ServiceCall) -> ServiceResponse:
        if call.data["entity_id"] != CALENDAR:
            raise HomeAssistantError("no such calendar")
        events: list[JsonValueType] = [{"start": "2026-01-14", "end": "2026-01-15"}]
        return {CALENDAR: {"events": events}}

    hass.services.async_register(
        "calendar", "get_events", answer, supports_response=SupportsResponse.ONLY
    )


@pytest.mark.usefixtures("holidays")
async def test_public_holidays(
    dialogue: ConfigDialogue, sungrow: SungrowSimulator
) -> None:
    """With a calendar that can be read, they are among the days of a rate."""
    await dialogue.to_provider("fixed")
    await dialogue.submit({**BASE, "holidays": "calendar.gone"})
    assert (dialogue.step, dialogue.errors) == (
        "fixed",
        {"holidays": "holidays_unavailable"},
    )
    await dialogue.submit({**BASE, "holidays": CALENDAR})
    assert dialogue.step == "fixed_rates"
    for weekdays, text in (
        (["sat", "sun", "holiday"], "Saturday-Sunday, Public holidays"),
        (["holiday"], "Public holidays"),
    ):
        days = {**ALWAYS, "weekdays": weekdays}
        await add(dialogue, {**NIGHT, "days": days})
        assert rates_shown(dialogue)[-1].endswith(f"22:00-06:00, {text}")
    await add(dialogue, {**NIGHT, "days": {**ALWAYS, "weekdays": [*EVERY_DAY]}})
    assert rates_shown(dialogue)[-1].endswith("22:00-06:00")
    # A rate of all seven days is one of holidays, too.
    await choose(dialogue, "fixed_change")
    await dialogue.submit({"chosen": "2"})
    assert dialogue.form["days"]["weekdays"] == [*EVERY_DAY, "holiday"]
    await dialogue.submit({**NIGHT, "days": ALWAYS})
    await choose(dialogue, "fixed_done")
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices["holidays"] == CALENDAR
    assert [rate["weekdays"] for rate in prices["rates"]] == [
        [5, 6, 7],
        [7],
        [0, 1, 2, 3, 4, 5, 6],
    ]


@pytest.mark.parametrize("key", [key for key in TEMPLATES if "globird" in key])
def test_every_contract_can_be_priced(key: str) -> None:
    """By hand: at 19:00 all pay more for what is sold than at noon."""
    template = TEMPLATES[key]
    tariff = read_tariff(
        {
            **BASE,
            "currency": template.currency,
            "zone": "Australia/Melbourne",
            "rates": list(template.rates),
        }
    )
    day = datetime(2026, 7, 15, tzinfo=ZoneInfo("Australia/Melbourne"))
    curve = tariff.curve(day, day + timedelta(days=1))
    sold = {
        hour: slot.export_per_kwh
        for hour in (12, 19, 22)
        if (slot := curve.at(day.replace(hour=hour))) is not None
    }
    paid = 0.1 if key.endswith(("2025", "2026")) else 0.15
    assert sold == {12: 0.08, 19: paid, 22: 0.08}
    free = [
        slot.start.astimezone(day.tzinfo).hour
        for slot in curve.slots
        if slot.import_per_kwh == 0
    ]
    assert free == {"2026": [12], "2025": [11]}.get(key[-4:], [])


async def moved_to_globird(dialogue: ConfigDialogue, report: str) -> None:
    """Choose GloBird's contract in the dialogue that changes a site's provider."""
    await dialogue.submit(BASE)
    await choose(dialogue, "fixed_template")
    await dialogue.submit({"template": "globird_zerohero_2026"})
    await choose(dialogue, "fixed_done")
    form = dialogue.form
    assert (form["spike_enter_per_mwh"], form["spike_leave_per_mwh"]) == (3000, 2980)
    address = {"advanced": {"report_url": report}}
    await dialogue.submit({**form, **address, "region": "vic1"})


async def test_a_home_moves_to_a_contract_that_pays_for_spikes(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
) -> None:
    """What it says of them is in force, whatever was stored and chosen before.

    The form then shows what has been set since; another provider begins anew.
    """
    hass.config.currency = "AUD"
    entry = site_entry(sungrow, octopus, market={"region": "SA1", "report_url": "-"})
    entry.add_to_hass(hass)
    await async_change_settings(hass, entry, spike_enter_per_mwh=500.0, automatic=False)
    reconfigure = {"source": "reconfigure", "entry_id": entry.entry_id}
    await dialogue.open("power_sync", **reconfigure)
    await dialogue.submit({"provider": "fixed"})
    await moved_to_globird(dialogue, aemo.addresses["report_url"])
    assert dialogue.reason == "reconfigure_successful"
    settings = await async_present_settings(hass, entry)
    assert settings.thresholds == Thresholds(3000.0, 2980.0)
    assert settings.spike_response
    assert not settings.automatic
    assert entry.options["market"]["region"] == "VIC1"

    await async_change_settings(
        hass, entry, spike_paid_per_kwh=0.9, spike_response=False
    )
    await dialogue.to_change(entry)
    await dialogue.submit(BASE)
    await choose(dialogue, "fixed_done")
    assert dialogue.form["region"] == "vic1"
    assert dialogue.form["spike_enter_per_mwh"] == 3000
    assert dialogue.form["spike_paid_per_kwh"] == 0.9
    await dialogue.submit({**dialogue.form, "spike_paid_per_kwh": 1.1})
    settings = await async_present_settings(hass, entry)
    assert (settings.spike_paid_per_kwh, settings.spike_response) == (1.1, False)


async def test_a_move_that_cannot_be_stored(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
) -> None:
    """It is told, nothing has changed, and the next try succeeds."""
    hass.config.currency = "AUD"
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    reconfigure = {"source": "reconfigure", "entry_id": entry.entry_id}
    for stored, reason in (
        (False, "settings_not_stored"),
        (True, "reconfigure_successful"),
    ):
        await dialogue.open("power_sync", **reconfigure)
        await dialogue.submit({"provider": "fixed"})
        with patch.object(SettingsStore, "save", return_value=stored):
            await moved_to_globird(dialogue, aemo.addresses["report_url"])
        assert dialogue.reason == reason
        assert (entry.data["provider"] == "fixed") is stored
