"""When a site's past is planned again, and what came of it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .bridges.findings_store import FindingsStore
from .bridges.statistics import picked_sensors
from .const import DOMAIN, LOGGER
from .past import async_go_on, async_past, sensor_assumptions, with_sensors
from .planner import ProblemError
from .planner.assumptions import home_assumptions
from .planner.backtest import backtest_by_hour
from .planner.findings import Backtest, Finding
from .planner.inputs import PlanInputs
from .prices.protocols import PriceError, PriceSource
from .what_if import Compared, PastOfSite, Question

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry

DAILY = timedelta(days=1)
TRY_AGAIN = timedelta(hours=1)
LEAST_WAIT = timedelta(minutes=1)
SETTLED = timedelta(minutes=10)
"""So long after the last change of a setting it is found out anew."""
HOURLY = timedelta(hours=1)
"""Changes bring it about no more often than this."""
PROGRESS_STEP_PCT = 5


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
        self._running: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[list[Compared]]] = set()
        self.progress_pct: int | None = None
        """How far the run under way is; None where none is."""

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
            await self._async_finished()

    async def async_run(self) -> None:
        """Plan the past again now; who asks meanwhile waits for the same.

        Raises HomeAssistantError where the site ends before it is done.
        """
        if not await self._async_finished():
            raise _ended()

    async def _async_finished(self) -> bool:
        """Plan the past again; return False where it was ended before it was done."""
        running = self._running
        if running is None or running.done():
            running = self._running = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), "power_sync backtest"
            )
        await asyncio.wait((running,))
        return not running.cancelled()

    async def async_ask(self, question: Question) -> list[Compared]:
        """Plan the past again as asked; nothing of it is kept.

        Raises HomeAssistantError where it cannot be done, or is ended before.
        """
        inputs = self._inputs()
        if inputs is None:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="no_backtest"
            )
        past = PastOfSite(self.hass, self.config_entry, inputs, self._source)
        asked = self.config_entry.async_create_background_task(
            self.hass, past.async_answer(question, self._told), "power_sync what if"
        )
        self._asked.add(asked)
        try:
            await asyncio.wait((asked,))
        finally:
            # Who has asked may have gone.
            asked.cancel()
            self._asked.discard(asked)
            self._show(None)
        if asked.cancelled():
            raise _ended()
        return asked.result()

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
        present = home_assumptions(inputs) | sensor_assumptions(
            picked_sensors(self.config_entry.options)
        )
        return all(found.assumptions.get(key) == said for key, said in present.items())

    @callback
    def end(self) -> None:
        """End what is under way: nobody waits for it any more."""
        for running in (self._running, *self._asked):
            if running is not None:
                running.cancel()

    @override
    async def _async_update_data(self) -> Finding | None:
        """Return what was found; where nothing can be, what was found before."""
        self.update_interval = DAILY
        try:
            found = await self._async_find()
        except (PriceError, ProblemError) as err:
            LOGGER.debug("The past cannot be planned again: %s", err)
            found = None
        if found is None:
            self.update_interval = TRY_AGAIN
            return self.finding
        self.store.finding = found
        await self.store.save()
        return found

    async def _async_find(self) -> Finding | None:
        """Return the finding, or None where battery or load are not known.

        Raises PriceError and ProblemError.
        """
        inputs = self._inputs()
        if inputs is None:
            return None
        picked = picked_sensors(self.config_entry.options)
        past = await async_past(self.hass, self.config_entry, inputs, self._source)
        if past is None:
            return None
        hours = backtest_by_hour(inputs, past)
        try:
            found = await async_go_on(self.hass, hours, self._told)
        finally:
            self._show(None)
        return with_sensors(found, picked)

    @callback
    def _told(self, share: float) -> None:
        """Show how far it is, in steps that are worth a state."""
        self._show(int(share * 100 / PROGRESS_STEP_PCT) * PROGRESS_STEP_PCT)

    @callback
    def _show(self, progress_pct: int | None) -> None:
        if progress_pct != self.progress_pct:
            self.progress_pct = progress_pct
            self.async_update_listeners()


def _ended() -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key="backtest_ended"
    )
