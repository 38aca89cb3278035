"""Time zones, which are read from disk when they are first needed."""

from collections.abc import Mapping

from custom_components.power_sync.prices.protocols import CONF_ZONE
from homeassistant.util import dt as dt_util


async def async_load_zone(settings: Mapping[str, object]) -> None:
    """Read the zone of a tariff beforehand: in the event loop that would block."""
    zone = settings.get(CONF_ZONE)
    if isinstance(zone, str):
        await dt_util.async_get_time_zone(zone)
