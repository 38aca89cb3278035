"""The action that takes what a scan of a battery has found, and tells its health."""

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

from .answers import PlainObject
from .const import DOMAIN
from .forcing import battery_name
from .model.scan import Scan, health_pct, scan_of
from .services import BATTERY_SCHEMA, batteries_of, site_of
from .site import Site

ATTR_ORIGINAL: Final = "original_capacity_wh"
ATTR_CURRENT: Final = "current_capacity_wh"
ATTR_DEGRADATION: Final = "degradation_percent"
ATTR_COUNT: Final = "battery_count"
ATTR_SCANNED_AT: Final = "scanned_at"
ATTR_PACKS: Final = "individual_batteries"
_WH: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=1, max=10_000_000))
_W_PER_KW: Final = 1000

HEALTH_SCHEMA = BATTERY_SCHEMA.extend(
    {
        probatio.Optional(ATTR_ORIGINAL): _WH,
        probatio.Optional(ATTR_CURRENT): _WH,
        probatio.Optional(ATTR_DEGRADATION): probatio.All(
            probatio.Coerce(float), probatio.Range(min=-50, max=99)
        ),
        probatio.Optional(ATTR_COUNT): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=1000)
        ),
        probatio.Optional(ATTR_SCANNED_AT): cv.datetime,
        probatio.Optional(ATTR_PACKS): probatio.All(
            probatio.EnsureList(), [probatio.Any(_WH, {str: object})]
        ),
    }
)


@callback
def async_setup_health_service(hass: HomeAssistant) -> None:
    """Register the action once, whether or not a site is loaded."""
    hass.services.async_register(
        DOMAIN,
        "sync_battery_health",
        _async_sync,
        schema=HEALTH_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_sync(call: ServiceCall) -> ServiceResponse:
    """Keep what was found, or read the batteries anew; then tell their health."""
    site = site_of(call)
    serials = batteries_of(call, site) or list(site.controller.batteries)
    packs_wh = [_pack_wh(each) for each in call.data.get(ATTR_PACKS, ())]
    try:
        scan = scan_of(
            call.data.get(ATTR_ORIGINAL),
            call.data.get(ATTR_CURRENT),
            call.data.get(ATTR_DEGRADATION),
            packs_wh,
            call.data.get(ATTR_COUNT),
        )
    except ValueError as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="scan_incomplete"
        ) from err
    if scan is not None:
        await _async_keep(site, serials, scan, call)
    for serial in serials:
        await site.coordinators.batteries[serial].async_refresh()
    if not call.return_response:
        return None
    packs = [health_pct(each) for each in packs_wh]
    return {
        "batteries": [
            {**_answer(site, each), **({"packs_pct": list(packs)} if packs else {})}
            for each in serials
        ]
    }


def _pack_wh(pack: object) -> float:
    """Return the capacity of a pack, which may be told with more about it."""
    value = pack.get(ATTR_CURRENT) if isinstance(pack, dict) else pack
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="scan_incomplete"
        )
    return float(value)


async def _async_keep(
    site: Site, serials: list[str], scan: Scan, call: ServiceCall
) -> None:
    if len(serials) != 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="scan_of_one"
        )
    subentry_id = site.coordinators.batteries[serials[0]].subentry_id
    at = call.data.get(ATTR_SCANNED_AT)
    kept = [scan.original_wh, scan.current_wh, None if at is None else at.isoformat()]
    await site.async_set(scans={**site.settings.scans, subentry_id: kept})


def _answer(site: Site, serial: str) -> PlainObject:
    """Return what is known of a battery's health; None of what is not."""
    reading = site.readings.get(serial)
    original = None if reading is None else reading.capacity_kwh
    current = None if reading is None else reading.present_capacity_kwh
    soh_pct = None if reading is None else reading.soh_pct
    kept = site.settings.scans.get(site.coordinators.batteries[serial].subentry_id)
    return {
        "serial": serial,
        "name": battery_name(site, serial),
        "health_pct": soh_pct,
        ATTR_DEGRADATION: None if soh_pct is None else round(100 - soh_pct, 1),
        ATTR_ORIGINAL: None if original is None else round(original * _W_PER_KW),
        ATTR_CURRENT: None if current is None else round(current * _W_PER_KW),
        ATTR_SCANNED_AT: None if kept is None else kept[2],
    }
