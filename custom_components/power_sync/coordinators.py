"""The rhythms of a site: readings, forecasts, plan, control; prices have a module."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .bridges.libraries import Library, async_ensure
from .bridges.solar_source import async_solar, follow_sensors
from .bridges.statistics import async_measured_home, own_sensors, picked_sensors
from .collector import collector_paused
from .const import CONF_SUBENTRY_ID, DOMAIN, LOGGER
from .control.controller import Controller
from .control.health import AccountTrouble
from .devices.protocols import (
    BatteryDriver,
    DeviceAuthError,
    DeviceError,
    DeviceNotReadyError,
    RightsMissingError,
    SignedOutError,
    WrongDeviceError,
)
from .forecast.load_history import LoadHistory
from .forecast.scorecard import Score, load_score, score
from .model.battery import BatteryReading
from .model.forecast import Forecast
from .model.plan import Plan
from .model.scan import Scan
from .periods import Periods
from .planner import ProblemError
from .planner.inputs import PlanInputs
from .planner.site_assemble import MISSING, UNSOLVED
from .planning import Planning, make_plan
from .solar_record import SolarRecord

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry


WH_PER_KWH = 1000


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
        self.scan: Scan | None = None
        """What a scan has found, where the battery does not tell its health."""
        self._refused = False
        self._waited = False

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
        except DeviceNotReadyError as err:
            # Not a failed poll. Marked as failed beforehand, this is no news to
            # Home Assistant, which would log an error at each of its starts.
            self._waited, self.last_update_success = True, False
            raise self._unreachable(err) from None
        except DeviceError as err:
            self.controller.unread(self.battery_id, account=_account_trouble(err))
            if self._waited:
                # Now it is news.
                self._waited, self.last_update_success = False, True
            if isinstance(err, DeviceAuthError):
                self._async_ask_anew()
            # What it came from names the address, and would be logged.
            raise self._unreachable(err) from None
        self._refused = self._waited = False
        if self.scan is not None and reading.soh_pct is None:
            reading = replace(
                reading,
                capacity_kwh=self.scan.original_wh / WH_PER_KWH,
                soh_pct=self.scan.health_pct,
            )
        self.controller.read(self.battery_id, reading)
        return reading

    @staticmethod
    def _unreachable(err: DeviceError) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="battery_unreachable",
            translation_placeholders={"error": str(err)},
        )

    @callback
    def _async_ask_anew(self) -> None:
        """Ask the user for the account's password, once; readings go on.

        Not by ConfigEntryAuthFailed, which would end them, though a cloud that
        refuses now may do so by mistake.
        """
        if not self._refused:
            self._refused = True
            self.config_entry.async_start_reauth(
                self.hass, data={CONF_SUBENTRY_ID: self.subentry_id}
            )


def _account_trouble(err: DeviceError) -> AccountTrouble | None:
    """Return what an error says of the account that a battery is reached through."""
    match err:
        case DeviceAuthError() | SignedOutError():
            return AccountTrouble.SIGNED_OUT
        case RightsMissingError():
            return AccountTrouble.LACKS_RIGHTS
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What is known ahead: the sun, and what the load is forecast from."""

    solar: Forecast | None
    load_history: LoadHistory | None
    expected_solar: Forecast | None = None
    """The forecast as put right by how the sun came out lately."""
    solar_score: Score | None = None
    """How yesterday's solar forecast came out, each hour as it was said before."""
    load_score: Score | None = None
    """How yesterday's load forecast came out, as it was at midnight."""


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
        self._record = SolarRecord(hass, entry.entry_id)
        # Until it is there, a holiday is a day like others.
        entry.async_create_background_task(
            hass, async_ensure(hass, Library.HOLIDAYS), "power_sync holidays"
        )
        entry.async_on_unload(self._record.async_close)
        entry.async_on_unload(
            follow_sensors(hass, entry.options, self.async_request_refresh)
        )

    @override
    async def _async_update_data(self) -> Forecasts:
        """Return what there is; neither source raises."""
        solar = await async_solar(self.hass, self.config_entry.options)
        measured = await async_measured_home(
            self.hass,
            picked=picked_sensors(self.config_entry.options),
            own=own_sensors(self.hass, self.config_entry.entry_id),
        )
        if measured is None:
            return Forecasts(
                solar, None, await self._record.async_expected(solar, None)
            )
        expected = await self._record.async_expected(solar, measured.solar_w)
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        sun_w = measured.solar_w
        return Forecasts(
            solar,
            measured.load,
            expected,
            solar_score=(
                None if sun_w is None else score(self._record.said_w, sun_w, now, zone)
            ),
            load_score=await self.hass.async_add_executor_job(
                load_score, measured.load, now, zone
            ),
        )

    @property
    def known(self) -> Forecasts | None:
        """The forecasts, or None before the first."""
        # Home Assistant leaves `data` at None until there is some.
        forecasts: Forecasts | None = self.data
        return forecasts


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
        self._library: asyncio.Task[None] | None = None

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
        coupled = len(inputs.fleet) > 1 or inputs.demand is not None
        if coupled and self._library is None:
            self._library = self.config_entry.async_create_background_task(
                self.hass, self._async_get_library(), "power_sync library"
            )
        running = None if self.planning is None else self.planning.plan
        try:
            planning = await self.hass.async_add_executor_job(
                _make_plan, inputs, running
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

    async def _async_get_library(self) -> None:
        """Install what plans batteries together, and a demand charge; plan again.

        Until then, and where it cannot be had, they are planned as one, and the
        import that the charge is for is kept below what that plan needs.
        """
        usable = await async_ensure(self.hass, Library.SCIPY)
        plan = None if self.planning is None else self.planning.plan
        if usable and plan is not None and plan.notes.get(UNSOLVED) == MISSING:
            await self.async_refresh()

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


def _make_plan(inputs: PlanInputs, running: Plan | None) -> Planning | None:
    with collector_paused():
        return make_plan(inputs, running)
