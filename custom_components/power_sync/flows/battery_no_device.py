"""A battery that is no device: its size, and the sensors of the home around it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import probatio

from custom_components.power_sync.bridges.measured import power_w
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
    BatteryProbe,
)
from custom_components.power_sync.devices.batteries.no_device import (
    CONF_LOAD_SENSOR,
    CONF_SOLAR_SENSOR,
    no_device_access,
)
from custom_components.power_sync.model.battery import BatteryIdentity
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, UnitOfEnergy, UnitOfPower
from homeassistant.data_entry_flow import FlowContext, FlowResult
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)

from .battery_found import CONF_CAPACITY_KWH, FoundSteps
from .errors import InputError

CONF_POWER_W: Final = "power_w"
"""How hard the battery can charge and discharge; stored as both of these."""
SENSORS: Final = (CONF_LOAD_SENSOR, CONF_SOLAR_SENSOR)


class NoDeviceSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FoundSteps[ContextT, ResultT, HandlerT]
):
    """One step, `async_step_battery_no_device`, which asks for everything."""

    async def async_step_battery_no_device(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for name, size, and sensors."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                for sensor in SENSORS:
                    self._check_sensor(sensor, user_input.get(sensor))
            except InputError as err:
                errors = err.errors
            else:
                config = _config(self.brand, user_input, self.known_serial)
                picked: dict[str, Any] = {
                    sensor: user_input[sensor]
                    for sensor in SENSORS
                    if sensor in user_input
                }
                self.take(picked, _probe(config))
                title = user_input.get(CONF_NAME, self.brand.name)
                return await self.async_finish(config, title=title)
        return self.async_show_form(
            step_id="battery_no_device",
            data_schema=self.add_suggested_values_to_schema(
                no_device_schema(self.brand, named=self.known_serial is not None),
                user_input or _typed(self.known),
            ),
            errors=errors,
        )

    def _check_sensor(self, field: str, entity_id: str | None) -> None:
        """See that a sensor has a power now. Raises InputError."""
        if entity_id is not None and power_w(self.hass, entity_id) is None:
            raise InputError("no_power_now", field)


def no_device_schema(brand: BatteryBrand, *, named: bool = False) -> probatio.Schema:
    """Return the form, with the brand's suggestions; a battery is `named` once."""
    access = no_device_access(brand)
    sensor = EntitySelector(
        EntitySelectorConfig(domain="sensor", device_class=SensorDeviceClass.POWER)
    )
    name = {probatio.Required(CONF_NAME, default=brand.name): TextSelector()}
    return probatio.Schema(
        {
            **({} if named else name),
            probatio.Required(
                CONF_CAPACITY_KWH, default=access.suggested_capacity_kwh
            ): _number(0.1, 1000, 0.1, UnitOfEnergy.KILO_WATT_HOUR),
            probatio.Required(CONF_POWER_W, default=access.suggested_power_w): _number(
                100, 100_000, 1, UnitOfPower.WATT
            ),
            probatio.Optional(CONF_LOAD_SENSOR): sensor,
            probatio.Optional(CONF_SOLAR_SENSOR): sensor,
        }
    )


def _number(least: float, most: float, step: float, unit: str) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=least,
            max=most,
            step=step,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
        )
    )


def _config(
    brand: BatteryBrand, typed: Mapping[str, Any], serial: str | None
) -> BatteryConfig:
    """Return a battery of the size that was typed; a new one gets a serial."""
    watts = float(typed[CONF_POWER_W])
    return BatteryConfig(
        identity=BatteryIdentity(
            brand=brand.key,
            serial=serial or f"SIM{uuid4().hex[:12].upper()}",
            model=f"{typed[CONF_CAPACITY_KWH]:g} {UnitOfEnergy.KILO_WATT_HOUR}",
        ),
        rated_power_w=watts,
        capacity_kwh=float(typed[CONF_CAPACITY_KWH]),
        max_charge_w=watts,
        max_discharge_w=watts,
        settings=no_device_access(brand).settings,
    )


def _probe(config: BatteryConfig) -> BatteryProbe:
    return BatteryProbe(
        config=config,
        soc_pct=None,
        min_soc_pct=None,
        max_soc_pct=None,
        backup_reserve_pct=None,
        export_limit_w=None,
    )


def _typed(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to suggest of a battery that is stored."""
    return {**known, CONF_POWER_W: known["max_charge_w"]} if known else {}
