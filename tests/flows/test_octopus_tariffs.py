"""A region by its postcode, and tariffs that belong together."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from simulators.octopus import Fault, OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import TARIFFS, ConfigDialogue, region

FLUX = ("FLUX-IMPORT-23-02-14", "FLUX-EXPORT-23-02-14")
COSY, GO, OUTGOING = "COSY-22-12-08", "GO-VAR-22-10-14", "OUTGOING-VAR-24-10-26"


def postcode(
    octopus: OctopusSimulator, typed: str, letter: str | None = None
) -> dict[str, Any]:
    """Return what to type in the region's step."""
    chosen = {} if letter is None else {"region": letter}
    return {
        "postcode": typed,
        **chosen,
        "account": {},
        "advanced": {"base_url": octopus.url},
    }


def products(bought: str, sold: str, **other: str) -> dict[str, Any]:
    """Return what the tariffs' form holds."""
    return {"import_product": bought, "export_product": sold, "other": other}


def options(dialogue: ConfigDialogue, field: str) -> list[str]:
    """Return the choices of a field."""
    schema = dialogue.result["data_schema"]
    assert schema is not None
    return [option["value"] for option in schema.schema[field].config["options"]]


@pytest.mark.parametrize(
    ("typed", "letter"),
    [("SW1A 1AA", None), (" sw1a1aa ", None), ("SW1A 1AA", "P"), (" ", "C")],
)
async def test_postcode(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    typed: str,
    letter: str | None,
) -> None:
    """It goes before a region that was chosen, and is stored nowhere."""
    await dialogue.to_region()
    await dialogue.submit(postcode(octopus, typed, letter))
    assert dialogue.step == "octopus_tariff"
    assert dialogue.result["description_placeholders"] == {"region": "London"}
    await dialogue.finish_from_tariff(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices == {**TARIFFS, "region": "C", "base_url": octopus.url}
    asked = [path for path in octopus.requests if "supply-points" in path]
    wanted = "/v1/industry/grid-supply-points/?postcode=SW1A+1AA"
    assert asked == ([wanted] if typed.strip() else [])


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("London", "invalid_postcode"),
        ("SW1A", "invalid_postcode"),
        ("SW1A 1AA 2", "invalid_postcode"),
        ("BT1 1AA", "postcode_unknown"),
    ],
)
async def test_postcode_that_is_none(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    typed: str,
    error: str,
) -> None:
    """What was typed is kept; the region can be chosen instead."""
    await dialogue.to_region()
    await dialogue.submit(postcode(octopus, typed))
    assert (dialogue.step, dialogue.errors) == ("octopus", {"postcode": error})
    assert dialogue.form == postcode(octopus, typed)
    await dialogue.submit(region(octopus))
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry.data["prices"]["region"] == "C"


@pytest.mark.parametrize(
    ("fault", "errors"),
    [
        (Fault(status=404), {"postcode": "postcode_not_answered"}),
        (Fault(status=400), {"postcode": "postcode_not_answered"}),
        (Fault(body="{}"), {"postcode": "postcode_not_answered"}),
        (Fault(status=503), {"base": "cannot_connect"}),
        (Fault(status=429), {"base": "rate_limited"}),
    ],
)
async def test_postcode_is_not_looked_up(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    fault: Fault,
    errors: dict[str, str],
) -> None:
    """The provider does not do that, or not now."""
    await dialogue.to_region()
    octopus.fail(fault)
    await dialogue.submit(postcode(octopus, "SW1A 1AA"))
    assert (dialogue.step, dialogue.errors) == ("octopus", errors)
    assert dialogue.form == postcode(octopus, "SW1A 1AA")
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry


async def test_postcode_on_a_border(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """The user knows which of its regions it is; another one is asked again."""
    await dialogue.to_region()
    for letter in (None, "C"):
        await dialogue.submit(postcode(octopus, "SY1 1AA", letter))
        assert dialogue.errors == {"region": "postcode_on_border"}
        assert dialogue.form == postcode(octopus, "SY1 1AA", letter)
    await dialogue.submit(postcode(octopus, "SY1 1AA", "E"))
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry.data["prices"]["region"] == "E"


async def test_families_are_offered(
    dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """By the names that are on a bill."""
    await dialogue.to_tariff(octopus)
    imports = options(dialogue, "import_product")
    assert imports[:4] == ["AGILE-24-10-01", "INTELLI-VAR-24-10-29", GO, COSY]
    assert options(dialogue, "export_product")[-1] == "none"
    schema = dialogue.result["data_schema"]
    assert schema is not None
    labels = [
        option["label"] for option in schema.schema["import_product"].config["options"]
    ]
    assert labels[2] == "Octopus Go (GO-VAR-22-10-14)"


async def test_no_agile_on_sale(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Then another tariff is suggested first."""
    del octopus.products["AGILE-24-10-01"]
    await dialogue.to_tariff(octopus)
    assert dialogue.form["import_product"] == "INTELLI-VAR-24-10-29"
    await dialogue.submit({**dialogue.form, "export_product": OUTGOING})
    await dialogue.finish_from_address(sungrow)
    prices = dialogue.entry.data["prices"]
    assert prices["import_product"] == "INTELLI-VAR-24-10-29"
    assert prices["export_product"] == OUTGOING


@pytest.mark.parametrize(
    ("typed", "field", "suggested"),
    [
        (products(FLUX[0], "none"), "export_product", products(*FLUX)),
        (products(FLUX[0], OUTGOING), "export_product", products(*FLUX)),
        (products(COSY, FLUX[1]), "import_product", products(*FLUX)),
        (
            products(COSY, OUTGOING, other_import_product=FLUX[0]),
            "export_product",
            products(COSY, FLUX[1], other_import_product=FLUX[0]),
        ),
        (
            products(FLUX[0], "none", other_export_product="AGILE-OUTGOING-19-05-13"),
            "export_product",
            products(*FLUX),
        ),
    ],
)
async def test_pair_is_suggested(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    typed: dict[str, Any],
    field: str,
    suggested: dict[str, Any],
) -> None:
    """The other half is filled in, and one more click takes it."""
    await dialogue.to_tariff(octopus)
    await dialogue.submit(typed)
    assert (dialogue.step, dialogue.errors) == (
        "octopus_tariff",
        {field: "pair_suggested"},
    )
    assert dialogue.form == suggested
    await dialogue.submit(dialogue.form)
    assert dialogue.step == "battery_link"


async def test_pair_is_refused(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Whoever chooses the same once more gets it."""
    typed = products(FLUX[0], OUTGOING)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(typed)
    assert dialogue.errors == {"export_product": "pair_suggested"}
    await dialogue.submit(typed)
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data["prices"]["export_product"] == OUTGOING


@pytest.mark.parametrize(
    "sold",
    ["FLUX-EXPORT-23-02-14", "FLUX-EXPORT-22-01-01"],
    ids=["newest", "an older version"],
)
async def test_pair_is_complete(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sold: str
) -> None:
    """Nothing is asked where both halves are there."""
    older = replace(octopus.products[FLUX[1]], code="FLUX-EXPORT-22-01-01")
    octopus.products[older.code] = replace(older, available_to=older.available_from)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(products(FLUX[0], "none", other_export_product=sold))
    assert dialogue.step == "battery_link"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("E-2R-VAR-22-11-01-C", "two_registers"),
        ("ECONOMY-24-01-01", "two_registers"),
        ("G-1R-VAR-22-11-01-C", "gas_tariff"),
        ("E-1R-GO-VAR-22-10-14-A", "other_region"),
    ],
)
async def test_codes_that_are_none_for_this_home(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    code: str,
    error: str,
) -> None:
    """Each is told apart, and stays in sight; the whole code of the bill is right."""
    await dialogue.to_tariff(octopus)
    await dialogue.submit(
        products("AGILE-24-10-01", OUTGOING, other_import_product=code)
    )
    assert dialogue.errors == {"base": error}
    assert dialogue.form["other"] == {"other_import_product": code}
    assert dialogue.folded_up == set()
    right = " e-1r-go-var-22-10-14-c "
    await dialogue.submit(
        products("AGILE-24-10-01", OUTGOING, other_import_product=right)
    )
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry.data["prices"]["import_product"] == GO


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({}, {"import_product": FLUX[0], "export_product": FLUX[1]}),
        (
            products(COSY, OUTGOING),
            {"import_product": COSY, "export_product": OUTGOING},
        ),
    ],
    ids=["kept", "changed"],
)
async def test_reconfigure(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    changes: Mapping[str, Any],
    stored: dict[str, str],
) -> None:
    """Tariffs that are on sale are shown as they are; a move is a new postcode."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(dialogue.hass)
    prices = {**entry.data["prices"], "import_product": FLUX[0]}
    prices["export_product"] = FLUX[1]
    dialogue.hass.config_entries.async_update_entry(
        entry, data={**entry.data, "prices": prices}
    )
    await dialogue.to_change(entry)
    await dialogue.submit({**dialogue.form, "postcode": "CB1 1AA"})
    assert dialogue.form == products(*FLUX)
    await dialogue.submit({**dialogue.form, **changes})
    assert dialogue.reason == "reconfigure_successful"
    assert entry.data["prices"] == {**prices, **stored, "region": "A"}
