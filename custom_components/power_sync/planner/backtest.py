"""What PowerSync would have saved: the home's own past, planned again.

Every hour of the last days a plan is made from nothing but what was known then,
and carried out against what really came. It is measured against the same home
with the same battery in plain self-consumption, and against no battery at all.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from custom_components.power_sync.forecast.days_before import solar_as_before
from custom_components.power_sync.forecast.load import RECENT
from custom_components.power_sync.forecast.load_history import LoadHistory
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.model.timegrid import HORIZON, TimeGrid, floor_time
from custom_components.power_sync.prices.extend import HISTORY, extend

from .assumptions import assumptions_of
from .engine import plan
from .findings import Backtest, Costs, DayCosts, Finding, Lacking, TooLittle
from .foresight import perfect_cost
from .home import FOLLOW, Order
from .home_problem import W_PER_KW, kw, merged, merged_battery, problem_from
from .inputs import PlanInputs
from .leftover import leftover_value_per_kwh
from .outlook import outlook
from .problem import Problem
from .rehearsal import Actual, Rehearsal, finish, rehearse

DAYS = 30
STEP = timedelta(minutes=30)
LEARN = timedelta(days=3)
"""So much load has to be known before the first hour that counts."""
LEAST = timedelta(days=4)
"""With fewer hours than these a figure would say more about the weather."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Past:
    """What a home has measured, and what its prices were.

    `solar_w` is None for a home without sun. `curve` reaches two weeks further back
    than what is tested, as a plan learns from these, and `known_until` says up to
    when prices had been published at a moment. `measured_by` says where load and
    sun are from.
    """

    load: LoadHistory
    solar_w: Series | None
    curve: PriceCurve
    known_until: Callable[[datetime], datetime]
    measured_by: str


def backtest(home: PlanInputs, past: Past, *, days: int = DAYS) -> Finding:
    """Return what the last `days` before `home.now` would have cost.

    `home` says what battery and limits there are; how full it is now does not
    count. Takes some seconds; `backtest_by_hour` does the same in small parts.
    """
    return finish(backtest_by_hour(home, past, days=days))


def backtest_by_hour(
    home: PlanInputs, past: Past, *, days: int = DAYS, foresight: bool = False
) -> Generator[float, None, Finding]:
    """Yield before each planned hour the share that is done; return the result.

    With `foresight` it also says what perfect foresight would have cost.
    """
    begin = first_hour(past.load, home.now, days)
    if begin is None:
        return _too_little(home.now, past.load, Lacking.LOAD)
    actual, missing = actual_of(home, past, begin)
    known = len(actual.starts) * STEP if actual is not None else timedelta(0)
    if actual is None or known < LEAST:
        unknown_load = _hours_of_load(past.load, begin, home.now) * HOUR < LEAST
        lacking = Lacking.LOAD if unknown_load else Lacking.PRICES
        return _too_little(home.now, past.load, lacking)
    planner = Planner(home, past)
    rehearsal = yield from rehearse(actual, planner.decide)
    found = _result(
        home, past, rehearsal, missing * (STEP / HOUR), planner.learned_days
    )
    if not foresight:
        return found
    return replace(found, perfect_foresight=perfect_cost(actual))


def first_hour(load: LoadHistory, now: datetime, days: int) -> datetime | None:
    """Return the first hour that counts: enough load was known before it.

    None where that hour has not come yet.
    """
    needed = LEARN // load.step
    if len(load.samples) < needed:
        return None
    learned = load.samples[needed - 1].start + load.step
    begin = max(floor_time(now, HOUR) - days * DAY, floor_time(learned, HOUR))
    return begin if begin < now else None


def _hours_of_load(load: LoadHistory, begin: datetime, end: datetime) -> float:
    known = sum(begin <= sample.start < end for sample in load.samples)
    return known * (load.step / HOUR)


def _too_little(now: datetime, load: LoadHistory, lacking: Lacking) -> TooLittle:
    """Say how many days are known, and when it is worth looking again."""
    known = len(load.samples) * load.step
    short = max(DAY, LEARN + LEAST - known) if lacking is Lacking.LOAD else DAY
    return TooLittle(
        made_at=now,
        lacking=lacking,
        learned_days=known // DAY,
        look_again=floor_time(now + short, HOUR) + HOUR,
    )


def load_series(load: LoadHistory) -> Series:
    """Return the samples as a series in W."""
    return Series(
        Span(sample.start, sample.start + load.step, sample.mean_w)
        for sample in load.samples
    )


def actual_of(
    home: PlanInputs, past: Past, begin: datetime
) -> tuple[Actual | None, int]:
    """Return what really came from `begin` on, and how many slots are left out."""
    grid = TimeGrid(begin, STEP, (floor_time(home.now, STEP) - begin) // STEP)
    columns = [
        load_series(past.load).on(grid),
        [0.0] * grid.count if past.solar_w is None else past.solar_w.on(grid),
        past.curve.import_series.on(grid),
        past.curve.export_series.on(grid),
    ]
    rows = [
        (start, [value for value in values if value is not None])
        for start, *values in zip(grid.starts(), *columns, strict=True)
    ]
    whole = [(start, row) for start, row in rows if len(row) == len(columns)]
    if not whole:
        return None, grid.count
    last = max(index for index, row in enumerate(rows) if len(row[1]) == len(columns))
    load, solar, bought, sold = zip(*(row for _, row in whole), strict=True)
    battery = merged_battery(home)
    problem = Problem(
        grid=TimeGrid(begin, STEP, len(whole)),
        currency=past.curve.currency,
        made_at=home.now,
        import_per_kwh=bought,
        export_per_kwh=sold,
        firm=(True,) * len(whole),
        solar_kw=tuple(max(0.0, watts) / W_PER_KW for watts in solar),
        load_kw=tuple(watts / W_PER_KW for watts in load),
        # Nobody is given a start: what is in it would have cost nothing.
        battery=replace(battery, soc_pct=battery.reserve_pct),
        import_limit_kw=kw(home.import_limit_w),
        export_limit_kw=kw(home.export_limit_w),
        grid_charging=home.grid_charging,
        battery_export=home.battery_export,
    )
    return Actual(tuple(start for start, _ in whole), problem), last + 1 - len(whole)


class Planner:
    """Plans as PowerSync would have, from what was known at each moment."""

    def __init__(self, home: PlanInputs, past: Past) -> None:
        """Take it all; what lies ahead of a moment is not looked at there."""
        self._home = home
        self._past = past
        self._load_w = load_series(past.load)
        self._known_until = self._extended_to = datetime.min.replace(tzinfo=UTC)
        self._curve = past.curve
        self.learned_days = 0

    def decide(self, now: datetime, soc_pct: float) -> Sequence[Order]:
        """Return the orders of the plan made at `now`.

        As in reality, nothing is bought or sold on a price that is only guessed.
        """
        inputs = self._inputs(now, soc_pct)
        ahead = outlook(inputs, TimeGrid(now, STEP, HORIZON // STEP))
        if ahead is None:
            return ()
        self.learned_days = ahead.learned_days or 0
        slots = plan(merged(problem_from(inputs, ahead), inputs)).slots
        return [Order(s.mode, s.power_kw) if s.firm else FOLLOW for s in slots]

    def _inputs(self, now: datetime, soc_pct: float) -> PlanInputs:
        home, past = self._home, self._past
        solar = past.solar_w
        return replace(
            home,
            now=now,
            curve=self._curve_at(now),
            solar=None if solar is None else solar_as_before(solar, now, now + HORIZON),
            # Its forecast looks at nothing that had not ended by `now`.
            load_history=past.load,
            recent_load_w=self._load_w.mean(now - RECENT, now),
            fleet=tuple(replace(each, soc_pct=soc_pct) for each in home.fleet),
        )

    def _curve_at(self, now: datetime) -> PriceCurve:
        """Return the prices published by `now`, and those guessed from them."""
        until = self._past.known_until(now)
        end = now + HORIZON
        if until != self._known_until or end > self._extended_to:
            # The same prices are extended once, far enough for all of their day.
            self._known_until, self._extended_to = until, end + DAY
            self._curve = extend(
                _cut(self._past.curve, now - HISTORY - DAY, until), self._extended_to
            )
        return _cut(self._curve, now, end)


def _cut(curve: PriceCurve, after: datetime, before: datetime) -> PriceCurve:
    """Return the slots that end after one moment and start before another."""
    slots = (slot for slot in curve.slots if slot.end > after and slot.start < before)
    return PriceCurve(curve.currency, curve.zone, tuple(slots))


def _result(
    home: PlanInputs,
    past: Past,
    rehearsal: Rehearsal,
    missing_hours: float,
    learned_days: int,
) -> Backtest:
    actual = rehearsal.actual
    by_day = _by_day(rehearsal, home)
    every = [day.costs for day in by_day]
    return Backtest(
        made_at=home.now,
        start=actual.starts[0],
        end=actual.starts[-1] + STEP,
        currency=past.curve.currency,
        hours=len(actual.starts) * (STEP / HOUR),
        missing_hours=missing_hours,
        learned_days=learned_days,
        costs=Costs(
            sum(costs.no_battery for costs in every),
            sum(costs.self_consumption for costs in every),
            sum(costs.power_sync for costs in every),
        ),
        by_day=by_day,
        assumptions=assumptions_of(
            home,
            actual.problem,
            measured_by=past.measured_by,
            has_sun=past.solar_w is not None,
        ),
    )


def _by_day(rehearsal: Rehearsal, home: PlanInputs) -> tuple[DayCosts, ...]:
    """Return the costs per local day, each less the worth of what it stored.

    So a day that fills the battery for the next one is not called a loss, and the
    days add up to the whole.
    """
    actual = rehearsal.actual
    runs = (rehearsal.no_battery, rehearsal.self_consumption, rehearsal.decided)
    worth_per_kwh = leftover_value_per_kwh(actual.problem)
    totals: dict[date, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    slots: dict[date, int] = defaultdict(int)
    for index, start in enumerate(actual.starts):
        day = start.astimezone(home.zone).date()
        slots[day] += 1
        for which, replay in enumerate(runs):
            before = replay.energy[index - 1] if index else 0.0
            worth = (replay.energy[index] - before) * worth_per_kwh
            totals[day][which] += replay.costs[index] - worth
    return tuple(
        DayCosts(day, slots[day] * (STEP / HOUR), Costs(*totals[day]))
        for day in sorted(totals)
    )
