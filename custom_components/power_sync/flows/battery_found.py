"""A battery that was found: what is told and asked, whatever the way to reach it."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import probatio

from custom_components.power_sync.const import DOMAIN, LOGGER, SUBENTRY_BATTERY
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
    BatteryNotConnectedError,
    BatteryProbe,
    Caveat,
    NoBatteryError,
    NotThisBrandError,
    UnsupportedModelError,
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.stored import to_stored
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import (
    AbortFlow,
    FlowContext,
    FlowHandler,
    FlowResult,
)
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)

from .errors import InputError

# Stored under the names that `devices/batteries/stored.py` gives them.
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


class FoundSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FlowHandler[ContextT, ResultT, HandlerT]
):
    """What every kind of access leads to. Ends in `async_battery_done`.

    `known_serial` is the battery that must answer, None where a new one is
    looked for; `known` holds what is stored of it. The steps of a kind of access
    `take` what they have found and go on with `async_found`.
    """

    known_serial: str | None = None
    known: Mapping[str, Any] = MappingProxyType({})
    brand: BatteryBrand
    probe: BatteryProbe
    _address: Mapping[str, Any]

    @abstractmethod
    async def async_battery_done(self, battery: ConfigSubentryData) -> ResultT:
        """Go on with a battery that answered and that the user has looked at."""

    def take(self, address: Mapping[str, Any], probe: BatteryProbe) -> None:
        """Keep what was found, and what to store to find it again.

        Raises InputError where it is another battery than the one looked for,
        AbortFlow where a site has it already.
        """
        serial = probe.config.identity.serial
        if self.known_serial is None:
            abort_if_serial_in_use(self.hass, serial)
        elif serial != self.known_serial:
            raise InputError("wrong_battery")
        self._address, self.probe = address, probe

    async def async_found(self) -> ResultT:
        """Tell first what keeps a battery from being controlled in full."""
        match self.probe.caveat:
            case Caveat.TELEMETRY_ONLY:
                return await self.async_step_battery_telemetry_only()
            case Caveat.EXTERNAL_CONTROL:
                return await self.async_step_battery_external_control()
            case Caveat.NO_FORCING:
                return await self.async_step_battery_no_forcing()
            case Caveat.ACCESS_READS_ONLY:
                return await self.async_step_battery_access_reads_only()
            case Caveat.NO_TARIFF:
                return await self.async_step_battery_no_tariff()
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

    async def async_step_battery_access_reads_only(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the access lets the battery be watched and nothing else."""
        return await self._async_told(user_input, step_id="battery_access_reads_only")

    async def async_step_battery_no_tariff(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Tell that the battery cannot be forced before its app has a tariff."""
        return await self._async_told(user_input, step_id="battery_no_tariff")

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
            return await self.async_finish(
                replace(config, **user_input),
                title=f"{self.brand.manufacturer} {config.identity.model}",
            )
        return self.async_show_form(
            step_id="battery_found",
            data_schema=self.add_suggested_values_to_schema(
                _powers_schema(config, self.known), _powers(self.probe, self.known)
            ),
            description_placeholders={
                "model": config.identity.model,
                "serial": config.identity.serial,
                "capacity": _capacity(config.capacity_kwh),
                "rated_power": _rated_power(self.probe),
            },
        )

    async def async_finish(self, config: BatteryConfig, *, title: str) -> ResultT:
        """Go on with the battery as it is to be stored."""
        return await self.async_battery_done(
            ConfigSubentryData(
                subentry_type=SUBENTRY_BATTERY,
                title=title,
                unique_id=config.identity.serial,
                data={**to_stored(config), **self._address},
            )
        )


def abort_if_serial_in_use(hass: HomeAssistant, serial: str) -> None:
    """Raise AbortFlow where any site has this battery: it has one master."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.subentries.values():
            if subentry.unique_id == serial:
                raise AbortFlow("already_configured")


@contextmanager
def probe_errors() -> Iterator[None]:
    """Turn what looking at a battery raises into an InputError."""
    try:
        yield
    except InputError:
        raise
    except DeviceError as err:
        LOGGER.debug("No battery was found: %s", err)
        raise InputError(PROBE_ERRORS.get(type(err), "unknown")) from err
    except Exception as err:
        LOGGER.exception("Unexpected error while looking at a battery")
        raise InputError("unknown") from err


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


def _powers(probe: BatteryProbe, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to suggest: what is stored, or else what the inverter allows."""
    usual_w = probe.usual_power_w
    suggested = {
        key: known.get(key, most_w if usual_w is None else min(usual_w, most_w))
        for key, most_w in _most_w(probe.config).items()
    }
    if known.get(CONF_CAPACITY_KWH) is not None:
        suggested[CONF_CAPACITY_KWH] = known[CONF_CAPACITY_KWH]
    return suggested


def _rated_power(probe: BatteryProbe) -> str:
    """Return the rated power; where one has to be supposed, it is not known."""
    if probe.usual_power_w is not None:
        return NOT_KNOWN
    return f"{probe.config.rated_power_w / 1000:g} {UnitOfPower.KILO_WATT}"


def _capacity(capacity_kwh: float | None) -> str:
    if capacity_kwh is None:
        return NOT_KNOWN
    return f"{capacity_kwh:g} {UnitOfEnergy.KILO_WATT_HOUR}"
