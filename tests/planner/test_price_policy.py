"""Planning where only the present price is known."""

from collections.abc import Callable
from csv import DictReader
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
import gzip
from itertools import groupby
from pathlib import Path

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, PlannedSlot
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import Objective, Problem, plan
from custom_components.power_sync.planner.exact import solve_exact
from custom_components.power_sync.planner.home import Home
from custom_components.power_sync.planner.home_problem import problem_from
from custom_components.power_sync.planner.outlook import outlook
from custom_components.power_sync.planner.price_policy import CELLS, worth_after_firm
from custom_components.power_sync.planner.scenarios import scenarios_of
from custom_components.power_sync.planner.stages import stages_of
from custom_components.power_sync.prices.extend import extend
from custom_components.power_sync.prices.spread import PriceSpread, learn

from .homes import battery, home
from .pasts import NOW, inputs, past as past_of, some_load

DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)
START = datetime(2026, 6, 1, tzinfo=UTC)
RECORDED = Path(__file__).parents[1] / "data" / "aemo_vic1_2024_07.csv.gz"

type PriceAt = Callable[[datetime], float]


def learned(price: PriceAt, sell: PriceAt, *, days: int = 20) -> PriceSpread:
    """Return what the days before `START` teach."""
    starts = [START - index * HALF_HOUR for index in range(days * 48, 0, -1)]
    slots = tuple(PriceSlot(at, at + HALF_HOUR, price(at), sell(at)) for at in starts)
    spread = learn(PriceCurve("AUD", "Etc/UTC", slots), START)
    assert spread is not None
    return spread


def present_only(problem: Problem, spread: PriceSpread | None) -> Problem:
    """Return the problem with no firm price but the first."""
    count = problem.grid.count
    return replace(problem, firm=(True, *[False] * (count - 1)), price_spread=spread)


def wavy(start: datetime) -> float:
    """Return a price with a cheap noon and a dear evening, the same every day."""
    return 0.05 if 10 <= start.hour < 15 else 0.6 if 17 <= start.hour < 20 else 0.25


def fed_in(start: datetime) -> float:
    """Return what is paid for it."""
    return wavy(start) * 0.8


def wavy_problem(**changes: object) -> Problem:
    """Return a day and a half of these prices, from midnight on."""
    starts = [START + index * HALF_HOUR for index in range(72)]
    problem = home(
        [wavy(at) for at in starts],
        [fed_in(at) for at in starts],
        solar_kw=[3.0 if 9 <= at.hour < 16 else 0.0 for at in starts],
        load_kw=0.7,
        step=HALF_HOUR,
        start=START,
        leftover_value_per_kwh=0.1,
    )
    return replace(problem, **changes)  # type: ignore[arg-type]


def test_certain_prices_are_worth_what_the_exact_solver_says() -> None:
    """Where every day is alike, chances are certainty and so is the worth."""
    problem = present_only(wavy_problem(), learned(wavy, fed_in))
    worth = worth_after_firm(Home(problem))
    assert worth is not None
    plain = Home(replace(problem, price_spread=None))
    stages, convex = stages_of(plain)
    assert convex
    exact = solve_exact(plain, stages)
    cell = plain.span_kwh / CELLS
    for index, slope in enumerate(worth):
        at = exact.at(0, (index + 1) * cell) - exact.at(0, index * cell)
        # Resampling to cells blurs a price by a cell or two.
        assert slope * cell == pytest.approx(at, abs=0.25 * cell)
    whole = exact.at(0, plain.span_kwh) - exact.at(0, 0)
    assert sum(worth) * cell == pytest.approx(whole, rel=0.01)


def test_the_worth_is_that_of_the_decision_made_when_the_price_is_known() -> None:
    """A price that is 1.0 or 0.2 makes a kWh worth the mean, where 0.2 is taken too.

    Kept for the end it is worth 0.5: so after 0.2 it is kept, and after 1.0 sold.
    """

    def dear_or_not(start: datetime) -> float:
        at_one = start.hour == 0 and start.minute == 30
        return (1.0 if start.toordinal() % 2 else 0.2) if at_one else 0.2

    spread = learned(dear_or_not, dear_or_not)
    problem = present_only(
        home(
            [0.2, 0.6],
            [0.2, 0.6],
            load_kw=0.0,
            step=HALF_HOUR,
            start=START,
            grid_charging=False,
            leftover_value_per_kwh=0.5,
            spec=battery(efficiency=1.0, max_discharge_kw=18.0, reserve_pct=10.0),
        ),
        spread,
    )
    worth = worth_after_firm(Home(problem))
    assert worth is not None
    # Half of the days, a little more of the recent ones on one side.
    assert worth == pytest.approx([-0.75] * CELLS, abs=0.03)
    assert worth == sorted(worth)


def only_slot(planned: Plan) -> PlannedSlot:
    """Return the slot whose price is known."""
    assert planned.solver == "spread"
    assert [slot.firm for slot in planned.slots[:2]] == [True, False]
    return planned.slots[0]


@cache
def recorded() -> tuple[PriceSlot, ...]:
    """Return Victorian retail prices made of wholesale ones, half-hour by half-hour."""
    with gzip.open(RECORDED, "rt", newline="") as file:
        rows = [
            (datetime.fromisoformat(row["start_utc"]), float(row["rrp_aud_per_mwh"]))
            for row in DictReader(file)
        ]
    return tuple(
        PriceSlot(at, at + HALF_HOUR, rrp / 1000 * 1.155 + 0.1, rrp / 1000)
        for at, rrp in rows
    )


def recorded_problem(
    day: int, hour: int, *, soc_pct: float = 60.0, step: timedelta = HALF_HOUR
) -> Problem:
    """Return a winter home at that time (UTC+10) of July 2024."""
    now = datetime(2024, 7, day, hour, tzinfo=UTC) - timedelta(hours=10)
    known = tuple(slot for slot in recorded() if slot.start <= now)
    curve = PriceCurve("AUD", "Etc/GMT-10", known)
    spread = learn(curve, known[-1].end)
    grid = TimeGrid(now, step, int(1.5 * DAY / step))
    ahead = extend(curve, grid.end)
    buy, sell = (
        tuple(price for price in series.on(grid) if price is not None)
        for series in (ahead.import_series, ahead.export_series)
    )
    problem = home(
        buy,
        sell,
        load_kw=0.6,
        step=step,
        start=now,
        spec=battery(capacity_kwh=13.5, soc_pct=soc_pct, efficiency=0.95),
        leftover_value_per_kwh=0.1,
    )
    firm = tuple(at < known[-1].end for at in grid.starts())
    return replace(problem, firm=firm, price_spread=spread)


def test_a_spike_is_sold_into() -> None:
    """29 July 2024, 18:00: 3.2 dollars, and all that the battery has goes."""
    planned = plan(recorded_problem(29, 18))
    slot = only_slot(planned)
    assert slot.export_per_kwh > 3
    assert (planned.bound, planned.gap) == (None, None)
    assert slot.mode is Mode.DISCHARGE
    assert slot.battery_kw == pytest.approx(5.0)


def test_energy_is_kept_for_evenings_that_have_spiked_lately() -> None:
    """A home at 17:00 and 35 cents sells, and after such evenings it does not."""
    problem = recorded_problem(28, 17)
    bought, sold = problem.import_per_kwh, problem.export_per_kwh
    problem = replace(
        problem,
        import_per_kwh=(0.5, *bought[1:]),
        export_per_kwh=(0.35, *sold[1:]),
    )
    wiser = recorded_problem(31, 15).price_spread
    quiet = only_slot(plan(problem))
    wary = only_slot(plan(replace(problem, price_spread=wiser)))
    assert quiet.mode is Mode.DISCHARGE
    assert quiet.battery_kw > 4
    assert wary.battery_kw <= 0
    assert wary.stored_value_per_kwh > quiet.stored_value_per_kwh + 0.2


def test_scenarios_of_sun_and_load_are_no_hindrance() -> None:
    """Prices as chances are planned on where sun and load are chances as well."""
    problem = wavy_problem()
    both = replace(
        problem,
        scenarios=scenarios_of([problem.solar_kw], problem.load_kw),
        price_spread=learned(wavy, fed_in),
    )
    assert plan(present_only(both, both.price_spread)).solver == "spread"


def test_slots_of_five_minutes_share_their_half_hour() -> None:
    """The rest of a half-hour goes on as it began: a spike is sold into at once."""
    fine = recorded_problem(29, 18, step=timedelta(minutes=5))
    assert fine.firm.index(False) == 6
    fine = replace(fine, firm=(True, *[False] * (fine.grid.count - 1)))
    slot = only_slot(plan(fine))
    assert slot.mode is Mode.DISCHARGE
    coarse = Home(recorded_problem(28, 15))
    fine_home = Home(recorded_problem(28, 15, step=timedelta(minutes=5)))
    # With all of the half-hour known, the worth after it is the same.
    assert worth_after_firm(fine_home) == pytest.approx(worth_after_firm(coarse))


@pytest.mark.parametrize("firm", [1, 2, 6])
def test_what_is_begun_into_a_spike_may_have_to_go_on(firm: int) -> None:
    """It is sold into all the same; what comes after the firm slots decides nothing."""
    fine = recorded_problem(29, 18, step=timedelta(minutes=5))
    count = fine.grid.count
    fine = replace(fine, firm=(*[True] * firm, *[False] * (count - firm)))
    fine = replace(fine, battery=replace(fine.battery, min_dwell_minutes=15))
    planned = plan(fine)
    assert planned.solver == "spread"
    assert planned.slots[0].mode is Mode.DISCHARGE
    told = [(slot.mode, slot.power_kw) for slot in planned.slots]
    runs = [len(list(same)) for _, same in groupby(told)]
    assert min(runs[:-1]) >= 3


def test_the_plan_is_the_same_for_the_same_problem() -> None:
    """Nothing in it is by chance."""
    problem = recorded_problem(29, 12)
    first, second = (replace(plan(problem), solve_ms=0.0) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "changes",
    [
        {"price_spread": None},
        {"firm": (False,) * 72},
        {"firm": (True,) * 72},
        {"objective": Objective.SELF_CONSUMPTION},
    ],
)
def test_other_problems_are_planned_as_ever(changes: dict[str, object]) -> None:
    """No spread, nothing firm, all firm, another aim: the spread has no say."""
    problem = present_only(wavy_problem(), learned(wavy, fed_in))
    changed = replace(problem, **changes)  # type: ignore[arg-type]
    plain = replace(changed, price_spread=None)
    assert replace(plan(changed), solve_ms=0.0) == replace(plan(plain), solve_ms=0.0)
    assert plan(changed).solver != "spread"


def test_slots_longer_than_half_an_hour_are_planned_as_ever() -> None:
    """Half-hours cannot be made of hours."""
    spread = learned(wavy, fed_in)
    problem = present_only(home([0.2, 0.4, 0.1]), spread)
    assert plan(problem).solver == "exact"


def test_a_plan_of_a_few_minutes_looks_no_further() -> None:
    """A horizon within the half-hour ends with the leftover."""
    spread = learned(wavy, fed_in)
    problem = home([0.25] * 3, 0.2, step=timedelta(minutes=5), start=START)
    planned = plan(present_only(problem, spread))
    assert planned.solver == "spread"
    assert len(planned.slots) == 3


@settings(max_examples=30, deadline=None)
@given(
    past=st.lists(
        st.one_of(st.sampled_from([0.0, -1.0, 20.0]), st.floats(-1.0, 20.0)),
        min_size=1,
        max_size=30,
    ),
    now=st.floats(-1.0, 20.0),
    soc_pct=st.floats(0.0, 100.0),
    house_kw=st.tuples(st.floats(0.0, 12.0), st.floats(0.0, 12.0)),
    trading=st.tuples(st.booleans(), st.booleans()),
    limit_kw=st.sampled_from([None, 0.0, 3.0]),
)
def test_whatever_prices_were_the_plan_is_possible(  # noqa: PLR0913, PLR0917 - drawn
    past: list[float],
    now: float,
    soc_pct: float,
    house_kw: tuple[float, float],
    trading: tuple[bool, bool],
    limit_kw: float | None,
) -> None:
    """Levels, powers and permissions are kept, and money is finite."""
    load_kw, solar_kw = house_kw
    spread = learned(
        lambda at: past[int((START - at) / HALF_HOUR) % len(past)],
        lambda at: past[int((START - at) / HALF_HOUR) % len(past)] * 0.9,
        days=14,
    )
    problem = home(
        [now] + [0.3] * 20,
        [now * 0.9] + [0.1] * 20,
        load_kw=load_kw,
        solar_kw=solar_kw,
        step=HALF_HOUR,
        spec=battery(soc_pct=soc_pct),
        import_limit_kw=limit_kw,
        export_limit_kw=limit_kw,
        grid_charging=trading[0],
        battery_export=trading[1],
        leftover_value_per_kwh=None,
    )
    planned = plan(present_only(problem, spread))
    assert planned.solver == "spread"
    for slot in planned.slots:
        assert min(soc_pct, 10.0) - 1e-6 <= slot.soc_pct <= 100.0 + 1e-6
        assert -5 - 1e-6 <= slot.battery_kw <= 5 + 1e-6
        if not trading[0]:
            assert -slot.battery_kw <= max(0.0, solar_kw - load_kw) + 1e-6
        if not trading[1]:
            assert slot.battery_kw <= max(0.0, load_kw - solar_kw) + 1e-6


def priced(until: datetime, *, forecast: bool = False) -> PriceCurve:
    """Return 20 days of prices until then, with one forecast after them if so."""
    slots = [
        PriceSlot(until - (n + 1) * HALF_HOUR, until - n * HALF_HOUR, 0.2 + n % 7, 0.1)
        for n in range(20 * 48)
    ]
    if forecast:
        slots.append(PriceSlot(until, until + HALF_HOUR, 0.3, 0.1, firm=False))
    return PriceCurve.of("AUD", "Europe/London", slots)


def test_a_spread_is_learned_where_only_the_present_is_known() -> None:
    """Neither beside a published day nor beside a provider's own forecast."""
    soon = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)
    assert soon - NOW == timedelta(minutes=10)

    past = past_of(load=some_load(1))

    def spread_for(curve: PriceCurve) -> PriceSpread | None:
        given_ = replace(inputs(past), curve=curve)
        ahead = outlook(given_)
        assert ahead is not None
        assert problem_from(given_, ahead).price_spread == ahead.price_spread
        return ahead.price_spread

    assert spread_for(priced(soon)) == learn(priced(soon), soon)
    assert spread_for(priced(soon)) is not None
    assert spread_for(priced(soon + DAY)) is None
    assert spread_for(priced(soon, forecast=True)) is None
