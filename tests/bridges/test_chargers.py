"""The bridges to chargers: the hub's cloud in trouble, sensors that cannot be set."""

from unittest.mock import patch

import pytest

from custom_components.power_sync.bridges.chargers import charger_of
from custom_components.power_sync.bridges.myenergi import MyenergiHub
from custom_components.power_sync.devices.batteries.stored import StoredConfigError
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.charger import CarState, ChargeMode
from homeassistant.core import HomeAssistant
from simulators.myenergi import MyenergiSimulator
from simulators.rest import Fault

EVERYTHING = "/cgi-jstatus-*"


async def test_a_hub_in_trouble(
    hass: HomeAssistant, myenergi: MyenergiSimulator
) -> None:
    """Whatever goes wrong is an outage, and the next answer is as good as ever."""
    digest = myenergi.digest
    hub = MyenergiHub(hass, digest.user, digest.password, myenergi.url)
    assert isinstance(await hub.get(EVERYTHING), list)
    myenergi.fail(Fault(body="no JSON"))
    with pytest.raises(DeviceUnreachableError):
        await hub.get(EVERYTHING)
    with pytest.raises(DeviceUnreachableError, match="404"):
        await hub.get("/cgi-nothing")
    assert isinstance(await hub.get(EVERYTHING), list)
    await myenergi.stop()
    with pytest.raises(DeviceUnreachableError):
        await hub.get(EVERYTHING)
    await hub.close()
    # A director that does not answer at all leaves the library without a server.
    with pytest.raises(DeviceUnreachableError):
        await hub.get(EVERYTHING)
    await hub.close()
    await hub.close()
    await myenergi.start()


async def test_without_the_library(
    hass: HomeAssistant, myenergi: MyenergiSimulator
) -> None:
    """It says so; nothing else does."""
    hub = MyenergiHub(hass, "12345678", "key", None)
    with (
        patch(
            "custom_components.power_sync.bridges.myenergi.async_ensure",
            return_value=False,
        ),
        pytest.raises(DeviceUnreachableError, match="pymyenergi"),
    ):
        await hub.get(EVERYTHING)


async def test_sensors(hass: HomeAssistant) -> None:
    """A charger through sensors is only read."""
    charger = charger_of(
        hass,
        {
            "kind": "entities",
            "serial": "charger-1",
            "power_sensor": "sensor.power",
            "status_sensor": "sensor.status",
        },
    )
    hass.states.async_set("sensor.power", "unavailable")
    hass.states.async_set("sensor.status", "Charging")
    assert (await charger.read()).state is CarState.CHARGING
    hass.states.async_set("sensor.status", "unknown")
    with pytest.raises(DeviceUnreachableError):
        await charger.read()
    with pytest.raises(DeviceRefusedError):
        await charger.set_mode(ChargeMode.STOPPED)
    await charger.close()
    with pytest.raises(StoredConfigError):
        charger_of(hass, {"kind": "zappi", "hub_serial": "1"})
