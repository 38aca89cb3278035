"""The physics of the simulated home."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from simulators.clock import ManualClock, RealClock
from simulators.home import (
    Cells,
    Energies,
    InverterControl,
    InverterMode,
    SimulatedHome,
)
from simulators.profile import FunctionProfile, constant

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CELLS = Cells(
    capacity_kwh=10,
    charge_efficiency=0.9,
    discharge_efficiency=0.8,
    max_charge_w=4000,
    max_discharge_w=5000,
)


def home_with(
    load_w: float, solar_w: float, control: InverterControl, soc_pct: float = 50
) -> tuple[ManualClock, SimulatedHome]:
    """Return a home of 10 kW with constant load and sun."""
    clock = ManualClock(NOON)
    home = SimulatedHome(
        clock, constant(load_w, solar_w), cells=CELLS, soc_pct=soc_pct, control=control
    )
    return clock, home


CHARGE = InverterControl(mode=InverterMode.FORCED_CHARGE, forced_power_w=3000)
DISCHARGE = InverterControl(mode=InverterMode.FORCED_DISCHARGE, forced_power_w=3000)
STOP = InverterControl(mode=InverterMode.FORCED_STOP, forced_power_w=3000)
SELF = InverterControl()


@pytest.mark.parametrize(
    ("load_w", "sun_w", "soc_pct", "control", "solar_w", "battery_w", "grid_w"),
    [
        pytest.param(800, 0, 50, SELF, 0, 800, 0, id="battery serves the load"),
        pytest.param(6500, 0, 50, SELF, 0, 5000, 1500, id="discharge limit"),
        pytest.param(500, 3000, 50, SELF, 3000, -2500, 0, id="surplus is stored"),
        pytest.param(500, 6000, 50, SELF, 6000, -4000, -1500, id="charge limit"),
        pytest.param(500, 3000, 100, SELF, 3000, 0, -2500, id="full: export"),
        pytest.param(800, 0, 5, SELF, 0, 0, 800, id="empty: import"),
        pytest.param(500, 16000, 50, SELF, 14000, -4000, -9500, id="AC rating"),
        pytest.param(800, 1000, 50, CHARGE, 1000, -3000, 2800, id="charge"),
        pytest.param(800, 1000, 100, CHARGE, 1000, 0, -200, id="charge, full"),
        pytest.param(800, 1000, 50, DISCHARGE, 1000, 3000, -3200, id="discharge"),
        pytest.param(800, 9000, 50, DISCHARGE, 9000, 1000, -9200, id="discharge, AC"),
        pytest.param(800, 0, 5, DISCHARGE, 0, 0, 800, id="discharge, empty"),
        pytest.param(800, 300, 50, STOP, 300, 0, 500, id="stop"),
        pytest.param(
            800,
            0,
            30,
            replace(DISCHARGE, backup_reserve_pct=30),
            *(0, 0, 800),
            id="reserve",
        ),
        pytest.param(
            800,
            0,
            50,
            replace(DISCHARGE, export_limit_w=1000),
            *(0, 1800, -1000),
            id="no forced discharge beyond export limit and load",
        ),
        pytest.param(
            800,
            5000,
            50,
            replace(CHARGE, export_limit_w=500),
            *(4300, -3000, -500),
            id="export limit curtails the sun",
        ),
        pytest.param(
            800,
            5000,
            100,
            replace(SELF, export_limit_w=0),
            *(800, 0, 0),
            id="no export at all",
        ),
        pytest.param(
            800,
            0,
            50,
            replace(DISCHARGE, discharge_ceiling_w=10),
            *(0, 10, 790),
            id="discharge ceiling in every mode",
        ),
        pytest.param(
            0,
            3000,
            50,
            replace(SELF, charge_ceiling_w=10),
            *(3000, -10, -2990),
            id="charge ceiling",
        ),
        pytest.param(
            800,
            5000,
            50,
            replace(STOP, solar_limit_w=2000),
            *(2000, 0, -1200),
            id="solar limit",
        ),
        pytest.param(
            800,
            5000,
            50,
            replace(STOP, ac_limit_w=2000),
            *(2000, 0, -1200),
            id="AC limit",
        ),
        pytest.param(
            800, 5000, 50, replace(SELF, running=False), *(0, 0, 800), id="stopped"
        ),
    ],
)
def test_powers(  # noqa: PLR0913, PLR0917 - one row of the table
    load_w: float,
    sun_w: float,
    soc_pct: float,
    control: InverterControl,
    solar_w: float,
    battery_w: float,
    grid_w: float,
) -> None:
    """Each mode and limit gives the powers worked out by hand."""
    _, home = home_with(load_w, sun_w, control, soc_pct)
    flows = home.flows
    assert (flows.solar_w, flows.battery_w, flows.grid_w) == (
        solar_w,
        battery_w,
        grid_w,
    )
    assert flows.available_solar_w == sun_w


def test_battery_becomes_full_in_the_middle() -> None:
    """5 kWh into the cells are 5 / 0.9 kWh at 3 kW; the rest is exported."""
    clock, home = home_with(1000, 4000, SELF)
    clock.advance(3 * HOUR)
    assert home.soc_pct == 100
    assert home.totals.charge_kwh == pytest.approx(5 / 0.9, abs=1e-12)
    assert home.totals.export_kwh == pytest.approx(9 - 5 / 0.9, abs=1e-12)
    assert home.totals.import_kwh == 0


def test_battery_becomes_empty_in_the_middle() -> None:
    """4.5 kWh of cells above 5 % serve 4.5 * 0.8 kWh; the rest is imported."""
    clock, home = home_with(2000, 0, SELF)
    clock.advance(3 * HOUR)
    assert home.soc_pct == 5
    assert home.totals.discharge_kwh == pytest.approx(3.6, abs=1e-12)
    assert home.totals.import_kwh == pytest.approx(2.4, abs=1e-12)


def test_forced_mode_ends_by_itself_only_where_it_shall() -> None:
    """With an end the battery charges for just that long."""
    clock, home = home_with(0, 0, replace(CHARGE, forced_until=NOON + HOUR / 4))
    modes = [home.effective_mode]
    clock.advance(HOUR)
    assert home.totals.charge_kwh == pytest.approx(0.75, abs=1e-12)
    modes.append(home.effective_mode)
    assert modes == [InverterMode.FORCED_CHARGE, InverterMode.SELF]
    home.control = CHARGE
    clock.advance(HOUR)
    assert home.totals.charge_kwh == pytest.approx(3.75, abs=1e-12)


def test_a_change_acts_from_now_on() -> None:
    """What has passed is counted with the settings and the profile of then."""
    clock, home = home_with(1000, 0, STOP)
    clock.advance(HOUR)
    home.profile = constant(3000)
    clock.advance(HOUR)
    home.control = SELF
    assert home.totals.import_kwh == pytest.approx(4, abs=1e-12)
    assert home.totals.discharge_kwh == 0


@pytest.mark.parametrize(
    ("load_w", "sun_w", "soc_pct", "served_w", "solar_w", "battery_w"),
    [
        pytest.param(800, 0, 20, 800, 0, 800, id="the reserve is for this"),
        pytest.param(7000, 1000, 50, 6000, 1000, 5000, id="too much load"),
        pytest.param(800, 6000, 50, 800, 4800, -4000, id="the sun is curtailed"),
        pytest.param(800, 0, 5, 0, 0, 0, id="empty"),
    ],
)
def test_outage(  # noqa: PLR0913, PLR0917 - one row of the table
    load_w: float,
    sun_w: float,
    soc_pct: float,
    served_w: float,
    solar_w: float,
    battery_w: float,
) -> None:
    """Without a grid the inverter serves what it can and forgets commands."""
    _, home = home_with(
        load_w, sun_w, replace(CHARGE, backup_reserve_pct=30), soc_pct=soc_pct
    )
    home.islanded = True
    flows = home.flows
    assert (flows.load_w, flows.solar_w, flows.battery_w, flows.grid_w) == (
        served_w,
        solar_w,
        battery_w,
        0,
    )


def test_inverter_without_power() -> None:
    """The grid serves the home, and after an outage nothing does."""
    _, home = home_with(800, 3000, CHARGE)
    home.powered = False
    assert (home.flows.grid_w, home.flows.solar_w, home.flows.battery_w) == (800, 0, 0)
    home.islanded = True
    assert home.flows.load_w == 0
    assert not home.powered
    assert home.islanded


def test_home_without_battery() -> None:
    """Every forced mode leaves load, sun and grid."""
    clock = ManualClock(NOON)
    home = SimulatedHome(clock, constant(800, 1000), cells=None, control=DISCHARGE)
    clock.advance(HOUR)
    assert home.flows.grid_w == -200
    assert home.totals == Energies(
        solar_kwh=1,
        export_kwh=0.2,
        load_kwh=0.8,
        solar_to_load_kwh=0.8,
        solar_to_grid_kwh=0.2,
    )


def test_the_day_begins_at_local_midnight() -> None:
    """Berlin's midnight is 22:00 UTC before and 23:00 UTC after the clock change."""
    clock = ManualClock(datetime(2026, 10, 24, 21, tzinfo=UTC))
    home = SimulatedHome(
        clock,
        constant(1000),
        cells=None,
        totals=Energies(import_kwh=500),
        tz=ZoneInfo("Europe/Berlin"),
    )
    clock.advance(2 * HOUR)
    assert home.today.import_kwh == pytest.approx(1)
    clock.set(datetime(2026, 10, 25, 22, 59, tzinfo=UTC))
    assert home.today.import_kwh == pytest.approx(25 - 1 / 60)
    clock.advance(HOUR)
    assert home.today.import_kwh == pytest.approx(59 / 60)
    assert home.totals.import_kwh == pytest.approx(500 + 1 + 25 + 59 / 60)


def test_soc_can_be_put() -> None:
    """A test may put the cells anywhere, and the past stays counted."""
    clock, home = home_with(1000, 0, SELF)
    clock.advance(HOUR)
    home.soc_pct = 80
    assert home.soc_pct == 80
    assert home.totals.discharge_kwh == pytest.approx(1)


def test_clocks() -> None:
    """A manual clock moves only forward; the real one is aware and in UTC."""
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("Europe/Berlin")))
    assert clock.now() == datetime(2026, 1, 1, 11, tzinfo=UTC)
    clock.set(datetime(2026, 1, 1, 12, tzinfo=UTC))
    with pytest.raises(ValueError, match="back"):
        clock.set(datetime(2026, 1, 1, 11, tzinfo=UTC))
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    assert RealClock().now().utcoffset() == timedelta(0)


class _TurnableClock:
    """A clock that, as a computer's may, goes back."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


def test_a_clock_put_back_counts_nothing_twice() -> None:
    """The time that comes twice is counted once."""
    clock = _TurnableClock()
    home = SimulatedHome(clock, constant(1000), cells=None)
    for minutes, kwh in ((60, 1), (30, 1), (60, 1), (90, 1.5)):
        clock.at = NOON + timedelta(minutes=minutes)
        assert home.totals.import_kwh == pytest.approx(kwh)


WATTS = st.floats(0, 12_000)
LIMITS = st.none() | st.floats(0, 8000)
CONTROLS = st.builds(
    InverterControl,
    mode=st.sampled_from(InverterMode),
    forced_power_w=st.floats(0, 6000),
    forced_until=st.none() | st.just(NOON + HOUR * 0.7),
    charge_ceiling_w=LIMITS,
    discharge_ceiling_w=LIMITS,
    export_limit_w=LIMITS,
    ac_limit_w=LIMITS,
    solar_limit_w=LIMITS,
    min_soc_pct=st.floats(0, 50),
    max_soc_pct=st.floats(50, 100),
    backup_reserve_pct=st.floats(0, 100),
    running=st.booleans(),
)


@given(
    loads=st.lists(WATTS, min_size=8, max_size=8),
    suns=st.lists(WATTS, min_size=8, max_size=8),
    control=CONTROLS,
    soc_pct=st.floats(0, 100),
    minutes=st.lists(st.integers(1, 45), min_size=1, max_size=5),
    islanded=st.booleans(),
)
@settings(max_examples=150)
def test_energy_is_conserved(  # noqa: PLR0913 - a home
    loads: list[float],
    suns: list[float],
    control: InverterControl,
    soc_pct: float,
    minutes: list[int],
    *,
    islanded: bool,
) -> None:
    """Powers and energies balance, limits hold, and looking changes nothing."""
    step = timedelta(minutes=30)
    profile = FunctionProfile(
        lambda at: loads[(at - NOON) // step],
        lambda at: suns[(at - NOON) // step],
        step,
    )
    clock = ManualClock(NOON)
    watched, unwatched = (
        SimulatedHome(
            clock, profile, cells=CELLS, soc_pct=soc_pct, control=control, rated_w=8000
        )
        for _ in range(2)
    )
    watched.islanded = unwatched.islanded = islanded
    lowest, highest = soc_pct, soc_pct
    for stretch in minutes:
        clock.advance(timedelta(minutes=stretch))
        flows = watched.flows
        assert flows.load_w == pytest.approx(
            flows.solar_w + flows.battery_w + flows.grid_w, abs=1e-6
        )
        assert 0 <= flows.solar_w <= flows.available_solar_w
        assert flows.load_w >= -1e-9
        assert -4000 <= flows.battery_w <= 5000
        assert abs(flows.solar_w + flows.battery_w) <= 8000 + 1e-6
        if control.export_limit_w is not None:
            assert flows.grid_w >= -control.export_limit_w - 1e-6
        if islanded:
            assert flows.grid_w == pytest.approx(0, abs=1e-9)
        lowest = min(lowest, watched.soc_pct)
        highest = max(highest, watched.soc_pct)
    floor = control.min_soc_pct
    if not islanded:
        floor = max(floor, control.backup_reserve_pct)
    assert lowest >= min(floor, soc_pct)
    assert highest <= max(control.max_soc_pct, soc_pct)
    totals = watched.totals
    assert totals.load_kwh + totals.export_kwh + totals.charge_kwh == pytest.approx(
        totals.solar_kwh + totals.import_kwh + totals.discharge_kwh, abs=1e-9
    )
    stored_kwh = 0.9 * totals.charge_kwh - totals.discharge_kwh / 0.8
    assert watched.soc_pct - soc_pct == pytest.approx(10 * stored_kwh, abs=1e-8)
    parts = (
        totals.solar_to_load_kwh
        + totals.solar_to_battery_kwh
        + totals.solar_to_grid_kwh
    )
    assert parts == pytest.approx(totals.solar_kwh, abs=1e-9)
    assert unwatched.soc_pct == pytest.approx(watched.soc_pct, abs=1e-9)
    assert unwatched.totals.import_kwh == pytest.approx(totals.import_kwh, abs=1e-9)


def test_a_power_next_to_nothing_is_no_division_by_zero() -> None:
    """The smallest number that there is, as a limit on the sun."""
    clock = ManualClock(NOON)
    control = InverterControl(solar_limit_w=5e-324)
    home = SimulatedHome(clock, constant(0, 1), control=control, soc_pct=0)
    clock.advance(timedelta(minutes=1))
    assert home.soc_pct == 0
