"""PowerSync: plans a home's batteries for the lowest bill and runs them."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, ENTRY_VERSION, PLATFORMS
from .removal import async_give_back_removed
from .services import async_setup_services
from .site import PowerSyncConfigEntry
from .site_setup import build_site

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the actions, which exist whether or not a site is loaded."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> bool:
    """Set up one site."""
    site = build_site(hass, entry)
    entry.runtime_data = site
    await site.async_start()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(entry.add_update_listener(_async_reload))
    return True


async def _async_reload(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> None:
    """Reload after options or batteries changed."""
    await hass.config_entries.async_reload(entry.entry_id)


async def async_unload_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> bool:
    """Give the batteries back, then unload."""
    await entry.runtime_data.async_stop()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> None:
    """Give back what could not be given back on unload; forget the rest."""
    await async_give_back_removed(hass, entry)


async def async_migrate_entry(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> bool:
    """Refuse entries of another integration of the same domain."""
    if entry.version < ENTRY_VERSION:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="other_integration"
        )
    return entry.version == ENTRY_VERSION
