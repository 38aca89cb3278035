"""Choosing a home of an Amber Electric account."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from homeassistant.core import HomeAssistant
from simulators.amber import AmberSimulator, Site
from simulators.amber.server import HOME
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import ConfigDialogue

FLAT = Site(site_id="flat", nmi="4103000009", interval_min=30, channels=("general",))


def account(amber: AmberSimulator, **changes: Any) -> dict[str, Any]:
    """Return what to type in the account's step."""
    return {"token": amber.token, "advanced": {"base_url": amber.url}} | changes


async def to_site(dialogue: ConfigDialogue, amber: AmberSimulator) -> None:
    """Go to the homes of the account."""
    await dialogue.to_provider("amber")
    await dialogue.submit(account(amber))
    assert dialogue.step == "amber_site"


async def test_a_home_is_set_up(
    dialogue: ConfigDialogue, amber: AmberSimulator, sungrow: SungrowSimulator
) -> None:
    """The only home is suggested, prices are fetched, and plain data is stored."""
    dialogue.hass.config.time_zone = "Australia/Melbourne"
    await dialogue.to_provider("amber")
    assert dialogue.form == {"advanced": {"base_url": "https://api.amber.com.au/v1"}}
    await dialogue.submit(account(amber, token=f" {amber.token} "))
    assert dialogue.form == {"site_id": HOME.site_id, "outlook": "predicted"}
    await dialogue.submit({**dialogue.form, "standing_per_day": 1.87})
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data == {
        "provider": "amber",
        "prices": {
            "token": amber.token,
            "base_url": amber.url,
            "site_id": HOME.site_id,
            "interval_min": 5,
            "feeds_in": True,
            "outlook": "predicted",
            "zone": "Australia/Melbourne",
            "standing_per_day": 1.87,
        },
    }


async def test_one_of_several_homes(
    dialogue: ConfigDialogue, amber: AmberSimulator, sungrow: SungrowSimulator
) -> None:
    """Each is listed; elsewhere in the world the market's own time is taken."""
    dialogue.hass.config.time_zone = "Europe/Berlin"
    amber.sites[FLAT.site_id] = FLAT
    await to_site(dialogue, amber)
    schema = dialogue.result["data_schema"]
    assert schema is not None
    shown = schema.schema["site_id"].config["options"]
    assert [each["label"] for each in shown] == [
        "Jemena …2872 (5 min)",
        "Jemena …0009 (30 min)",
    ]
    await dialogue.submit({"site_id": "flat", "outlook": "high"})
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert (prices["interval_min"], prices["feeds_in"]) == (30, False)
    assert (prices["outlook"], prices["standing_per_day"]) == ("high", None)
    assert prices["zone"] == "Australia/Brisbane"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=403), "invalid_auth"),
        (Fault(status=404), "invalid_answer"),
        (Fault(status=429, retry_after="60"), "rate_limited"),
        (Fault(status=502), "cannot_connect"),
        (Fault(body="{}"), "invalid_answer"),
        (Fault(empty=True), "no_site"),
    ],
)
async def test_the_account_fails(
    dialogue: ConfigDialogue,
    amber: AmberSimulator,
    sungrow: SungrowSimulator,
    fault: Fault,
    error: str,
) -> None:
    """What is wrong is said, what was typed stays, and the next try goes on."""
    await dialogue.to_provider("amber")
    amber.fail(fault)
    await dialogue.submit(account(amber))
    assert (dialogue.step, dialogue.errors) == ("amber", {"base": error})
    assert dialogue.form == account(amber)
    assert dialogue.folded_up == set()
    await dialogue.submit(account(amber))
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_address(sungrow)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"token": "psk_wrong"}, "invalid_auth"),
        ({"advanced": {"base_url": "ftp://127.0.0.1"}}, "invalid_url"),
        ({"advanced": {"base_url": "http://[nowhere"}}, "invalid_url"),
    ],
)
async def test_typed_wrong(
    dialogue: ConfigDialogue,
    amber: AmberSimulator,
    typed: dict[str, Any],
    error: str,
) -> None:
    """A token that is not known, and an address that is none."""
    await dialogue.to_provider("amber")
    await dialogue.submit(account(amber, **typed))
    assert (dialogue.step, dialogue.errors) == ("amber", {"base": error})


async def test_the_prices_fail(
    dialogue: ConfigDialogue, amber: AmberSimulator, sungrow: SungrowSimulator
) -> None:
    """Nothing is stored that does not work now."""
    await to_site(dialogue, amber)
    for fault, error in (
        (Fault(status=502), "cannot_connect"),
        (Fault(empty=True), "no_price_now"),
    ):
        amber.standing_fault = fault
        await dialogue.submit({**dialogue.form, "outlook": "low"})
        assert (dialogue.step, dialogue.errors) == ("amber_site", {"base": error})
        assert dialogue.form["outlook"] == "low"
    amber.heal()
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_address(sungrow)


async def test_reconfigure(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    amber: AmberSimulator,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> None:
    """The token is not shown, and need not be typed again; a closed home is left."""
    entry: MockConfigEntry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    stored = {
        "token": amber.token,
        "base_url": amber.url,
        "site_id": "closed",
        "interval_min": 5,
        "feeds_in": True,
        "outlook": "high",
        "zone": "Australia/Melbourne",
        "standing_per_day": 1.87,
    }
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "amber", "prices": stored}
    )
    await dialogue.to_change(entry)
    assert dialogue.form == {"advanced": {"base_url": amber.url}}
    await dialogue.submit(dialogue.form)
    assert dialogue.step == "amber_site"
    assert dialogue.form == {
        "site_id": HOME.site_id,
        "outlook": "high",
        "standing_per_day": 1.87,
    }
    await dialogue.submit({"site_id": HOME.site_id, "outlook": "predicted"})
    assert dialogue.reason == "reconfigure_successful"
    prices = entry.data["prices"]
    assert (prices["token"], prices["site_id"]) == (amber.token, HOME.site_id)
    assert (prices["outlook"], prices["standing_per_day"]) == ("predicted", None)
