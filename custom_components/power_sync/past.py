"""The past of a site as it was measured, and how it is planned again in small parts."""

import asyncio
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .bridges.statistics import (
    Picked,
    async_measured_home,
    own_sensors,
    picked_sensors,
)
from .collector import collector_paused
from .model.prices import PriceCurve
from .planner.assumptions import Assumption
from .planner.backtest import DAYS, LEARN, Past, first_hour
from .planner.findings import Backtest, Finding
from .planner.inputs import PlanInputs
from .planner.rehearsal import go_on
from .prices.extend import HISTORY
from .prices.merge import merge
from .prices.protocols import PriceSource

_DAYS_BEFORE = LEARN.days + 27
"""A month to learn from before the days that count, where there is one."""


async def async_past(
    hass: HomeAssistant,
    entry: ConfigEntry,
    inputs: PlanInputs,
    source: PriceSource,
    days: int = DAYS,
) -> Past | None:
    """Return what was measured and what prices `source` had; None without a load.

    `inputs` has the prices that `source` knows now. Raises PriceError.
    """
    measured = await async_measured_home(
        hass,
        days + _DAYS_BEFORE,
        picked_sensors(entry.options),
        own_sensors(hass, entry.entry_id),
    )
    if measured is None:
        return None
    begin = first_hour(measured.load, inputs.now, days)
    paid = PriceCurve(inputs.curve.currency, inputs.curve.zone, ())
    if begin is not None:
        paid = await source.history(begin - HISTORY - timedelta(days=1), inputs.now)
    return Past(
        load=measured.load,
        solar_w=measured.solar_w,
        curve=await hass.async_add_executor_job(merge, paid, inputs.curve),
        known_until=source.known_until,
        measured_by=measured.measured_by,
    )


async def async_go_on[T](
    hass: HomeAssistant,
    work: Generator[float, None, T],
    told: Callable[[float], None],
) -> T:
    """Do work part by part in threads; rest after each for as long as it took.

    Threads share one interpreter: without the rests, a slow computer would hardly
    get round to anything else, and what is to be collected waits for them. `told`
    hears the share that is done, from 0 to 1.
    """
    while True:
        began_s = perf_counter()
        done = await hass.async_add_executor_job(_part, work)
        if not isinstance(done, float):
            return done
        told(done)
        await asyncio.sleep(perf_counter() - began_s)


def _part[T](work: Generator[float, None, T]) -> float | T:
    with collector_paused():
        return go_on(work)


def sensor_assumptions(picked: Picked) -> dict[str, Assumption]:
    """Return which sensors the user has picked, as assumptions."""
    return {"load_sensor": picked.load, "solar_sensor": picked.solar}


def with_sensors(found: Finding, picked: Picked) -> Finding:
    """Add to a finding which sensors were picked for it."""
    if not isinstance(found, Backtest):
        return found
    assumptions = {**found.assumptions, **sensor_assumptions(picked)}
    return replace(found, assumptions=assumptions)
