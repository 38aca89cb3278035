"""The main fuse: what its phases leave a battery, and what becomes of commands."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.control.authority import lease_for
from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.phases import (
    STALE,
    FuseRoom,
    MeterLimits,
    OnPhases,
    PhaseWatch,
    Room,
)
from custom_components.power_sync.control.problems import ProblemKey
from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import BatteryView, Master, SiteLimits
from custom_components.power_sync.model.battery import Command, Mode
from custom_components.power_sync.model.mains import Connection, Mains, PhasePowers
from custom_components.power_sync.watch import Watch

from .bench import START, Bench
from .test_feeding import QUIET
from .test_priorities import UNTIL, quiet, speaking

FUSE_25: Final = Mains(phases=3, fuse_a=25)
LIMIT_W: Final = 23 * 230.0
NO_LIMITS: Final = MeterLimits()
THREE: Final = OnPhases(
    connection=Connection.ALL, power_w=0, max_charge_w=11_000, max_discharge_w=11_000
)
ONE: Final = replace(THREE, connection=Connection.L1)
HOMES: Final = st.tuples(*[st.floats(-6000, 6000)] * 3)
BATTERIES: Final = st.lists(
    st.builds(
        OnPhases,
        connection=st.sampled_from(Connection),
        power_w=st.floats(-5000, 5000),
        max_charge_w=st.floats(500, 15_000),
        max_discharge_w=st.floats(500, 15_000),
    ),
    min_size=1,
    max_size=3,
)


def rooms(
    mains: Mains,
    grid_w: tuple[float, ...] | None,
    batteries: list[OnPhases],
    *,
    limits: MeterLimits = NO_LIMITS,
    total_w: float | None = None,
) -> list[FuseRoom]:
    """Return what each battery may do where the phases carry this now."""
    watch = PhaseWatch()
    measured = None if grid_w is None else PhasePowers(START, grid_w)
    watch.take(START, mains, measured, batteries)
    watch.note(START, mains, total_w)
    found = [watch.room(START, mains, limits, each, batteries) for each in batteries]
    return [room for room in found if room is not None]


def carried_w(
    net_w: tuple[float, ...], batteries: list[OnPhases], powers_w: list[float]
) -> list[float]:
    """Return what each phase takes from the grid; powers are + discharging."""
    taken = list(net_w)
    for each, power_w in zip(batteries, powers_w, strict=True):
        places = each.connection.on(len(net_w))
        for place in places:
            taken[place] -= power_w / len(places)
    return taken


@given(HOMES, BATTERIES)
def test_no_phase_goes_beyond_its_fuse(
    net_w: tuple[float, ...], batteries: list[OnPhases]
) -> None:
    """Also where all batteries do all that they may, at once and in any direction."""
    before_w = carried_w(net_w, batteries, [each.power_w or 0.0 for each in batteries])
    found = rooms(FUSE_25, tuple(before_w), batteries)
    charging = [-(room.charge.now_w or 0.0) for room in found]
    discharging = [room.discharge.now_w or 0.0 for room in found]
    for net, after in zip(net_w, carried_w(net_w, batteries, charging), strict=True):
        # What is too much without any battery is not theirs to change by forcing.
        assert after <= max(LIMIT_W, net) + 0.01
    for net, after in zip(net_w, carried_w(net_w, batteries, discharging), strict=True):
        assert after >= min(-LIMIT_W, net) - 0.01


@given(HOMES, BATTERIES, st.floats(0, 20_000))
def test_meters_of_single_phases(
    net_w: tuple[float, ...], batteries: list[OnPhases], limit_w: float
) -> None:
    """What one phase imports makes no room for what another exports."""
    mains = replace(FUSE_25, metered_per_phase=True)
    limits = MeterLimits(import_limit_w=limit_w, export_limit_w=limit_w)
    before_w = carried_w(net_w, batteries, [each.power_w or 0.0 for each in batteries])
    found = rooms(mains, tuple(before_w), batteries, limits=limits)

    def exported_w(powers_w: list[float]) -> float:
        taken = carried_w(net_w, batteries, powers_w)
        return sum(max(0.0, -watts) for watts in taken)

    def imported_w(powers_w: list[float]) -> float:
        taken = carried_w(net_w, batteries, powers_w)
        return sum(max(0.0, watts) for watts in taken)

    none = [0.0] * len(batteries)
    giving = [room.discharge.now_w or 0.0 for room in found]
    taking = [-(room.charge.now_w or 0.0) for room in found]
    assert exported_w(giving) <= max(limit_w, exported_w(none)) + 0.01
    assert imported_w(taking) <= max(limit_w, imported_w(none)) + 0.01


@pytest.mark.parametrize(
    ("grid_w", "battery", "charge_w", "discharge_w"),
    [
        # The fullest phase counts, three times.
        ((0, 2290, 0), THREE, 9000, 15_870),
        ((0, -290, 0), THREE, 15_870, 15_000),
        # The others are no matter of a battery on one phase.
        ((1290, 5290, 5290), ONE, 4000, 6580),
        # What a battery does now is not the home's.
        ((3290, 0, 0), replace(ONE, power_w=-2000), 4000, 6580),
    ],
)
def test_room(
    grid_w: tuple[float, ...], battery: OnPhases, charge_w: float, discharge_w: float
) -> None:
    """A fuse of 25 A is 5290 W on each phase, 2 A below it."""
    (room,) = rooms(FUSE_25, grid_w, [battery])
    assert room.charge.now_w == pytest.approx(charge_w)
    assert room.discharge.now_w == pytest.approx(discharge_w)
    assert room.fresh


def test_a_home_of_one_phase() -> None:
    """Its net load is its phase's: nothing else has to measure."""
    mains = Mains(phases=1, fuse_a=25)
    (room,) = rooms(mains, None, [replace(ONE, connection=Connection.L3)], total_w=1290)
    assert (room.charge.now_w, room.discharge.now_w) == (4000, 6580)
    assert not PhaseWatch().missing(START, mains)


def test_without_a_fuse() -> None:
    """Nothing is cut, and nothing is missing."""
    mains = Mains(phases=3)
    assert rooms(mains, (0, 0, 0), [THREE]) == []
    assert not PhaseWatch().missing(START, mains)
    assert (mains.limit_w, FUSE_25.limit_w) == (None, 3 * LIMIT_W)


def test_phases_that_nothing_measures() -> None:
    """All that the home draws counts on each of them, and what it feeds in, too."""
    (room,) = rooms(FUSE_25, None, [THREE], total_w=1290)
    assert (room.charge.now_w, room.discharge.now_w) == (12_000, 15_870)
    (room,) = rooms(FUSE_25, None, [THREE], total_w=-1290)
    assert (room.charge.now_w, room.discharge.now_w) == (15_870, 12_000)
    (room,) = rooms(FUSE_25, None, [THREE])
    assert (room.charge.now_w, room.discharge.now_w) == (None, None)
    assert room.fresh


def test_what_a_battery_does_is_not_known() -> None:
    """Then its phases are not, either."""
    (room,) = rooms(FUSE_25, (0, 0, 0), [replace(THREE, power_w=None)], total_w=290)
    assert room.charge.now_w == 15_000


@pytest.mark.parametrize("powers_w", [(290, 0, 0), (290,)])
def test_another_number_of_phases(powers_w: tuple[float, ...]) -> None:
    """A meter of one phase says nothing of three, nor three of one."""
    mains = replace(FUSE_25, phases=1 if len(powers_w) > 1 else 3)
    (room,) = rooms(mains, powers_w, [THREE])
    assert room.charge.now_w is None


def test_measured_long_ago() -> None:
    """After 90 s the phases are not known any more, and that is to be told."""
    watch = PhaseWatch()
    watch.take(START, FUSE_25, PhasePowers(START, (290, 0, 0)), [THREE])
    assert not watch.missing(START, FUSE_25)
    for age, missing in ((STALE, False), (STALE + timedelta(seconds=1), True)):
        now = START + age
        watch.note(now, FUSE_25, 290)
        assert watch.missing(now, FUSE_25) is missing
        room = watch.room(now, FUSE_25, NO_LIMITS, THREE, [THREE])
        assert room is not None
        assert room.fresh is not missing
        # What was measured then is not taken for news.
        watch.take(now, FUSE_25, PhasePowers(START, (290, 0, 0)), [THREE])
        assert watch.missing(now, FUSE_25) is missing


def test_the_last_minutes() -> None:
    """What lasts is what there was room for all the time."""
    watch, now = PhaseWatch(), START
    for minutes, watts in ((0, 2290), (4, 290)):
        now = START + timedelta(minutes=minutes)
        watch.take(now, FUSE_25, PhasePowers(now, (watts, -watts, 0)), [ONE])
    room = watch.room(now, FUSE_25, NO_LIMITS, ONE, [ONE])
    assert room is not None
    assert (room.charge.now_w, room.charge.lasting_w) == (5000, 3000)
    assert (room.discharge.now_w, room.discharge.lasting_w) == (5580, 5580)


def fused(mode: Mode, now_w: float | None, *, fresh: bool = True) -> BatteryView:
    """Return a battery that is forced to 3 kW, with so much room."""
    room = Room(now_w=now_w, lasting_w=now_w)
    view = speaking(quiet(), Master.FORCE, mode)
    return replace(view, fuse=FuseRoom(charge=room, discharge=room, fresh=fresh))


@pytest.mark.parametrize("mode", [Mode.CHARGE, Mode.DISCHARGE])
def test_a_forced_power_is_cut(mode: Mode) -> None:
    """To what there is room for; where there is hardly any, it ends."""
    lease = lease_for(fused(mode, 5000))
    assert lease.command is not None
    assert (lease.mode, lease.command.power_w) == (mode, 3000)
    assert lease.reason == ControlReason.USER_REQUEST
    lease = lease_for(fused(mode, 2345))
    assert lease.command is not None
    assert (lease.mode, lease.command.power_w) == (mode, 2300)
    assert lease.reason == ControlReason.MAIN_FUSE
    lease = lease_for(fused(mode, 50))
    rests = Mode.STANDBY if mode is Mode.CHARGE else Mode.SELF_CONSUMPTION
    assert (lease.mode, lease.reason) == (rests, ControlReason.MAIN_FUSE)


@pytest.mark.parametrize(
    ("limit_w", "reason"),
    [(500, ControlReason.NO_ROOM), (20_000, ControlReason.MAIN_FUSE)],
)
def test_a_limit_of_single_phases_is_no_fuse(
    limit_w: float, reason: ControlReason
) -> None:
    """Each phase billed for itself: what cuts is the limit, or else the fuse."""
    (room,) = rooms(
        replace(FUSE_25, metered_per_phase=True),
        (4290, 0, 0),
        [ONE],
        limits=MeterLimits(import_limit_w=4290 + limit_w),
    )
    assert room.charge.now_w == min(1000, limit_w)
    view = speaking(quiet(), Master.FORCE, Mode.CHARGE)
    assert lease_for(replace(view, fuse=room)).reason == reason


def test_a_cut_plan_says_why_it_charges_at_all() -> None:
    """Its own reason, with its prices; of a power that is left nothing else is said."""
    room = Room(now_w=2345, lasting_w=2345)
    view = speaking(quiet(), Master.PLAN, Mode.CHARGE)
    whole = lease_for(view)
    cut = lease_for(
        replace(view, fuse=FuseRoom(charge=room, discharge=room, fresh=True))
    )
    assert cut.command is not None
    assert cut.command.power_w == 2300
    assert (cut.reason, cut.detail) == (whole.reason, whole.detail)


@pytest.mark.parametrize("mode", [Mode.NO_DISCHARGE, Mode.STANDBY, Mode.LIMIT])
def test_what_follows_the_home_is_left(mode: Mode) -> None:
    """It is no power of ours that a fuse could be too small for."""
    assert lease_for(fused(mode, 0)).mode is mode


@pytest.mark.parametrize(
    ("now_w", "fresh", "expected_w"),
    [
        (3000, True, 3000),
        # No more on what is old or not known; less at once.
        (3000, False, 1000),
        (500, False, 500),
        (None, False, 1000),
    ],
)
def test_no_more_on_old_readings(
    now_w: float | None,
    fresh: bool,  # noqa: FBT001 - from the table
    expected_w: float,
) -> None:
    """A battery that charges with 1 kW goes on with it, at most."""
    present = Command(Mode.CHARGE, 1000, UNTIL)
    view = replace(fused(Mode.CHARGE, now_w, fresh=fresh), present=present)
    lease = lease_for(view)
    assert lease.command is not None
    assert lease.command.power_w == expected_w


def test_nothing_known_at_all() -> None:
    """Nothing is begun."""
    assert lease_for(fused(Mode.CHARGE, None)).mode is Mode.STANDBY


async def forced(bench: Bench, limits: SiteLimits) -> Controller:
    """Return a home whose battery is forced to charge with all it can."""
    controller = await bench.controller(limits=limits)
    controller.read("A1", bench.reading(battery_power_w=0.0))
    await controller.force(Mode.CHARGE, power_w=6000, duration=timedelta(hours=2))
    return controller


def power_w(controller: Controller) -> float | None:
    """Return the power that the battery is told."""
    command = controller.batteries["A1"].lease.command
    return None if command is None else command.power_w


async def test_control_keeps_to_the_fuse() -> None:
    """By what the inverter tells of the phases, or else by what the home draws."""
    bench = Bench()
    controller = await forced(bench, SiteLimits(mains=FUSE_25))
    # 500 W on each phase is the worst that is known, so 4790 W are left, thrice.
    assert power_w(controller) == 6000
    controller.batteries["A1"].connection = Connection.L2
    await controller.tick()
    assert power_w(controller) == 4700
    bench.time.pass_by(seconds=10)
    told = replace(
        bench.reading(battery_power_w=-4700), grid_phases_w=(100, 6700, -300)
    )
    controller.read("A1", told)
    await controller.tick()
    assert power_w(controller) == 3200
    # A meter of the home's own comes first.
    controller.sight.measure = lambda: PhasePowers(bench.time.now, (0, 4000, 0))
    bench.time.pass_by(seconds=10)
    controller.read("A1", bench.reading(battery_power_w=-1000))
    await controller.tick()
    assert power_w(controller) == 2200


async def test_phases_that_are_not_measured_are_told() -> None:
    """After five minutes, and no more once they are."""
    bench = Bench()
    controller = await forced(bench, SiteLimits(mains=FUSE_25))
    watch, known = Watch(), QUIET

    def told() -> set[ProblemKey]:
        problems = watch.problems(controller, known, bench.time.now)
        return {each.key for each in problems} & {ProblemKey.PHASES_UNKNOWN}

    assert told() == set()
    bench.time.pass_by(minutes=5)
    assert told() == {ProblemKey.PHASES_UNKNOWN}
    controller.sight.measure = lambda: PhasePowers(bench.time.now, (0, 0, 0))
    controller.read("A1", bench.reading(battery_power_w=0.0))
    assert told() == set()
