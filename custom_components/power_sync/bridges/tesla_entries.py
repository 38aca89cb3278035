"""What Home Assistant's own Tesla integrations hold: their sites, and their rights.

Their objects are no stable interface, so nothing is taken for granted of them.
"""

from collections.abc import Iterator
from typing import Final

from custom_components.power_sync.devices.batteries.tesla.access import FoundSite
from custom_components.power_sync.devices.batteries.tesla.client import COMMANDS
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant

TESLEMETRY: Final = "teslemetry"
FLEET: Final = "tesla_fleet"
INTEGRATIONS: Final = (TESLEMETRY, FLEET)
"""The integrations whose access can be borrowed, the better one first."""
PAID_BY_ANSWER: Final = frozenset({FLEET})
"""Those whose owner pays Tesla for each answer."""


def borrowed_sites(hass: HomeAssistant) -> Iterator[tuple[str, FoundSite]]:
    """Yield each site of each integration, with the integration's domain."""
    for domain in INTEGRATIONS:
        for entry, site in sites_of(hass, domain):
            device = getattr(site, "device", None)
            name = device.get("name") if isinstance(device, dict) else None
            can = may(entry, COMMANDS)
            site_id = getattr(site, "id", None)
            if site_id is not None and _has_battery(site):
                yield (
                    domain,
                    FoundSite(
                        str(site_id), name if isinstance(name, str) else None, can
                    ),
                )


def sites_of(
    hass: HomeAssistant, domain: str
) -> Iterator[tuple[ConfigEntry[object], object]]:
    """Yield what an integration holds of each site, and the entry that has it."""
    for entry in hass.config_entries.async_loaded_entries(domain):
        data = getattr(entry, "runtime_data", None)
        for site in getattr(data, "energysites", None) or ():
            yield entry, site


def may(entry: ConfigEntry[object], right: str) -> bool:
    """Return whether an integration's account has a right.

    Without a list of them, the cloud itself will say what it refuses.
    """
    scopes = getattr(getattr(entry, "runtime_data", None), "scopes", None)
    known = isinstance(scopes, list) and scopes
    return not known or right in {str(each) for each in scopes or ()}


def is_signed_out(hass: HomeAssistant, entry: ConfigEntry[object]) -> bool:
    """Return whether an integration is asking its owner to sign in again."""
    return any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


def _has_battery(site: object) -> bool:
    info = getattr(getattr(site, "info_coordinator", None), "data", None)
    told = info.get("components_battery") if isinstance(info, dict) else None
    return told is not False
