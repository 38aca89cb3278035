"""What is offered of the product list, and what belongs together."""

from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.power_sync.prices.octopus_client import OctopusClient
from custom_components.power_sync.prices.octopus_products import (
    AGILE_EXPORT,
    AGILE_IMPORT,
    TRACKER,
    Direction,
    Offers,
    offers,
    read_product,
    stand_in,
)
from custom_components.power_sync.prices.protocols import PriceAnswerError
from custom_components.power_sync.prices.rest import Fields
from simulators.octopus import Fault, OctopusSimulator

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
RECORDED = json.loads(
    (Path(__file__).parent / "octopus_products.json").read_text(encoding="utf-8")
)


def row(code: str, direction: str = "IMPORT", **fields: Any) -> Fields:
    """Return a row of the list."""
    return Fields(
        {
            "code": code,
            "direction": direction,
            "display_name": code.title(),
            "brand": "OCTOPUS_ENERGY",
            "is_variable": True,
            "is_business": False,
            "is_prepay": False,
            "is_restricted": False,
            "is_tracker": False,
            "available_from": "2024-10-01T00:00:00+01:00",
            "available_to": None,
            **fields,
        }
    )


def offered(*rows: Fields) -> Offers:
    """Return what is offered of a list."""
    return offers([read_product(product) for product in rows], NOON)


def codes(found: Offers) -> tuple[list[str], list[str]]:
    """Return the codes of both directions."""
    return (
        [product.code for product in found.imports],
        [product.code for product in found.exports],
    )


async def test_families_first(client: OctopusClient) -> None:
    """Then other products by name; nothing that a home cannot have."""
    assert codes(await client.offers(NOON)) == (
        [
            "AGILE-24-10-01",
            "INTELLI-VAR-24-10-29",
            "GO-VAR-22-10-14",
            "COSY-22-12-08",
            "FLUX-IMPORT-23-02-14",
            "INTELLI-FLUX-IMPORT-23-07-14",
            "SILVER-FLEX-BB-23-02-08",
            "ECONOMY-24-01-01",
            "VAR-22-11-01",
        ],
        [
            "AGILE-OUTGOING-19-05-13",
            "OUTGOING-VAR-24-10-26",
            "FLUX-EXPORT-23-02-14",
            "INTELLI-FLUX-EXPORT-23-07-14",
            "ZERO-EXPORT-60M-22-05-01",
        ],
    )


def test_recorded_list() -> None:
    """The list of March 2025, shortened (viralganatra/octopus-tariff-switcher, MIT)."""
    found = offered(*(Fields(product) for product in RECORDED["results"]))
    assert codes(found) == (
        [
            "AGILE-24-10-01",
            "GO-VAR-22-10-14",
            "COSY-22-12-08",
            "FLUX-IMPORT-23-02-14",
            "VAR-22-11-01",
            "SNUG-24-11-07",
        ],
        [
            "AGILE-OUTGOING-19-05-13",
            "FLUX-EXPORT-23-02-14",
            "POWER-PACK-24-02-15",
            "ZERO-EXPORT-60M-22-05-01",
        ],
    )
    assert found.imports[1].name == "Octopus Go"


async def test_newest_version_on_sale(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """Neither a white label, nor a business's, nor an expired one is taken."""
    simulator.lists_expired = True
    found = await client.offers(NOON)
    product = found.newest(AGILE_IMPORT)
    assert product is not None
    assert product.code == "AGILE-24-10-01"

    before = await client.offers(datetime(2024, 9, 1, tzinfo=UTC))
    product = before.newest(AGILE_IMPORT)
    assert product is not None
    assert product.code == "AGILE-23-12-06"


async def test_nothing_on_sale(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """No products is an answer."""
    simulator.fail(Fault(empty=True))
    found = await client.offers(NOON)
    assert found == Offers()
    assert found.newest(AGILE_EXPORT) is None


def test_a_sister_brand_has_its_own_list() -> None:
    """Where the supplier's own brand is missing, the others are offered."""
    assert codes(offered(row("AGILE-X-25-01-01", brand="SISTER")))[0] == [
        "AGILE-X-25-01-01"
    ]


def test_fixed_prices_are_for_those_who_know_the_code() -> None:
    """There are dozens of them; a tracker is known by its mark as well."""
    found = offered(
        row("OE-FIX-12M-25-11-01", is_variable=False),
        row("TRACK-25-01-01", is_tracker=True, is_variable=False),
        row("OUTGOING-FIX-12M-19-05-13", "EXPORT", is_variable=False),
    )
    assert codes(found) == (["TRACK-25-01-01"], ["OUTGOING-FIX-12M-19-05-13"])
    assert found.newest(TRACKER) is None


def test_pairs() -> None:
    """Each half of Flux and of Intelligent Flux leads to the other."""
    pairs = {
        "FLUX-IMPORT-23-02-14": "FLUX-EXPORT-23-02-14",
        "INTELLI-FLUX-IMPORT-23-07-14": "INTELLI-FLUX-EXPORT-23-07-14",
    }
    found = offered(
        *(row(code) for code in pairs),
        *(row(code, "EXPORT") for code in pairs.values()),
        row("COSY-22-12-08"),
    )
    for bought, sold in pairs.items():
        partner = found.partner(bought, Direction.IMPORT)
        assert partner is not None
        assert partner.code == sold
        partner = found.partner(sold, Direction.EXPORT)
        assert partner is not None
        assert partner.code == bought
    assert found.partner("COSY-22-12-08", Direction.IMPORT) is None
    assert found.partner("UNKNOWN-22-12-08", Direction.IMPORT) is None
    assert (
        offered(row("FLUX-IMPORT-23-02-14")).partner(
            "FLUX-IMPORT-23-02-14", Direction.IMPORT
        )
        is None
    )


def test_intelligent_flux_without_an_export_product() -> None:
    """Its import product is offered for export too, and is its own partner."""
    code = "INTELLI-FLUX-IMPORT-23-07-14"
    found = offered(row(code))
    assert codes(found) == ([code], [code])
    for direction in Direction:
        partner = found.partner(code, direction)
        assert partner is not None
        assert partner.code == code


def test_stand_in() -> None:
    """Only Intelligent Flux's export product has one."""
    assert stand_in("INTELLI-FLUX-EXPORT-23-07-14") == "INTELLI-FLUX-IMPORT-23-07-14"
    assert stand_in("FLUX-EXPORT-23-02-14") is None


def test_a_direction_that_does_not_exist() -> None:
    """A row that cannot be understood is refused."""
    with pytest.raises(PriceAnswerError):
        read_product(row("AGILE-24-10-01", is_tracker="no"))
    with pytest.raises(PriceAnswerError):
        read_product(row("AGILE-24-10-01", "SIDEWAYS"))
