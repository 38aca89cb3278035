"""What holds for every plan, however hostile the input."""

from datetime import timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import BatterySpec, Problem, plan

from .homes import home

SMALL = 1e-6
TRIFLE_KW = 1e-4

prices = st.one_of(
    st.sampled_from([0.0, 0.1, 0.3, -1.0, 20.0]),
    st.floats(-1.0, 20.0),
    st.floats(0.05, 0.5),
    st.floats(0.05, 0.5),
)
powers = st.one_of(st.sampled_from([0.0, 1.0, 25.0]), st.floats(0.0, 12.0))
limits = st.one_of(st.none(), st.sampled_from([0.0, 3.0]), st.floats(0.0, 15.0))
percents = st.one_of(st.sampled_from([0.0, 10.0, 100.0]), st.floats(0.0, 100.0))
ordinary = st.builds(
    BatterySpec,
    capacity_kwh=st.floats(2.0, 40.0),
    max_charge_kw=st.floats(0.5, 12.0),
    max_discharge_kw=st.floats(0.5, 12.0),
    soc_pct=st.floats(0.0, 100.0),
    reserve_pct=st.sampled_from([0.0, 10.0, 30.0]),
    max_soc_pct=st.sampled_from([100.0, 90.0]),
    charge_efficiency=st.floats(0.8, 1.0),
    discharge_efficiency=st.floats(0.8, 1.0),
    wear_per_kwh=st.sampled_from([0.0, 0.02]),
    modes=st.one_of(st.just(frozenset(Mode)), st.frozensets(st.sampled_from(Mode))),
    min_power_kw=st.sampled_from([0.0, 0.5]),
)
odd = st.builds(
    BatterySpec,
    capacity_kwh=st.one_of(st.just(0.0), st.floats(0.0, 40.0)),
    max_charge_kw=st.one_of(st.just(0.0), st.floats(0.1, 12.0)),
    max_discharge_kw=st.one_of(st.just(0.0), st.floats(0.1, 12.0)),
    soc_pct=percents,
    reserve_pct=percents,
    max_soc_pct=percents,
    charge_efficiency=st.floats(0.5, 1.0),
    discharge_efficiency=st.floats(0.5, 1.0),
    wear_per_kwh=st.sampled_from([0.0, 0.02, 0.5]),
    modes=st.frozensets(st.sampled_from(Mode)),
    power_step_kw=st.sampled_from([0.0, 0.001, 0.1]),
    min_power_kw=st.sampled_from([0.0, 0.5]),
    resume_margin_pct=st.sampled_from([0.0, 2.0]),
)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a home over one to twelve slots."""
    count = draw(st.one_of(st.just(1), st.integers(2, 12)))

    def series(values: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(values, min_size=count, max_size=count))

    return home(
        series(prices),
        series(prices),
        solar_kw=series(powers),
        load_kw=series(powers),
        spec=draw(st.one_of(ordinary, ordinary, ordinary, odd)),
        step=timedelta(minutes=draw(st.sampled_from([5, 30, 60]))),
        import_limit_kw=draw(limits),
        export_limit_kw=draw(limits),
        grid_charging=draw(st.booleans()),
        battery_export=draw(st.booleans()),
        leftover_value_per_kwh=draw(st.sampled_from([None, 0.0, 0.2, 5.0])),
    )


def check_battery(problem: Problem, found: Plan) -> None:
    """Check that energy is conserved and the battery stays within its limits."""
    spec, hours = problem.battery, problem.grid.step_h
    top = max(spec.max_soc_pct, spec.reserve_pct)
    before = spec.soc_pct
    for slot in found.slots:
        assert slot.grid_kw == pytest.approx(
            slot.load_kw + slot.curtailed_kw - slot.solar_kw - slot.battery_kw,
            abs=SMALL,
        )
        assert -spec.max_charge_kw - SMALL <= slot.battery_kw
        assert slot.battery_kw <= spec.max_discharge_kw + SMALL
        assert 0 <= slot.curtailed_kw <= slot.solar_kw + SMALL
        cells_kw = (
            slot.battery_kw / spec.discharge_efficiency
            if slot.battery_kw > 0
            else slot.battery_kw * spec.charge_efficiency
        )
        change_kwh = (slot.soc_pct - before) / 100 * spec.capacity_kwh
        assert change_kwh == pytest.approx(-cells_kw * hours, abs=SMALL)
        assert min(before, spec.reserve_pct) - SMALL <= slot.soc_pct
        assert slot.soc_pct <= max(before, top) + SMALL
        before = slot.soc_pct


def check_meter(problem: Problem, found: Plan) -> None:
    """Check that the limits at the meter and the owner's wishes are kept."""
    allowed, most = problem.import_limit_kw, problem.export_limit_kw
    for slot in found.slots:
        if allowed is not None and slot.grid_kw > allowed + TRIFLE_KW:
            assert slot.battery_kw >= 0
            assert "import_limit" in found.softened
        if most is not None:
            assert -slot.grid_kw <= most + SMALL
        if slot.export_per_kwh < 0:
            assert slot.grid_kw >= -SMALL
        if not problem.grid_charging and slot.battery_kw < 0:
            assert slot.grid_kw <= SMALL
        if not problem.battery_export and slot.battery_kw > 0:
            assert slot.grid_kw >= -SMALL


def check_commands(problem: Problem, found: Plan) -> None:
    """Check that only what the battery knows is commanded."""
    spec = problem.battery
    for slot in found.slots:
        assert slot.mode in spec.modes | {Mode.SELF_CONSUMPTION}
        if slot.mode in (Mode.CHARGE, Mode.DISCHARGE, Mode.LIMIT):
            assert slot.power_kw is not None
            assert slot.power_kw >= 0
        else:
            assert slot.power_kw is None
        if slot.mode is Mode.CHARGE:
            assert problem.grid_charging
        if slot.mode is Mode.DISCHARGE:
            assert problem.battery_export


def check_money(problem: Problem, found: Plan) -> None:
    """Check that it is no worse than nothing and no better than is possible."""
    over_kwh = found.notes["over_import_kwh"]
    wear = found.notes["wear_cost"]
    assert isinstance(over_kwh, float)
    assert isinstance(wear, float)
    close = SMALL * max(1.0, abs(found.cost))
    if found.gap is not None and found.bound is not None:
        assert found.gap >= -close
        if not over_kwh:
            assert found.gap == pytest.approx(
                found.cost + wear - found.bound, abs=close
            )
    if not found.accepted:
        assert found.cost == found.baseline_cost
        assert {slot.mode for slot in found.slots} == {Mode.SELF_CONSUMPTION}
    elif not over_kwh:
        spared = any(
            slot.load_kw - slot.solar_kw > (problem.import_limit_kw or 0.0)
            for slot in found.slots
        )
        assert spared or found.cost <= found.baseline_cost + close


@settings(max_examples=400)
@given(problems())
def test_no_plan_breaks_a_rule(problem: Problem) -> None:
    """Any plan keeps the rules of battery, meter, commands and money."""
    found = plan(problem)
    assert len(found.slots) == problem.grid.count
    check_battery(problem, found)
    check_meter(problem, found)
    check_commands(problem, found)
    check_money(problem, found)


@settings(max_examples=60)
@given(problems(), problems())
def test_no_running_plan_breaks_a_rule(problem: Problem, other: Problem) -> None:
    """So does one that comes after any other."""
    found = plan(problem, running=plan(other))
    check_battery(problem, found)
    check_meter(problem, found)
    check_commands(problem, found)
    check_money(problem, found)


@settings(max_examples=40)
@given(problems())
def test_the_plan_is_deterministic(problem: Problem) -> None:
    """The same input has the same output."""
    assert plan(problem) == plan(problem)
