"""Modbus over the connections that Home Assistant shares between integrations."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import MappingProxyType
from typing import Literal

from modbus_connection import ModbusSerialParams, ModbusTcpParams, ModbusUnit

from custom_components.power_sync.const import (
    CONF_BAUD_RATE,
    CONF_PARITY,
    CONF_STOP_BITS,
    CONF_UNIT_ID,
)
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.devices.batteries.modbus import (
    CONF_LINK,
    BrandLink,
    Siblings,
    Transport,
    modbus_access,
)
from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    number_in,
    text_in,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from homeassistant.components.modbus import async_get_temporary_unit, async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

type Data = Mapping[str, object]
type Params = ModbusTcpParams | ModbusSerialParams

_LOOPBACK = "127.0.0.1"
_PARITIES: Mapping[str, Literal["N", "E", "O"]] = MappingProxyType(
    {"none": "N", "even": "E", "odd": "O"}
)
_STOP_BITS: Mapping[int, Literal[1, 2]] = MappingProxyType({1: 1, 2: 2})
_SOCKET_BAUD_RATE = 115_200
"""What Home Assistant itself gives a serial line over a socket: no speed, but
other integrations on the same gateway share the link only if it is the same."""


def normal_host(host: str) -> str:
    """Return one spelling of a host, as two spellings would open two links."""
    host = host.strip().lower()
    return _LOOPBACK if host == "localhost" else host


def link_of(brand: BatteryBrand, data: Data) -> BrandLink:
    """Return how a battery is reached. Raises StoredConfigError."""
    access = modbus_access(brand)
    link = access.links.get(str(data.get(CONF_LINK, access.usual_link)))
    if link is None:
        raise StoredConfigError(f"no link {data.get(CONF_LINK)}")
    return link


def link_params(brand: BatteryBrand, data: Data) -> tuple[Params, int]:
    """Return the link's settings and the unit id. Raises StoredConfigError."""
    unit_id = int(number_in(data, CONF_UNIT_ID))
    match link_of(brand, data).transport:
        case Transport.TCP:
            host = normal_host(text_in(data, CONF_HOST))
            return ModbusTcpParams(
                host=host, port=int(number_in(data, CONF_PORT))
            ), unit_id
        case Transport.RTU_OVER_TCP:
            host = normal_host(text_in(data, CONF_HOST))
            # The colons of an IPv6 address would read as the port's.
            host = f"[{host}]" if ":" in host else host
            device = f"socket://{host}:{int(number_in(data, CONF_PORT))}"
            params = ModbusSerialParams(device=device, baudrate=_SOCKET_BAUD_RATE)
            return params, unit_id
        case Transport.SERIAL:
            return _serial_params(data), unit_id


def _serial_params(data: Data) -> ModbusSerialParams:
    parity = _PARITIES.get(text_in(data, CONF_PARITY))
    stop_bits = _STOP_BITS.get(int(number_in(data, CONF_STOP_BITS)))
    if parity is None or stop_bits is None:
        raise StoredConfigError("no serial line")
    return ModbusSerialParams(
        device=text_in(data, CONF_DEVICE),
        baudrate=int(number_in(data, CONF_BAUD_RATE)),
        parity=parity,
        stopbits=stop_bits,
    )


class ModbusBridge:
    """Makes drivers on connections that Home Assistant shares."""

    def held(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Data,
    ) -> BatteryDriver:
        """Return a driver on a link that is held while `entry` is loaded.

        Raises HomeAssistantError where another integration holds the same
        address with other link settings.
        """
        params, unit_id = link_params(brand, data)
        options = link_of(brand, data).options
        access = modbus_access(brand)
        return access.driver(
            async_get_unit(hass, entry, params, unit_id),
            config,
            now=dt_util.utcnow,
            link=options,
            siblings={
                sibling: async_get_unit(hass, entry, params, sibling)
                for sibling in (*access.siblings(config), unit_id)
            },
        )

    @asynccontextmanager
    async def temporary(
        self,
        hass: HomeAssistant,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Data,
    ) -> AsyncIterator[BatteryDriver]:
        """Hold a driver for a moment, outside of any loaded entry."""
        options = link_of(brand, data).options
        async with temporary_units(hass, brand, data, config) as (unit, siblings):
            yield modbus_access(brand).driver(
                unit, config, now=dt_util.utcnow, link=options, siblings=siblings
            )

    async def forget(self, _hass: HomeAssistant, _config: BatteryConfig) -> None:
        """Do nothing: nothing is kept."""


@asynccontextmanager
async def temporary_units(
    hass: HomeAssistant,
    brand: BatteryBrand,
    data: Data,
    config: BatteryConfig | None = None,
) -> AsyncIterator[tuple[ModbusUnit, Siblings]]:
    """Hold a Modbus unit and its siblings for a moment.

    Without `config` for a config flow to look at what is there.
    """
    params, unit_id = link_params(brand, data)
    async with AsyncExitStack() as stack:

        async def hold(held: int) -> ModbusUnit:
            unit = async_get_temporary_unit(hass, params, held)
            return await stack.enter_async_context(unit)

        siblings = (*modbus_access(brand).siblings(config), unit_id)
        units = {each: await hold(each) for each in siblings}
        yield units[unit_id], units
