"""One home's objects, wired together: the config entry's runtime data."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .bridges.phase_meter import phase_meter
from .bridges.storage import JournalStore, SettingsStore
from .car_stopping import CarStopping
from .charger_coordinator import async_look_at_cars
from .command_log import KeptCommandLog
from .const import (
    LOGGER,
    RELEASE_AT_STOP_S,
    STRAY_EVERY,
    TICK_EVERY,
    TRACE_EVERY,
    WATCH_EVERY,
)
from .control.clock import Clock
from .control.controller import Controller
from .control.health import Trouble
from .going_live import async_follow_dry_run
from .issues import async_show_lost
from .market_response import MarketResponse
from .model.battery import BatteryReading
from .model.plan import Plan
from .planner.inputs import PlanInputs
from .prices.protocols import PriceSource
from .prices.spike_watch import SpikeWatch
from .site_coordinators import coordinators_of
from .site_devices import Devices
from .site_inputs import (
    RecentLoads,
    inputs_of,
    stored_capacities_kwh,
    tightest_export_limit_w,
)
from .site_problems import SiteProblems
from .site_settings import (
    async_act_on,
    not_stored,
    seed_settings,
    take_connections,
    take_owner_words,
)
from .strays import Strays
from .tariff_sync import TariffSync
from .totals import SiteReading, site_reading

type PowerSyncConfigEntry = ConfigEntry[Site]


class Site:
    """A home: its batteries under control, its prices, forecasts and plan."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        devices: Devices,
        source: PriceSource,
        watch: SpikeWatch | None = None,
    ) -> None:
        """Wire everything; nothing is read or written before `async_start`."""
        self.hass = hass
        self.entry = entry
        self.settings = seed_settings(entry)
        self.controller = Controller(
            devices.batteries.values(),
            JournalStore(hass, entry.entry_id),
            Clock(dt_util.utcnow),
            self.settings.limits,
        )
        self.coordinators = coordinators_of(self, devices, source, watch)
        self.controller.sight.measure = phase_meter(hass, entry)
        self._settings_store = SettingsStore(hass, entry.entry_id)
        self.loads = RecentLoads()
        self._strays = Strays(hass, entry, self.controller)
        self._command_log = KeptCommandLog(hass, entry, self.controller.log)
        self._problems = SiteProblems(self)
        self.market = MarketResponse(self)
        self.car_stopping = CarStopping(self)
        self.tariffs = TariffSync(self)

    # -- starting and stopping ---------------------------------------------------

    async def async_start(self) -> None:
        """Put right what is left of the last run, then start everything.

        Control comes first and needs no prices: a battery is given back, and a
        force goes on, while a provider is down.
        """
        # First of all: a stop in the middle of the start must find this site.
        self.entry.async_on_unload(
            self.hass.async_add_shutdown_job(
                HassJob(self.async_shutdown, "power_sync release at stop")
            )
        )
        self.settings = await self._settings_store.load(self.settings)
        self.controller.limits = self.settings.limits
        self.controller.automatic = self.settings.automatic
        self.controller.hold = self.settings.hold
        self.controller.dry_run = self.settings.dry_run
        self.tariffs.async_take_planners()
        take_owner_words(self)
        take_connections(self)
        await self.market.async_restore()
        await self.car_stopping.async_restore()
        await self.tariffs.async_restore()
        await self.controller.start()
        self.tariffs.async_go_on()
        if self.controller.owner_settings_lost:
            async_show_lost(self.hass, self.entry)
        self._strays.find()
        batteries = self.coordinators.batteries.values()
        await asyncio.gather(
            async_look_at_cars(self.coordinators.chargers.values()),
            *(battery.async_refresh() for battery in batteries),
        )
        await self.controller.tick()
        # Only now: control does not wait for what happened earlier.
        await self._command_log.async_restore()
        await self.coordinators.accounts.async_start()
        self._async_follow()
        await self.coordinators.backtest.store.load()
        async_follow_dry_run(self)

    @callback
    def async_look_ahead(self) -> None:
        """Begin to fetch prices and to plan, once the entities are there to tell."""
        self.entry.async_create_background_task(
            self.hass, self._async_look_ahead(), "power_sync first plan"
        )

    @callback
    def _async_follow(self) -> None:
        entry, hass = self.entry, self.hass
        for battery in self.coordinators.batteries.values():
            entry.async_on_unload(battery.async_add_listener(self._async_new_reading))
        for charger in self.coordinators.chargers.values():
            charger.async_follow(self.async_act_soon)
        for action, every in (
            (self._async_trace, TRACE_EVERY),
            (self._async_tick, TICK_EVERY),
            (self._async_watch, WATCH_EVERY),
            (self._strays.async_look, STRAY_EVERY),
        ):
            entry.async_on_unload(async_track_time_interval(hass, action, every))
        self._problems.async_follow()
        self.market.async_follow()
        self.car_stopping.async_follow()
        self.tariffs.async_follow()
        self._async_new_reading()
        self._problems.async_show()

    async def _async_look_ahead(self) -> None:
        """Fetch prices and forecasts for the first time, and plan."""
        coordinators = self.coordinators
        await asyncio.gather(
            coordinators.prices.async_refresh(),
            coordinators.forecasts.async_refresh(),
            self.market.async_watch(),
        )
        await coordinators.plan.async_refresh()
        coordinators.plan.async_start()
        for coordinator in (coordinators.prices, coordinators.forecasts):
            self.entry.async_on_unload(
                coordinator.async_add_listener(self.async_replan_soon)
            )
        await coordinators.backtest.async_start()

    async def async_shutdown(self) -> None:
        """Give the batteries back before Home Assistant stops."""
        if left := await self.async_stop():
            LOGGER.warning(
                "%s could not be given back before the stop", ", ".join(left)
            )

    async def async_stop(self) -> list[str]:
        """Give the batteries back before unloading; name those that are not."""
        self.coordinators.backtest.end()
        try:
            async with asyncio.timeout(RELEASE_AT_STOP_S):
                await self.controller.stop()
        except TimeoutError:
            LOGGER.debug("The time to give the batteries back is over")
        await self._command_log.async_close()
        await self.market.async_close()
        await self.tariffs.async_close()
        chargers = await self.car_stopping.async_close()
        for charger in self.coordinators.chargers.values():
            await charger.charger.close()
        await self.coordinators.accounts.async_close()
        coordinators = self.coordinators.batteries
        held = [
            coordinators[battery_id].title
            for battery_id, battery in self.controller.batteries.items()
            if battery.executor.held
        ]
        return held + chargers

    # -- rhythms -----------------------------------------------------------------

    @callback
    def _async_trace(self, _now: datetime) -> None:
        self.controller.note_second()

    async def _async_tick(self, _now: datetime) -> None:
        await self.controller.tick()

    async def _async_watch(self, _now: datetime) -> None:
        await self.controller.watch()

    @callback
    def _async_new_reading(self) -> None:
        now, load_w = dt_util.utcnow(), self.reading.load_power_w
        car = self.controller.sight.cars.view(now)
        # The last hour says what comes next: a car that charges is no habit of it.
        self.loads.add(now, load_w if car is None else car.home_w(load_w))
        self.async_act_soon()

    @callback
    def async_act_soon(self) -> None:
        """Let control act at once where a car has begun or ended."""
        if self.controller.car_is_news():
            self.entry.async_create_background_task(
                self.hass, self.controller.tick(), "power_sync car"
            )

    @callback
    def async_replan_soon(self) -> None:
        """Plan again in a task that ends with the site."""
        self.entry.async_create_background_task(
            self.hass, self.async_replan(), "power_sync replan"
        )

    # -- what the user does ------------------------------------------------------

    async def async_replan(self) -> None:
        """Make a new plan now, and act on it."""
        await self.coordinators.plan.async_refresh()

    async def async_sync(self) -> None:
        """Read and fetch everything now, then plan."""
        await self.coordinators.async_sync()
        self.tariffs.async_update(every_cent=True)
        await self.async_replan()

    async def async_set(self, **changes: Any) -> None:
        """Change settings, store them, and act on them.

        Raises HomeAssistantError where they could not be stored: they are in
        force all the same, until Home Assistant restarts.
        """
        before, self.settings = self.settings, replace(self.settings, **changes)
        stored = await self._settings_store.save(self.settings)
        await async_act_on(self, before)
        if not stored:
            raise not_stored()

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
        return site_reading(self.readings, self.capacities_kwh())

    def capacities_kwh(self) -> dict[str, float | None]:
        """Return what was stored of each battery when it was set up."""
        return stored_capacities_kwh(self)

    def plan_inputs(self) -> PlanInputs | None:
        """Return what there is to plan from, or None where it is not enough."""
        return inputs_of(self)

    def past_inputs(self) -> PlanInputs | None:
        """Return what the past is planned from: it has no billing periods, no car."""
        inputs = self.plan_inputs()
        return None if inputs is None else replace(inputs, demand=None, held=None)

    def export_limit_w(self) -> float | None:
        """Return the tighter of the user's limit and those set on the devices."""
        return tightest_export_limit_w(self)

    def take_plan(self, plan: Plan) -> None:
        """Have a new plan carried out."""
        self.controller.plan = plan
        self.entry.async_create_background_task(
            self.hass, self.controller.tick(), "power_sync follow plan"
        )
