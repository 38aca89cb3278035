"""Nord Pool without the internet, for the demo.

It has the action of Home Assistant's own integration of this name, and the entity
with lists of prices of the community's: a home has one or the other.
"""

from datetime import datetime

import probatio

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers import config_validation as cv, service
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util
from simulators.day_ahead import DayAhead

from .const import AREA, CONF_CHEAP_SINCE, DOMAIN

PLATFORMS = (Platform.SENSOR,)
CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
SCHEMA = probatio.Schema(
    {
        probatio.Required("config_entry"): ConfigEntrySelector({"integration": DOMAIN}),
        probatio.Required("date"): cv.date,
        probatio.Optional("areas"): [cv.string],
        probatio.Optional("currency"): cv.string,
    }
)

type NordPoolEntry = ConfigEntry[DayAhead]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the action."""

    async def async_get_prices(call: ServiceCall) -> ServiceResponse:
        entry: NordPoolEntry = service.async_get_config_entry(
            hass, DOMAIN, call.data["config_entry"]
        )
        quarters = await hass.async_add_executor_job(
            entry.runtime_data.day, call.data["date"], dt_util.utcnow()
        )
        return {
            AREA: [
                {
                    "start": quarter.start.isoformat(),
                    "end": quarter.end.isoformat(),
                    "price": quarter.price_per_mwh,
                }
                for quarter in quarters
            ]
        }

    hass.services.async_register(
        DOMAIN,
        "get_prices_for_date",
        async_get_prices,
        schema=SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )
    return True


async def async_setup_entry(hass: HomeAssistant, entry: NordPoolEntry) -> bool:
    """Take the recorded prices."""
    entry.runtime_data = DayAhead(datetime.fromisoformat(entry.data[CONF_CHEAP_SINCE]))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: NordPoolEntry) -> bool:
    """Take the sensor away."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
