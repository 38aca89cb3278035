"""Ten thousand homes with one battery that nobody would choose: each has a valid plan.

Prices from -1 to 20 per kWh, load above the import limit, no capacity, a level outside
of the limits, days of 23 and 25 hours, a single slot; and now and then a value that is
no number, which has to be refused by name.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite, nan
from random import Random

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, PlannedSlot
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.problem import (
    BatterySpec,
    Problem,
    ProblemError,
)

PROBLEMS = 10_000
_AGAIN = 10
"""Every so many problems one is planned twice, to the same plan."""
_START = datetime(2026, 3, 28, 23, tzinfo=UTC)
_SERIES = ("import_per_kwh", "export_per_kwh", "solar_kw", "load_kw")
_FORCED = (Mode.CHARGE, Mode.DISCHARGE, Mode.LIMIT)
_SMALL = 1e-6
_TRIFLE_KW = 1e-4


def hostile_home(seed: int) -> Problem:
    """Return a home of a seed. Raises ProblemError for about one in twenty."""
    random = Random(seed)  # noqa: S311 - made-up homes need no secrecy
    hours = random.choice((0.25, 0.5, 1.0))
    count = random.choice(
        (1, 2, 12, round(23 / hours), round(24 / hours), round(25 / hours))
    )
    slots = range(count)

    def price() -> float:
        odd = random.choice((-1.0, 20.0, 0.0, random.uniform(-1.0, 20.0)))
        return odd if _by_chance(random, 0.2) else random.uniform(0.05, 0.5)

    buy, sell = [price() for _ in slots], [price() for _ in slots]
    solar = [random.choice((0.0, random.uniform(0, 12))) for _ in slots]
    load = [random.choice((0.0, random.uniform(0, 12))) for _ in slots]
    if _by_chance(random, 0.05):
        random.choice((buy, sell, solar, load))[0] = nan
    return Problem(
        grid=TimeGrid(_START, timedelta(hours=hours), count),
        currency="EUR",
        made_at=_START,
        import_per_kwh=tuple(buy),
        export_per_kwh=tuple(sell),
        firm=(True,) * count,
        solar_kw=tuple(solar),
        load_kw=tuple(load),
        battery=_hostile_battery(random),
        import_limit_kw=random.choice((None, 0.0, 3.0, 8.0)),
        export_limit_kw=random.choice((None, 0.0, 3.0)),
        grid_charging=_by_chance(random, 0.7),
        battery_export=_by_chance(random, 0.7),
        leftover_value_per_kwh=random.choice((None, 0.0, 0.2, 5.0)),
    )


def _by_chance(random: Random, share: float) -> bool:
    return random.random() < share


def _hostile_battery(random: Random) -> BatterySpec:
    modes = [mode for mode in Mode if _by_chance(random, 0.5)]
    percents = (0.0, 10.0, 100.0, random.uniform(0, 100))
    return BatterySpec(
        capacity_kwh=random.choice((0.0, 10.0, random.uniform(1, 40))),
        max_charge_kw=random.choice((0.0, 5.0, random.uniform(0.1, 12))),
        max_discharge_kw=random.choice((0.0, 5.0, random.uniform(0.1, 12))),
        soc_pct=random.choice(percents),
        reserve_pct=random.choice((0.0, 10.0, random.choice(percents))),
        max_soc_pct=random.choice((100.0, 90.0, random.choice(percents))),
        charge_efficiency=random.uniform(0.5, 1),
        discharge_efficiency=random.uniform(0.5, 1),
        wear_per_kwh=random.choice((0.0, 0.02, 0.5)),
        modes=random.choice((frozenset(Mode), frozenset(modes))),
        power_step_kw=random.choice((0.0, 0.001, 0.1)),
        min_power_kw=random.choice((0.0, 0.5)),
    )


def faults(problem: Problem, found: Plan) -> Iterator[str]:
    """Yield what is wrong with a plan."""
    close = _SMALL * max(1.0, abs(found.cost))
    if len(found.slots) != problem.grid.count:
        yield "slots"
    if not isfinite(found.cost) or not isfinite(found.baseline_cost):
        yield "no cost"
    if found.gap is not None and not found.gap >= -close:
        yield "better than the bound"
    dearer = found.cost > found.baseline_cost + close
    if dearer and not _spares_the_limit(problem, found):
        yield "worse than no plan"
    before = problem.battery.soc_pct
    for slot in found.slots:
        yield from _battery_faults(problem, slot, before)
        yield from _meter_faults(problem, found, slot)
        before = slot.soc_pct


def _spares_the_limit(problem: Problem, found: Plan) -> bool:
    """Return whether the home alone would break the import limit."""
    limit = problem.import_limit_kw
    return limit is not None and any(
        slot.load_kw - slot.solar_kw > limit for slot in found.slots
    )


def _battery_faults(
    problem: Problem, slot: PlannedSlot, before_pct: float
) -> Iterator[str]:
    spec, kw = problem.battery, slot.battery_kw
    if not -spec.max_charge_kw - _SMALL <= kw <= spec.max_discharge_kw + _SMALL:
        yield "battery power"
    lowest = min(before_pct, spec.reserve_pct)
    highest = max(before_pct, spec.max_soc_pct, spec.reserve_pct)
    if not lowest - _SMALL <= slot.soc_pct <= highest + _SMALL:
        yield "battery level"
    cells = kw / spec.discharge_efficiency if kw > 0 else kw * spec.charge_efficiency
    change = (before_pct - slot.soc_pct) / 100 * spec.capacity_kwh
    if abs(change - cells * problem.grid.step_h) > _SMALL:
        yield "energy from nowhere"
    if slot.mode not in spec.modes | {Mode.SELF_CONSUMPTION}:
        yield "a mode that it does not know"
    if (slot.mode in _FORCED) != (slot.power_kw is not None):
        yield "power of a mode"


def _meter_faults(problem: Problem, found: Plan, slot: PlannedSlot) -> Iterator[str]:
    grid_kw, battery_kw = slot.grid_kw, slot.battery_kw
    balance = slot.load_kw + slot.curtailed_kw - slot.solar_kw - battery_kw
    if abs(grid_kw - balance) > _SMALL:
        yield "balance"
    most, least = problem.import_limit_kw, problem.export_limit_kw
    broken = most is not None and grid_kw > most + _TRIFLE_KW
    if broken and (battery_kw < 0 or "import_limit" not in found.softened):
        yield "import limit"
    if least is not None and -grid_kw > least + _SMALL:
        yield "export limit"
    if slot.export_per_kwh < 0 and grid_kw < -_SMALL:
        yield "sold below zero"
    if not problem.grid_charging and battery_kw < 0 and grid_kw > _SMALL:
        yield "grid charging"
    if not problem.battery_export and battery_kw > 0 and grid_kw < -_SMALL:
        yield "export from the battery"


def run(count: int = PROBLEMS) -> dict[str, float]:
    """Return how many were planned, refused by name, and wrong in any way."""
    refused = wrong = 0
    slowest_ms = 0.0
    for seed in range(count):
        try:
            problem = hostile_home(seed)
        except ProblemError as error:
            refused += error.field in _SERIES
            wrong += error.field not in _SERIES
            continue
        found = plan(problem)
        slowest_ms = max(slowest_ms, found.solve_ms)
        same = True
        if seed % _AGAIN == 0:
            again = replace(plan(problem), solve_ms=found.solve_ms)
            same = repr(again) == repr(found)
        wrong += not same or any(True for _ in faults(problem, found))
    return {
        "random_problems": count,
        "random_refused": refused,
        "random_faults": wrong,
        "random_slowest_ms": slowest_ms,
    }
