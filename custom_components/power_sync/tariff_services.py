"""The action that uploads the prices of the day now."""

from collections.abc import Collection, Iterable

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .control.controlled import Controlled
from .control.log import Outcome
from .control.view import PlannedBy
from .forcing import Problem, async_raise_if, battery_name
from .services import BATTERY_SCHEMA, batteries_of, site_of
from .site import Site

_COMING = (Outcome.DRY_RUN, Outcome.TOO_SOON)
"""What is no failure: nothing is to be sent, or it is a little later."""


@callback
def async_setup_tariff_services(hass: HomeAssistant) -> None:
    """Register the action once, whether or not a site is loaded."""
    hass.services.async_register(
        DOMAIN, "sync_tou_schedule", _async_sync, schema=BATTERY_SCHEMA
    )


async def _async_sync(call: ServiceCall) -> None:
    site = site_of(call)
    await async_sync_tariffs(site, batteries_of(call, site))


async def async_sync_tariffs(site: Site, chosen: Collection[str] | None) -> None:
    """Give batteries that plan for themselves the tariff of now.

    Whether or not it differs by much. Raises ServiceValidationError where there is no
    such battery, and HomeAssistantError where it failed.
    """
    controller = site.controller
    batteries = [
        battery
        for key, battery in controller.batteries.items()
        if battery.planned_by is PlannedBy.ITSELF and (chosen is None or key in chosen)
    ]
    if not batteries or not controller.automatic:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="nothing_plans_itself"
        )
    if not site.tariffs.async_give(batteries):
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="no_tariff_prices"
        )
    await controller.tick()
    await async_raise_if(site, list(_problems(site, batteries)), "sync_failed")


def _problems(site: Site, batteries: Iterable[Controlled]) -> Iterable[Problem]:
    """Yield what keeps batteries from having their tariff: a force is none."""
    for battery in batteries:
        command, outcome = battery.lease.command, battery.outcome
        if command is None or command.tariff is None or outcome is None:
            continue
        if not outcome.good and outcome not in _COMING:
            name = battery_name(site, battery.battery_id)
            yield Problem(name, "outcome", outcome)
