"""The rhythms of a site: readings, prices, forecasts, plan, control."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .bridges.solar_source import async_solar, follow_sensors
from .bridges.statistics import async_load_history, own_sensors, picked_sensors
from .const import DOMAIN, LOGGER
from .control.controller import Controller
from .devices.protocols import BatteryDriver, DeviceError, WrongDeviceError
from .forecast.load import LoadHistory
from .model.battery import BatteryReading
from .model.forecast import Forecast
from .model.plan import Plan
from .model.prices import PriceCurve
from .periods import Periods
from .planner import ProblemError
from .planner.inputs import PlanInputs
from .planning import Planning, make_plan
from .prices.merge import merge
from .prices.protocols import PriceError, PriceSource
from .prices.schedule import retry_at

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry

LEAST_WAIT = timedelta(seconds=5)
JITTER = timedelta(seconds=20)


class BatteryCoordinator(DataUpdateCoordinator[BatteryReading]):
    """Reads one battery, and tells control of every poll."""

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        subentry_id: str,
        driver: BatteryDriver,
        controller: Controller,
    ) -> None:
        """Poll `driver`; `subentry_id` is the battery's config subentry."""
        self.title = entry.subentries[subentry_id].title
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=self.title,
            update_interval=(
                Periods.of(entry.options).poll or driver.capabilities.poll_every
            ),
            always_update=False,
        )
        self.subentry_id = subentry_id
        self.driver = driver
        self.controller = controller

    @property
    def battery_id(self) -> str:
        """The serial of the battery."""
        return self.driver.identity.serial

    @override
    async def _async_update_data(self) -> BatteryReading:
        """Return a reading, or say why there is none."""
        try:
            reading = await self.driver.read()
        except WrongDeviceError:
            self.controller.unread(self.battery_id, wrong_device=True)
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key="wrong_device"
            ) from None
        except DeviceError as err:
            self.controller.unread(self.battery_id)
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="battery_unreachable",
                translation_placeholders={"error": str(err)},
                # What it came from names the address, and would be logged.
            ) from None
        self.controller.read(self.battery_id, reading)
        return reading


class PriceCoordinator(DataUpdateCoordinator[PriceCurve]):
    """Fetches prices when the provider is due to have new ones.

    An outage never loses prices: the last curve is kept until its slots end.
    """

    config_entry: PowerSyncConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: PowerSyncConfigEntry, source: PriceSource
    ) -> None:
        """Fetch from `source`."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="electricity prices",
            always_update=False,
        )
        self.source = source
        self.error: PriceError | None = None
        """Why the last fetch failed; a TariffEndedError is for the user to solve."""
        self._failures = 0

    @property
    def curve(self) -> PriceCurve | None:
        """The prices known, or None before the first answer."""
        # Home Assistant leaves `data` at None until there is some.
        curve: PriceCurve | None = self.data
        return curve

    @override
    async def _async_update_data(self) -> PriceCurve:
        """Return the prices known now."""
        try:
            fetched = await self.source.fetch()
        except PriceError as err:
            return self._outage(err)
        if self.error is not None:
            LOGGER.info("Electricity prices are back")
        self.error, self._failures = None, 0
        curve = merge(self.curve, fetched)
        self._schedule(self.source.next_fetch(curve))
        return curve

    def _outage(self, err: PriceError) -> PriceCurve:
        now = dt_util.utcnow()
        news = self.error is None
        self.error = err
        self._failures += 1
        self._schedule(retry_at(err, self._failures, now))
        curve = self.curve
        if curve is None or curve.at(now) is None:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="prices_unavailable",
                translation_placeholders={"error": str(err)},
                # What it came from names the address, and would be logged.
            ) from None
        if news:
            LOGGER.info("No new electricity prices, going on with those known: %s", err)
        return curve

    def _schedule(self, when: datetime) -> None:
        # A few seconds of its own for each home, lest all ask at 16:00:00.
        jitter = JITTER * random()  # noqa: S311 - no secret
        self.update_interval = max(when - dt_util.utcnow(), LEAST_WAIT) + jitter


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What is known ahead: the sun, and what the load is forecast from."""

    solar: Forecast | None
    load_history: LoadHistory | None


class ForecastCoordinator(DataUpdateCoordinator[Forecasts]):
    """Gathers the solar forecast and the load history."""

    config_entry: PowerSyncConfigEntry

    def __init__(self, hass: HomeAssistant, entry: PowerSyncConfigEntry) -> None:
        """Use what other integrations and the recorder have."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="forecasts",
            update_interval=Periods.of(entry.options).forecast,
        )
        entry.async_on_unload(
            follow_sensors(hass, entry.options, self.async_request_refresh)
        )

    @override
    async def _async_update_data(self) -> Forecasts:
        """Return what there is; neither source raises."""
        return Forecasts(
            await async_solar(self.hass, self.config_entry.options),
            await async_load_history(
                self.hass,
                picked=picked_sensors(self.config_entry.options),
                own=own_sensors(self.hass, self.config_entry.entry_id),
            ),
        )


class PlanCoordinator(DataUpdateCoordinator[Planning]):
    """Makes a plan every few minutes, and when something changed.

    A plan that could not be renewed is kept; control stops acting on it after
    an hour (`control/planned.py`).
    """

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        inputs: Callable[[], PlanInputs | None],
        publish: Callable[[Plan], None],
    ) -> None:
        """Plan from what `inputs` returns; each plan goes to `publish`."""
        super().__init__(hass, LOGGER, config_entry=entry, name="plan")
        self._inputs = inputs
        self._publish = publish
        self._one_at_a_time = asyncio.Lock()

    @property
    def planning(self) -> Planning | None:
        """The last plan, or None before the first."""
        planning: Planning | None = self.data
        return planning

    @callback
    def async_start(self) -> None:
        """Plan at the start of a slot from now on, as often as the options say."""
        minutes = range(0, 60, Periods.of(self.config_entry.options).plan_min)
        self.config_entry.async_on_unload(
            async_track_utc_time_change(
                self.hass, self._async_slot, minute=minutes, second=1
            )
        )

    async def _async_slot(self, _now: datetime) -> None:
        await self.async_refresh()

    @override
    async def _async_update_data(self) -> Planning:
        """Return a new plan; an older one never lands after a newer one."""
        async with self._one_at_a_time:
            return await self._async_plan()

    async def _async_plan(self) -> Planning:
        inputs = self._inputs()
        if inputs is None:
            raise self._nothing_to_plan_from()
        running = None if self.planning is None else self.planning.plan
        try:
            planning = await self.hass.async_add_executor_job(
                make_plan, inputs, running
            )
        except ProblemError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="problem_invalid",
                translation_placeholders={"error": str(err)},
            ) from err
        if planning is None:
            raise self._nothing_to_plan_from()
        self._publish(planning.plan)
        return planning

    def _nothing_to_plan_from(self) -> UpdateFailed:
        """Return the error that keeps the last plan.

        What is missing has been told where it is missing. Marked as failed
        beforehand, this is no news to Home Assistant, which logs it as an error.
        """
        LOGGER.debug("There is not enough to plan from")
        self.last_update_success = False
        return UpdateFailed(translation_domain=DOMAIN, translation_key="no_inputs")


class ControlCoordinator(DataUpdateCoordinator[None]):
    """Tells entities that control has changed: not that it has looked."""

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        controller: Controller,
    ) -> None:
        """Follow `controller`."""
        super().__init__(hass, LOGGER, config_entry=entry, name="control")
        self.controller = controller
        self._told: object = None
        entry.async_on_unload(controller.listen(self._async_changed))

    @callback
    def _async_changed(self) -> None:
        """Tell entities where something that they show is another."""
        controller, now = self.controller, dt_util.utcnow()
        shown = (
            controller.plan,
            controller.automatic,
            controller.dry_run,
            controller.problems,
            controller.log.last,
            [
                (battery.lease, battery.outcome, battery.health.trouble(now))
                for battery in controller.batteries.values()
            ],
        )
        if shown != self._told:
            self._told = shown
            self.async_update_listeners()
