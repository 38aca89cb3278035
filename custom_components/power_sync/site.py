"""One home's objects, wired together: the config entry's runtime data."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentry,
)
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .bridges.modbus import battery_driver, temporary_driver
from .bridges.storage import JournalStore, Settings, SettingsStore
from .const import (
    CONF_BATTERY_EXPORT,
    CONF_DRY_RUN,
    CONF_EXPORT_LIMIT_W,
    CONF_GRID_CHARGING,
    CONF_IMPORT_LIMIT_W,
    CONF_PRICES,
    CONF_PROVIDER,
    CONF_RESERVE_PCT,
    DOMAIN,
    LOGGER,
    RELEASE_AT_STOP_S,
    STRAY_EVERY,
    SUBENTRY_BATTERY,
    TICK_EVERY,
    WATCH_EVERY,
)
from .control.clock import Clock
from .control.controller import Controller, Member
from .control.health import Trouble
from .control.view import SiteLimits
from .coordinators import (
    BatteryCoordinator,
    ControlCoordinator,
    ForecastCoordinator,
    PlanCoordinator,
    PriceCoordinator,
)
from .devices.batteries.stored import StoredConfigError
from .forecast.load import RECENT, LoadHistory
from .model.battery import BatteryReading, Capabilities, Mode
from .model.plan import Plan
from .planner.inputs import FleetMember, PlanInputs
from .prices.protocols import PriceError, PriceSource
from .prices.registry import PROVIDERS
from .repairs import async_show_problems
from .totals import SiteReading, site_reading

NO_HISTORY = LoadHistory.of((), timedelta(hours=1))

_IN_CONTROL = frozenset(
    {
        ConfigEntryState.SETUP_IN_PROGRESS,
        ConfigEntryState.LOADED,
        ConfigEntryState.UNLOAD_IN_PROGRESS,
    }
)
"""States in which a site that has been built may write to its batteries."""

type PowerSyncConfigEntry = ConfigEntry[Site]


@dataclass(slots=True)
class Coordinators:
    """What entities follow."""

    batteries: dict[str, BatteryCoordinator]
    prices: PriceCoordinator
    forecasts: ForecastCoordinator
    plan: PlanCoordinator
    control: ControlCoordinator


class Site:
    """A home: its batteries under control, its prices, forecasts and plan."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        drivers: Mapping[str, Member],
        source: PriceSource,
    ) -> None:
        """Wire everything; nothing is read or written before `async_start`."""
        self.hass = hass
        self.entry = entry
        self.settings = Settings()
        self.controller = Controller(
            drivers.values(),
            JournalStore(hass, entry.entry_id),
            Clock(dt_util.utcnow),
            site_limits(entry.options),
        )
        self.coordinators = Coordinators(
            batteries={
                member.driver.identity.serial: BatteryCoordinator(
                    hass, entry, subentry_id, member.driver, self.controller
                )
                for subentry_id, member in drivers.items()
            },
            prices=PriceCoordinator(hass, entry, source),
            forecasts=ForecastCoordinator(hass, entry),
            plan=PlanCoordinator(hass, entry, self.plan_inputs, self._take_plan),
            control=ControlCoordinator(hass, entry, self.controller),
        )
        self._settings_store = SettingsStore(hass, entry.entry_id)
        self._loads: deque[tuple[datetime, float]] = deque(maxlen=200)
        self._strays: dict[str, Mapping[str, Any]] = {}

    # -- starting and stopping ---------------------------------------------------

    async def async_start(self) -> None:
        """Put right what is left of the last run, then start everything.

        Control comes first and needs no prices: a battery is given back, and a
        force goes on, while a provider is down.
        """
        self.settings = await self._settings_store.load(
            Settings(dry_run=self.entry.data.get(CONF_DRY_RUN) is not False)
        )
        self.controller.automatic = self.settings.automatic
        self.controller.dry_run = self.settings.dry_run
        await self.controller.start()
        self._strays = dict(self.controller.strays())
        batteries = self.coordinators.batteries.values()
        await asyncio.gather(*(battery.async_refresh() for battery in batteries))
        await self.controller.tick()
        self._async_follow()
        self.entry.async_create_background_task(
            self.hass, self._async_look_ahead(), "power_sync first plan"
        )

    @callback
    def _async_follow(self) -> None:
        entry, hass = self.entry, self.hass
        for battery in self.coordinators.batteries.values():
            entry.async_on_unload(battery.async_add_listener(self._async_new_reading))
        for action, every in (
            (self._async_tick, TICK_EVERY),
            (self._async_watch, WATCH_EVERY),
            (self._async_strays, STRAY_EVERY),
        ):
            entry.async_on_unload(async_track_time_interval(hass, action, every))
        entry.async_on_unload(self.controller.listen(self._async_problems))
        entry.async_on_unload(
            hass.async_add_shutdown_job(
                HassJob(self.async_shutdown, "power_sync release at stop")
            )
        )
        self._async_new_reading()
        self._async_problems()

    async def _async_look_ahead(self) -> None:
        """Fetch prices and forecasts for the first time, and plan."""
        coordinators = self.coordinators
        await asyncio.gather(
            coordinators.prices.async_refresh(), coordinators.forecasts.async_refresh()
        )
        await coordinators.plan.async_refresh()
        coordinators.plan.async_start()
        for coordinator in (coordinators.prices, coordinators.forecasts):
            self.entry.async_on_unload(
                coordinator.async_add_listener(self._async_new_outlook)
            )

    async def async_shutdown(self) -> None:
        """Give the batteries back before Home Assistant stops."""
        try:
            async with asyncio.timeout(RELEASE_AT_STOP_S):
                await self.controller.stop()
        except TimeoutError:
            LOGGER.warning("A battery could not be given back before the stop")

    async def async_stop(self) -> bool:
        """Give the batteries back before unloading; say whether they are."""
        await self.async_shutdown()
        return not any(b.executor.held for b in self.controller.batteries.values())

    # -- rhythms -----------------------------------------------------------------

    async def _async_tick(self, _now: datetime) -> None:
        await self.controller.tick()

    async def _async_watch(self, _now: datetime) -> None:
        await self.controller.watch()

    async def _async_strays(self, _now: datetime) -> None:
        """Give back batteries that left the site while they could not be reached."""
        for battery_id, device in list(self._strays.items()):
            try:
                async with temporary_driver(self.hass, device) as driver:
                    if await self.controller.restore_stray(driver, dict(device)):
                        del self._strays[battery_id]
            except (StoredConfigError, HomeAssistantError, KeyError) as err:
                LOGGER.debug("A removed battery is not given back yet: %s", err)

    @callback
    def _async_new_reading(self) -> None:
        reading = self.reading
        if reading.load_power_w is not None:
            self._loads.append((dt_util.utcnow(), reading.load_power_w))

    @callback
    def _async_new_outlook(self) -> None:
        self.entry.async_create_background_task(
            self.hass, self.async_replan(), "power_sync replan"
        )

    @callback
    def _async_problems(self) -> None:
        async_show_problems(self.hass, self.entry, self.controller.problems)

    # -- what the user does ------------------------------------------------------

    async def async_replan(self) -> None:
        """Make a new plan now, and act on it."""
        await self.coordinators.plan.async_refresh()

    async def async_set(self, **changes: Any) -> None:
        """Change settings, store them, and have control act on them."""
        self.settings = replace(self.settings, **changes)
        await self._settings_store.save(self.settings)
        controller = self.controller
        switched = self.settings.automatic != controller.automatic
        # Both at once: going live must not act on a plan that is switched off.
        controller.automatic = self.settings.automatic
        if self.settings.dry_run != controller.dry_run:
            await controller.set_dry_run(on=self.settings.dry_run)
        elif switched:
            await controller.set_automatic(on=self.settings.automatic)
        self.coordinators.control.async_update_listeners()

    # -- what is known -----------------------------------------------------------

    @property
    def readings(self) -> dict[str, BatteryReading]:
        """The reading of each battery that can be read."""
        now = dt_util.utcnow()
        return {
            battery_id: battery.health.reading
            for battery_id, battery in self.controller.batteries.items()
            if battery.health.reading is not None
            and battery.health.trouble(now)
            not in (Trouble.UNREADABLE, Trouble.WRONG_DEVICE)
        }

    @property
    def reading(self) -> SiteReading:
        """The home as a whole."""
        coordinators = self.coordinators.batteries
        capacities = {
            battery_id: self._capacity_kwh(battery_id) for battery_id in coordinators
        }
        return site_reading(self.readings, capacities)

    def _capacity_kwh(self, battery_id: str) -> float | None:
        subentry_id = self.coordinators.batteries[battery_id].subentry_id
        stored = self.entry.subentries[subentry_id].data.get("capacity_kwh")
        return float(stored) if isinstance(stored, int | float) else None

    def _recent_load_w(self) -> float | None:
        since = dt_util.utcnow() - RECENT
        loads = [load for when, load in self._loads if when >= since]
        return sum(loads) / len(loads) if loads else None

    def _fleet(self) -> tuple[FleetMember, ...]:
        members = []
        for battery_id, reading in self.readings.items():
            capacity = reading.capacity_kwh or self._capacity_kwh(battery_id)
            if capacity is None or reading.soc_pct is None:
                continue
            battery = self.controller.batteries[battery_id]
            capabilities = battery.executor.driver.capabilities
            members.append(
                FleetMember(
                    capacity_kwh=capacity * (reading.soh_pct or 100.0) / 100.0,
                    soc_pct=reading.soc_pct,
                    max_charge_w=capabilities.max_charge_w,
                    max_discharge_w=capabilities.max_discharge_w,
                    floor_pct=reading.min_soc_pct or 0.0,
                    max_soc_pct=(
                        100.0 if reading.max_soc_pct is None else reading.max_soc_pct
                    ),
                    modes=_plannable(capabilities),
                    min_power_w=capabilities.min_power_w,
                )
            )
        return tuple(members)

    def plan_inputs(self) -> PlanInputs | None:
        """Return what there is to plan from, or None where it is not enough."""
        curve = self.coordinators.prices.curve
        fleet = self._fleet()
        if curve is None or not fleet:
            return None
        # Home Assistant leaves `data` at None until there is some.
        forecasts = self.coordinators.forecasts.data
        limits = self.controller.limits
        return PlanInputs(
            now=dt_util.utcnow(),
            zone=dt_util.get_default_time_zone(),
            curve=curve,
            solar=forecasts.solar if forecasts else None,
            load_history=(forecasts and forecasts.load_history) or NO_HISTORY,
            recent_load_w=self._recent_load_w(),
            fleet=fleet,
            reserve_pct=limits.reserve_pct,
            import_limit_w=limits.import_limit_w,
            export_limit_w=self._export_limit_w(limits),
            grid_charging=limits.grid_charging,
            battery_export=limits.battery_export,
        )

    def _export_limit_w(self, limits: SiteLimits) -> float | None:
        """Return the tighter of the user's limit and those set on the devices."""
        found = [r.export_limit_w for r in self.readings.values()]
        limited = [w for w in (*found, limits.export_limit_w) if w is not None]
        return min(limited, default=None)

    def _take_plan(self, plan: Plan) -> None:
        self.controller.plan = plan
        self.entry.async_create_background_task(
            self.hass, self.controller.tick(), "power_sync follow plan"
        )


def _plannable(capabilities: Capabilities) -> frozenset[Mode]:
    """Return the modes to plan with: a new limit every few slots wears flash out."""
    if capabilities.flash_settings:
        return capabilities.modes - {Mode.LIMIT}
    return capabilities.modes


def site_limits(options: Mapping[str, Any]) -> SiteLimits:
    """Return the limits that the user has set."""
    import_limit = options.get(CONF_IMPORT_LIMIT_W)
    export_limit = options.get(CONF_EXPORT_LIMIT_W)
    return SiteLimits(
        import_limit_w=None if import_limit is None else float(import_limit),
        export_limit_w=None if export_limit is None else float(export_limit),
        grid_charging=bool(options.get(CONF_GRID_CHARGING, True)),
        battery_export=bool(options.get(CONF_BATTERY_EXPORT, False)),
        reserve_pct=float(options.get(CONF_RESERVE_PCT, 10.0)),
    )


def battery_subentries(entry: ConfigEntry[Any]) -> list[ConfigSubentry]:
    """Return the batteries of a site."""
    return [
        subentry
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_BATTERY
    ]


def build_site(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> Site:
    """Return the site of an entry. Raises ConfigEntryError where it never can be."""
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
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="link_settings_in_use",
                translation_placeholders={"battery": subentry.title},
            ) from err
        members[subentry.subentry_id] = Member(driver, dict(subentry.data))
    return Site(hass, entry, members, _price_source(hass, entry))


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


def _price_source(hass: HomeAssistant, entry: PowerSyncConfigEntry) -> PriceSource:
    try:
        factory = PROVIDERS[entry.data[CONF_PROVIDER]]
        return factory(
            async_get_clientsession(hass), entry.data[CONF_PRICES], now=dt_util.utcnow
        )
    except (KeyError, PriceError) as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="tariff_invalid"
        ) from err
