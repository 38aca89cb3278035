"""When a site's past is planned again, and what came of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .bridges.findings_store import FindingsStore
from .bridges.statistics import (
    MeasuredHome,
    Picked,
    async_measured_home,
    own_sensors,
    picked_sensors,
)
from .const import LOGGER
from .model.prices import PriceCurve
from .planner import ProblemError
from .planner.assumptions import Assumption, home_assumptions
from .planner.backtest import (
    DAYS,
    LEARN,
    BacktestCancelledError,
    Past,
    backtest,
    first_hour,
)
from .planner.findings import Backtest, Finding
from .planner.inputs import PlanInputs
from .prices.extend import HISTORY
from .prices.merge import merge
from .prices.protocols import PriceError, PriceSource

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry

DAILY = timedelta(days=1)
TRY_AGAIN = timedelta(hours=1)
LEAST_WAIT = timedelta(minutes=1)
SETTLED = timedelta(minutes=10)
"""So long after the last change of a setting it is found out anew."""
HOURLY = timedelta(hours=1)
"""Changes bring it about no more often than this."""
PAUSE_S = 0.002
"""How long a planned hour rests, so that a slow computer has time for others."""
_DAYS_MEASURED = DAYS + LEARN.days + 27
"""A month to learn from before the month that counts, where there is one."""


class BacktestCoordinator(DataUpdateCoordinator[Finding | None]):
    """Plans the last 30 days again: after set-up, daily, and when asked to.

    What was found is kept until something newer is, also across restarts.
    """

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        inputs: Callable[[], PlanInputs | None],
        source: PriceSource,
    ) -> None:
        """Take what a plan is made from, and where prices of the past are known."""
        super().__init__(
            hass, LOGGER, config_entry=entry, name="backtest", always_update=False
        )
        self.store = FindingsStore(hass, entry.entry_id)
        self._inputs = inputs
        self._source = source
        self._ended = Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def finding(self) -> Finding | None:
        """What was found last, or None where nothing was yet."""
        finding: Finding | None = self.data
        return finding

    async def async_start(self) -> None:
        """Go on with what was found before, or find out now."""
        found = self.store.finding
        wait = timedelta(0)
        if found is not None:
            # That there was too little is quickly found out again.
            if isinstance(found, Backtest) and self._same_home(found):
                wait = found.made_at + DAILY - dt_util.utcnow()
            self.update_interval = wait if LEAST_WAIT < wait <= DAILY else DAILY
            self.async_set_updated_data(found)
        if not LEAST_WAIT < wait <= DAILY:
            await self.async_run()

    async def async_run(self) -> None:
        """Plan the past again now; who asks meanwhile waits for the same."""
        if self._running is None or self._running.done():
            self._running = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), "power_sync backtest"
            )
        await asyncio.shield(self._running)

    @callback
    def async_settings_changed(self) -> None:
        """Find out anew soon, unless what was found is about these settings.

        A burst of changes is waited for, and a slider in an automation is no
        reason to plan a month over and over.
        """
        found, now = self.finding, dt_util.utcnow()
        if found is None:
            # It is tried again anyway, also after a run that is under way.
            self.update_interval = TRY_AGAIN
            return
        due = found.made_at + DAILY
        if not self._same_home(found):
            due = max(now + SETTLED, found.made_at + HOURLY)
        self.update_interval = min(max(due - now, LEAST_WAIT), DAILY)
        # Sets the clock by the new interval; what was found stays.
        self.async_set_updated_data(found)

    def _same_home(self, found: Finding) -> bool:
        """Whether it is about the battery, limits and sensors that there are now."""
        inputs = self._inputs()
        if inputs is None or not isinstance(found, Backtest):
            return True
        present = home_assumptions(inputs) | _sensors(
            picked_sensors(self.config_entry.options)
        )
        return all(found.assumptions.get(key) == said for key, said in present.items())

    @callback
    def end(self) -> None:
        """End what is under way: nobody waits for it any more."""
        self._ended.set()

    @override
    async def _async_update_data(self) -> Finding | None:
        """Return what was found; where nothing can be, what was found before."""
        self.update_interval = DAILY
        try:
            found = await self._async_find()
        except (PriceError, ProblemError) as err:
            LOGGER.debug("The past cannot be planned again: %s", err)
            found = None
        except BacktestCancelledError:
            return self.finding
        if found is None:
            self.update_interval = TRY_AGAIN
            return self.finding
        self.store.finding = found
        await self.store.save()
        return found

    async def _async_find(self) -> Finding | None:
        """Return the finding, or None where battery or load are not known.

        Raises PriceError, ProblemError and BacktestCancelledError.
        """
        inputs = self._inputs()
        if inputs is None:
            return None
        picked = picked_sensors(self.config_entry.options)
        measured = await async_measured_home(
            self.hass,
            _DAYS_MEASURED,
            picked,
            own_sensors(self.hass, self.config_entry.entry_id),
        )
        if measured is None:
            return None
        begin = first_hour(measured.load, inputs.now, DAYS)
        paid = PriceCurve(inputs.curve.currency, inputs.curve.zone, ())
        if begin is not None:
            paid = await self._source.history(begin - HISTORY - DAILY, inputs.now)
        job = partial(
            _find, inputs, measured, paid, self._source.known_until, self._cancelled
        )
        found = await self.hass.async_add_executor_job(job)
        return _with_sensors(found, picked)

    def _cancelled(self) -> bool:
        return self._ended.wait(PAUSE_S)


def _find(
    inputs: PlanInputs,
    measured: MeasuredHome,
    paid: PriceCurve,
    known_until: Callable[[datetime], datetime],
    cancelled: Callable[[], bool],
) -> Finding:
    """Plan the past again. Runs in a thread."""
    past = Past(
        load=measured.load,
        solar_w=measured.solar_w,
        curve=merge(paid, inputs.curve),
        known_until=known_until,
        measured_by=measured.measured_by,
    )
    return backtest(inputs, past, cancelled=cancelled)


def _sensors(picked: Picked) -> dict[str, Assumption]:
    """Return which sensors the user has picked, as assumptions."""
    return {"load_sensor": picked.load, "solar_sensor": picked.solar}


def _with_sensors(found: Finding, picked: Picked) -> Finding:
    """Add to a finding which sensors were picked for it."""
    if not isinstance(found, Backtest):
        return found
    return replace(found, assumptions={**found.assumptions, **_sensors(picked)})
