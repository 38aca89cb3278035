"""A clock that is set back keeps nothing from being read."""

from datetime import timedelta

from modbus_connection import ModbusTcpParams

from custom_components.power_sync.devices.batteries.stored import from_stored
from custom_components.power_sync.devices.batteries.sungrow.driver import (
    SungrowBattery,
)
from homeassistant.components.modbus import async_get_temporary_unit
from tests.common import LOOPBACK, NOON, battery_data
from tests.scenarios.life import Life

POLLS = 6
"""After so many everything has been read: a poll asks for six blocks at most."""


async def test_a_clock_set_back_does_not_blind_the_driver(life: Life) -> None:
    """All that is read at noon is read again with the first poll at eleven."""
    now = NOON
    inverter = life.inverter
    params = ModbusTcpParams(host=inverter.host, port=inverter.port)
    async with async_get_temporary_unit(life.hass, params, inverter.unit_id) as unit:
        driver = SungrowBattery(
            unit, from_stored(battery_data(inverter)), now=lambda: now, link=LOOPBACK
        )
        for _ in range(POLLS):
            await driver.read()
        known = inverter.requests
        await driver.read()
        again = inverter.requests - known
        now -= timedelta(hours=1)
        before = inverter.requests
        reading = await driver.read()
        assert inverter.requests - before > again
        assert reading.at == now
        assert reading.solar_power_w is not None
