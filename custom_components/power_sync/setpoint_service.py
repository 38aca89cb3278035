"""The action that sets one signed power: charge, discharge or rest in one name."""

from datetime import timedelta
from typing import Final

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from .const import DOMAIN
from .forcing import Asked, async_force
from .model.battery import Mode
from .services import (
    ATTR_DURATION,
    ATTR_DURATION_MINUTES,
    ATTR_INTO_CAR,
    BATTERY_SCHEMA,
    batteries_of,
    duration_of,
    force_answer,
    site_of,
)
from .site import Site

ATTR_WATTS: Final = ("power_w", "power")
ATTR_AMPERES: Final = ("current_a", "current")
ATTR_PHASE: Final = "phase"
NOMINAL_V: Final = 230.0
SIGNED: Final = probatio.Coerce(float)

SETPOINT_SCHEMA = BATTERY_SCHEMA.extend(
    {
        **{probatio.Optional(name): SIGNED for name in (*ATTR_WATTS, *ATTR_AMPERES)},
        probatio.Optional(ATTR_PHASE): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=3)
        ),
        probatio.Optional(ATTR_DURATION): object,
        probatio.Optional(ATTR_DURATION_MINUTES): object,
        probatio.Optional(ATTR_INTO_CAR): cv.boolean,
    }
)


@callback
def async_setup_setpoint_service(hass: HomeAssistant) -> None:
    """Register the action once, whether or not a site is loaded."""
    hass.services.async_register(
        DOMAIN,
        "set_power_setpoint",
        _async_set,
        schema=SETPOINT_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_set(call: ServiceCall) -> ServiceResponse:
    """Force the mode that the sign means; nothing at all is rest."""
    site = site_of(call)
    batteries = batteries_of(call, site)
    power_w = _power_w(call, site, batteries)
    mode = Mode.STANDBY
    if power_w:
        mode = Mode.DISCHARGE if power_w > 0 else Mode.CHARGE
    asked = Asked(
        mode=mode,
        duration=duration_of(call, timedelta(minutes=site.settings.force_duration_min)),
        power_w=abs(power_w) or None,
        into_car=call.data.get(ATTR_INTO_CAR, False),
    )
    return force_answer(call, await async_force(site, asked, batteries))


def _power_w(call: ServiceCall, site: Site, batteries: list[str] | None) -> float:
    """Return the power of all batteries chosen in W, + discharging.

    Raises ServiceValidationError unless it came once, under one of its names.
    """
    names = (*ATTR_WATTS, *ATTR_AMPERES)
    given = [name for name in names if name in call.data]
    if len(given) != 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="value_once",
            translation_placeholders={"fields": ", ".join(names)},
        )
    value = float(call.data[given[0]])
    if given[0] in ATTR_WATTS:
        return value
    return value * _volts(site, batteries, call.data.get(ATTR_PHASE))


def _volts(site: Site, batteries: list[str] | None, phase: int | None) -> float:
    """Return what a current is multiplied by: one phase's voltage, or of all three.

    As the first battery chosen measures them; what it does not tell is 230 V, and a
    battery that tells no phases has one.
    """
    serials = batteries or list(site.readings)
    reading = site.readings.get(serials[0]) if serials else None
    told = () if reading is None else reading.phase_voltages_v
    volts = [NOMINAL_V if each is None else each for each in told]
    if phase is not None:
        return volts[phase - 1] if phase <= len(volts) else NOMINAL_V
    return sum(volts) or NOMINAL_V
