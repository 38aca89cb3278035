"""PowerSync: plans a home's batteries for the lowest bill and runs them."""

import asyncio

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from .backtest_services import async_setup_backtest_services
from .brand_services import async_setup_brand_services
from .bridges.zones import async_load_zone
from .calendar_services import async_setup_calendar_services
from .const import CONF_PRICES, DOMAIN, ENTRY_VERSION, LOGGER, PLATFORMS
from .decide_service import async_setup_decide_service
from .health_service import async_setup_health_service
from .issues import async_delete_issues
from .price_services import async_setup_price_services
from .removal import async_give_back_pending, async_give_back_removed
from .services import async_setup_services
from .setpoint_service import async_setup_setpoint_service
from .site import PowerSyncConfigEntry
from .site_setup import build_site
from .tariff_services import async_setup_tariff_services
from .trial import async_end_trial_at_start
from .watch import WATCHED

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

_STOPPING: HassKey[bool] = HassKey(f"{DOMAIN}_stopping")
"""Set once Home Assistant gives everything back: what starts later must not act.

The core itself says that it stops only after these shutdown jobs.
"""


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, which exist whether or not a site is loaded."""
    async_setup_services(hass)
    async_setup_brand_services(hass)
    async_at_started(hass, async_end_trial_at_start)
    async_setup_backtest_services(hass)
    async_setup_decide_service(hass)
    async_setup_setpoint_service(hass)
    async_setup_price_services(hass)
    async_setup_health_service(hass)
    async_setup_tariff_services(hass)
    async_setup_calendar_services(hass)

    @callback
    def mark() -> None:
        hass.data[_STOPPING] = True

    hass.async_add_shutdown_job(HassJob(mark, "power_sync stops"))
    return True


async def async_setup_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> bool:
    """Set up one site.

    A set-up that fails gives back what is still held, and is tried again for as
    long as it could not.
    """
    if _STOPPING in hass.data:
        raise ConfigEntryNotReady
    await async_load_zone(entry.data.get(CONF_PRICES, {}))
    try:
        site = build_site(hass, entry)
    except ConfigEntryError as err:
        in_use = err.translation_key == "battery_in_use"
        if not in_use and (left := await async_give_back_pending(hass, entry)):
            raise _not_given_back(left) from err
        raise
    entry.runtime_data = site
    try:
        await site.async_start()
        # One by one: all entities at once would hold up the loop for too long.
        for platform in PLATFORMS:
            await hass.config_entries.async_forward_entry_setups(entry, (platform,))
    except asyncio.CancelledError:
        await site.async_stop()
        raise
    except Exception as err:
        if left := await site.async_stop():
            raise _not_given_back(left) from err
        raise
    site.async_look_ahead()
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


def _not_given_back(batteries: list[str]) -> ConfigEntryNotReady:
    return ConfigEntryNotReady(
        translation_domain=DOMAIN,
        translation_key="restore_failed",
        translation_placeholders={"problems": ", ".join(batteries)},
    )


async def _async_reload(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> None:
    """Reload after options or batteries changed."""
    await hass.config_entries.async_reload(entry.entry_id)


async def async_unload_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> bool:
    """Unload the entities, then give the batteries back.

    Where the entities cannot be unloaded the site stays, and goes on.
    """
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    # Nobody looks any more; what is still so is told again after the next set-up.
    async_delete_issues(hass, entry, WATCHED)
    if left := await entry.runtime_data.async_stop():
        LOGGER.warning(
            "%s could not be given back yet: PowerSync tries again when it is "
            "loaded next, or removed",
            ", ".join(left),
        )
    return True


async def async_remove_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> None:
    """Give back what could not be given back on unload; forget the rest."""
    if entry.state is ConfigEntryState.FAILED_UNLOAD:
        await entry.runtime_data.async_stop()
    await async_give_back_removed(hass, entry)
    async_delete_issues(hass, entry)


async def async_migrate_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> bool:
    """Refuse entries of another integration of the same domain."""
    if entry.version < ENTRY_VERSION:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="other_integration"
        )
    return entry.version == ENTRY_VERSION
