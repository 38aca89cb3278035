"""From a config entry to its site, or the reason why there can be none."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryError,
    ConfigEntryNotReady,
    HomeAssistantError,
)
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .bridges.access import battery_driver
from .bridges.chargers import charger_of
from .bridges.price_source import price_source
from .const import (
    CONF_MARKET,
    CONF_PRICES,
    CONF_PROVIDER,
    DOMAIN,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
)
from .control.controller import Member
from .devices.batteries.stored import StoredConfigError
from .devices.chargers.protocol import Charger
from .prices.protocols import PriceError, PriceSource
from .prices.spike_watch import SpikeWatch, watch_from_settings
from .site import PowerSyncConfigEntry, Site
from .site_devices import Devices

_IN_CONTROL = frozenset(
    {
        ConfigEntryState.SETUP_IN_PROGRESS,
        ConfigEntryState.LOADED,
        ConfigEntryState.UNLOAD_IN_PROGRESS,
    }
)
"""States in which a site that has been built may write to its batteries."""


def battery_subentries(entry: ConfigEntry[Any]) -> list[ConfigSubentry]:
    """Return the batteries of a site."""
    return [
        subentry
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_BATTERY
    ]


def build_site(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> Site:
    """Return the site of an entry.

    Raises ConfigEntryError where it never can be, ConfigEntryNotReady where it
    cannot be now.
    """
    members: dict[str, Member] = {}
    for subentry in battery_subentries(entry):
        _check_not_elsewhere(hass, entry, subentry)
        try:
            driver = battery_driver(hass, entry, subentry.data)
        except (StoredConfigError, KeyError) as err:
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="battery_config_invalid",
                translation_placeholders={"battery": subentry.title},
            ) from err
        except HomeAssistantError as err:
            # It works as soon as the other integration is gone or changed.
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key="link_settings_in_use",
                translation_placeholders={"battery": subentry.title},
            ) from err
        members[subentry.subentry_id] = Member(driver, dict(subentry.data))
    return Site(
        hass,
        entry,
        Devices(members, _chargers(hass, entry)),
        _price_source(hass, entry),
        spike_watch(hass, entry),
    )


def _chargers(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> dict[str, Charger]:
    """Return the chargers of a site, by subentry."""
    chargers: dict[str, Charger] = {}
    for subentry in entry.subentries.values():
        if subentry.subentry_type != SUBENTRY_CHARGER:
            continue
        try:
            chargers[subentry.subentry_id] = charger_of(hass, subentry.data)
        except StoredConfigError as err:
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="charger_config_invalid",
                translation_placeholders={"charger": subentry.title},
            ) from err
    return chargers


def _check_not_elsewhere(
    hass: HomeAssistant, entry: PowerSyncConfigEntry, subentry: ConfigSubentry
) -> None:
    """Refuse a battery that another site controls: it has one master.

    Home Assistant sets its entries up at the same time, so the first site to get
    here has it, loaded or not.
    """
    for other in hass.config_entries.async_entries(DOMAIN):
        if (
            other.entry_id != entry.entry_id
            and other.state in _IN_CONTROL
            and hasattr(other, "runtime_data")
            and any(
                battery.unique_id == subentry.unique_id
                for battery in battery_subentries(other)
            )
        ):
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="battery_in_use",
                translation_placeholders={
                    "battery": subentry.title,
                    "site": other.title,
                },
            )


def spike_watch(hass: HomeAssistant, entry: ConfigEntry[Any]) -> SpikeWatch | None:
    """Return what watches the wholesale price; None where there is no region.

    The options say it where they say anything; else the contract may.
    """
    return watch_from_settings(
        async_get_clientsession(hass),
        entry.options.get(CONF_MARKET, entry.data[CONF_PRICES]),
        now=dt_util.utcnow,
    )


def _price_source(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> PriceSource:
    try:
        return price_source(hass, entry.data[CONF_PROVIDER], entry.data[CONF_PRICES])
    except (KeyError, PriceError) as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="tariff_invalid"
        ) from err
