"""How well control does, counted."""

from datetime import timedelta

import pytest

from custom_components.power_sync.control.log import LogEntry, Outcome
from custom_components.power_sync.control.quality import (
    RuleTimes,
    commanded_w,
    commands_in_last_hour,
)
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import (
    Capabilities,
    Command,
    Mode,
    Write,
)

from .bench import START, Bench
from .test_priorities import UNTIL

ABLE = Capabilities(modes=frozenset(Mode), max_charge_w=5000, max_discharge_w=4000)


@pytest.mark.parametrize(
    ("mode", "power_w", "expected_w"),
    [
        (Mode.CHARGE, 3000, -3000),
        (Mode.CHARGE, None, -5000),
        (Mode.DISCHARGE, 3000, 3000),
        (Mode.DISCHARGE, None, 4000),
        (Mode.STANDBY, None, 0),
        (Mode.NO_DISCHARGE, None, None),
        (Mode.LIMIT, 500, None),
    ],
)
def test_commanded(mode: Mode, power_w: float | None, expected_w: float | None) -> None:
    """Positive is discharging; what follows the home sets no power."""
    assert commanded_w(Command(mode, power_w, UNTIL), ABLE) == expected_w


def test_nothing_commanded() -> None:
    """An owner's operation has no power of ours."""
    assert commanded_w(None, ABLE) is None


def entry(minutes: float, outcome: Outcome, *, writes: int = 1) -> LogEntry:
    """Return a command of some minutes ago."""
    return LogEntry(
        at=START - timedelta(minutes=minutes),
        battery_id="A1",
        master="plan",
        reason="test",
        command=None,
        writes=(Write("ems_mode", 0),) * writes,
        read_back={},
        outcome=outcome,
    )


def test_commands_of_the_last_hour() -> None:
    """What was sent counts, whatever came of it; what was only tried does not."""
    log = [
        entry(60, Outcome.FOLLOWED),
        entry(59, Outcome.FOLLOWED),
        entry(40, Outcome.REFUSED),
        entry(30, Outcome.DRY_RUN),
        entry(20, Outcome.ALREADY),
        entry(10, Outcome.FOLLOWED, writes=0),
    ]
    assert commands_in_last_hour(log, "A1", START) == 2
    assert commands_in_last_hour(log, "B2", START) == 0


def test_time_by_rule() -> None:
    """Each second is that of the master of then; a gap is nobody's."""
    times = RuleTimes()
    for second, master in ((0, Master.PLAN), (10, Master.PLAN), (15, Master.FORCE)):
        times.note(START + timedelta(seconds=second), master)
    times.note(START + timedelta(seconds=80), Master.FORCE)
    times.note(START + timedelta(seconds=90), Master.FORCE)
    times.note(START, Master.FORCE)
    assert times.by == {
        Master.PLAN: timedelta(seconds=10),
        Master.FORCE: timedelta(seconds=15),
    }


async def test_control_counts() -> None:
    """Every second that is noted is the present master's."""
    bench = Bench()
    controller = await bench.controller()
    for _ in range(3):
        controller.note_second()
        bench.time.pass_by(seconds=1)
    (battery,) = controller.batteries.values()
    assert battery.times.by == {Master.NORMAL: timedelta(seconds=2)}
