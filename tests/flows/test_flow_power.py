"""Entering a contract with Flow Power."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.prices.aemo_client import SHARED_FOR
from homeassistant.core import HomeAssistant
from simulators.aemo import AemoSimulator
from simulators.amber import AmberSimulator, Site
from simulators.amber.server import HOME
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry
from tests.prices.flow_power_home import flow_power_settings

from .dialogue import ConfigDialogue

FLAT = Site(site_id="flat", nmi="4103000009", interval_min=30, channels=("general",))
HAPPY = {"start": "17:30:00", "end": "19:30:00"}
TIMES = {
    "peak_start": "16:00:00",
    "peak_end": "21:00:00",
    "low_start": "10:00:00",
    "low_end": "15:00:00",
}
RATES = {"usual_per_kwh": 0.05, "peak_per_kwh": 0.15, "low_per_kwh": 0.02}


def contract(aemo: AemoSimulator, **changes: Any) -> dict[str, Any]:
    """Return what to type in the contract's step."""
    return {
        "region": "vic1",
        "base_per_kwh": 0.34,
        "source": "aemo",
        "happy_hour": dict(HAPPY),
        "network": dict(TIMES),
        "advanced": {"benchmark_per_kwh": 0.017, **aemo.addresses},
        **changes,
    }


def account(amber: AmberSimulator, **changes: Any) -> dict[str, Any]:
    """Return what to type in the step of Amber's account."""
    return {"token": amber.token, "advanced": {"base_url": amber.url}} | changes


async def to_amber(
    dialogue: ConfigDialogue, aemo: AemoSimulator, **changes: Any
) -> None:
    """Go to Amber's account."""
    await dialogue.to_provider("flow_power")
    await dialogue.submit(contract(aemo, source="amber", **changes))
    assert dialogue.step == "flow_power_amber"


async def test_a_contract_is_set_up(
    dialogue: ConfigDialogue, aemo: AemoSimulator, sungrow: SungrowSimulator
) -> None:
    """Prices are fetched of the market, and plain data is stored."""
    await dialogue.to_provider("flow_power")
    assert dialogue.form["base_per_kwh"] == 0.34
    assert dialogue.form["source"] == "aemo"
    assert dialogue.form["advanced"] == {
        "benchmark_per_kwh": 0.017,
        "report_url": "https://visualisations.aemo.com.au/aemo/apps/api/report",
        "files_url": "https://nemweb.com.au/Reports/Current",
        "past_url": "https://aemo.com.au/aemo/data/nem/priceanddemand",
    }
    assert dialogue.folded_up == {"happy_hour", "network", "advanced"}
    await dialogue.submit(contract(aemo, standing_per_day=1.5))
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data == {
        "provider": "flow_power",
        "prices": {
            **flow_power_settings(aemo),
            "happy_hour": {**HAPPY, "price_per_kwh": 0.35},
        },
    }


@pytest.mark.parametrize(
    ("region", "paid", "zone"),
    [
        ("NSW1", 0.45, "Australia/Sydney"),
        ("QLD1", 0.45, "Australia/Brisbane"),
        ("SA1", 0.45, "Australia/Adelaide"),
        ("TAS1", 0.0, "Australia/Hobart"),
    ],
)
async def test_regions(  # noqa: PLR0913, PLR0917 - fixtures
    dialogue: ConfigDialogue,
    aemo: AemoSimulator,
    sungrow: SungrowSimulator,
    region: str,
    paid: float,
    zone: str,
) -> None:
    """Each has its clock and its happy hour, unless the contract says otherwise."""
    await dialogue.to_provider("flow_power")
    await dialogue.submit(contract(aemo, region=region.lower()))
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert (prices["region"], prices["zone"]) == (region, zone)
    assert prices["happy_hour"]["price_per_kwh"] == paid


async def test_what_the_contract_says(
    dialogue: ConfigDialogue, aemo: AemoSimulator, sungrow: SungrowSimulator
) -> None:
    """An own happy hour, and the rates of the network."""
    own = {"start": "17:30:00", "end": "21:30:00", "price_per_kwh": 0.5}
    await dialogue.to_provider("flow_power")
    await dialogue.submit(contract(aemo, happy_hour=own, network={**TIMES, **RATES}))
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices["happy_hour"] == own
    assert prices["network"] == {
        "price_per_kwh": 0.05,
        "rates": [
            {"start": "10:00:00", "end": "15:00:00", "price_per_kwh": 0.02},
            {"start": "16:00:00", "end": "21:00:00", "price_per_kwh": 0.15},
        ],
    }


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"base_per_kwh": 34}, {"base_per_kwh": "price_in_cents"}),
        ({"happy_hour": {**HAPPY, "price_per_kwh": 45}}, {"base": "price_in_cents"}),
        (
            {"network": {**TIMES, **RATES, "peak_per_kwh": 15}},
            {"base": "price_in_cents"},
        ),
        (
            {"network": {**TIMES, "peak_per_kwh": 0.15}},
            {"base": "network_incomplete"},
        ),
    ],
)
async def test_typed_wrong(
    dialogue: ConfigDialogue,
    aemo: AemoSimulator,
    sungrow: SungrowSimulator,
    typed: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """Cents for dollars, and a network of which not all is known."""
    await dialogue.to_provider("flow_power")
    await dialogue.submit(contract(aemo, **typed))
    assert (dialogue.step, dialogue.errors) == ("flow_power", errors)
    assert dialogue.folded_up == set()
    assert not aemo.requests
    await dialogue.submit(contract(aemo))
    await dialogue.finish_from_address(sungrow)


async def test_the_market_fails(
    dialogue: ConfigDialogue,
    aemo: AemoSimulator,
    sungrow: SungrowSimulator,
    frozen_time: FrozenDateTimeFactory,
) -> None:
    """What is wrong is said, what was typed stays, and the next try goes on.

    For a few seconds the same is said to all who ask.
    """
    await dialogue.to_provider("flow_power")
    typed = contract(aemo)
    broken = {**typed["advanced"], "past_url": "ftp://127.0.0.1"}
    await dialogue.submit(contract(aemo, advanced=broken))
    assert dialogue.errors == {"base": "invalid_url"}
    for fault, error in (
        (Fault(status=502), "cannot_connect"),
        (Fault(status=403), "invalid_answer"),
        (Fault(empty=True), "invalid_answer"),
    ):
        aemo.fail(fault)
        await dialogue.submit(typed)
        assert (dialogue.step, dialogue.errors) == ("flow_power", {"base": error})
        assert dialogue.form["advanced"] == typed["advanced"]
        frozen_time.tick(SHARED_FOR)
    await dialogue.submit(typed)
    await dialogue.finish_from_address(sungrow)


async def test_by_ambers_token(
    dialogue: ConfigDialogue,
    aemo: AemoSimulator,
    amber: AmberSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """The only home is taken; the market's operator is not asked."""
    await to_amber(dialogue, aemo)
    await dialogue.submit(account(amber, token=f" {amber.token} "))
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert (prices["source"], prices["token"]) == ("amber", amber.token)
    assert (prices["site_id"], prices["interval_min"]) == (HOME.site_id, 5)
    assert not aemo.requests


async def test_one_of_several_homes(
    dialogue: ConfigDialogue,
    aemo: AemoSimulator,
    amber: AmberSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """Which one is asked, and asked again where it has no prices."""
    amber.sites[FLAT.site_id] = FLAT
    await to_amber(dialogue, aemo)
    await dialogue.submit(account(amber))
    assert dialogue.step == "flow_power_site"
    amber.fail(Fault(status=502))
    await dialogue.submit({"site_id": "flat"})
    assert (dialogue.step, dialogue.errors) == (
        "flow_power_site",
        {"base": "cannot_connect"},
    )
    await dialogue.submit({"site_id": "flat"})
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert (prices["site_id"], prices["interval_min"]) == ("flat", 30)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=403), "invalid_auth"),
        (Fault(status=404), "invalid_answer"),
        (Fault(empty=True), "no_site"),
    ],
)
async def test_ambers_account_fails(  # noqa: PLR0913, PLR0917 - fixtures
    dialogue: ConfigDialogue,
    aemo: AemoSimulator,
    amber: AmberSimulator,
    sungrow: SungrowSimulator,
    fault: Fault,
    error: str,
) -> None:
    """What is wrong is said, and the next try goes on."""
    await to_amber(dialogue, aemo)
    amber.fail(fault)
    await dialogue.submit(account(amber))
    assert (dialogue.step, dialogue.errors) == ("flow_power_amber", {"base": error})
    assert dialogue.form == account(amber)
    await dialogue.submit(account(amber))
    await dialogue.finish_from_address(sungrow)


async def test_reconfigure(  # noqa: PLR0913, PLR0917 - fixtures
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    aemo: AemoSimulator,
    amber: AmberSimulator,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> None:
    """What was entered is shown; the token is not, and need not be typed again."""
    entry: MockConfigEntry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    rates: list[Json] = [
        {"start": "10:00:00", "end": "15:00:00", "price_per_kwh": 0.02},
        {"start": "16:00:00", "end": "21:00:00", "price_per_kwh": 0.15},
    ]
    stored: dict[str, Json] = {
        **flow_power_settings(aemo),
        "happy_hour": {**HAPPY, "price_per_kwh": 0.5},
        "network": {"price_per_kwh": 0.05, "rates": rates},
        "source": "amber",
        "token": amber.token,
        "base_url": amber.url,
        "site_id": HOME.site_id,
        "interval_min": 5,
    }
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "flow_power", "prices": stored}
    )
    await dialogue.to_change(entry)
    shown = contract(
        aemo,
        source="amber",
        standing_per_day=1.5,
        happy_hour={**HAPPY, "price_per_kwh": 0.5},
        network={**TIMES, **RATES},
    )
    assert dialogue.form == shown
    await dialogue.submit({**shown, "base_per_kwh": 0.36})
    assert dialogue.form == {"advanced": {"base_url": amber.url}}
    await dialogue.submit(dialogue.form)
    assert dialogue.reason == "reconfigure_successful"
    assert entry.data["prices"] == {**stored, "base_per_kwh": 0.36}
