"""Finding a battery: the steps shared by a new site and a site's further batteries."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.modbus import temporary_unit
from custom_components.power_sync.const import DOMAIN, LOGGER, SUBENTRY_BATTERY
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import (
    CONF_LINK,
    BatteryBrand,
    BatteryConfig,
    BatteryNotConnectedError,
    BatteryProbe,
    Caveat,
    NoBatteryError,
    NotThisBrandError,
    Transport,
    UnsupportedModelError,
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.stored import to_stored
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from homeassistant.config_entries import (
    ConfigSubentryData,
)
from homeassistant.const import UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import (
    AbortFlow,
    FlowContext,
    FlowHandler,
    FlowResult,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .battery_address import (
    address_from,
    address_schema,
    link_schema,
    typed_from,
)
from .errors import InputError

# Stored under the names that `devices/batteries/stored.py` gives them.
CONF_BRAND: Final = "brand"
CONF_MAX_CHARGE_W: Final = "max_charge_w"
CONF_MAX_DISCHARGE_W: Final = "max_discharge_w"
CONF_CAPACITY_KWH: Final = "capacity_kwh"

NOT_KNOWN: Final = "–"  # noqa: RUF001 - a dash that is read in every language

PROBE_ERRORS: Mapping[type[DeviceError], str] = MappingProxyType(
    {
        DeviceUnreachableError: "battery_unreachable",
        DeviceRefusedError: "battery_unreachable",
        WrongUnitError: "wrong_unit",
        NotThisBrandError: "not_this_brand",
        UnsupportedModelError: "unsupported_model",
        NoBatteryError: "no_battery",
        BatteryNotConnectedError: "battery_not_connected",
    }
)


class BatterySteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FlowHandler[ContextT, ResultT, HandlerT]
):
    """Brand, link, address, powers. Ends in `async_battery_done`.

    `known_serial` is the battery that must answer, None where a new one is
    looked for; `known` holds what is stored of it.
    """

    known_serial: str | None = None
    known: Mapping[str, Any] = MappingProxyType({})
    brand: BatteryBrand
    probe: BatteryProbe
    _link: str
    _address: Mapping[str, Any]

    @abstractmethod
    async def async_battery_done(self, battery: ConfigSubentryData) -> ResultT:
        """Go on with a battery that answered and that the user has looked at."""

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for the brand, where there are several."""
        if user_input is None and len(BRANDS) == 1:
            user_input = {CONF_BRAND: next(iter(BRANDS))}
        if user_input is not None:
            self.brand = BRANDS[user_input[CONF_BRAND]]
            return await self.async_step_battery_link()
        return self.async_show_form(step_id="battery", data_schema=brand_schema())

    async def async_step_battery_link(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask how the inverter is connected."""
        if user_input is not None:
            self._link = user_input[CONF_LINK]
            if self._transport is Transport.SERIAL:
                return await self.async_step_battery_serial()
            return await self.async_step_battery_connect()
        return self.async_show_form(
            step_id="battery_link",
            data_schema=self.add_suggested_values_to_schema(
                link_schema(self.brand), self.known
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
        return self.brand.links[self._link].transport

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
                return await self._async_found()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                address_schema(self.brand, self._transport),
                user_input or typed_from(self.known),
            ),
            errors=errors,
            description_placeholders={"brand": self.brand.name},
        )

    async def _async_found(self) -> ResultT:
        """Tell first what keeps a battery from being controlled in full."""
        match self.probe.caveat:
            case Caveat.TELEMETRY_ONLY:
                return await self.async_step_battery_telemetry_only()
            case Caveat.EXTERNAL_CONTROL:
                return await self.async_step_battery_external_control()
            case Caveat.NO_FORCING:
                return await self.async_step_battery_no_forcing()
            case None:
                return await self.async_step_battery_found()

    async def async_step_battery_telemetry_only(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the battery can only be watched."""
        return await self._async_told(user_input, step_id="battery_telemetry_only")

    async def async_step_battery_external_control(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that another energy manager controls the battery."""
        return await self._async_told(user_input, step_id="battery_external_control")

    async def async_step_battery_no_forcing(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the battery cannot be forced."""
        return await self._async_told(user_input, step_id="battery_no_forcing")

    async def _async_told(
        self, user_input: dict[str, Any] | None, *, step_id: str
    ) -> ResultT:
        if user_input is not None:
            return await self.async_step_battery_found()
        return self.async_show_form(
            step_id=step_id,
            data_schema=probatio.Schema({}),
            description_placeholders={"model": self.probe.config.identity.model},
        )

    async def async_step_battery_found(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Show what was found, and ask how hard the battery may be used."""
        config = self.probe.config
        if user_input is not None:
            config = replace(config, **user_input)
            return await self.async_battery_done(
                ConfigSubentryData(
                    subentry_type=SUBENTRY_BATTERY,
                    title=f"{self.brand.manufacturer} {config.identity.model}",
                    unique_id=config.identity.serial,
                    data={**to_stored(config), **self._address},
                )
            )
        return self.async_show_form(
            step_id="battery_found",
            data_schema=self.add_suggested_values_to_schema(
                _powers_schema(config, self.known), _powers(config, self.known)
            ),
            description_placeholders={
                "model": config.identity.model,
                "serial": config.identity.serial,
                "capacity": _capacity(config.capacity_kwh),
                "rated_power": f"{config.rated_power_w / 1000:g} "
                f"{UnitOfPower.KILO_WATT}",
            },
        )

    async def _async_look(self, user_input: Mapping[str, Any]) -> None:
        """Keep the address and what answers there. Raises InputError, AbortFlow."""
        address = address_from(self._link, self._transport, user_input)
        probe = await _async_probe(self.hass, self.brand, address)
        serial = probe.config.identity.serial
        if self.known_serial is None:
            abort_if_serial_in_use(self.hass, serial)
        elif serial != self.known_serial:
            raise InputError("wrong_battery")
        self._address, self.probe = address, probe


def abort_if_serial_in_use(hass: HomeAssistant, serial: str) -> None:
    """Raise AbortFlow where any site has this battery: it has one master."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.subentries.values():
            if subentry.unique_id == serial:
                raise AbortFlow("already_configured")


async def _async_probe(
    hass: HomeAssistant, brand: BatteryBrand, address: Mapping[str, object]
) -> BatteryProbe:
    """Return what answers at an address. Raises InputError."""
    try:
        link = brand.links[str(address[CONF_LINK])]
        async with temporary_unit(hass, brand, address) as unit:
            return await brand.probe(unit, link.options)
    except DeviceError as err:
        LOGGER.debug("No battery was found: %s", err)
        raise InputError(PROBE_ERRORS.get(type(err), "unknown")) from err
    except HomeAssistantError as err:
        raise InputError("link_settings_in_use") from err
    except Exception as err:
        LOGGER.exception("Unexpected error while looking at a battery")
        raise InputError("unknown") from err


def brand_schema() -> probatio.Schema:
    """Return the form that asks for the brand."""
    select = SelectSelectorConfig(
        options=[
            SelectOptionDict(value=brand.key, label=brand.name)
            for brand in BRANDS.values()
        ],
        mode=SelectSelectorMode.LIST,
    )
    return probatio.Schema({probatio.Required(CONF_BRAND): SelectSelector(select)})


def _powers_schema(config: BatteryConfig, known: Mapping[str, Any]) -> probatio.Schema:
    """Ask for what bounds the battery, and the capacity where nobody told it."""
    # What an inverter allows now may be lowered by PowerSync for a while, so
    # what was allowed when the battery was added stays possible.
    schema = probatio.Schema(
        {
            probatio.Required(key): _power(max(most_w, known.get(key, most_w)))
            for key, most_w in _most_w(config).items()
        }
    )
    if config.capacity_kwh is None:
        capacity = NumberSelectorConfig(
            min=0.1,
            max=1000,
            step=0.1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        )
        schema = schema.extend(
            {probatio.Required(CONF_CAPACITY_KWH): NumberSelector(capacity)}
        )
    return schema


def _most_w(config: BatteryConfig) -> dict[str, float]:
    return {
        CONF_MAX_CHARGE_W: config.max_charge_w,
        CONF_MAX_DISCHARGE_W: config.max_discharge_w,
    }


def _power(highest_w: float) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=1,
            max=highest_w,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=UnitOfPower.WATT,
        )
    )


def _powers(config: BatteryConfig, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to suggest: what is stored, or else what the inverter allows."""
    suggested = {key: known.get(key, most_w) for key, most_w in _most_w(config).items()}
    if known.get(CONF_CAPACITY_KWH) is not None:
        suggested[CONF_CAPACITY_KWH] = known[CONF_CAPACITY_KWH]
    return suggested


def _capacity(capacity_kwh: float | None) -> str:
    if capacity_kwh is None:
        return NOT_KNOWN
    return f"{capacity_kwh:g} {UnitOfEnergy.KILO_WATT_HOUR}"
