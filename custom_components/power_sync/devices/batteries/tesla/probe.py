"""What an energy site is found to be."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryProbe,
    Caveat,
    NoBatteryError,
)
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import BatteryIdentity

from . import settings, tariff, telemetry
from .access import FoundSite, TeslaSiteApi
from .driver import AT_HAND, BRAND

_ALWAYS: Final = (settings.MODE, settings.RESERVE)


async def probe(api: TeslaSiteApi, site: FoundSite) -> BatteryProbe:
    """Return what a site is. Raises DeviceError."""
    info, live = await api.site_info(), await api.live_status()
    capacity_kwh = telemetry.capacity_kwh(live, info)
    if capacity_kwh is None and telemetry.number(live, "battery_power") is None:
        raise NoBatteryError("the site has no battery")
    found = telemetry.settings_of(info)
    if any(found[name] is None for name in _ALWAYS):
        raise DeviceUnreachableError("the cloud does not tell how the site is set")
    served = {
        name
        for name, value in found.items()
        if value not in (None, tariff.NONE) and site.can_command
    }
    at_hand = api.dispatches and site.can_command
    power_w = telemetry.power_w(info)
    version = info.get("version")
    reserve = found[settings.RESERVE]
    return BatteryProbe(
        config=BatteryConfig(
            identity=BatteryIdentity(
                brand=BRAND,
                serial=site.site_id,
                model=telemetry.packs_of(info),
                sw_version=str(version).partition(" ")[0] if version else None,
            ),
            rated_power_w=power_w,
            capacity_kwh=capacity_kwh,
            max_charge_w=telemetry.charge_w(info),
            max_discharge_w=power_w,
            settings=frozenset(served),
            variant=AT_HAND if at_hand else None,
        ),
        soc_pct=telemetry.level_of(live),
        min_soc_pct=None,
        max_soc_pct=None,
        backup_reserve_pct=float(reserve) if isinstance(reserve, int) else None,
        export_limit_w=None,
        caveat=None if at_hand else _caveat(served, can_command=site.can_command),
    )


def _caveat(served: set[str], *, can_command: bool) -> Caveat | None:
    """Return what keeps the site from being controlled in full."""
    if not can_command:
        return Caveat.ACCESS_READS_ONLY
    return None if settings.TARIFF in served else Caveat.NO_TARIFF
