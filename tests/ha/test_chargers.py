"""A site with a car charger: what is shown, and what its battery is told."""

from dataclasses import dataclass
from datetime import timedelta
import json

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
    async_get_persistent_notifications,
)

from custom_components.power_sync.bridges.statistics import own_sensors
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulators.home import SimulatedHome
from simulators.myenergi import MyenergiSimulator, SimulatedZappi
from simulators.myenergi.server import ECO_PLUS, STOPPED
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .conftest import ENTRY_ID, Wait, state_of, value_of

POLL = timedelta(seconds=10)
MINUTE = timedelta(minutes=1)
NO_DISCHARGE = 1
"""In 10 W: the lowest ceiling that a Sungrow takes."""


@dataclass(frozen=True)
class Drive:
    """A site with a Zappi, and what is around it."""

    entry: MockConfigEntry
    sungrow: SungrowSimulator
    myenergi: MyenergiSimulator
    zappi: SimulatedZappi


@pytest.fixture(autouse=True)
def evening(home: SimulatedHome, zappi: SimulatedZappi) -> None:
    """Have no sun, a home that draws 600 W, and a car that has come home."""
    zappi.car.profile = constant(600)
    zappi.car.plug_in()


def site(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    charger: dict[str, object],
) -> MockConfigEntry:
    """Return a live site with a charger, which only holds."""
    made = site_entry(sungrow, octopus)
    entry = MockConfigEntry(
        domain=made.domain,
        entry_id=ENTRY_ID,
        title=made.title,
        version=made.version,
        minor_version=made.minor_version,
        data=made.data,
        options={**made.options, "automatic": False},
        subentries_data=[
            *(each.as_dict() for each in made.subentries.values()),
            ConfigSubentryData(
                subentry_type="charger",
                title="Drive",
                unique_id=str(charger["serial"]),
                data=charger,
            ),
        ],
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def zappi_site(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    myenergi: MyenergiSimulator,
    zappi: SimulatedZappi,
) -> Drive:
    """Set a site with a Zappi up."""
    entry = site(
        hass,
        sungrow,
        octopus,
        {
            "kind": "zappi",
            "hub_serial": myenergi.digest.user,
            "api_key": myenergi.digest.password,
            "base_url": myenergi.url,
            "poll_s": 60,
            "serial": "16012345",
        },
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return Drive(entry, sungrow, myenergi, zappi)


def ceiling(sungrow: SungrowSimulator) -> object:
    """Return the discharge ceiling in the inverter's register, in 10 W."""
    return sungrow.settings()[33047]


async def call(hass: HomeAssistant, domain: str, action: str, **data: object) -> None:
    """Call an action."""
    await hass.services.async_call(domain, action, data, blocking=True)


async def test_a_car_starts_and_stops(
    hass: HomeAssistant,
    zappi_site: Drive,
    wait: Wait,
) -> None:
    """The load tells of it at once, the cloud confirms it, the battery is held."""
    sungrow, myenergi = zappi_site.sungrow, zappi_site.myenergi
    zappi = zappi_site.zappi
    owners = ceiling(sungrow)
    assert value_of(hass, "sensor.powersync_battery_while_a_car_charges") == "no_car"
    assert value_of(hass, "binary_sensor.drive_car_plugged_in") == "on"
    assert value_of(hass, "sensor.drive_car") == "connected"
    myenergi.lag = timedelta(seconds=50)
    zappi.car.start()
    myenergi.report()
    await wait(POLL)
    assert value_of(hass, "sensor.drive_car") == "connected"
    assert ceiling(sungrow) == NO_DISCHARGE
    await wait(POLL)
    assert value_of(hass, "binary_sensor.powersync_battery_held_for_the_car") == "on"
    assert value_of(hass, "sensor.powersync_because") == "car_charging"
    for _ in range(4):
        await wait(POLL)
    assert value_of(hass, "sensor.drive_car") == "charging"
    assert value_of(hass, "sensor.drive_car_charging_power") == "7400.0"
    # Whose statistics the load is learned without.
    assert own_sensors(hass, ENTRY_ID).cars == {"sensor.drive_car_charging_power"}
    assert ceiling(sungrow) == NO_DISCHARGE
    leaked = float(
        value_of(hass, "sensor.powersync_battery_energy_into_the_car_this_session")
    )
    # At most 7.4 kW for the ten seconds to the next reading, which say nothing yet.
    assert 0 <= leaked <= round(7400 * 10 / 3600, 1)
    zappi.car.stop()
    await wait(POLL)
    await wait(POLL)
    assert (ceiling(sungrow), zappi.car.drawn_w) == (owners, 0)
    assert value_of(hass, "binary_sensor.powersync_battery_held_for_the_car") == "off"
    assert value_of(hass, "sensor.powersync_battery_while_a_car_charges") == "no_car"


@pytest.mark.parametrize("action", ["force_discharge", "sungrow_force_discharge"])
async def test_a_discharge_into_a_car_is_confirmed(
    hass: HomeAssistant, zappi_site: Drive, wait: Wait, action: str
) -> None:
    """It is refused and nothing is stored of it, unless the user says so."""
    controller = zappi_site.entry.runtime_data.controller
    export = "switch.powersync_export_from_the_battery"
    await call(hass, "switch", "turn_on", entity_id=export)
    zappi_site.zappi.car.start()
    for _ in range(2):
        await wait(POLL)
    with pytest.raises(ServiceValidationError, match="A car is charging"):
        await call(hass, DOMAIN, action, duration=30)
    (battery,) = controller.batteries.values()
    assert battery.executor.record.force is None
    await call(hass, DOMAIN, action, duration=30, into_car=True)
    assert value_of(hass, "sensor.powersync_current_action") == "discharge"
    assert value_of(hass, "sensor.powersync_because") == "user_request"


async def test_switched_off(
    hass: HomeAssistant,
    zappi_site: Drive,
    sungrow: SungrowSimulator,
    zappi: SimulatedZappi,
    wait: Wait,
) -> None:
    """Then the battery is its owner's; the method is a setting, too."""
    switch = "switch.powersync_hold_the_battery_while_a_car_charges"
    method = "select.powersync_how_to_hold_the_battery_for_the_car"
    await call(hass, "switch", "turn_off", entity_id=switch)
    writes = len(sungrow.writes)
    zappi.car.start()
    for _ in range(7):
        await wait(POLL)
    assert value_of(hass, "sensor.powersync_battery_while_a_car_charges") == "off"
    assert len(sungrow.writes) == writes
    assert value_of(hass, method) == "automatic"
    await call(hass, "select", "select_option", entity_id=method, option="small_charge")
    await call(hass, "switch", "turn_on", entity_id=switch)
    assert sungrow.settings()[13051] == 1000
    assert value_of(hass, method) == "small_charge"


async def test_starting_the_car_through_powersync(
    hass: HomeAssistant, zappi_site: Drive, wait: Wait
) -> None:
    """The battery is held before the charger is told."""
    sungrow, myenergi = zappi_site.sungrow, zappi_site.myenergi
    zappi = zappi_site.zappi
    mode = "select.drive_charge_mode"
    await call(hass, "select", "select_option", entity_id=mode, option="stopped")
    await wait(MINUTE)
    zappi.car.start()
    assert (value_of(hass, mode), zappi.car.drawn_w) == ("stopped", 0)
    owners, held = ceiling(sungrow), []
    zappi_mode = zappi.set_mode
    zappi.set_mode = lambda code: (held.append(ceiling(sungrow)), zappi_mode(code))  # type: ignore[method-assign, assignment, func-returns-value]  # to look in between
    await call(hass, "select", "select_option", entity_id=mode, option="fast")
    assert (owners, held) == (owners, [NO_DISCHARGE])
    assert zappi.car.drawn_w == 7400
    await wait(timedelta(seconds=20))
    assert value_of(hass, mode) == "fast"
    assert value_of(hass, "sensor.powersync_battery_while_a_car_charges") == "holding"
    myenergi.refuses = -14
    with pytest.raises(HomeAssistantError):
        await call(hass, "select", "select_option", entity_id=mode, option="eco")


async def test_a_cloud_in_trouble(
    hass: HomeAssistant,
    zappi_site: Drive,
    myenergi: MyenergiSimulator,
    wait: Wait,
) -> None:
    """It is asked more and more rarely, and a key is doubted at the third refusal."""
    state = "sensor.drive_car"
    myenergi.standing_fault = Fault(status=429)
    await wait(MINUTE)
    assert value_of(hass, state) == STATE_UNAVAILABLE
    asked = len(myenergi.requests)
    await wait(MINUTE)
    assert len(myenergi.requests) == asked
    for _ in range(6):
        await wait(5 * MINUTE)
    assert not hass.config_entries.flow.async_progress()
    myenergi.heal()
    await wait(5 * MINUTE)
    assert value_of(hass, state) == "connected"
    myenergi.digest.password = "another"  # noqa: S105 - of the simulation
    myenergi.digest.forget()
    for _ in range(6):
        await wait(5 * MINUTE)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_charger"


async def test_nothing_secret_is_shown(
    hass: HomeAssistant, zappi_site: Drive, myenergi: MyenergiSimulator
) -> None:
    """Neither key nor serial numbers, nor the address."""
    found = json.dumps(
        await async_get_config_entry_diagnostics(hass, zappi_site.entry), default=str
    )
    for secret in (myenergi.digest.user, myenergi.digest.password, "16012345"):
        assert secret not in found
    assert '"kind": "zappi"' in found
    assert '"state": "connected"' in found


async def test_devices_and_removal(hass: HomeAssistant, zappi_site: Drive) -> None:
    """A charger is a device of its own, and goes with the site."""
    registry = dr.async_get(hass)
    devices = dr.async_entries_for_config_entry(registry, ENTRY_ID)
    (device,) = [d for d in devices if (DOMAIN, "16012345") in d.identifiers]
    assert (device.manufacturer, device.model, device.name) == (
        *("myenergi", "Zappi", "Drive"),
    )
    assert len(er.async_entries_for_device(er.async_get(hass), device.id)) == 5
    await hass.config_entries.async_remove(zappi_site.entry.entry_id)
    await hass.async_block_till_done()
    assert dr.async_entries_for_config_entry(registry, ENTRY_ID) == []


async def test_through_sensors(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    zappi: SimulatedZappi,
    wait: Wait,
) -> None:
    """A change of the charger's sensor is news at once."""
    unit = {"unit_of_measurement": "kW"}
    hass.states.async_set("sensor.wallbox", "0", unit)
    charger: dict[str, object] = {"kind": "entities", "serial": "charger-1"}
    charger["power_sensor"] = "sensor.wallbox"
    entry = site(hass, sungrow, octopus, charger)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    owners = ceiling(sungrow)
    assert value_of(hass, "sensor.drive_car") == "connected"
    assert hass.states.get("select.drive_charge_mode") is None
    zappi.car.start()
    hass.states.async_set("sensor.wallbox", "7.4", unit)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert ceiling(sungrow) == NO_DISCHARGE
    assert state_of(hass, "sensor.drive_car_charging_power").state == "7400.0"
    zappi.car.stop()
    hass.states.async_set("sensor.wallbox", "0", unit)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert ceiling(sungrow) == owners
    hass.states.async_remove("sensor.wallbox")
    await wait(MINUTE)
    assert value_of(hass, "sensor.drive_car") == STATE_UNAVAILABLE


async def test_a_charger_that_cannot_be(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """What is stored of it is of no kind that there is."""
    entry = site(hass, sungrow, octopus, {"kind": "other", "serial": "1"})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "charger_config_invalid"


async def test_a_sale_does_not_go_into_the_car(
    hass: HomeAssistant, zappi_site: Drive, wait: Wait
) -> None:
    """The Zappi is stopped first, and set back after the sale, or before a stop."""
    sungrow, zappi = zappi_site.sungrow, zappi_site.zappi
    mode, because = "select.drive_charge_mode", "sensor.powersync_because"
    zappi.set_mode(ECO_PLUS)
    await wait(MINUTE)
    owner = sungrow.settings()
    export = "switch.powersync_export_from_the_battery"
    await call(hass, "switch", "turn_on", entity_id=export)
    assert (value_of(hass, mode), zappi.mode) == ("eco_plus", ECO_PLUS)
    await call(hass, DOMAIN, "force_discharge", duration=30, power_w=3000)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert value_of(hass, because) == "car_would_take"
    assert (zappi.mode, sungrow.settings()) == (STOPPED, owner)
    # The cloud tells with the next look at it; only then is anything sold.
    for _ in range(3):
        await wait(POLL)
    assert value_of(hass, because) == "user_request"
    assert sungrow.settings() != owner
    await call(hass, DOMAIN, "restore_normal")
    for _ in range(9):
        await wait(POLL)
    assert (value_of(hass, mode), zappi.mode) == ("eco_plus", ECO_PLUS)
    await call(hass, DOMAIN, "force_discharge", duration=30, power_w=3000)
    for _ in range(3):
        await wait(POLL)
    assert zappi.mode == STOPPED
    assert await hass.config_entries.async_unload(ENTRY_ID)
    assert (zappi.mode, sungrow.settings()) == (ECO_PLUS, owner)


async def test_a_charger_that_cannot_be_set_back(
    hass: HomeAssistant, zappi_site: Drive, myenergi: MyenergiSimulator, wait: Wait
) -> None:
    """It is told, tried again, and named where the site is removed."""
    zappi_site.zappi.set_mode(ECO_PLUS)
    await wait(MINUTE)
    export = "switch.powersync_export_from_the_battery"
    await call(hass, "switch", "turn_on", entity_id=export)
    await call(hass, DOMAIN, "force_discharge", duration=30, power_w=3000)
    for _ in range(3):
        await wait(POLL)
    myenergi.refuses = -14
    await call(hass, DOMAIN, "restore_normal")
    for _ in range(11):
        await wait(MINUTE)
    (notification,) = async_get_persistent_notifications(hass).values()
    assert "Drive was stopped" in notification["message"]
    myenergi.refuses = None
    for _ in range(4):
        await wait(MINUTE)
    assert zappi_site.zappi.mode == ECO_PLUS
    await call(hass, DOMAIN, "force_discharge", duration=30, power_w=3000)
    for _ in range(3):
        await wait(POLL)
    myenergi.refuses = -14
    await hass.config_entries.async_remove(ENTRY_ID)
    await hass.async_block_till_done(wait_background_tasks=True)
    texts = [n["message"] for n in async_get_persistent_notifications(hass).values()]
    assert any(text.startswith("Drive: it is stopped") for text in texts)
