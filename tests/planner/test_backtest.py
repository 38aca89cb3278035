"""What PowerSync would have saved: honest, and right to the penny."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.backtest import (
    STEP,
    Past,
    Planner,
    actual_of,
    backtest,
    backtest_by_hour,
    first_hour,
)
from custom_components.power_sync.planner.findings import Backtest, Lacking, TooLittle
from custom_components.power_sync.planner.home import Home, Order
from custom_components.power_sync.planner.rehearsal import (
    Actual,
    Rehearsal,
    finish,
    go_on,
    rehearse,
)
from custom_components.power_sync.planner.replay import baseline, replay_orders

from .homes import home as problem_of, random_convex
from .pasts import (
    DAY,
    HALF_HOUR,
    HOUR,
    NOW,
    inputs,
    known_by_day,
    past,
    some_load,
    some_price,
    some_sun,
)


def found(of: Past, **changes: object) -> Backtest:
    """Return the result, where there is one."""
    result = backtest(replace(inputs(of), **changes), of)  # type: ignore[arg-type] # fields by name
    assert isinstance(result, Backtest)
    return result


@cache
def plain() -> Backtest:
    """Return the result of four days of a steady kilowatt."""
    return found(past())


def lacking(of: Past) -> TooLittle:
    """Return what is missing, where something is."""
    result = backtest(inputs(of), of)
    assert isinstance(result, TooLittle)
    return result


def rehearsed(of: Past, begin: datetime, end: datetime = NOW) -> Rehearsal:
    """Return a past lived through again, slot by slot."""
    home = inputs(of, now=end)
    actual, _ = actual_of(home, of, begin)
    assert actual is not None
    return finish(rehearse(actual, Planner(home, of).decide))


def test_by_hand() -> None:
    """A steady kilowatt: each night the cheap price fills the battery for the day.

    A full day costs 6 h at 10 p and 18 h at 30 p = 6.00 without a plan: with no
    sun, self-consumption never charges. With it, 9 kWh are stored, which takes
    9/0.95 kWh at 10 p and saves 9 * 0.95 kWh at 30 p.
    """
    result = plain()
    (day,) = [each for each in result.by_day if each.day == date(2026, 5, 18)]
    assert day.hours == 24
    assert day.costs.no_battery == pytest.approx(6.0)
    assert day.costs.self_consumption == pytest.approx(6.0)
    bought, spared = 9 / 0.95 * 0.10, 9 * 0.95 * 0.30
    # The local day begins an hour before the cheap price, all stored by then.
    assert day.costs.saved == pytest.approx(spared - bought, abs=0.12)
    assert result.currency == "GBP"


def test_sums_and_what_it_stands_on() -> None:
    """The days add up, three days of learning do not count; assumptions are keys."""
    result = found(past(sun=some_sun(1)), import_limit_w=7000.0)
    assert result.start == datetime(2026, 5, 16, 9, tzinfo=UTC)
    assert result.end == datetime(2026, 5, 20, 9, tzinfo=UTC)
    assert result.hours == sum(day.hours for day in result.by_day) == 4 * 24
    assert result.days == 4
    assert result.missing_hours == 0
    assert result.learned_days == 7
    for kind in ("no_battery", "self_consumption", "power_sync"):
        total = sum(getattr(day.costs, kind) for day in result.by_day)
        assert getattr(result.costs, kind) == pytest.approx(total)
    saved = result.costs.self_consumption - result.costs.power_sync
    assert result.costs.saved == pytest.approx(saved)
    assert result.saved_per_day == pytest.approx(saved / 4)
    assert result.costs.no_battery > result.costs.self_consumption > 0
    said = result.assumptions
    assert said["battery_kwh"] == 10
    assert said["max_charge_kw"] == 5
    assert said["reserve_pct"] == said["start_level_pct"] == 10
    assert said["import_limit_kw"] == 7
    assert said["export_limit_kw"] is None
    assert said["charge_loss_pct"] == said["discharge_loss_pct"] == 5
    assert said["measured_by"] == "test"
    assert said["solar_forecast"] == "days_before"
    assert said["solar_forecast_days"] == 3
    assert said["replanned_every_min"] == 60
    assert said["slot_min"] == 30
    assert said["standing_charge"] is False
    assert plain().assumptions["solar_forecast"] == "no_sun"


@pytest.mark.parametrize(
    ("known", "begin"),
    [
        (2, None),
        (3, NOW.replace(minute=0)),
        (4, datetime(2026, 5, 19, 9, tzinfo=UTC)),
        (60, datetime(2026, 4, 20, 9, tzinfo=UTC)),
    ],
)
def test_the_first_hour_that_counts(known: int, begin: datetime | None) -> None:
    """Three days are for learning; of the rest the last 30 days count."""
    assert first_hour(past(days=known).load, NOW, 30) == begin


def test_how_full_the_battery_is_now_does_not_count() -> None:
    """The same past has the same figure at any level."""
    of = past()
    (member,) = inputs(of).fleet
    assert found(of, fleet=(replace(member, soc_pct=100.0),)) == plain()


def test_missing_hours_are_left_out() -> None:
    """Ten hours of which the load is not known cost nothing and count as nothing."""
    gap = datetime(2026, 5, 18, tzinfo=UTC)

    def load(start: datetime) -> float | None:
        return None if gap <= start < gap + 10 * HOUR else 1000.0

    holed = found(past(days=8, load=load))
    assert holed.missing_hours == 10
    assert holed.hours == 5 * 24 - 10
    assert holed.costs.no_battery == pytest.approx(5 * 6.0 - 6 * 0.10 - 4 * 0.30)


def test_a_missing_price_or_sun_is_a_missing_hour() -> None:
    """What cannot be reckoned is not taken for nothing."""
    gap = datetime(2026, 5, 18, 12, tzinfo=UTC)
    of = past(sun=lambda start: None if start == gap else 500.0)
    slots = [s for s in of.curve.slots if not gap + HOUR <= s.start < gap + 3 * HOUR]
    of = replace(of, curve=replace(of.curve, slots=tuple(slots)))
    actual, left_out = actual_of(inputs(of), of, gap - 3 * HOUR)
    assert actual is not None
    assert left_out == 6
    assert gap not in actual.starts
    assert gap + HOUR not in actual.starts
    assert gap + 3 * HOUR in actual.starts


@pytest.mark.parametrize("days", [0, 1, 3, 6])
def test_too_little_load(days: int) -> None:
    """It says how many days there are, and when to look again."""
    result = lacking(past(days=days))
    assert result.lacking is Lacking.LOAD
    assert result.learned_days == days
    again = datetime(2026, 5, 20, 10, tzinfo=UTC) + (7 - days) * DAY
    assert result.look_again == again


def test_too_few_prices() -> None:
    """Load alone is not enough."""
    result = lacking(past(price_days=2))
    assert result.lacking is Lacking.PRICES
    assert result.look_again == datetime(2026, 5, 21, 10, tzinfo=UTC)
    of = past()
    assert lacking(replace(of, curve=replace(of.curve, slots=()))).lacking is (
        Lacking.PRICES
    )


def test_it_is_done_in_parts() -> None:
    """Hour by hour it says how far it is, and comes to the same as in one go."""
    of = past()
    hours = backtest_by_hour(inputs(of), of)
    shares: list[float] = []
    while isinstance(done := go_on(hours), float):
        shares.append(done)
    assert shares == pytest.approx([hour / 96 for hour in range(96)])
    assert done == plain()


@pytest.mark.parametrize("seed", range(4))
def test_nobody_beats_perfect_foresight(seed: int) -> None:
    """Whoever knows all beforehand pays less than whoever learns it hour by hour."""
    of = past(load=some_load(seed), sun=some_sun(seed), price=some_price(seed))
    home = replace(inputs(of), wear_per_kwh=0.0)
    found = finish(backtest_by_hour(home, of, foresight=True))
    assert isinstance(found, Backtest)
    best = found.perfect_foresight
    if seed == 0:
        assert replace(found, perfect_foresight=None) == backtest(home, of)
    assert best is not None
    assert best <= found.costs.power_sync <= found.costs.self_consumption
    assert found.captured_pct is not None
    assert 0 < found.captured_pct <= 100


def test_where_nothing_can_be_saved_nothing_is_captured() -> None:
    """One price and no sun: no share of nothing is told."""
    of = past(price=lambda _: 0.2)
    found = finish(backtest_by_hour(inputs(of), of, foresight=True))
    assert isinstance(found, Backtest)
    assert found.perfect_foresight == pytest.approx(found.costs.self_consumption)
    assert found.captured_pct is None
    assert plain().captured_pct is None


@pytest.mark.parametrize("seed", range(8))
def test_with_perfect_information_it_is_the_planners_replay(seed: int) -> None:
    """Who knows all that comes decides as the plan for it, and pays what it says."""
    problem = random_convex(seed)
    grid = replace(problem.grid, step=HALF_HOUR)
    problem = replace(problem, grid=grid)
    perfect = plan(problem)
    orders = [Order(slot.mode, slot.power_kw) for slot in perfect.slots]

    def decide(when: datetime, soc_pct: float) -> list[Order]:
        index = (when - grid.start) // STEP
        before = (
            problem.battery.soc_pct if not index else perfect.slots[index - 1].soc_pct
        )
        assert soc_pct == pytest.approx(before)
        return orders[index:]

    lived = finish(rehearse(Actual(tuple(grid.starts()), problem), decide))
    assert lived.decided.cost == pytest.approx(perfect.cost)
    assert lived.self_consumption.cost == pytest.approx(perfect.baseline_cost)
    assert list(lived.orders) == orders


def test_a_home_without_surprises_costs_what_one_plan_for_all_says() -> None:
    """Load as ever and prices known for good: deciding hourly loses nothing."""
    of = past(known_until=lambda _: NOW + 3 * DAY)
    # At midnight the battery is empty, whatever is thought of the time after.
    midnight = NOW.replace(hour=0, minute=0)
    lived = rehearsed(of, midnight - 2 * DAY, midnight)
    at_once = plan(lived.actual.problem)
    assert lived.decided.cost == pytest.approx(at_once.cost, abs=0.01)


def test_nothing_decided_means_self_consumption() -> None:
    """Slots for which there is no order follow the home."""
    problem = problem_of([0.1, 0.3] * 4, solar_kw=2.0, step=HALF_HOUR)
    starts = tuple(problem.grid.starts())
    lived = finish(rehearse(Actual(starts, problem), lambda _when, _soc: ()))
    assert lived.decided == lived.self_consumption == baseline(Home(problem))
    assert lived.decided == replay_orders(Home(problem), lived.orders)


def test_nothing_is_bought_on_a_guessed_price() -> None:
    """Where no price is published beyond the past, the battery follows the home."""
    of = past(known_until=lambda when: when)
    lived = rehearsed(of, NOW.replace(minute=0) - DAY)
    assert lived.decided == lived.self_consumption


def changed_after(
    value: Callable[[datetime], float | None], other: float, moment: datetime
) -> Callable[[datetime], float | None]:
    """Return a past that is another from a moment on."""
    return lambda start: other if start + HOUR > moment else value(start)


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    hours=st.integers(12, 60),
    load_w=st.floats(0, 20_000),
    sun_w=st.floats(0, 10_000),
    pence=st.floats(-20, 100),
)
def test_the_future_decides_nothing(
    seed: int, hours: int, load_w: float, sun_w: float, pence: float
) -> None:
    """Whatever comes after a moment, what was decided up to it stays the same."""
    moment = NOW.replace(minute=0) - hours * HOUR
    load, sun, price = some_load(seed), some_sun(seed), some_price(seed)
    published = known_by_day(moment)
    one = past(load=load, sun=sun, price=price)
    other = past(
        load=changed_after(load, load_w, moment),
        sun=changed_after(sun, sun_w, moment),
        price=lambda start: price(start) if start < published else pence / 100,
    )
    around = moment - 4 * HOUR, moment + 2 * HOUR
    first, second = (rehearsed(of, *around) for of in (one, other))
    assert first.actual != second.actual
    decided = (moment + HOUR - around[0]) // STEP
    assert first.orders[:decided] == second.orders[:decided]
    paid = (moment - around[0]) // STEP
    assert first.decided.costs[:paid] == second.decided.costs[:paid]
