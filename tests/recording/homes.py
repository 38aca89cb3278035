"""Recordings of homes that never were: any that can be, for property tests."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from custom_components.power_sync.control.authority import lease_for
from custom_components.power_sync.control.controlled import giving_back
from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.control.journal import Force
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import BatteryView, SiteLimits
from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    Mode,
    Write,
)
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.planner.inputs import FleetMember, PlanInputs
from custom_components.power_sync.recording.model import (
    RecordedBattery,
    RecordedDecision,
    RecordedPlanning,
    RecordedRun,
    Recording,
    Versions,
)
from custom_components.power_sync.recording.table import RunningPlan

NOW = datetime(2026, 3, 28, 21, 12, 7, 123456, tzinfo=UTC)
"""The night before a clock change in London."""
HALF_HOUR = timedelta(minutes=30)

numbers = st.floats(-1e6, 1e6, allow_nan=False)
powers = st.floats(0, 20_000)
levels = st.floats(0, 100)
moments = st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive
    datetime(2027, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)
steps = st.sampled_from([timedelta(minutes=m) for m in (5, 7, 15, 30, 60)])


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Return intervals of several lengths, with gaps, in time order."""
    cursor, made = draw(moments), []
    for _ in range(draw(st.integers(0, 12))):
        cursor += draw(st.sampled_from([timedelta(0), timedelta(0), HALF_HOUR]))
        end = cursor + draw(steps)
        made.append(Span(cursor, end, draw(numbers)))
        cursor = end
    return made


series = spans().map(Series)


@st.composite
def curves(draw: st.DrawFn) -> PriceCurve:
    """Return prices on slots of any lengths."""
    return PriceCurve(
        draw(st.sampled_from(["GBP", "EUR", "AUD"])),
        "Europe/London",
        tuple(
            PriceSlot(s.start, s.end, s.value, draw(numbers), firm=draw(st.booleans()))
            for s in draw(spans())
        ),
    )


@st.composite
def histories(draw: st.DrawFn) -> LoadHistory:
    """Return load samples with gaps."""
    step, start = draw(steps), draw(moments)
    slots = sorted(draw(st.sets(st.integers(0, 60), max_size=20)))
    return LoadHistory(
        tuple(LoadSample(start + step * slot, draw(powers)) for slot in slots),
        step,
        draw(st.frozensets(st.dates(), max_size=3)),
    )


forecasts = st.builds(
    Forecast,
    p50_w=series,
    source=st.just("solar"),
    made_at=moments,
    p10_w=st.none() | series,
    p90_w=st.none() | series,
    learned_days=st.none() | st.integers(0, 30),
)
members = st.builds(
    FleetMember,
    capacity_kwh=st.floats(0.5, 100),
    soc_pct=levels,
    max_charge_w=powers,
    max_discharge_w=powers,
    floor_pct=levels,
    max_soc_pct=levels,
    modes=st.frozensets(st.sampled_from(Mode)),
    min_power_w=powers,
)
inputs = st.builds(
    PlanInputs,
    now=moments,
    zone=st.sampled_from([ZoneInfo("Europe/London"), ZoneInfo("Australia/Sydney")]),
    curve=curves(),
    solar=st.none() | forecasts,
    load_history=histories(),
    recent_load_w=st.none() | powers,
    fleet=st.lists(members, min_size=1, max_size=3).map(tuple),
    reserve_pct=levels,
    import_limit_w=st.none() | powers,
    export_limit_w=st.none() | powers,
    grid_charging=st.booleans(),
    battery_export=st.booleans(),
)
running = st.builds(
    RunningPlan,
    made_at=moments,
    start=moments,
    step=steps,
    accepted=st.booleans(),
    modes=st.just("self_consumption*2 charge"),
    powers_kw=st.just("- - 2.5"),
    begun=st.lists(st.none() | moments, max_size=2).map(tuple),
)
commands = st.builds(
    Command,
    mode=st.sampled_from(Mode),
    power_w=st.none() | powers,
    until=moments,
)
settings = st.dictionaries(
    st.sampled_from(["ems_mode", "forced_command", "forced_power_w"]),
    st.none() | st.integers(0, 65535) | st.booleans() | st.text(max_size=5),
)
views = st.builds(
    BatteryView,
    now=moments,
    battery_id=st.just("battery_1"),
    capabilities=st.builds(
        Capabilities,
        modes=st.frozensets(st.sampled_from(Mode)),
        max_charge_w=powers,
        max_discharge_w=powers,
        device_expiry=st.none() | steps,
        flash_settings=st.frozensets(st.sampled_from(["a", "b"])),
    ),
    reading=st.none()
    | st.builds(BatteryReading, at=moments, soc_pct=st.none() | levels),
    trouble=st.none() | st.sampled_from(Trouble),
    force=st.none()
    | st.builds(
        Force,
        mode=st.sampled_from(Mode),
        power_w=st.none() | powers,
        started=moments,
        until=moments,
    ),
    planned=st.none(),
    automatic=st.booleans(),
    flash_writes_left=st.integers(0, 20),
    limits=st.builds(SiteLimits, import_limit_w=st.none() | powers),
    net_load_w=st.none() | numbers,
    net_load_high_w=st.none() | numbers,
    net_load_low_w=st.none() | numbers,
    reading_age_s=st.none() | powers,
    share=st.floats(0, 1),
    share_charge=st.floats(0, 1),
    share_discharge=st.floats(0, 1),
    at_reserve=st.booleans(),
    soc_unknown=st.booleans(),
    present=st.none() | commands,
)
decisions = views.map(
    lambda view: RecordedDecision(
        view=view,
        plan_made_at=None,
        share_charge=1.0,
        share_discharge=0.5,
        lease=lease_for(view),
    )
)
runs = st.builds(
    RecordedRun,
    order=st.just(giving_back(ControlReason.OWNER)),
    releases=st.booleans(),
    found=settings,
    owner=settings,
    ours=st.dictionaries(
        st.sampled_from(["ems_mode"]), st.lists(st.integers(0, 9)).map(tuple)
    ),
    lost=st.booleans(),
    wanted=st.lists(st.builds(Write, st.just("ems_mode"), st.integers(0, 9))).map(
        tuple
    ),
    outcome=st.sampled_from(Outcome),
)
configs = st.builds(
    BatteryConfig,
    identity=st.just(BatteryIdentity("sungrow", "battery_1", "SH10RT")),
    rated_power_w=powers,
    capacity_kwh=st.none() | powers,
    max_charge_w=powers,
    max_discharge_w=powers,
    settings=st.frozensets(st.sampled_from(["max_charge_10w", "max_discharge_10w"])),
)
recordings = st.builds(
    Recording,
    versions=st.just(Versions(power_sync="0.1.0", home_assistant="2026.10.4")),
    taken_at=moments,
    planning=st.none()
    | st.builds(
        RecordedPlanning,
        inputs=inputs,
        running=st.none() | running,
        plan=st.none(),
    ),
    batteries=st.lists(
        st.builds(
            RecordedBattery,
            battery_id=st.just("battery_1"),
            config=st.none() | configs,
            decision=st.none() | decisions,
            run=st.none() | runs,
        ),
        max_size=2,
    ).map(tuple),
)
