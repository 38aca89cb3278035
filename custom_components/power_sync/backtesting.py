"""When a site's past is planned again, and what came of it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .bridges.findings_store import FindingsStore
from .bridges.statistics import MeasuredHome, async_measured_home, picked_sensors
from .const import LOGGER
from .model.prices import PriceCurve
from .planner import ProblemError
from .planner.assumptions import home_assumptions
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
        found, inputs = self.store.finding, self._inputs()
        wait = timedelta(0)
        if found is not None:
            if inputs is None or _same_home(found, inputs):
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
        measured = await async_measured_home(
            self.hass, _DAYS_MEASURED, picked_sensors(self.config_entry.options)
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
        return await self.hass.async_add_executor_job(job)

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


def _same_home(found: Finding, inputs: PlanInputs) -> bool:
    """Whether a finding is about the battery and the limits that there are now."""
    if not isinstance(found, Backtest):
        return True
    return home_assumptions(inputs).items() <= found.assumptions.items()
