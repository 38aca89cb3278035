"""What holds on every day: no saving where nothing was done, nothing lost on disk."""

from dataclasses import replace
from datetime import UTC, timedelta
import json

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.power_sync.ledger.baseline import Cells
from custom_components.power_sync.ledger.codec import ledger_from_json, ledger_to_json
from custom_components.power_sync.ledger.day import Day
from custom_components.power_sync.ledger.ledger import Ledger
from custom_components.power_sync.ledger.sample import Sample
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner.home import Home
from custom_components.power_sync.planner.problem import BatterySpec, Problem
from custom_components.power_sync.planner.replay import baseline

from .days import MIDNIGHT, Count, prices

SLOT = timedelta(minutes=5)
SLOTS = 16
START = MIDNIGHT + timedelta(hours=23, minutes=20)
"""So that midnight comes in the middle."""

powers = st.lists(st.floats(0.0, 8.0), min_size=SLOTS, max_size=SLOTS)
money = st.lists(st.floats(-0.5, 1.0), min_size=SLOTS, max_size=SLOTS)
finite = st.floats(allow_nan=False, allow_infinity=False)
batteries = st.builds(
    BatterySpec,
    capacity_kwh=st.floats(1.0, 20.0),
    max_charge_kw=st.floats(0.5, 6.0),
    max_discharge_kw=st.floats(0.5, 6.0),
    soc_pct=st.floats(10.0, 100.0),
    reserve_pct=st.just(10.0),
    charge_efficiency=st.floats(0.8, 1.0),
    discharge_efficiency=st.floats(0.8, 1.0),
)
days = st.builds(
    Day,
    start=st.integers(0, 10**6).map(lambda hours: MIDNIGHT + timedelta(hours=hours)),
    measured=st.integers(0, 10**11).map(lambda us: timedelta(microseconds=us)),
    paid=finite,
    baseline_paid=finite,
    stored_kwh=st.none() | finite,
    baseline=st.builds(Cells, kwh=finite, resting=st.booleans()),
    skipped_kwh=finite,
    apart=st.booleans(),
    value_per_kwh=st.none() | finite,
)
ledgers = st.builds(
    Ledger,
    currency=st.none() | st.text(),
    since=st.none() | st.just(MIDNIGHT),
    saved_before=finite,
    day=st.none() | days,
)


@settings(max_examples=30)
@example(
    # Midnight between the reserve and where a battery that rests there goes on.
    battery=BatterySpec(
        capacity_kwh=5.0,
        max_charge_kw=1.0,
        max_discharge_kw=1.0,
        soc_pct=10.0,
        reserve_pct=10.0,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
    ),
    sun=[0.0] * 7 + [1.0] + [0.0] * 8,
    load=[0.0] * 14 + [1.0, 0.0],
    bought=[0.0] * SLOTS,
    sold=[0.0] * SLOTS,
    missed=set(),
    export_limit_kw=None,
)
@given(
    battery=batteries,
    sun=powers,
    load=powers,
    bought=money,
    sold=money,
    missed=st.sets(st.integers(1, SLOTS - 1), max_size=3),
    export_limit_kw=st.none() | st.floats(0.0, 5.0),
)
def test_plain_self_consumption_saves_nothing(  # noqa: PLR0913, PLR0917 - a home
    battery: BatterySpec,
    sun: list[float],
    load: list[float],
    bought: list[float],
    sold: list[float],
    missed: set[int],
    export_limit_kw: float | None,
) -> None:
    """The planner's own baseline, measured and counted, is the ledger's.

    With PowerSync in charge all along, with readings that are missed, and over
    midnight. Without a price below zero for export, where the planner curtails.
    """
    grid = TimeGrid(START, SLOT, SLOTS)
    sold = [max(0.0, price) for price in sold]
    if missed:
        # Whether it came to rest meanwhile nobody can know.
        battery = replace(battery, resume_margin_pct=0.0)
    home = Home(
        Problem(
            grid=grid,
            currency="GBP",
            made_at=START,
            import_per_kwh=tuple(bought),
            export_per_kwh=tuple(sold),
            firm=(True,) * SLOTS,
            solar_kw=tuple(sun),
            load_kw=tuple(load),
            battery=battery,
            export_limit_kw=export_limit_kw,
        )
    )
    done = baseline(home)
    levels = [home.start_kwh, *done.energy]
    curve = PriceCurve.of(
        "GBP",
        "UTC",
        (
            PriceSlot(start, start + SLOT, buy, sell)
            for start, buy, sell in zip(grid.starts(), bought, sold, strict=True)
        ),
    )
    ledger = Ledger()
    closed: list[float | None] = []

    def closing() -> None:
        assert ledger.day is not None
        closed.append(ledger.day.saved)

    for index in range(SLOTS):
        flow = done.flows[index]
        if index in missed:
            continue
        soc_pct = battery.reserve_pct + 100 * levels[index] / battery.capacity_kwh
        ledger.take(
            Sample(
                at=grid.slot_start(index),
                # What is curtailed was never measured as sun.
                grid_w=1000 * (flow.imported - flow.exported) / grid.step_h,
                battery_w=1000 * done.battery[index] / grid.step_h,
                battery=replace(battery, soc_pct=min(100.0, soc_pct)),
                acting=True,
                stored_value_per_kwh=0.2,
            ),
            curve,
            UTC,
            longest=SLOT,
            closing=closing,
        )
    assert ledger.day is not None
    assert [*closed, ledger.day.saved] == [pytest.approx(0.0, abs=1e-6)] * 2


@given(ledgers)
def test_what_is_stored_is_what_was_counted(ledger: Ledger) -> None:
    """Through the text of a file and back."""
    text = json.dumps(ledger_to_json(ledger), allow_nan=False)
    assert ledger_from_json(json.loads(text)) == ledger


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"currency": 5, "since": None, "saved_before": 0.0, "day": None},
        {"currency": None, "since": "now", "saved_before": 0.0, "day": None},
        {"currency": None, "since": None, "saved_before": None, "day": None},
        {"currency": None, "since": None, "saved_before": 0.0, "day": {}},
        {"currency": None, "since": None, "saved_before": 0.0, "day": "today"},
    ],
)
def test_what_is_no_ledger_is_refused(data: object) -> None:
    """Rather begin anew than count on from something else."""
    with pytest.raises(ValueError, match=r"not a ledger|Invalid isoformat"):
        ledger_from_json(data)


@settings(max_examples=20)
@given(st.integers(1, 170))
def test_a_restart_loses_what_was_not_measured_alone(minute: int) -> None:
    """At any moment of a day, in the middle of a forced charge or after it."""
    whole, cut = (
        Count(prices(*[0.1] * 2, *[0.4] * 3), value=0.25, acting=True) for _ in range(2)
    )
    for index in range(180):
        kw = -5.0 if index < 60 else 1.0
        for count in (whole, cut):
            count.charge(-kw / 60)
            count.now += timedelta(minutes=1)
            if count is cut and index == minute:
                # The machine is away for a minute; the battery goes on.
                text = json.dumps(ledger_to_json(cut.ledger))
                cut.ledger = ledger_from_json(json.loads(text))
            count.read(max(0.0, -kw), kw)
    lost = whole.figures.measured - cut.figures.measured
    assert lost == timedelta(minutes=1)
    assert cut.figures.more_kwh == pytest.approx(whole.figures.more_kwh, abs=0.09)
    assert cut.saved == pytest.approx(whole.saved, abs=0.04)
