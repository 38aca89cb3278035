"""What can go wrong while prices are set up; each time the user gets on."""

from datetime import timedelta

import pytest

from custom_components.power_sync.prices.octopus_client import OctopusClient
from simulators.octopus import Fault, OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import IMPORT_PRODUCT, NOON

from .dialogue import TARIFFS, ConfigDialogue, region

FAULTS = [
    pytest.param(Fault(status=503), "cannot_connect", id="down"),
    pytest.param(Fault(status=429, retry_after="60"), "rate_limited", id="rate"),
    pytest.param(Fault(body="<html>"), "invalid_answer", id="no JSON"),
    pytest.param(Fault(body="{}"), "invalid_answer", id="no list"),
]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        *FAULTS,
        pytest.param(Fault(status=404), "invalid_answer", id="elsewhere"),
        pytest.param(Fault(empty=True), "no_product", id="nothing on sale"),
    ],
)
async def test_products(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    fault: Fault,
    error: str,
) -> None:
    """The product list cannot be had."""
    await dialogue.to_region()
    octopus.fail(fault)
    await dialogue.submit(region(octopus, "P"))
    assert (dialogue.step, dialogue.errors) == ("octopus", {"base": error})
    assert dialogue.form == region(octopus, "P")
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry.data["prices"]["region"] == "P"


async def test_region_is_never_guessed(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Without a choice nothing goes on; the rest that was typed is kept."""
    await dialogue.to_region()
    typed = {"account": {}, "advanced": {"base_url": octopus.url}}
    await dialogue.submit(typed)
    assert dialogue.errors == {"region": "region_missing"}
    assert dialogue.form == typed
    await dialogue.submit(region(octopus))
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry.data["prices"]["region"] == "C"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("api.octopus.energy", "invalid_url"),
        ("ftp://api.octopus.energy", "invalid_url"),
        ("http://", "invalid_url"),
        ("http://[1", "invalid_url"),
        ("http://127.0.0.1:1/v1", "cannot_connect"),
    ],
)
async def test_api_address(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    url: str,
    error: str,
) -> None:
    """The address is none, or nobody is there."""
    typed = {"region": "C", "account": {}, "advanced": {"base_url": url}}
    await dialogue.to_region()
    assert dialogue.folded_up == {"account", "advanced"}
    await dialogue.submit(typed)
    assert (dialogue.step, dialogue.errors) == ("octopus", {"base": error})
    assert dialogue.form == typed
    assert dialogue.folded_up == set()
    await dialogue.submit(region(octopus))
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry.data["prices"]["base_url"] == octopus.url


async def test_provider_is_down(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Nothing listens, until it does again."""
    await dialogue.to_region()
    await octopus.stop()
    await dialogue.submit(region(octopus))
    assert dialogue.errors == {"base": "cannot_connect"}
    await octopus.start()
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry


@pytest.mark.parametrize(("fault", "error"), FAULTS)
async def test_prices(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    fault: Fault,
    error: str,
) -> None:
    """The prices cannot be had."""
    typed = {
        "import_product": IMPORT_PRODUCT,
        "export_product": "none",
        "other": {"other_import_product": "COSY-22-12-08"},
    }
    await dialogue.to_tariff(octopus)
    octopus.fail(fault)
    await dialogue.submit(typed)
    assert (dialogue.step, dialogue.errors) == ("octopus_tariff", {"base": error})
    assert dialogue.form == typed
    assert dialogue.folded_up == set()
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"other_import_product": "AGILE-99-01-01"}, "unknown_tariff"),
        ({"other_import_product": "my tariff"}, "unknown_tariff"),
        ({"other_export_product": "OUTGOING-99-01-01"}, "unknown_tariff"),
        ({"other_import_product": "AGILE-23-12-06"}, "tariff_ended"),
    ],
)
async def test_tariffs(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    other: dict[str, str],
    error: str,
) -> None:
    """There is no such tariff, or no more; what was typed stays in sight."""
    typed = {**TARIFFS, "other": other}
    await dialogue.to_tariff(octopus)
    assert dialogue.folded_up == {"other"}
    await dialogue.submit(typed)
    assert (dialogue.step, dialogue.errors) == ("octopus_tariff", {"base": error})
    assert dialogue.form == typed
    assert dialogue.folded_up == set()
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry


async def test_prices_end_before_now(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Yesterday's publication is missing: prices ended at 23:00 of the day before."""
    await dialogue.to_tariff(octopus)
    octopus.hold_publication(NOON - timedelta(days=1))
    await dialogue.submit(TARIFFS)
    assert dialogue.errors == {"base": "no_price_now"}
    octopus.release_publication()
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry


async def test_fault_of_ours(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told as unexpected, and logged with where it happened."""

    async def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    await dialogue.to_region()
    with monkeypatch.context() as patched:
        patched.setattr(OctopusClient, "offers", fail)
        await dialogue.submit(region(octopus))
    assert dialogue.errors == {"base": "unknown"}
    assert "a bug" in caplog.text
    await dialogue.submit(dialogue.form)
    await dialogue.finish_from_tariff(sungrow)
    assert dialogue.entry
