"""The controller: one master at all times, and the owner's settings at the end."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.control.journal import JournalError, Record
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.planned import next_change
from custom_components.power_sync.control.problems import Problem, ProblemKey
from custom_components.power_sync.control.view import Master, SiteLimits
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import (
    Plan,
    PlannedSlot,
    Reason,
    ReasonKey,
)
from custom_components.power_sync.model.timegrid import TimeGrid

from .bench import OWNER, START, Bench, Device

HOUR = timedelta(hours=1)


def slot(
    mode: Mode, power_kw: float | None = None, *, firm: bool = True
) -> PlannedSlot:
    """Return a slot that is only what control looks at."""
    return PlannedSlot(
        mode=mode,
        power_kw=power_kw,
        battery_kw=0,
        solar_kw=0,
        load_kw=0,
        grid_kw=0,
        curtailed_kw=0,
        soc_pct=50,
        import_per_kwh=0.1,
        export_per_kwh=0.05,
        firm=firm,
        cost=0,
        baseline_cost=0,
        baseline_soc_pct=50,
        stored_value_per_kwh=0.2,
        reason=Reason(ReasonKey.CHARGE_FOR_LATER, 0.1, 0.2, START + HOUR),
    )


def plan(bench: Bench, *slots: PlannedSlot) -> Plan:
    """Return a plan of these slots from now on."""
    return Plan(
        grid=TimeGrid(bench.time.now, timedelta(minutes=5), len(slots)),
        slots=slots,
        currency="GBP",
        made_at=bench.time.now,
        solver="exact",
        solve_ms=1,
        cost=1,
        baseline_cost=2,
        bound=1,
        gap=0,
        accepted=True,
    )


async def running(bench: Bench, limits: SiteLimits | None = None) -> Controller:
    """Return a controller that has had its first reading."""
    controller = await bench.controller(limits=limits)
    controller.read("A1", bench.reading())
    await controller.tick()
    return controller


def lease(controller: Controller) -> tuple[Master, Mode, str]:
    """Return who decides for the battery, what and why."""
    now = controller.batteries["A1"].lease
    return now.master, now.mode, now.reason


async def test_without_a_plan_the_battery_is_the_owners() -> None:
    """Automatic and off differ only in what they say."""
    bench = Bench()
    controller = await running(bench)
    assert lease(controller) == (Master.NORMAL, Mode.SELF_CONSUMPTION, "no_plan")
    await controller.set_automatic(on=False)
    assert lease(controller) == (Master.NORMAL, Mode.SELF_CONSUMPTION, "owner")
    assert bench.device.writes == []


async def test_the_plan_is_followed_and_given_up_with_its_slot() -> None:
    """Charge for a slot, then self-consumption."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(
        bench, slot(Mode.CHARGE, 3), slot(Mode.SELF_CONSUMPTION), slot(Mode.STANDBY)
    )
    await controller.tick()
    assert lease(controller) == (Master.PLAN, Mode.CHARGE, "charge_for_later")
    assert bench.device.settings["forced_power_w"] == 3000
    assert controller.batteries["A1"].lease.until == START + timedelta(minutes=5)
    bench.time.pass_by(minutes=5)
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.settings == OWNER
    assert controller.batteries["A1"].lease.master is Master.PLAN
    change = next_change(controller.plan, bench.time.now)
    assert change is not None
    assert change[0] == START + timedelta(minutes=10)
    assert change[1].mode is Mode.STANDBY


async def test_a_planned_power_that_hardly_moves_is_no_new_command() -> None:
    """50 W more or less are not worth a write; 51 are."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(
        bench,
        slot(Mode.CHARGE, 3),
        slot(Mode.CHARGE, 3.05),
        slot(Mode.CHARGE, 2.949),
    )
    powers = []
    for _ in range(3):
        controller.read("A1", bench.reading())
        await controller.tick()
        powers.append(bench.device.settings["forced_power_w"])
        bench.time.pass_by(minutes=5)
    assert powers == [3000, 3000, 2949]


async def test_a_price_that_is_only_forecast_is_not_traded_on() -> None:
    """Late prices: the slot of now is a guess, so the battery is the owner's."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, slot(Mode.DISCHARGE, 3, firm=False))
    await controller.tick()
    assert lease(controller) == (Master.PLAN, Mode.SELF_CONSUMPTION, "price_not_firm")
    assert bench.device.writes == []


async def test_an_old_plan_is_not_acted_on() -> None:
    """After an hour without a new plan, the battery is given back."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 24)
    await controller.tick()
    bench.time.pass_by(minutes=61)
    controller.read("A1", bench.reading())
    await controller.tick()
    assert lease(controller)[0] is Master.NORMAL
    assert bench.device.settings == OWNER


async def test_a_force_goes_over_the_plan_to_its_end() -> None:
    """And ends by itself within one tick of its end."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.DISCHARGE, 2)] * 100)
    await controller.tick()
    answer = await controller.force(Mode.CHARGE, power_w=2500, duration=HOUR)
    assert answer == {"A1": (2500, Outcome.FOLLOWED)}
    assert lease(controller) == (Master.FORCE, Mode.CHARGE, "user_request")
    assert bench.device.settings["forced_command"] == 0xAA
    bench.time.pass_by(minutes=59, seconds=59)
    controller.plan = plan(bench, *[slot(Mode.SELF_CONSUMPTION)] * 100)
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.settings["forced_command"] == 0xAA
    bench.time.pass_by(seconds=1)
    await controller.tick()
    assert bench.device.settings == OWNER
    assert controller.batteries["A1"].executor.record.force is None


async def test_restore_normal_ends_a_force() -> None:
    """The battery is back at once; automatic control goes on with the next tick."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.DISCHARGE, power_w=None, duration=HOUR)
    assert bench.device.settings["forced_power_w"] == 5000  # the owner's ceiling
    assert await controller.restore_normal() == {"A1": Outcome.FOLLOWED}
    assert bench.device.settings == OWNER
    await controller.tick()
    assert lease(controller)[0] is Master.NORMAL


@pytest.mark.parametrize("expired", [False, True])
async def test_a_restart_resumes_a_force_or_puts_the_battery_back(
    *, expired: bool
) -> None:
    """Depending on whether its end lies ahead."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.time.pass_by(minutes=61 if expired else 30)
    written = len(bench.device.writes)
    again = await running(bench)
    if expired:
        assert bench.device.settings == OWNER
        assert again.batteries["A1"].executor.record.force is None
    else:
        assert lease(again)[0] is Master.FORCE
        assert bench.device.settings["forced_command"] == 0xAA
        assert len(bench.device.writes) == written


async def test_stop_gives_back_and_keeps_a_force_that_goes_on() -> None:
    """A clean stop: the device is normal, the force resumes at the next start."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    assert await controller.stop()
    assert bench.device.settings == OWNER
    await controller.tick()
    assert bench.device.settings == OWNER
    again = await running(bench)
    assert lease(again)[0] is Master.FORCE
    assert bench.device.settings["forced_command"] == 0xAA


async def test_stop_can_forget_forces() -> None:
    """Then nothing resumes."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    assert await controller.stop(forget_forces=True)
    again = await running(bench)
    assert lease(again)[0] is Master.NORMAL


async def test_the_plans_command_is_not_resumed_after_a_restart() -> None:
    """What the plan had begun is put back until there is a new plan."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, slot(Mode.CHARGE, 3))
    await controller.tick()
    assert bench.device.settings != OWNER
    await running(bench)
    assert bench.device.settings == OWNER


async def test_a_corrupt_journal_leads_to_safe_settings_and_a_problem() -> None:
    """Corrupt is not absent."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.journal.text = "{"
    again = await running(bench)
    assert bench.device.settings["ems_mode"] == 0
    assert bench.device.settings["forced_command"] == 0xCC
    assert Problem(ProblemKey.OWNER_SETTINGS_LOST) in again.problems
    third = await running(bench)
    assert third.problems == ()


async def test_an_unwritable_journal_refuses_a_force() -> None:
    """The user is told; nothing was sent, and no force is pending."""
    bench = Bench()
    controller = await running(bench)
    bench.journal.broken = True
    with pytest.raises(JournalError):
        await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    await controller.tick()
    assert bench.device.writes == []
    assert lease(controller)[0] is Master.NORMAL
    controller.plan = plan(bench, slot(Mode.CHARGE, 3))
    await controller.tick()
    assert bench.device.writes == []
    assert Problem(ProblemKey.JOURNAL_NOT_WRITABLE, "A1") in controller.problems


def _same(record: Record) -> Record:
    return record


async def test_a_force_is_stored_for_all_batteries_or_for_none() -> None:
    """Where the disk fills up between two of them, neither is forced later."""
    bench = Bench()
    other = Device(serial="B2")
    controller = await bench.controller(other)
    for serial in ("A1", "B2"):
        controller.read(serial, bench.reading())
    await controller.tick()
    bench.journal.saves_left = 0
    with pytest.raises(JournalError):
        await controller.force(Mode.DISCHARGE, power_w=None, duration=HOUR)
    bench.journal.saves_left = None
    await controller.tick()
    assert bench.device.settings == other.settings == OWNER
    before = bench.journal.saves
    await controller.book.put_all({"A1": _same, "B2": _same})
    assert bench.journal.saves == before + 1


async def test_restore_normal_shows_who_decides_then() -> None:
    """At once, and not with the next tick."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    await controller.restore_normal()
    assert lease(controller)[0] is Master.NORMAL


@pytest.mark.parametrize(
    ("trouble", "reading"),
    [
        (Trouble.ISLANDED, {"islanded": True}),
        (Trouble.FAULT, {"fault": True}),
        (Trouble.STORM, {"storm": True}),
    ],
)
async def test_safety_goes_over_a_force(
    trouble: Trouble, reading: dict[str, bool]
) -> None:
    """A battery in trouble is left to itself; the force goes on after it.

    A fault is over after three polls without it, an island five minutes later, a
    storm at once.
    """
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    controller.read("A1", bench.reading(**reading))
    await controller.tick()
    assert lease(controller) == (
        Master.SAFETY,
        Mode.SELF_CONSUMPTION,
        trouble.value,
    )
    assert bench.device.settings == OWNER
    controller.read("A1", bench.reading())
    if trouble is Trouble.ISLANDED:
        await controller.tick()
        assert lease(controller)[2] == Trouble.GRID_RETURNING.value
        bench.time.pass_by(minutes=5)
        controller.read("A1", bench.reading())
    elif trouble is Trouble.FAULT:
        controller.read("A1", bench.reading())
        await controller.tick()
        assert lease(controller)[2] == Trouble.FAULT.value
        controller.read("A1", bench.reading())
    await controller.tick()
    assert lease(controller)[0] is Master.FORCE


async def test_unreadable_after_three_polls_and_back_after_three() -> None:
    """A single lost poll changes nothing."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)

    async def poll(*, good: bool) -> str:
        bench.time.pass_by(seconds=10)
        if good:
            controller.read("A1", bench.reading())
        else:
            controller.unread("A1")
        await controller.tick()
        return lease(controller)[0].value

    assert [await poll(good=False) for _ in range(3)] == ["plan", "plan", "safety"]
    assert [await poll(good=True) for _ in range(3)] == ["safety", "safety", "plan"]


async def test_a_reading_of_two_minutes_ago_is_none() -> None:
    """Also where nobody reports failed polls."""
    bench = Bench()
    controller = await running(bench)
    bench.time.pass_by(seconds=121)
    await controller.tick()
    assert lease(controller) == (
        Master.SAFETY,
        Mode.SELF_CONSUMPTION,
        Trouble.UNREADABLE.value,
    )


async def test_another_device_at_the_address_is_never_written_to() -> None:
    """And is reported."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, slot(Mode.CHARGE, 3))
    controller.unread("A1", wrong_device=True)
    await controller.tick()
    assert bench.device.writes == []
    assert Problem(ProblemKey.WRONG_DEVICE, "A1") in controller.problems


async def test_a_restore_that_fails_is_tried_until_it_succeeds() -> None:
    """It becomes a problem, and goes away when solved."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.device.reachable = False
    bench.time.pass_by(minutes=61)
    for _ in range(12):
        controller.unread("A1")
        await controller.tick()
        bench.time.pass_by(seconds=10)
    assert Problem(ProblemKey.RESTORE_FAILING, "A1") in controller.problems
    bench.device.reachable = True
    for _ in range(7):
        controller.read("A1", bench.reading())
        await controller.tick()
        bench.time.pass_by(seconds=10)
    assert bench.device.settings == OWNER
    assert controller.problems == ()


async def test_a_command_that_is_not_followed_becomes_a_problem() -> None:
    """After three tries; the battery is at normal meanwhile."""
    bench = Bench()
    bench.device.ignores = frozenset({"forced_command"})
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)
    for _ in range(12):
        controller.read("A1", bench.reading())
        await controller.tick()
        bench.time.pass_by(seconds=10)
    assert Problem(ProblemKey.COMMAND_NOT_FOLLOWED, "A1") in controller.problems
    assert bench.device.settings == OWNER
    (entry,) = controller.log.entries
    assert entry.outcome is Outcome.NOT_FOLLOWED


async def test_off_gives_the_battery_back_and_still_obeys_the_user() -> None:
    """Automatic control off: only force, restore and settings act."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)
    await controller.tick()
    await controller.set_automatic(on=False)
    assert bench.device.settings == OWNER
    await controller.force(Mode.DISCHARGE, power_w=1000, duration=HOUR)
    assert bench.device.settings["forced_command"] == 0xBB


async def test_dry_run_gives_back_and_then_writes_nothing() -> None:
    """The log shows what would have been sent, once."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)
    await controller.tick()
    await controller.set_dry_run(on=True)
    assert bench.device.settings == OWNER
    written = len(bench.device.writes)
    for _ in range(5):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert len(bench.device.writes) == written
    dry = [e for e in controller.log.entries if e.outcome is Outcome.DRY_RUN]
    assert len(dry) == 1
    await controller.set_dry_run(on=False)
    assert bench.device.settings["forced_command"] == 0xAA


async def test_the_reserve_is_kept_though_the_device_would_go_lower() -> None:
    """Down at 20 %, discharging resumes at 22 %."""
    bench = Bench()
    controller = await running(bench, SiteLimits(reserve_pct=20, battery_export=True))

    async def at(soc_pct: float) -> str:
        controller.plan = plan(bench, *[slot(Mode.SELF_CONSUMPTION)] * 12)
        controller.read("A1", bench.reading(soc_pct=soc_pct, min_soc_pct=5.0))
        await controller.tick()
        return lease(controller)[1].value

    assert await at(21) == "self_consumption"
    assert await at(20) == "no_discharge"
    assert await at(21.9) == "no_discharge"
    assert bench.device.settings["max_discharge_10w"] == 1
    assert await at(22) == "self_consumption"
    assert bench.device.settings == OWNER


async def test_the_device_keeps_a_reserve_that_it_knows_itself() -> None:
    """Nothing is written where the inverter's own floor is as high."""
    bench = Bench()
    controller = await running(bench, SiteLimits(reserve_pct=20, battery_export=True))
    controller.plan = plan(bench, *[slot(Mode.DISCHARGE, 3)] * 12)
    controller.read("A1", bench.reading(soc_pct=20.0, min_soc_pct=20.0))
    await controller.tick()
    assert lease(controller) == (Master.PLAN, Mode.SELF_CONSUMPTION, "at_reserve")
    assert bench.device.writes == []


async def test_forced_charging_keeps_the_import_limit() -> None:
    """6 kW at the meter, 2.15 kW of load: 3.8 kW for the battery.

    Less at once; more only after five minutes in which there was room for it.
    """
    bench = Bench()
    controller = await running(bench, SiteLimits(import_limit_w=6000))
    controller.read("A1", bench.reading(load_power_w=2150.0))
    await controller.force(Mode.CHARGE, power_w=5000, duration=HOUR)
    assert bench.device.settings["forced_power_w"] == 3800

    async def with_load(load_w: float) -> object:
        controller.read("A1", bench.reading(load_power_w=load_w))
        await controller.tick()
        return bench.device.settings["forced_power_w"]

    assert await with_load(3000) == 3000
    assert await with_load(2800) == 3000
    assert await with_load(1000) == 3000
    bench.time.pass_by(minutes=4)
    assert await with_load(1200) == 3000
    bench.time.pass_by(seconds=61)
    assert await with_load(900) == 4800
    bench.time.pass_by(minutes=5, seconds=1)
    assert await with_load(900) == 5000
    await with_load(6001)
    assert lease(controller) == (Master.FORCE, Mode.STANDBY, "no_room")
    assert bench.device.settings["forced_command"] == 0xCC
    assert bench.device.settings["max_discharge_10w"] == OWNER["max_discharge_10w"]


async def test_no_room_to_export_leaves_the_home_served() -> None:
    """An export limit of 0 W and more sun than load: self-consumption."""
    bench = Bench()
    limits = SiteLimits(export_limit_w=0, battery_export=True)
    controller = await running(bench, limits)
    controller.read("A1", bench.reading(load_power_w=500.0, solar_power_w=800.0))
    await controller.force(Mode.DISCHARGE, power_w=5000, duration=HOUR)
    assert lease(controller) == (Master.FORCE, Mode.SELF_CONSUMPTION, "no_room")
    assert bench.device.settings == OWNER


async def test_forced_discharging_keeps_the_export_limit() -> None:
    """3.6 kW at the meter and 500 W of load: 4.1 kW from the battery."""
    bench = Bench()
    limits = SiteLimits(export_limit_w=3600, battery_export=True)
    controller = await running(bench, limits)
    await controller.force(Mode.DISCHARGE, power_w=5000, duration=HOUR)
    assert bench.device.settings["forced_power_w"] == 4100


async def test_two_batteries_share_the_power_and_each_is_put_back() -> None:
    """The power of a force is the site's total."""
    bench = Bench()
    other = Device(serial="B2")
    controller = await bench.controller(other)
    for serial in ("A1", "B2"):
        controller.read(serial, bench.reading())
    answer = await controller.force(Mode.CHARGE, power_w=4000, duration=HOUR)
    assert answer == {
        "A1": (2000, Outcome.FOLLOWED),
        "B2": (2000, Outcome.FOLLOWED),
    }
    one = await controller.force(
        Mode.DISCHARGE, power_w=1500, duration=HOUR, batteries=["B2"]
    )
    assert one == {"B2": (1500, Outcome.FOLLOWED)}
    # The home takes 500 W: the first one would be charged by what is sold.
    assert bench.device.settings["forced_command"] == 0xCC
    assert controller.batteries["A1"].lease.reason == "other_exports"
    assert await controller.stop()
    assert bench.device.settings == other.settings == OWNER


async def test_a_battery_that_left_the_site_is_still_given_back() -> None:
    """Removed while it could not be reached: its record remains until it can."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    stray, bench.device = bench.device, Device(serial="B2")
    again = await bench.controller()
    assert list(again.strays()) == ["A1"]
    stray.reachable = False
    assert not await again.restore_stray(stray, again.strays()["A1"])
    stray.reachable = True
    assert await again.restore_stray(stray, {})
    assert stray.settings == OWNER
    assert "A1" not in (bench.journal.text or "")


async def test_the_watchdog_gives_back_when_ticks_stop() -> None:
    """After two minutes."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)
    await controller.tick()
    bench.time.pass_by(seconds=120)
    assert not await controller.watch()
    assert bench.device.settings != OWNER
    bench.time.pass_by(seconds=1)
    assert await controller.watch()
    assert bench.device.settings == OWNER


async def test_an_unexpected_error_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A fault in one driver is logged, and the other battery is served."""
    bench = Bench()

    def broken(*_: object) -> object:
        raise ZeroDivisionError

    other = Device(serial="B2")
    controller = await bench.controller(other)
    bench.device.writes_for = broken  # type: ignore[assignment, method-assign]  # a fault in a driver
    for serial in ("A1", "B2"):
        controller.read(serial, bench.reading())
    await controller.force(Mode.CHARGE, power_w=None, duration=HOUR)
    assert other.settings["forced_command"] == 0xAA
    assert "Control of a battery failed" in caplog.text


async def test_a_hold_and_a_force_at_the_same_time_do_not_undo_each_other() -> None:
    """A force that comes while the plan's command is being written."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)
    forces: list[asyncio.Task[object]] = []

    def begin() -> None:
        bench.device.before_write = None
        wanted = controller.force(Mode.DISCHARGE, power_w=1000, duration=HOUR)
        forces.append(asyncio.ensure_future(wanted))

    bench.device.before_write = begin
    await controller.tick()
    await forces[0]
    assert lease(controller)[0] is Master.FORCE
    assert bench.device.settings["forced_command"] == 0xBB
    again = await running(bench)
    assert lease(again)[0] is Master.FORCE
    await again.restore_normal()
    assert bench.device.settings == OWNER


async def test_listeners_hear_of_changes_until_they_leave() -> None:
    """Entities follow control by this."""
    bench = Bench()
    controller = await running(bench)
    heard: list[int] = []
    leave: Callable[[], None] = controller.listen(lambda: heard.append(1))
    await controller.tick()
    leave()
    await controller.tick()
    assert heard == [1]
