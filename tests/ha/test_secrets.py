"""Nothing private leaves the home: it is planted everywhere, and looked for."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
import logging
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import (  # type: ignore[import-untyped]  # has no type marker
    ClientSessionGenerator,
)

from custom_components.power_sync.control.controller import Member
from custom_components.power_sync.control.journal import Record
from custom_components.power_sync.control.log import LogEntry, Outcome
from custom_components.power_sync.control.problems import Problem, ProblemKey
from custom_components.power_sync.forecast_coordinator import Forecasts
from custom_components.power_sync.issues import async_show_lost
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.setup import async_setup_component
from simulators.octopus import Fault, OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, SERIAL

from .conftest import SetUp

STRAY = "B7700PLANT9"
STORED = {
    "account_number": "A-PLANT0042",
    "account": 4711004711,
    "api_key": "sk_live_planted",
    "email": "owner@planted.example",
    "mpan": "2000098765432",
    "meter_serial": "21L7654321",
    "meter_point": 1900012345678,
    "postcode": "PL7 4NT",
    "latitude": 50.38123,
    "longitude": -4.08456,
    "forecast_sensor": "sensor.plantagenet_roof",
    "sensor_name": "Anna Planter's roof",
    "token_expires": "eyJplantedplantedplanted0123456789",
}
"""What providers and devices of today and tomorrow may store."""
PLACES = {
    "location": "Planter House",
    "internal_url": "http://planted.home.arpa:8123",
    "entry title": "12 Planted Lane",
    "battery title": "The planted shed",
    "device name": "Plantagenet's inverter",
    "entity name": "Power at Planterhof",
    "solar source": "Roof of Planter",
    "stray host": "stray.planted.local",
    "password": "plantedpass",
    "user": "planteduser",
    "error": "http://planteduser:plantedpass@10.11.12.13/x?key=planted",
}
SECRETS = (
    SERIAL,
    STRAY,
    "127.0.0.1",
    "10.11.12.13",
    "50.38",
    "-4.08",
    *(str(value) for value in STORED.values()),
    *PLACES.values(),
)


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Have our loggers say all they can."""
    caplog.set_level(logging.DEBUG, logger="custom_components.power_sync")


def plant_in_home(hass: HomeAssistant) -> None:
    """Plant in what Home Assistant itself knows of the home."""
    hass.config.latitude, hass.config.longitude = 50.38123, -4.08456
    hass.config.location_name = PLACES["location"]
    hass.config.internal_url = PLACES["internal_url"]


async def plant_in_entry(
    hass: HomeAssistant,
    entry: Any,
    octopus: OctopusSimulator,
    battery_title: str = PLACES["battery title"],
) -> None:
    """Plant in what is stored of the site."""
    url = octopus.url.replace("//", "//planteduser:plantedpass@")
    hass.config_entries.async_update_entry(
        entry,
        data={
            **entry.data,
            **STORED,
            "prices": {**entry.data["prices"], "base_url": url, **STORED},
        },
        options={**entry.options, **STORED, "several": [STORED, "plantedword"]},
        title=PLACES["entry title"],
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    (battery,) = entry.subentries.values()
    hass.config_entries.async_update_subentry(
        entry,
        battery,
        data={**battery.data, **STORED},
        title=battery_title,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


def plant_in_registries(hass: HomeAssistant, entry: Any) -> None:
    """Plant in the names that the user gives."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        devices.async_update_device(device.id, name_by_user=PLACES["device name"])
    for entity in er.async_entries_for_config_entry(entities, entry.entry_id):
        entities.async_update_entity(entity.entity_id, name=PLACES["entity name"])


def plant_in_site(site: Any) -> None:
    """Plant in what a running site says: errors, forecasts, readings, strays."""
    told = "; ".join(SECRETS)
    controller, coordinators = site.controller, site.coordinators
    for coordinator in (coordinators.prices, *coordinators.batteries.values()):
        coordinator.last_exception = UpdateFailed(told)
    coordinators.forecasts.data = Forecasts(
        Forecast(Series(()), PLACES["solar source"], NOON), None
    )
    controller.book.note(
        STRAY,
        lambda _: Record(device={"host": PLACES["stray host"], "serial": STRAY}),
    )
    reading = controller.batteries[SERIAL].health.reading
    controller.read(SERIAL, replace(reading, extra={"code": f"{SERIAL} {told}"}))
    for serial in (SERIAL, STRAY):
        controller.log.add(
            LogEntry(
                at=NOON,
                battery_id=serial,
                master="plan",
                reason="balanced",
                command=None,
                writes=(),
                read_back={},
                outcome=Outcome.UNREACHABLE,
                error=told,
            )
        )


def found_in(text: str) -> Iterator[str]:
    """Yield the secrets that a text holds."""
    lower = text.lower()
    yield from (secret for secret in SECRETS if secret.lower() in lower)
    yield from (word for word in ("plant",) if word in lower)


async def test_no_secret_in_a_downloaded_file(
    hass: HomeAssistant,
    set_up: SetUp,
    octopus: OctopusSimulator,
    hass_client: ClientSessionGenerator,
) -> None:
    """The whole of it, with what Home Assistant itself adds."""
    plant_in_home(hass)
    entry = await set_up()
    await plant_in_entry(hass, entry, octopus)
    plant_in_registries(hass, entry)
    plant_in_site(entry.runtime_data)
    async_show_lost(hass, entry)
    assert await async_setup_component(hass, "diagnostics", {})
    # What offers diagnostics is looked up in a task of its own.
    await hass.async_block_till_done()
    client = await hass_client()
    answer = await client.get(f"/api/diagnostics/config_entry/{entry.entry_id}")
    assert answer.status == HTTPStatus.OK
    text = await answer.text()
    assert "**REDACTED**" in text
    assert list(found_in(text)) == []
    # What helps is still there.
    for shown in ("AGILE-24-10-01", "SH10RT", "octopus", "owner_settings_lost"):
        assert shown in text


async def test_no_secret_in_the_logs(
    hass: HomeAssistant,
    set_up: SetUp,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Set-up, outages, a failed restore, unloading: with all tracebacks.

    Names of batteries stay: the user has to know which one it is about.
    """
    entry = await set_up()
    await plant_in_entry(hass, entry, octopus, "Battery")
    site = entry.runtime_data
    await sungrow.refuse_connections()
    octopus.standing_fault = Fault(status=503)
    await site.coordinators.batteries[SERIAL].async_refresh()
    await site.coordinators.prices.async_refresh()
    site.coordinators.prices.data = None
    await site.coordinators.prices.async_refresh()
    await octopus.stop()
    await site.coordinators.prices.async_refresh()
    await site.controller.restore_normal()
    assert await hass.config_entries.async_unload(entry.entry_id)
    formatter = logging.Formatter("%(name)s %(message)s")
    ours = [
        formatter.format(record)
        for record in caplog.get_records("call")
        if record.name.startswith("custom_components.power_sync")
    ]
    assert any("no connection" in line for line in ours)
    assert any("Electricity prices" in line for line in ours)
    assert [(line, list(found_in(line))) for line in ours if any(found_in(line))] == []


async def test_no_secret_in_what_objects_say_of_themselves(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """A repr ends in logs sooner or later."""
    entry = await set_up()
    site = entry.runtime_data
    battery = site.controller.batteries[SERIAL]
    for each in (
        site,
        site.controller,
        site.coordinators,
        site.coordinators.prices.source,
        battery,
        battery.decided,
        battery.executor.driver,
        battery.executor.driver.identity,
        battery.executor.record,
        Member(battery.executor.driver, battery.executor.record.device),
        site.controller.log.entries,
        Problem(ProblemKey.WRONG_DEVICE, SERIAL),
    ):
        text = repr(each)
        assert SERIAL not in text, text
        assert "127.0.0.1" not in text, text
