"""A site at simulated devices, made without its set-up dialogue."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, override

from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.const import (
    CONF_BATTERY_EXPORT,
    CONF_DRY_RUN,
    CONF_EXPORT_LIMIT_W,
    CONF_GRID_CHARGING,
    CONF_IMPORT_LIMIT_W,
    CONF_PRICES,
    CONF_PROVIDER,
    CONF_RESERVE_PCT,
    CONF_UNIT_ID,
    DOMAIN,
    ENTRY_VERSION,
    SUBENTRY_BATTERY,
)
from custom_components.power_sync.devices.batteries.brand import BatteryBrand
from custom_components.power_sync.devices.batteries.modbus import (
    LinkOptions,
    modbus_access,
)
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulators.clock import Clock
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator

NOON: Final = datetime(2026, 1, 14, 12, tzinfo=UTC)
"""A Wednesday in winter, before the next day's prices are published."""

SERIAL: Final = "A2320500123"
RATED_W: Final = 10_000.0
BATTERY_W: Final = 10_600.0
CAPACITY_KWH: Final = 9.6

IMPORT_PRODUCT: Final = "AGILE-24-10-01"
EXPORT_PRODUCT: Final = "AGILE-OUTGOING-19-05-13"


LOOPBACK: Final = LinkOptions(
    spacing_s=0,
    timeout_s=3.0,
    connect_delay_s=0,
    patience_s=5.0,
    settle=timedelta(milliseconds=5),
)
"""A link without pauses, and with time enough for a computer that is busy."""

IMPATIENT: Final = replace(LOOPBACK, timeout_s=0.4, patience_s=1.0)
"""For answers that do not come: each costs the test a time-out."""


class HassClock(Clock):
    """The time of Home Assistant, for the simulators around it."""

    @override
    def now(self) -> datetime:
        """Return the time, frozen or not."""
        return dt_util.utcnow()


def brand_on(options: LinkOptions, brand: BatteryBrand = SUNGROW) -> BatteryBrand:
    """Return a brand each of whose links is treated as `options` say."""
    access = modbus_access(brand)
    links = {key: replace(link, options=options) for key, link in access.links.items()}
    return replace(brand, access=replace(access, links=links))


def battery_data(sungrow: SungrowSimulator) -> dict[str, object]:
    """Return what the dialogue would store of a simulated inverter."""
    model = sungrow.model
    settings = ["ems_mode", "forced_command", "forced_power_w"]
    settings += ["export_limit_w", "max_soc_10th", "min_soc_10th", "reserve_pct"]
    if model.has_export_switch:
        settings += ["export_ratio_10th", "export_switch"]
    if model.has_power_ceilings:
        settings += ["max_charge_10w", "max_discharge_10w"]
    return {
        CONF_HOST: sungrow.host,
        CONF_PORT: sungrow.port,
        CONF_UNIT_ID: sungrow.unit_id,
        "brand": "sungrow",
        "serial": sungrow.serial,
        "model": model.name,
        "sw_version": None,
        "rated_power_w": RATED_W,
        "capacity_kwh": CAPACITY_KWH,
        "max_charge_w": BATTERY_W,
        "max_discharge_w": BATTERY_W,
        "settings": sorted(settings),
    }


def site_entry(
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    *,
    dry_run: bool = False,
    **options: object,
) -> MockConfigEntry:
    """Return the entry of a site with one battery; `options` change its limits."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="PowerSync",
        version=ENTRY_VERSION,
        minor_version=1,
        data={
            CONF_PROVIDER: "octopus",
            CONF_PRICES: {
                "import_product": IMPORT_PRODUCT,
                "export_product": EXPORT_PRODUCT,
                "region": "C",
                "base_url": octopus.url,
            },
            CONF_DRY_RUN: dry_run,
        },
        options={
            CONF_RESERVE_PCT: 10.0,
            CONF_IMPORT_LIMIT_W: None,
            CONF_EXPORT_LIMIT_W: None,
            CONF_GRID_CHARGING: True,
            CONF_BATTERY_EXPORT: False,
            **options,
        },
        subentries_data=[
            ConfigSubentryData(
                subentry_type=SUBENTRY_BATTERY,
                title=f"Sungrow {sungrow.model.name}",
                unique_id=sungrow.serial,
                data=battery_data(sungrow),
            )
        ],
    )


async def async_setup_site(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    *,
    dry_run: bool = False,
    **options: object,
) -> MockConfigEntry:
    """Set up a site, live unless `dry_run`, and wait for its first plan.

    Needs the fixtures `recorder_mock` (first of all), `frozen_time` where time
    is to stand still, and `enable_custom_integrations`.
    """
    entry = site_entry(sungrow, octopus, dry_run=dry_run, **options)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry
