"""Prices, sun and load of the hours ahead, from what a home knows."""

from dataclasses import dataclass
from datetime import timedelta

from custom_components.power_sync.forecast.load import forecast_load
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.prices import PriceCurve, Spike
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.prices.extend import extend
from custom_components.power_sync.prices.spread import PriceSpread, learn

from .inputs import PlanInputs

DAY = timedelta(days=1)
PRESENT_ONLY = timedelta(hours=2)
"""Where prices are known no further than this, their spread is learned."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Prices, sun and load on the planning grid.

    The grid is shorter than 48 hours where prices are. `learned_days` is how
    many days of its own history the load forecast stands on.
    """

    grid: TimeGrid
    currency: str
    import_per_kwh: tuple[float, ...]
    export_per_kwh: tuple[float, ...]
    firm: tuple[bool, ...]
    solar_w: tuple[float, ...]
    load_w: tuple[float, ...]
    solar_known: bool
    learned_days: int | None
    price_spread: PriceSpread | None = None
    solar_spread_w: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Little and much sun, where the forecast says what may come."""
    spiking: tuple[bool, ...] = ()
    """Where the provider says that a price spike may come; empty where it never."""


def outlook(inputs: PlanInputs, grid: TimeGrid | None = None) -> Outlook | None:
    """Return the outlook, or None where there are no prices or no load at all.

    `grid` is the planning grid unless another is given.
    """
    grid = grid or TimeGrid.horizon(inputs.now)
    curve = extend(inputs.curve.from_time(inputs.now - 15 * DAY), grid.end)
    bought, sold = curve.import_series.on(grid), curve.export_series.on(grid)
    known = 0
    while known < grid.count and bought[known] is not None and sold[known] is not None:
        known += 1
    grid = TimeGrid(grid.start, grid.step, known)
    # It is the mean that is planned with: the median is short of energy.
    load = forecast_load(
        inputs.load_history,
        grid,
        inputs.zone,
        inputs.now,
        inputs.recent_load_w,
        alike=False,
    )
    if not known or load is None:
        return None
    firm_until = curve.firm_until or grid.start
    return Outlook(
        grid=grid,
        currency=curve.currency,
        import_per_kwh=tuple(price for price in bought[:known] if price is not None),
        export_per_kwh=tuple(price for price in sold[:known] if price is not None),
        firm=tuple(start + grid.step <= firm_until for start in grid.starts()),
        solar_w=_solar_on(inputs.solar, grid),
        solar_spread_w=_spread_on(inputs.solar, grid),
        load_w=tuple(watts or 0.0 for watts in load.expected_w.on(grid)),
        solar_known=inputs.solar is not None,
        learned_days=load.learned_days,
        price_spread=_spread_of(inputs),
        spiking=_spiking(curve, grid),
    )


def _spiking(curve: PriceCurve, grid: TimeGrid) -> tuple[bool, ...]:
    """Return for each slot whether there may be a spike in it."""
    spikes = [slot for slot in curve.slots if slot.spike is not Spike.NONE]
    if not spikes:
        return ()
    return tuple(
        any(slot.start < start + grid.step and slot.end > start for slot in spikes)
        for start in grid.starts()
    )


def _spread_of(inputs: PlanInputs) -> PriceSpread | None:
    """Return what prices may become, where hardly more than the present is known.

    A provider's own forecast says more than the past does, and a day ahead that is
    published is no chain of half-hours: there it is None.
    """
    until = inputs.curve.firm_until
    if until is None or until > inputs.now + PRESENT_ONLY:
        return None
    if not inputs.curve.slots[-1].firm:
        return None
    return learn(inputs.curve, until)


def _solar_on(solar: Forecast | None, grid: TimeGrid) -> tuple[float, ...]:
    """Return the sun on the grid; beyond the forecast, as a day earlier.

    Without any forecast no sun is counted on: what comes is a gain.
    """
    if solar is None:
        return (0.0,) * grid.count
    return _watts_on(solar.p50_w, grid)


def _spread_on(
    solar: Forecast | None, grid: TimeGrid
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return little and much sun on the grid; None where they are not known."""
    if solar is None or solar.p10_w is None or solar.p90_w is None:
        return None
    return _watts_on(solar.p10_w, grid), _watts_on(solar.p90_w, grid)


def _watts_on(series: Series, grid: TimeGrid) -> tuple[float, ...]:
    watts = []
    for start in grid.starts():
        value = series.mean(start, start + grid.step)
        if value is None:
            value = series.mean(start - DAY, start - DAY + grid.step)
        watts.append(max(0.0, value or 0.0))
    return tuple(watts)
