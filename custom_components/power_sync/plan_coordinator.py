"""The rhythm of the plan: made anew every few minutes."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .bridges.libraries import Library, async_ensure
from .collector import collector_paused
from .const import DOMAIN, LOGGER
from .model.plan import Plan
from .periods import Periods
from .planner import ProblemError
from .planner.inputs import PlanInputs
from .planner.site_assemble import MISSING, UNSOLVED
from .planning import Planning, make_plan

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry


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


def _make_plan(inputs: PlanInputs, running: Plan | None) -> Planning | None:
    with collector_paused():
        return make_plan(inputs, running)
