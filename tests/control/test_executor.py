"""The executor: owner's settings first, read back after, put back whatever happens."""

import asyncio
from dataclasses import replace
from datetime import timedelta
import itertools

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.patience import RESENDS
from custom_components.power_sync.model.battery import Mode

from .bench import OWNER, Bench, Device, PowerCutError

COMMANDS = [
    (Mode.CHARGE, 3000.0),
    (Mode.CHARGE, None),
    (Mode.DISCHARGE, 2500.0),
    (Mode.NO_DISCHARGE, None),
    (Mode.STANDBY, None),
    (Mode.LIMIT, 1500.0),
]


async def test_a_command_is_written_read_back_and_logged() -> None:
    """A forced charge: power, mode, command; then as the log has it."""
    bench = Bench()
    executor = await bench.executor()
    assert await executor.carry_out(bench.order(Mode.CHARGE, 3000)) is Outcome.FOLLOWED
    assert [(w.setting, w.value) for w in bench.device.writes] == [
        ("forced_power_w", 3000),
        ("ems_mode", 2),
        ("forced_command", 0xAA),
    ]
    (entry,) = bench.log.entries
    assert entry.outcome is Outcome.FOLLOWED
    assert entry.writes == tuple(bench.device.writes)
    assert entry.read_back["forced_command"] == 0xAA


async def test_what_is_so_already_is_not_written_again() -> None:
    """The same order twice writes once."""
    bench = Bench()
    executor = await bench.executor()
    await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    written = len(bench.device.writes)
    assert await executor.carry_out(bench.order(Mode.CHARGE, 3000)) is Outcome.ALREADY
    assert len(bench.device.writes) == written


async def test_self_consumption_gives_the_battery_back() -> None:
    """The plan's self-consumption is the owner's own operation."""
    bench = Bench()
    executor = await bench.executor()
    await executor.carry_out(bench.order(Mode.DISCHARGE, 2000))
    outcome = await executor.carry_out(bench.order(Mode.SELF_CONSUMPTION))
    assert outcome is Outcome.FOLLOWED
    assert bench.device.settings == OWNER
    assert not executor.held


@pytest.mark.parametrize(("first", "second"), itertools.product(COMMANDS, COMMANDS))
async def test_power_cut_after_every_write_leads_back_to_the_owner(
    first: tuple[Mode, float | None], second: tuple[Mode, float | None]
) -> None:
    """Whatever was written last, the next start puts everything back."""
    for cut_after in range(1, 12):
        bench = Bench()
        executor = await bench.executor()
        bench.device.cut_after = cut_after
        with_cut = False
        try:
            await executor.carry_out(bench.order(*first))
            await executor.carry_out(bench.order(*second))
            await executor.carry_out(bench.order(None))
        except PowerCutError:
            with_cut = True
        bench.device.cut_after = None
        after = await bench.executor()
        outcome = await after.carry_out(bench.order(None))
        assert outcome.good
        assert bench.device.settings == OWNER
        assert not after.held
        if not with_cut:
            return
    raise AssertionError("never ran to its end")


async def test_no_journal_no_write() -> None:
    """Where the owner's settings cannot be stored, nothing is sent."""
    bench = Bench()
    executor = await bench.executor()
    bench.journal.broken = True
    outcome = await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    assert outcome is Outcome.NOT_STORED
    assert bench.device.writes == []


async def test_release_needs_no_journal() -> None:
    """A battery is given back also where the disk has failed meanwhile."""
    bench = Bench()
    executor = await bench.executor()
    await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    bench.journal.broken = True
    assert await executor.carry_out(bench.order(None)) is Outcome.FOLLOWED
    assert bench.device.settings == OWNER


async def test_a_setting_changed_by_the_owner_is_kept() -> None:
    """While the sun alone may charge, the owner lowers the discharge ceiling."""
    bench = Bench()
    executor = await bench.executor()
    await executor.carry_out(bench.order(Mode.NO_DISCHARGE))
    assert bench.device.settings["max_discharge_10w"] == 1
    bench.device.settings["max_discharge_10w"] = 300
    assert (await executor.carry_out(bench.order(None))).good
    assert bench.device.settings == OWNER | {"max_discharge_10w": 300}


async def test_a_setting_we_did_not_touch_is_kept_during_a_force() -> None:
    """A ceiling that the owner lowers during a forced charge stays lowered."""
    bench = Bench()
    executor = await bench.executor()
    await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    bench.device.settings["max_discharge_10w"] = 300
    await executor.carry_out(bench.order(Mode.NO_DISCHARGE))
    await executor.carry_out(bench.order(None))
    assert bench.device.settings == OWNER | {"max_discharge_10w": 300}


async def test_a_newer_order_stops_an_older_one_between_writes() -> None:
    """A force replaced while the first is still writing."""
    bench = Bench()
    executor = await bench.executor()
    newer: list[asyncio.Task[Outcome]] = []

    def replace_it() -> None:
        bench.device.before_write = None
        order = bench.order(Mode.DISCHARGE, 2000)
        newer.append(asyncio.ensure_future(executor.carry_out(order)))

    async def pause(_seconds: float) -> None:
        await asyncio.sleep(0)

    executor.clock = replace(executor.clock, sleep=pause)
    bench.device.before_write = replace_it
    original = bench.device.write

    async def slowly(write: object) -> None:
        await original(write)  # type: ignore[arg-type]  # passes on what it gets
        await asyncio.sleep(0)

    bench.device.write = slowly  # type: ignore[method-assign]  # a slow link
    older = await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    assert older is Outcome.SUPERSEDED
    assert await newer[0] is Outcome.FOLLOWED
    assert bench.device.settings["forced_command"] == 0xBB
    await executor.carry_out(bench.order(None))
    assert bench.device.settings == OWNER


async def test_an_ignored_write_is_noticed_and_backed_out_of() -> None:
    """Acknowledged is not done: the device is left in its normal state."""
    bench = Bench()
    bench.device.ignores = frozenset({"forced_command"})
    executor = await bench.executor()
    outcome = await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    assert outcome is Outcome.NOT_FOLLOWED
    assert bench.device.settings == OWNER
    assert "forced_command" in (bench.log.entries[-1].error or "")


async def test_a_refused_write_is_backed_out_of() -> None:
    """Half a command is no defined state."""
    bench = Bench()
    bench.device.refuses = frozenset({"forced_command"})
    executor = await bench.executor()
    outcome = await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    assert outcome is Outcome.REFUSED
    assert bench.device.settings == OWNER
    assert not executor.patience.ready(bench.time.now)
    bench.time.pass_by(seconds=10)
    assert executor.patience.ready(bench.time.now)


async def test_unreachable_is_tried_again_sooner_then_later() -> None:
    """10, 20, 40, then every 60 seconds."""
    bench = Bench()
    bench.device.reachable = False
    executor = await bench.executor()
    waits = []
    for _ in range(5):
        outcome = await executor.carry_out(bench.order(Mode.CHARGE, 3000))
        assert outcome is Outcome.UNREACHABLE
        assert executor.patience.wait_until is not None
        waits.append((executor.patience.wait_until - bench.time.now).total_seconds())
    assert waits == [10, 20, 40, 60, 60]
    assert len(bench.log.entries) == 1


async def test_what_is_not_ready_yet_is_waited_for_in_silence() -> None:
    """Every ten seconds, as long as it takes; then what was pending is done."""
    bench = Bench()
    await (await bench.executor()).carry_out(bench.order(Mode.CHARGE, 3000))
    logged = len(bench.log.entries)
    again = await bench.executor()
    bench.device.starting = True
    for _ in range(9):
        assert await again.carry_out(bench.order(None)) is Outcome.NOT_READY
        assert not again.patience.ready(bench.time.now)
        bench.time.pass_by(seconds=10)
        assert again.patience.ready(bench.time.now)
    assert (again.patience.failures, len(bench.log.entries)) == (0, logged)
    bench.device.starting = False
    assert await again.carry_out(bench.order(None)) is Outcome.FOLLOWED
    assert bench.device.settings == OWNER


async def test_dropped_is_sent_again_three_times_in_half_an_hour() -> None:
    """A device that falls back to normal by itself."""
    bench = Bench()
    executor = await bench.executor()
    order = bench.order(Mode.CHARGE, 3000)
    await executor.carry_out(order)
    for resend in range(RESENDS):
        bench.device.settings = dict(OWNER)
        bench.time.pass_by(minutes=1)
        assert executor.patience.ready(bench.time.now), resend
        assert await executor.carry_out(order) is Outcome.FOLLOWED
    bench.time.pass_by(minutes=1)
    assert not executor.patience.ready(bench.time.now)
    bench.time.pass_by(minutes=30)
    assert executor.patience.ready(bench.time.now)


async def test_a_changed_order_is_not_a_dropped_one() -> None:
    """Four different orders in a row wear no patience out."""
    bench = Bench()
    executor = await bench.executor()
    for mode, power_w in COMMANDS:
        await executor.carry_out(bench.order(mode, power_w))
        assert executor.patience.ready(bench.time.now)


async def test_foreign_control_is_left_alone_for_ten_minutes() -> None:
    """Another controller writes over ours: three polls, then ten minutes."""
    bench = Bench()
    executor = await bench.executor()
    order = bench.order(Mode.CHARGE, 3000)
    await executor.carry_out(order)
    bench.device.settings["ems_mode"] = 8
    written = len(bench.device.writes)
    for _ in range(3):
        assert await executor.carry_out(order) is Outcome.FOREIGN
        bench.time.pass_by(seconds=10)
    assert len(bench.device.writes) == written
    assert executor.patience.wait_until == bench.time.now + timedelta(
        minutes=10, seconds=-10
    )
    bench.time.pass_by(minutes=10)
    assert await executor.carry_out(order) is Outcome.FOLLOWED
    await executor.carry_out(bench.order(None))
    assert bench.device.settings == OWNER | {"ems_mode": 8}


async def test_what_a_program_keeps_writing_is_not_the_owners() -> None:
    """Set once it is an owner's wish; again and again it is told, and never kept."""
    bench = Bench()
    executor = await bench.executor()
    order = bench.order(Mode.NO_DISCHARGE)
    setting, theirs = "max_discharge_10w", 333
    await executor.carry_out(order)

    async def written_again() -> None:
        bench.device.settings[setting] = theirs
        for _ in range(3):
            assert await executor.carry_out(order) is Outcome.FOREIGN
            bench.time.pass_by(seconds=10)
        bench.time.pass_by(minutes=10)
        assert await executor.carry_out(order) is Outcome.FOLLOWED

    await written_again()
    assert executor.record.owner[setting] == theirs
    assert not executor.patience.foreign(bench.time.now)
    await written_again()
    assert executor.patience.foreign(bench.time.now)
    # That would be lost with a restart, the value and how often it came would not.
    executor = await bench.executor()
    await written_again()
    assert executor.record.owner[setting] == OWNER[setting]
    await written_again()
    await executor.carry_out(bench.order(None))
    assert bench.device.settings == OWNER
    assert executor.record.doubted == {}


@pytest.mark.parametrize("mode", [3, 4])
async def test_another_energy_manager_is_never_fought_with(mode: int) -> None:
    """An external EMS or a VPP took over: nothing is sent after the wait either."""
    bench = Bench()
    executor = await bench.executor()
    order = bench.order(Mode.CHARGE, 3000)
    await executor.carry_out(order)
    bench.device.settings["ems_mode"] = mode
    for _ in range(3):
        assert await executor.carry_out(order) is Outcome.FOREIGN
        bench.time.pass_by(seconds=10)
    bench.time.pass_by(minutes=10)
    assert await executor.carry_out(order) is Outcome.REFUSED
    assert bench.device.settings["ems_mode"] == mode
    await executor.carry_out(bench.order(None))
    assert bench.device.settings == OWNER | {"ems_mode": mode}


async def test_a_forced_mode_found_at_first_contact_is_not_taken_over() -> None:
    """Somebody forces the battery: the plan waits, and never restores to that."""
    bench = Bench()
    bench.device.settings |= {"ems_mode": 2, "forced_command": 0xBB}
    executor = await bench.executor()
    outcome = await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    assert outcome is Outcome.FOREIGN
    assert bench.device.writes == []
    wanted = replace(bench.order(Mode.CHARGE, 3000), by_user=True)
    assert await executor.carry_out(wanted) is Outcome.FOLLOWED
    await executor.carry_out(bench.order(None))
    assert bench.device.settings["ems_mode"] == 0
    assert bench.device.settings["forced_command"] == 0xCC


async def test_dry_run_writes_nothing_but_shows_what_it_would() -> None:
    """The log lists the writes; the device keeps its settings."""
    bench = Bench()
    executor = await bench.executor()
    order = replace(bench.order(Mode.CHARGE, 3000), dry_run=True)
    assert await executor.carry_out(order) is Outcome.DRY_RUN
    assert bench.device.writes == []
    assert bench.journal.saves == 0
    assert [w.setting for w in bench.log.entries[-1].writes] == [
        "forced_power_w",
        "ems_mode",
        "forced_command",
    ]


async def test_dry_run_finishes_a_pending_restore() -> None:
    """What a live run left behind is put back also in a dry run."""
    bench = Bench()
    executor = await bench.executor()
    await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    again = await bench.executor()
    order = replace(bench.order(None), dry_run=True)
    assert await again.carry_out(order) is Outcome.FOLLOWED
    assert bench.device.settings == OWNER


async def test_flash_writes_are_counted_over_restarts() -> None:
    """Twenty a day, each hold and each giving back; the latter is always possible."""
    bench = Bench()
    bench.device.flash = frozenset({"max_charge_10w", "max_discharge_10w"})
    executor = await bench.executor()
    for _ in range(5):
        await executor.carry_out(bench.order(Mode.NO_DISCHARGE))
        await executor.carry_out(bench.order(None))
    again = await bench.executor()
    used = 20 - again.flash_writes_left()
    assert used == 10
    for _ in range(5):
        await again.carry_out(bench.order(Mode.NO_DISCHARGE))
        await again.carry_out(bench.order(None))
    outcome = await again.carry_out(bench.order(Mode.NO_DISCHARGE))
    assert outcome is Outcome.BUDGET
    assert bench.device.settings == OWNER
    bench.time.pass_by(days=1, seconds=1)
    assert again.flash_writes_left() == 20


async def test_commands_come_no_oftener_than_the_device_allows() -> None:
    """The next one waits for the device's interval, a release does not."""
    bench = Bench(device=Device(min_interval=timedelta(seconds=30)))
    executor = await bench.executor()
    await executor.carry_out(bench.order(Mode.CHARGE, 3000))
    outcome = await executor.carry_out(bench.order(Mode.CHARGE, 2000))
    assert outcome is Outcome.TOO_SOON
    assert bench.device.settings["forced_power_w"] == 3000
    assert not executor.patience.ready(bench.time.now)
    bench.time.pass_by(seconds=30)
    outcome = await executor.carry_out(bench.order(Mode.CHARGE, 2000))
    assert outcome is Outcome.FOLLOWED
    assert (await executor.carry_out(bench.order(None))).good


async def test_the_interval_holds_over_restarts() -> None:
    """However often Home Assistant starts anew; a clock that was set blocks nothing."""
    bench = Bench(device=Device(min_interval=timedelta(minutes=5)))
    await (await bench.executor()).carry_out(bench.order(Mode.CHARGE, 3000))
    told = bench.time.now
    for _ in range(4):
        bench.time.pass_by(minutes=1)
        again = await bench.executor()
        outcome = await again.carry_out(bench.order(Mode.DISCHARGE, 2000))
        assert outcome is Outcome.TOO_SOON
        # It is tried when it may be, and that it may not be is no failure.
        assert again.patience.wait_until == told + timedelta(minutes=5)
        assert again.patience.failures == 0
    assert bench.device.settings["forced_power_w"] == 3000
    # What the user wants now is told at once, and so is what gives it back.
    outcome = await again.carry_out(
        replace(bench.order(Mode.CHARGE, 1000), by_user=True)
    )
    assert outcome is Outcome.FOLLOWED
    again = await bench.executor()
    assert (await again.carry_out(bench.order(None))).good
    again = await bench.executor()
    outcome = await again.carry_out(bench.order(Mode.CHARGE, 2000))
    assert outcome is Outcome.TOO_SOON
    bench.time.pass_by(hours=-1)
    again = await bench.executor()
    outcome = await again.carry_out(bench.order(Mode.CHARGE, 2000))
    assert outcome is Outcome.FOLLOWED


async def test_what_is_written_twice_wears_twice() -> None:
    """A write to flash memory that was ignored and is repeated counts again."""
    setting = "max_discharge_10w"
    bench = Bench(
        device=Device(flash=frozenset({setting}), ignores=frozenset({setting}))
    )
    executor = await bench.executor()
    outcome = await executor.carry_out(bench.order(Mode.NO_DISCHARGE))
    assert outcome is Outcome.NOT_FOLLOWED
    written = [each for each in bench.device.writes if each.setting == setting]
    assert len(written) == 2
    assert executor.flash_writes_left() == 20 - len(written)


STEPS = st.lists(
    st.one_of(
        st.sampled_from(COMMANDS).map(lambda command: ("command", command)),
        st.just(("release", None)),
        st.just(("restart", None)),
        st.integers(1, 6).map(lambda n: ("cut", n)),
        st.sampled_from([200, 333, 444]).map(lambda v: ("owner", v)),
        st.sampled_from(["ignores", "refuses"]).map(lambda f: ("fault", f)),
        st.just(("away", None)),
    ),
    max_size=12,
)


@hypothesis_settings(max_examples=150)
@given(steps=STEPS)
def test_whatever_happens_the_owner_has_the_battery_back(
    steps: list[tuple[str, object]],
) -> None:
    """Random orders, faults, cuts and owners: at the end all is the owner's."""
    asyncio.run(_live_through(steps))


async def _live_through(steps: list[tuple[str, object]]) -> None:
    bench = Bench()
    device = bench.device
    owner = dict(OWNER)
    executor = await bench.executor()
    for what, value in steps:
        bench.time.pass_by(minutes=1)
        device.reachable = what != "away"
        device.cut_after = None
        device.ignores = device.refuses = frozenset()
        if what == "cut":
            device.cut_after = len(device.writes) + int(str(value))
        elif what == "fault":
            setattr(device, str(value), frozenset({"forced_command"}))
        elif what == "owner":
            device.settings["max_discharge_10w"] = owner["max_discharge_10w"] = int(
                str(value)
            )
        elif what == "restart":
            executor = await bench.executor()
        order = bench.order(None)
        if what == "command" and isinstance(value, tuple):
            order = bench.order(*value)
        elif what in ("cut", "fault", "away"):
            order = bench.order(Mode.CHARGE, 2222)
        if what in ("owner", "restart"):
            continue
        try:
            await executor.carry_out(order)
        except PowerCutError:
            executor = await bench.executor()
    device.reachable, device.cut_after = True, None
    device.ignores = device.refuses = frozenset()
    assert (await executor.carry_out(bench.order(None))).good
    assert device.settings == owner
