"""The action that says what would be decided now. Nothing is written."""

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.util import dt as dt_util

from .answers import Plain, command_answer
from .const import DOMAIN
from .control.authority import lease_for
from .forcing import battery_name
from .services import BATTERY_SCHEMA, batteries_of, site_of


@callback
def async_setup_decide_service(hass: HomeAssistant) -> None:
    """Register the action once, whether or not a site is loaded."""
    hass.services.async_register(
        DOMAIN,
        "decide_once",
        _async_decide,
        schema=BATTERY_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_decide(call: ServiceCall) -> ServiceResponse:
    """Ask rules and masks anew, and say what they answer for each battery."""
    site = site_of(call)
    controller, zone = site.controller, dt_util.get_default_time_zone()
    serials = batteries_of(call, site) or list(controller.batteries)
    decided: list[Plain] = []
    for serial in serials:
        battery = controller.batteries[serial]
        lease = lease_for(controller.seen_now(battery))
        decided.append(
            {
                "battery": battery_name(site, serial),
                "controlled_by": lease.master.value,
                "because": lease.reason,
                "command": command_answer(lease.command, zone),
                "while_a_car_charges": None if lease.hold is None else lease.hold.value,
                "in_force": battery.order is not None
                and battery.order.asked[0] is lease.mode,
                "outcome": None if battery.outcome is None else battery.outcome.value,
            }
        )
    return {"dry_run": controller.dry_run, "batteries": decided}
