"""Finding a battery: the steps shared by a new site and a site's further batteries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import probatio

from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import AccessKind
from homeassistant.data_entry_flow import FlowContext, FlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .battery_cloud import CloudSteps
from .battery_entities import EntitiesSteps
from .battery_modbus import ModbusSteps
from .battery_no_device import NoDeviceSteps
from .battery_tesla import TeslaSteps

CONF_BRAND: Final = "brand"
"""Stored under the name that `devices/batteries/stored.py` gives it."""

FIRST_STEPS: Final[Mapping[AccessKind, str]] = MappingProxyType(
    {
        AccessKind.MODBUS: "battery_link",
        AccessKind.NONE: "battery_no_device",
        AccessKind.ENTITIES: "battery_entities",
        AccessKind.CLOUD: "battery_cloud",
        AccessKind.TESLA: "battery_tesla",
    }
)
"""The step that asks for what a kind of access needs: a method of a base below."""


class BatterySteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    ModbusSteps[ContextT, ResultT, HandlerT],
    NoDeviceSteps[ContextT, ResultT, HandlerT],
    EntitiesSteps[ContextT, ResultT, HandlerT],
    CloudSteps[ContextT, ResultT, HandlerT],
    TeslaSteps[ContextT, ResultT, HandlerT],
):
    """The brand, then the steps of its kind of access, then what was found."""

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for the brand, where there are several."""
        if user_input is None and len(BRANDS) == 1:
            user_input = {CONF_BRAND: next(iter(BRANDS))}
        if user_input is not None:
            return await self._async_reach(user_input[CONF_BRAND])
        return self.async_show_form(step_id="battery", data_schema=brand_schema())

    async def async_find_again(self, serial: str, known: Mapping[str, Any]) -> ResultT:
        """Change how a battery is reached or used; it stays the same one."""
        self.known, self.known_serial = known, serial
        return await self._async_reach(known[CONF_BRAND])

    async def _async_reach(self, brand: str) -> ResultT:
        """Go on with the first step of a brand's kind of access."""
        self.brand = BRANDS[brand]
        first: str = FIRST_STEPS[self.brand.access.kind]
        step: ResultT = await getattr(self, f"async_step_{first}")()
        return step


def brand_schema() -> probatio.Schema:
    """Return the form that asks for the brand."""
    select = SelectSelectorConfig(
        options=[
            SelectOptionDict(value=brand.key, label=brand.name)
            for brand in BRANDS.values()
        ],
        mode=SelectSelectorMode.LIST,
    )
    brand = probatio.Required(CONF_BRAND, default=next(iter(BRANDS)))
    return probatio.Schema({brand: SelectSelector(select)})
