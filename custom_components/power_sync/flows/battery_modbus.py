"""A battery that is reached over Modbus: how it is connected, and where."""

from collections.abc import Mapping
from typing import Any

from custom_components.power_sync.bridges.modbus import temporary_units
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryProbe,
)
from custom_components.power_sync.devices.batteries.modbus import (
    CONF_LINK,
    Transport,
    modbus_access,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowResult
from homeassistant.exceptions import HomeAssistantError

from .battery_address import address_from, address_schema, link_schema, typed_from
from .battery_found import FoundSteps, probe_errors
from .errors import InputError


class ModbusSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FoundSteps[ContextT, ResultT, HandlerT]
):
    """Link and address; begins with `async_step_battery_link`."""

    _link: str

    async def async_step_battery_link(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask how the inverter is connected, where there are several ways."""
        access = modbus_access(self.brand)
        if user_input is None and len(access.links) == 1:
            user_input = {CONF_LINK: access.usual_link}
        if user_input is not None:
            self._link = user_input[CONF_LINK]
            if self._transport is Transport.SERIAL:
                return await self.async_step_battery_serial()
            return await self.async_step_battery_connect()
        return self.async_show_form(
            step_id="battery_link",
            data_schema=self.add_suggested_values_to_schema(
                link_schema(access), self.known
            ),
            description_placeholders={"brand": self.brand.name},
        )

    async def async_step_battery_connect(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for the address in the network, and look at what answers there."""
        return await self._async_address(user_input, step_id="battery_connect")

    async def async_step_battery_serial(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for the serial port, and look at what answers there."""
        return await self._async_address(user_input, step_id="battery_serial")

    @property
    def _transport(self) -> Transport:
        return modbus_access(self.brand).links[self._link].transport

    async def _async_address(
        self, user_input: dict[str, Any] | None, *, step_id: str
    ) -> ResultT:
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                await self._async_look(user_input)
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_found()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                address_schema(modbus_access(self.brand), self._transport),
                user_input or typed_from(self.known),
            ),
            errors=errors,
            description_placeholders={"brand": self.brand.name},
        )

    async def _async_look(self, user_input: Mapping[str, Any]) -> None:
        """Take the address and what answers there. Raises InputError, AbortFlow."""
        address = address_from(self._link, self._transport, user_input)
        self.take(address, await _async_probe(self.hass, self.brand, address))


async def _async_probe(
    hass: HomeAssistant, brand: BatteryBrand, address: Mapping[str, object]
) -> BatteryProbe:
    """Return what answers at an address. Raises InputError."""
    access = modbus_access(brand)
    with probe_errors():
        try:
            link = access.links[str(address[CONF_LINK])]
            async with temporary_units(hass, brand, address) as (unit, siblings):
                return await access.probe(unit, link.options, siblings)
        except HomeAssistantError as err:
            raise InputError("link_settings_in_use") from err
