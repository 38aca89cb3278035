"""Diagnostics: enough to replay a problem, and nothing private."""

import json
from pathlib import Path

from custom_components.power_sync.control.log import LogEntry, Outcome
from custom_components.power_sync.diagnostics import async_get_config_entry_diagnostics
from homeassistant.core import HomeAssistant
from simulators.octopus import Fault, OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, SERIAL

from .conftest import SetUp

MANIFEST = (
    Path(__file__).parents[2] / "custom_components" / "power_sync" / "manifest.json"
)


async def test_diagnostics(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """It says what was read, planned and done; serials and addresses are gone."""
    entry = await set_up()
    hass.config_entries.async_update_entry(
        entry,
        data={
            **entry.data,
            "prices": {**entry.data["prices"], "api_key": "sk_live_planted"},
            "email": "owner@planted.example",
        },
        title="12 Planted Lane",
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    # The serial and the address may also stand within the texts of errors.
    entry.runtime_data.controller.log.add(
        LogEntry(
            at=NOON,
            battery_id=SERIAL,
            master="plan",
            reason="balanced",
            command=None,
            writes=(),
            read_back={},
            outcome=Outcome.UNREACHABLE,
            error=f"{SERIAL} at {sungrow.host} does not answer",
        )
    )
    await sungrow.refuse_connections()
    coordinators = entry.runtime_data.coordinators
    await coordinators.batteries[SERIAL].async_refresh()
    found = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(found, allow_nan=False)
    for secret in (SERIAL, "127.0.0.1", "planted", "Planted", "/v1"):
        assert secret not in text, secret
    assert found["version"] == json.loads(MANIFEST.read_text())["version"]
    battery = found["batteries"]["battery_1"]
    assert battery["reading"]["soc_pct"] == 55
    assert battery["lease"]["master"] == "plan"
    assert battery["owner_settings"]["ems_mode"] == 0
    assert battery["outcome"] == "followed"
    assert found["limits"]["reserve_pct"] == 10
    assert found["prices"]["currency"] == "GBP"
    assert found["plan"]["slots"] == 576
    assert found["mode_losses"]["charge"] >= 0
    last = found["command_log"][-1]
    assert last["battery"] == "battery_1"
    assert last["error"] == "**REDACTED** at **REDACTED** does not answer"
    assert found["coordinators"]["battery_1"]["last_update_success"] is False
    assert found["coordinators"]["battery_1"]["last_error"]


async def test_a_secret_that_is_a_word(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """A short or common name of a host is taken out alone, not out of other words."""
    entry = await set_up(dry_run=True)
    (subentry,) = entry.subentries.values()
    for host, told, gone in (
        ("solar", "solar_power_w of solar", "solar_power_w of **REDACTED**"),
        (
            "pi",
            "pi, ping http://pi:502/",
            "**REDACTED**, ping **REDACTED**",
        ),
        ("::1", "[::1] or x::1", "[**REDACTED**] or x**REDACTED**"),
    ):
        hass.config_entries.async_update_subentry(
            entry, subentry, data={**subentry.data, "host": host}
        )
        await hass.async_block_till_done(wait_background_tasks=True)
        entry.runtime_data.controller.log.add(
            LogEntry(
                at=NOON,
                battery_id=SERIAL,
                master="plan",
                reason=host,
                command=None,
                writes=(),
                read_back={},
                outcome=Outcome.UNREACHABLE,
                error=told,
            )
        )
        found = await async_get_config_entry_diagnostics(hass, entry)
        assert found["command_log"][-1]["error"] == gone
        (subentry,) = entry.subentries.values()
    assert found["forecasts"].keys() >= {"solar_sources"}


async def test_diagnostics_before_anything_is_known(
    hass: HomeAssistant,
    set_up: SetUp,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> None:
    """A site that neither battery nor provider answered has diagnostics, too."""
    await sungrow.refuse_connections()
    octopus.standing_fault = Fault(status=503)
    entry = await set_up()
    found = await async_get_config_entry_diagnostics(hass, entry)
    assert found["plan"] is None
    assert found["mode_losses"] is None
    assert found["prices"] is None
    assert found["batteries"]["battery_1"]["reading"] is None
    assert found["batteries"]["battery_1"]["trouble"] == "unreadable"
