"""The last ten minutes, second by second: bounded, true, and read again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
import json
import tracemalloc

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.trace import KEPT, MOST, Stretch, Trace
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.recording.file import recording_of, recording_plain
from custom_components.power_sync.recording.model import Versions
from custom_components.power_sync.recording.replay import replay
from custom_components.power_sync.recording.report import report
from custom_components.power_sync.recording.take import take

from .bench import START, Bench, Device

SECOND = timedelta(seconds=1)
MOST_BYTES = 1_000_000


async def lived(bench: Bench, seconds: int) -> Controller:
    """Return a home of two batteries after some seconds, one force among them."""
    controller = await bench.controller(Device(serial="B2"))
    for second in range(seconds):
        if second % 10 == 0:
            for serial in ("A1", "B2"):
                reading = bench.reading(battery_power_w=100.0 + second)
                controller.read(serial, reading)
            await controller.tick()
        if second == 25:
            await controller.force(
                Mode.CHARGE,
                power_w=3000,
                duration=timedelta(minutes=30),
                batteries=["A1"],
            )
        controller.note_second()
        bench.time.pass_by(seconds=1)
    return controller


def seconds_of(stretches: tuple[Stretch, ...]) -> Iterator[int]:
    """Yield how many seconds each stretch stands for."""
    for stretch in stretches:
        yield (stretch.last - stretch.first) // SECOND + 1


async def test_every_second_is_in_it() -> None:
    """What was measured, decided and sent; what stays the same is kept once."""
    controller = await lived(Bench(), 60)
    stretches = controller.trace.stretches
    assert sum(seconds_of(stretches)) == 60
    # Six readings, and a force in the middle of one of them.
    assert len(stretches) == 7
    before, after = stretches[2].batteries[0], stretches[3].batteries[0]
    assert (before.master, before.decided.mode) == (
        Master.NORMAL,
        Mode.SELF_CONSUMPTION,
    )
    assert (after.master, after.decided.mode, after.decided.power_w) == (
        Master.FORCE,
        Mode.CHARGE,
        3000,
    )
    assert after.sent == after.decided
    assert (after.battery_w, after.soc_pct, after.load_w) == (120, 50, 500)
    assert after.read_at == START + timedelta(seconds=20)


async def test_ten_minutes_and_no_more() -> None:
    """Also where every second brings something new, the memory is bounded."""
    bench = Bench()
    controller = await lived(bench, 1)
    tracemalloc.start()
    try:
        for second in range(2 * MOST):
            bench.time.pass_by(seconds=1)
            reading = bench.reading(battery_power_w=float(second))
            controller.read("A1", reading)
            controller.note_second()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    stretches = controller.trace.stretches
    assert len(stretches) == MOST
    assert stretches[-1].last - stretches[0].first <= KEPT
    assert taken < MOST_BYTES


def test_a_clock_that_is_set_back() -> None:
    """What lies ahead of now then is dropped."""
    trace = Trace()
    trace.note(START, ())
    trace.note(START - timedelta(hours=1), ())
    assert [each.first for each in trace.stretches] == [START - timedelta(hours=1)]


async def test_a_recording_has_it_and_is_replayed() -> None:
    """Without serial numbers, and with what was done in lines for people."""
    bench = Bench()
    controller = await lived(bench, 60)
    names = {
        f"battery_{number}": each
        for number, each in enumerate(controller.batteries.values(), start=1)
    }
    versions = Versions(power_sync="1", home_assistant="2")
    trace = controller.trace.stretches
    taken = replace(take(names, None, None, bench.time.now, versions), trace=trace)
    text = json.dumps(recording_plain(taken))
    assert "A1" not in text
    again = recording_of({"recording": json.loads(text)})
    assert again.trace == trace
    lines = list(report(again, replay(again)))
    assert lines[lines.index("battery_1 in the last minutes:") + 2] == (
        "  12:00:25..12:00:59 charge at 3000 W by force because of user_request; sent "
        "charge at 3000 W (followed); battery 120..150 W, grid ? W, load 500 W"
    )
