"""Tariffs that the dialogue finds in an Octopus Energy account."""

from typing import Any

import pytest

from simulators.octopus import OctopusSimulator
from simulators.octopus.account import BEGAN, KEY, NUMBER, Meter
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import ConfigDialogue

OWN = {
    "import_product": "INTELLI-VAR-24-10-29",
    "export_product": "OUTGOING-VAR-24-10-26",
}


def typed(octopus: OctopusSimulator, **account: str) -> dict[str, Any]:
    """Return what to type in the first step."""
    return {"account": account, "advanced": {"base_url": octopus.url}}


async def test_own_tariffs(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Region and tariffs are the account's; number and key are kept for later."""
    await dialogue.to_region()
    assert "account" in dialogue.folded_up
    await dialogue.submit(typed(octopus, number=f" {NUMBER.lower()} ", token=KEY))
    assert dialogue.step == "octopus_tariff"
    assert dialogue.result["description_placeholders"] == {"region": "London"}
    assert dialogue.form == {**OWN, "other": {}}
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data["prices"] == {
        **OWN,
        "region": "C",
        "base_url": octopus.url,
        "account": NUMBER,
        "token": KEY,
    }


async def test_an_older_tariff_and_no_export(
    dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """What is not on sale any more is a code; who sells nothing has no export."""
    code = "COSY-STAFF-25-01-01"
    assert code in octopus.products
    octopus.accounts.account.meters = [Meter("1", [(f"E-1R-{code}-H", BEGAN, None)])]
    await dialogue.to_region()
    await dialogue.submit(typed(octopus, number=NUMBER, token=KEY))
    assert dialogue.step == "octopus_tariff"
    assert dialogue.form["export_product"] == "none"
    assert dialogue.form["other"] == {"other_import_product": code}


async def test_several_homes(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """The home is asked for where more than one can be planned; none is mixed up.

    The second one sells nothing, the third one has a tariff of two registers.
    """
    octopus.accounts.account.elsewhere = {
        "2 Sea View": [Meter("3", [("E-1R-AGILE-24-10-01-H", BEGAN, None)])],
        "3 Mill Lane": [Meter("4", [("E-2R-VAR-22-11-01-C", BEGAN, None)])],
    }
    await dialogue.to_region()
    await dialogue.submit(typed(octopus, number=NUMBER, token=KEY))
    assert dialogue.step == "octopus_home"
    schema = dialogue.result["data_schema"]
    assert schema is not None
    (select,) = schema.schema.values()
    assert select.config["options"] == [
        {"value": "0", "label": "1 Example Street"},
        {"value": "1", "label": "2 Sea View"},
    ]
    await dialogue.submit({"home": "1"})
    assert dialogue.step == "octopus_tariff"
    assert dialogue.result["description_placeholders"] == {"region": "Southern England"}
    assert dialogue.form["import_product"] == "AGILE-24-10-01"
    assert dialogue.form["export_product"] == "none"
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_address(sungrow)
    # Nothing of the address is kept.
    assert "Sea View" not in str(dialogue.entry.data)
    assert dialogue.entry.data["prices"]["region"] == "H"


@pytest.mark.parametrize(
    ("account", "error"),
    [
        ({"number": NUMBER}, "account_incomplete"),
        ({"token": KEY}, "account_incomplete"),
        ({"number": NUMBER, "token": "sk_live_other"}, "invalid_auth"),
        ({"number": "A-00000000", "token": KEY}, "account_unknown"),
    ],
    ids=["no key", "no number", "another key", "another number"],
)
async def test_an_account_that_cannot_be_read(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    account: dict[str, str],
    error: str,
) -> None:
    """It is said at once, and what was right afterwards goes on."""
    await dialogue.to_region()
    await dialogue.submit(typed(octopus, **account))
    assert dialogue.errors == {"base": error}
    await dialogue.submit(typed(octopus, number=NUMBER, token=KEY))
    assert dialogue.step == "octopus_tariff"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("E-2R-VAR-22-11-01-C", "two_registers"),
        ("G-1R-VAR-22-11-01-C", "no_agreement"),
    ],
)
async def test_an_account_without_a_tariff_that_can_be_planned(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, code: str, error: str
) -> None:
    """Two registers have no hours, and gas is no electricity."""
    octopus.accounts.account.meters = [Meter("1", [(code, BEGAN, None)])]
    await dialogue.to_region()
    await dialogue.submit(typed(octopus, number=NUMBER, token=KEY))
    assert dialogue.errors == {"base": error}
    await dialogue.submit({**typed(octopus), "region": "C"})
    assert dialogue.step == "octopus_tariff"


async def test_changing_it_keeps_the_key(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """The key is not shown, and need not be typed again; no account takes it away."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(dialogue.hass)
    prices = {**entry.data["prices"], "account": NUMBER, "token": KEY}
    dialogue.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "prices": prices}
    )
    await dialogue.to_change(entry)
    assert dialogue.form["account"] == {"number": NUMBER}
    await dialogue.submit(dialogue.form)
    assert dialogue.form == {**OWN, "other": {}}
    await dialogue.submit(dialogue.form)
    assert dialogue.reason == "reconfigure_successful"
    assert entry.data["prices"]["token"] == KEY
    await dialogue.to_change(entry)
    await dialogue.submit({**dialogue.form, "account": {}})
    await dialogue.submit(dialogue.form)
    assert entry.data["prices"].keys() == {*OWN, "region", "base_url"}
