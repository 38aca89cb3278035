"""The settings of a site: where they start, and what a change of them does.

They live in the site's own store and not in the entry's options: a change of
options reloads the site, and would do so in the middle of a command. The entry
keeps the answers that were given when the site was set up, as a start.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .bridges.storage import SettingsStore
from .const import (
    CONF_DRY_RUN,
    CONF_PRICES,
    CONF_PROVIDER,
    CONF_SPIKE_ENTER_PER_MWH,
    CONF_SPIKE_LEAVE_PER_MWH,
    CONF_SPIKE_PAID_PER_KWH,
    DOMAIN,
)
from .model.mains import Connection
from .model.plain import JsonObject
from .model.scan import Scan
from .prices.registry import STATED_RATES
from .settings import Settings, settings_from

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry, Site

_NOT_PLANNED_FROM = {
    "automatic",
    "cheapest_window_h",
    "car_hold",
    "dry_run",
    "export_ceiling_w",
    "force_duration_min",
    "force_power_w",
    "hold_method",
    "metered_per_phase",
    "pause_dear_charge",
    "dear_per_kwh",
    "picture_theme",
    "spike_response",
    "tou_sync",
    "spike_reserve_pct",
    CONF_SPIKE_ENTER_PER_MWH,
    CONF_SPIKE_LEAVE_PER_MWH,
    CONF_SPIKE_PAID_PER_KWH,
}
"""Settings that change no plan. Any other one that is added does."""
_SAID_BY_CONTRACTS = (
    CONF_SPIKE_ENTER_PER_MWH,
    CONF_SPIKE_LEAVE_PER_MWH,
    CONF_SPIKE_PAID_PER_KWH,
)
"""Settings that start as the prices' own settings have them."""


def seed_settings(entry: ConfigEntry) -> Settings:
    """Return the settings that a site starts with: what was answered at set-up."""
    stated = entry.data.get(CONF_PROVIDER) in STATED_RATES
    seed = Settings(
        dry_run=entry.data.get(CONF_DRY_RUN) is not False, spike_response=stated
    )
    prices = entry.data.get(CONF_PRICES, {})
    said = {key: prices[key] for key in _SAID_BY_CONTRACTS if key in prices}
    contract = settings_from(said, seed)
    return settings_from(entry.options, contract)


async def async_take_contract(
    hass: HomeAssistant, entry: PowerSyncConfigEntry, provider: str, prices: JsonObject
) -> None:
    """Bring into force what a site's new contract says of spikes.

    Whether they are answered starts anew with another provider. Raises
    HomeAssistantError where that could not be stored.
    """
    said: dict[str, object] = {
        key: prices[key] for key in _SAID_BY_CONTRACTS if key in prices
    }
    if provider != entry.data.get(CONF_PROVIDER):
        said["spike_response"] = provider in STATED_RATES
    present = await async_present_settings(hass, entry)
    if any(getattr(present, key) != value for key, value in said.items()):
        await async_change_settings(hass, entry, **said)


async def async_present_settings(
    hass: HomeAssistant, entry: PowerSyncConfigEntry
) -> Settings:
    """Return the settings of a site, which need not be loaded."""
    if entry.state is ConfigEntryState.LOADED:
        return entry.runtime_data.settings
    return await SettingsStore(hass, entry.entry_id).load(seed_settings(entry))


async def async_change_settings(
    hass: HomeAssistant, entry: PowerSyncConfigEntry, **changes: object
) -> None:
    """Change settings of a site; where it is loaded, they come into force at once.

    Raises HomeAssistantError where they could not be stored.
    """
    if entry.state is ConfigEntryState.LOADED:
        await entry.runtime_data.async_set(**changes)
        return
    store = SettingsStore(hass, entry.entry_id)
    present = await store.load(seed_settings(entry))
    if not await store.save(replace(present, **changes)):  # type: ignore[arg-type]  # checked by the flow
        raise not_stored()


def not_stored() -> HomeAssistantError:
    """Return the error for settings that are in force but not on the disk."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key="settings_not_stored"
    )


def take_owner_words(site: Site) -> None:
    """Tell which rules the owner has given which battery, and what scans found."""
    for battery_id, battery in site.controller.batteries.items():
        subentry_id = site.coordinators.batteries[battery_id].subentry_id
        battery.owner_rules = site.settings.owner_rules.get(subentry_id, ())
        kept = site.settings.scans.get(subentry_id)
        scan = None if kept is None else Scan(kept[0], kept[1])
        site.coordinators.batteries[battery_id].scan = scan


async def async_act_on(site: Site, before: Settings) -> None:
    """Bring the site's settings into force: control first, then a new plan."""
    controller, settings = site.controller, site.settings
    if site.coordinators.spike is not None:
        site.coordinators.spike.set_thresholds(settings.thresholds)
    answers = site.market.async_update() or settings.dear != before.dear
    site.tariffs.async_take_planners()
    take_owner_words(site)
    take_connections(site)
    answers |= site.tariffs.async_update() or settings.planned_by != before.planned_by
    switched = settings.automatic != controller.automatic
    # Both at once: going live must not act on a plan that is switched off.
    controller.automatic = settings.automatic
    ruled = settings.owner_rules != before.owner_rules
    if ruled or settings.limits != controller.limits:
        await controller.set_limits(settings.limits)
    if settings.hold is not controller.hold:
        await controller.set_hold(settings.hold)
    if settings.dry_run != controller.dry_run:
        await controller.set_dry_run(on=settings.dry_run)
    elif switched or answers:
        await controller.set_automatic(on=settings.automatic)
    if _planned_from(settings) != _planned_from(before):
        site.async_replan_soon()
        site.coordinators.backtest.async_settings_changed()
    site.coordinators.control.async_update_listeners()


def take_connections(site: Site) -> None:
    """Tell control which phases each battery is connected to."""
    for battery_id, battery in site.controller.batteries.items():
        subentry_id = site.coordinators.batteries[battery_id].subentry_id
        battery.connection = site.settings.connections.get(subentry_id, Connection.ALL)


def _planned_from(settings: Settings) -> Settings:
    """Return the settings with those that change no plan left out."""
    defaults = Settings()
    return replace(
        settings, **{name: getattr(defaults, name) for name in _NOT_PLANNED_FROM}
    )
