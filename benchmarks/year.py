"""What the planner captures of a recorded year, with only what was known then.

The home of `benchmarks/years.py` with a battery of 13.5 kWh, 5 kW each way, 0.95
each way and a reserve of 10 % lives through its year in steps of 5 minutes and is
planned anew every 30, by the same functions as a running home: completed half hours
of load and sun, the present price and those published. As there, nothing is bought
or sold on a price that is only guessed. The sun is the recorded forecast, else that
of the days before, put right by how they came out (`forecast/calibration.py`).
Energy left at the end counts 0.15 per kWh in the cells.

    captured = (self-consumption - ours) / (self-consumption - perfect foresight)

`switches_per_day` counts new modes and new powers, `mode_switches_per_day` modes
alone. `_raw` has negative and inverted prices left in, where perfect foresight is
the better of two schedules and not always the best there is.

`point_forecast` plans without the spread of prices, which is learned at the start
of each day (UTC) from all prices since 2022, where only the present one is known.
A plan's slots are of 30 minutes, as the recorded prices, load and sun are.

`POWER_SYNC_PERFECT` names, apart by commas, what is known ahead after all (`load`,
`sun`, `price`): so one sees what each error costs.
"""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
import os
from zoneinfo import ZoneInfo

from custom_components.power_sync.forecast.calibration import KEPT, SunRecord
from custom_components.power_sync.forecast.load import RECENT
from custom_components.power_sync.forecast.load_history import (
    HISTORY,
    LoadHistory,
    LoadSample,
)
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.model.timegrid import HORIZON, SLOT, TimeGrid
from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.exact import setpoints, solve_exact
from custom_components.power_sync.planner.home import FOLLOW, TINY_KWH, Home, Order
from custom_components.power_sync.planner.home_problem import (
    merged_battery,
    problem_from,
)
from custom_components.power_sync.planner.inputs import FleetMember, PlanInputs
from custom_components.power_sync.planner.modes import changes
from custom_components.power_sync.planner.outlook import DAY, outlook
from custom_components.power_sync.planner.problem import Problem
from custom_components.power_sync.planner.replay import (
    baseline,
    judge,
    replay_setpoints,
)
from custom_components.power_sync.planner.soc_grid import solve_grid
from custom_components.power_sync.planner.stages import convex_hull, stages_of
from custom_components.power_sync.prices.spread import PriceSpread, learn

from .years import STEP, Year, agile, vic1

_DAYS = 340
_QUICK = (120, 30)
"""Its first day and how many: the home of 2023 has no record before March."""
_AHEAD = HORIZON // STEP
_SUB = STEP // SLOT
_LEFTOVER = 0.15
_W = 1000.0
_PRICES_BACK = timedelta(days=15)
_PERFECT = frozenset(os.environ.get("POWER_SYNC_PERFECT", "").split(","))
_BATTERY = FleetMember(
    capacity_kwh=13.5,
    soc_pct=40.0,
    max_charge_w=5000.0,
    max_discharge_w=5000.0,
    floor_pct=10.0,
    max_soc_pct=100.0,
    modes=frozenset(Mode),
    min_power_w=0.0,
)


@dataclass(frozen=True)
class _Known:
    """What a year's planner knows; `count` half hours from `first` on are lived."""

    year: Year
    first: int
    count: int
    spread: bool

    @cached_property
    def slots(self) -> tuple[PriceSlot, ...]:
        """The prices of the year's half hours."""
        grid = TimeGrid(self.year.start, STEP, len(self.year.bought))
        both = zip(self.year.bought, self.year.sold, strict=True)
        return tuple(
            PriceSlot(at, at + STEP, *prices)
            for at, prices in zip(grid.starts(), both, strict=True)
        )

    @cached_property
    def _before(self) -> tuple[PriceSlot, ...]:
        """The last prices before the year, as far as a plan looks at them."""
        return self.year.past.from_time(self.year.start - _PRICES_BACK).slots

    @cached_property
    def _samples(self) -> tuple[LoadSample, ...]:
        return tuple(
            LoadSample(slot.start, kw * _W)
            for slot, kw in zip(self.slots, self.year.load_kw, strict=True)
        )

    def _series(self, kilowatts: list[float], first: int, stop: int) -> Series:
        """Return the half hours from `first` to `stop` of a year's powers, in W."""
        first = max(0, first)
        watts = [kw * _W for kw in kilowatts[first:stop]]
        return Series.regular(self.slots[first].start, STEP, watts)

    def inputs(self, index: int, soc_pct: float) -> PlanInputs:
        """Return what was known when half hour `index` began."""
        year, now = self.year, self.slots[index].start
        ends = now + HORIZON if "price" in _PERFECT else year.known_until(now)
        known = index + max(1, (ends - now) // STEP)
        first = max(0, index - _PRICES_BACK // STEP)
        past = [slot for slot in self._before if slot.end > now - _PRICES_BACK]
        recent = year.load_kw[max(0, index - RECENT // STEP) : index]
        load_from = max(0, index - HISTORY // STEP)
        return PlanInputs(
            now=now,
            zone=ZoneInfo(year.zone),
            curve=replace(year.past, slots=(*past, *self.slots[first:known])),
            solar=self._solar(index),
            load_history=LoadHistory(self._samples[load_from:index], STEP),
            recent_load_w=_W * sum(recent) / len(recent) if recent else 500.0,
            fleet=(replace(_BATTERY, soc_pct=soc_pct),),
            reserve_pct=_BATTERY.floor_pct,
            import_limit_w=10_000.0,
            export_limit_w=5000.0,
            grid_charging=True,
            battery_export=True,
            wear_per_kwh=0.0,
        )

    def _solar(self, index: int) -> Forecast:
        now, said_kw = self.slots[index].start, self.year.solar_forecast_kw
        first, stop = index - KEPT // STEP, index + _AHEAD
        measured = self._series(self.year.solar_kw, first, index)
        if said_kw is None:
            return SunRecord(measured, Series(()), now).expected(None, now + HORIZON)
        said = self._series(said_kw, first, index)
        source = Forecast(self._series(said_kw, index, stop), "recorded", now)
        return SunRecord(measured, said, now).expected(source, now + HORIZON)

    def problem(
        self, index: int, soc_pct: float, spread: PriceSpread | None
    ) -> Problem:
        """Return what a running home would plan on."""
        inputs = self.inputs(index, soc_pct)
        ahead = outlook(inputs, TimeGrid(inputs.now, STEP, _AHEAD))
        if ahead is None:
            raise ValueError(f"nothing is known at {inputs.now}")
        problem = replace(problem_from(inputs, ahead), price_spread=spread)
        stop, year = index + problem.grid.count, self.year
        scenarios = problem.scenarios
        if "load" in _PERFECT:
            load_kw = tuple(year.load_kw[index:stop])
            scenarios = tuple(replace(each, load_kw=load_kw) for each in scenarios)
            problem = replace(problem, load_kw=load_kw)
        if "sun" in _PERFECT:
            solar_kw = tuple(year.solar_kw[index:stop])
            scenarios = tuple(replace(each, solar_kw=solar_kw) for each in scenarios)
            problem = replace(problem, solar_kw=solar_kw)
        return replace(problem, scenarios=scenarios)

    def spread_at(self, index: int) -> PriceSpread | None:
        """Return the spread learned from all prices until then, where it is used."""
        now = self.slots[index].start
        if not self.spread or "price" in _PERFECT:
            return None
        every = self.year.past.slots + self.slots[: index + 1]
        return learn(PriceCurve("AUD", self.year.zone, every), now + STEP)


def _actual(known: _Known, step: timedelta) -> Home:
    """Return what really came, in slots of `step`."""
    times, year = STEP // step, known.year
    first, stop = known.first, known.first + known.count

    def fine(values: list[float]) -> tuple[float, ...]:
        return tuple(value for value in values[first:stop] for _ in range(times))

    battery = merged_battery(known.inputs(first, 40.0))
    grid = TimeGrid(known.slots[first].start, step, known.count * times)
    return Home(
        Problem(
            grid=grid,
            currency="EUR",
            made_at=grid.start,
            import_per_kwh=fine(year.bought),
            export_per_kwh=fine(year.sold),
            firm=(True,) * grid.count,
            solar_kw=fine(year.solar_kw),
            load_kw=fine(year.load_kw),
            battery=battery,
            import_limit_kw=10.0,
            export_limit_kw=5.0,
            battery_export=True,
            leftover_value_per_kwh=_LEFTOVER,
        )
    )


def _perfect(known: _Known) -> float:
    """Return the least the year could have cost, everything being known ahead."""
    home = _actual(known, STEP)
    stages, convex = stages_of(home)
    exact = solve_exact(home, stages if convex else convex_hull(stages))
    cost = replay_setpoints(home, setpoints(home, exact)).cost
    if convex:
        return cost
    grid = setpoints(home, solve_grid(home, stages))
    return min(cost, replay_setpoints(home, grid).cost)


def _live(known: _Known) -> tuple[float, list[Order]]:
    """Return what the year cost as planned, and the orders of its slots."""
    home = _actual(known, SLOT)
    battery = home.problem.battery
    energy, resting = home.start_kwh, home.start_kwh <= TINY_KWH
    running: Plan | None = None
    spread: PriceSpread | None = None
    executed, levels, orders = [], [], []
    for lived in range(known.count):
        index = known.first + lived
        if lived % (DAY // STEP) == 0:
            spread = known.spread_at(index)
        soc = battery.reserve_pct + 100 * energy / battery.capacity_kwh
        problem = known.problem(index, min(100.0, soc), spread)
        running = plan(problem, running=running)
        first = running.slots[0]
        order = Order(first.mode, first.power_kw) if first.firm else FOLLOW
        for slot in range(lived * _SUB, (lived + 1) * _SUB):
            kwh = home.obey(slot, order, energy, resting=resting)
            energy = home.after(kwh, energy)
            resting = home.rests(energy, resting=resting)
            executed.append(kwh)
            levels.append(energy)
            orders.append(order)
    return judge(home, executed, levels).cost, orders


def _year_of(name: str, count: int) -> tuple[Year, bool]:
    """Return a recorded year by its name, and whether its prices have a spread."""
    whole = count + _AHEAD
    clamped = not name.endswith("_raw")
    if name.startswith("agile"):
        return agile(whole, clamped=clamped), False
    if "known" in name:
        return vic1(whole, DAY, clamped=clamped), False
    return vic1(whole, STEP, clamped=clamped), True


def case(name: str, first_day: int, days: int) -> dict[str, float]:
    """Return the figures of some days of a recorded year; costs in its currency."""
    first, count = (each * (DAY // STEP) for each in (first_day, days))
    year, has_spread = _year_of(name, first + count)
    known = _Known(year, first, count, spread=has_spread)
    home = _actual(known, SLOT)
    without, best = baseline(home).cost, _perfect(known)
    ours, orders = _live(known)
    point = _live(replace(known, spread=False))[0] if has_spread else ours

    def captured_pct(cost: float) -> float:
        return 100 * (without - cost) / (without - best)

    return {
        "captured_pct": captured_pct(ours),
        "captured_point_forecast_pct": captured_pct(point),
        "switches_per_day": changes(orders) / days,
        "mode_switches_per_day": changes([Order(o.mode) for o in orders]) / days,
        "cost_no_battery": replay_setpoints(home, [0.0] * home.count).cost,
        "cost_self_consumption": without,
        "cost_ours": ours,
        "cost_perfect_foresight": best,
    }


NAMES = ("vic1_2025_forecast", "agile_2023", "vic1_2025_known", "vic1_2025_known_raw")


def run(*, quick: bool = False) -> Mapping[str, dict[str, float]]:
    """Return the figures of each year, or of a month of it."""
    first_day, days = _QUICK if quick else (0, _DAYS)
    with ProcessPoolExecutor(2) as pool:
        found = {name: pool.submit(case, name, first_day, days) for name in NAMES}
        return {name: each.result() for name, each in found.items()}
