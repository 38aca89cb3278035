"""Batteries and cars by orders of their own, for all that may come."""

from dataclasses import replace

from hypothesis import given, settings, strategies as st
import pytest

from benchmarks.coupled import coupled_home
from benchmarks.homes import home as reference
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import Problem, plan, site_scenarios
from custom_components.power_sync.planner.coupled import SiteProgram
from custom_components.power_sync.planner.home import FOLLOW, Order
from custom_components.power_sync.planner.problem import Scenario
from custom_components.power_sync.planner.scenarios import scenarios_of
from custom_components.power_sync.planner.site import Site
from custom_components.power_sync.planner.site_replay import (
    baseline_site,
    later_price,
    replay_site,
)
from custom_components.power_sync.planner.site_scenarios import (
    Judge,
    SiteChances,
    SiteMean,
)
from custom_components.power_sync.planner.specs import CarSpec

from .homes import HOUR, START, home
from .sites import day

CLOSE = 1e-6


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no busy machine end a search."""
    monkeypatch.setattr("custom_components.power_sync.planner.coupled.SECONDS", 60.0)


def doubtful(problem: Problem) -> Problem:
    """Return a home for which half of the sun may come, or much more."""
    suns = [[level * kw for kw in problem.solar_kw] for level in (0.5, 1.0, 1.4)]
    return replace(problem, scenarios=scenarios_of(suns, problem.load_kw))


def uneven(tariff: str) -> Problem:
    """Return a home with a battery that is full and weak, and an empty strong one."""
    problem = coupled_home(tariff)
    weak = replace(
        problem.battery, soc_pct=100.0, max_charge_kw=1.0, max_discharge_kw=1.0
    )
    strong = replace(
        problem.batteries[0], soc_pct=10.0, max_charge_kw=5.0, max_discharge_kw=5.0
    )
    return replace(problem, battery=weak, batteries=(strong,), cars=(), demand=None)


def mean_of(problem: Problem, found: Plan) -> SiteMean:
    """Return what a plan comes to on the mean of what may come."""
    site = Site(problem)
    orders = [
        [Order(part.mode, part.power_kw) for part in slot.batteries]
        for slot in found.slots
    ]
    cars_kw = tuple(zip(*(slot.cars_kw for slot in found.slots), strict=True))
    judged = Judge(site, SiteChances.of(site)).way(orders, cars_kw).judged
    assert isinstance(judged, SiteMean)
    return judged


def as_a_fleet(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Return the plan with the fleet's orders alone."""
    with monkeypatch.context() as patched:
        patched.setattr(site_scenarios, "MOST_LIVED", 0)
        return plan(problem)


@pytest.mark.parametrize("tariff", ["half_hourly", "wholesale"])
def test_uneven_batteries_get_orders_of_their_own_in_doubt_too(
    tariff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are better on the mean by a good part of what is saved."""
    problem = doubtful(uneven(tariff))
    fleet, found = as_a_fleet(problem, monkeypatch), plan(problem)
    chances = SiteChances.of(Site(problem))
    assert chances is not None
    without = chances.without().objective
    saved = [without - mean_of(problem, each).objective for each in (fleet, found)]
    assert saved[1] > 1.1 * saved[0] > 0
    assert found.notes.get("coupled_solver") is None
    again = replace(plan(problem), solve_ms=found.solve_ms)
    assert repr(again) == repr(found)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 5000), tricky=st.booleans())
def test_they_are_never_worse_on_the_mean(seed: int, *, tricky: bool) -> None:
    """Than the fleet's own orders, or than no plan where one is carried out."""
    problem = doubtful(day(seed, tricky=tricky))
    with pytest.MonkeyPatch.context() as monkeypatch:
        fleet = as_a_fleet(problem, monkeypatch)
    found = plan(problem)
    ours = mean_of(problem, found)
    if fleet.accepted:
        assert found.accepted
        assert ours.objective <= mean_of(problem, fleet).objective + CLOSE
    if found.accepted:
        chances = SiteChances.of(Site(problem))
        assert chances is not None
        assert ours.objective < chances.without().objective


def test_of_equal_slots_a_battery_takes_the_earlier() -> None:
    """One that is full before the cheap hour is over does not wait in it."""
    base = reference("half_hourly")
    strong = replace(base.battery, capacity_kwh=12.8, max_charge_kw=6.6, soc_pct=45.0)
    weak = replace(strong, capacity_kwh=8.1, max_charge_kw=4.0, soc_pct=70.0)
    problem = replace(
        base,
        import_per_kwh=(0.001,) * 12 + base.import_per_kwh[12:],
        battery=strong,
        batteries=(weak,),
        import_limit_kw=None,
    )
    schedule = SiteProgram(Site(problem)).best(())
    kwh = 4.0 / 12 * weak.charge_efficiency
    assert schedule.energy[1][0] == pytest.approx(0.70 * 8.1 + kwh)
    for each in (problem, doubtful(problem)):
        slots = plan(each).slots[:6]
        told = {part.mode for slot in slots for part in slot.batteries}
        assert told == {Mode.CHARGE}


def test_what_is_sure_is_what_is_expected() -> None:
    """The mean of scenarios that are all alike is the replay."""
    plain = day(7)
    same = Scenario(weight=2.0, solar_kw=plain.solar_kw, load_kw=plain.load_kw)
    problem = replace(plain, scenarios=(same, same))
    chances = SiteChances.of(Site(problem))
    assert chances is not None
    assert SiteChances.of(Site(plain)) is None
    expected, mean = baseline_site(Site(plain)), chances.without()
    assert mean.objective == pytest.approx(expected.objective)
    assert (mean.cost, mean.wear) == pytest.approx((expected.cost, expected.wear))
    assert mean.broken_kwh == pytest.approx(expected.broken_kwh)


def test_a_car_that_draws_less_buys_the_rest_later() -> None:
    """Where there is less sun at the import limit."""
    car = CarSpec(energy_kwh=11.0, departure=START + 2 * HOUR, ranges_kw=((1.4, 9.0),))
    base = home([0.3] * 2, 0.0, solar_kw=[6.0, 0.0], import_limit_kw=4.0)
    dark = Scenario(weight=1, solar_kw=(1.0, 0.0), load_kw=base.load_kw)
    problem = replace(base, cars=(car,), scenarios=(dark,))
    chances = SiteChances.of(Site(problem))
    assert chances is not None
    (site,) = chances.sites
    orders = [[FOLLOW]] * 2
    mean = chances.mean(orders, ((9.0, 2.0),))
    # 4 kW of import and 1 kW of sun, of which the home has 1 kW: 5 kWh are missing.
    drawn = replace(problem, cars=(replace(car, energy_kwh=6.0),), scenarios=())
    lived = replay_site(
        Site(replace(drawn, solar_kw=dark.solar_kw)), orders, ((4.0, 2.0),)
    )
    assert lived.broken_kwh == pytest.approx(0.0)
    assert mean.broken_kwh == pytest.approx(0.0)
    assert mean.cost == pytest.approx(lived.cost + 5.0 * later_price(site))
