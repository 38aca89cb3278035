"""Giving back in spite of everything: answers lost, disks hanging, bugs."""

import asyncio
from dataclasses import dataclass, replace
from typing import override

import pytest

from custom_components.power_sync.control import journal as journal_module
from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.journal import (
    JournalBook,
    JournalError,
    Records,
)
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.problems import Problem, ProblemKey
from custom_components.power_sync.control.view import Master, SiteLimits
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import (
    Mode,
    Settings,
    Write,
)

from .bench import DEVICE, OWNER, Bench, Device
from .test_controller import HOUR, lease, plan, running, slot


async def test_ceiling_unreadable_once_at_release_is_not_taken_for_the_owners() -> None:
    """None is no setting: the owner's 5 kW come back."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.NO_DISCHARGE, power_w=None, duration=HOUR)
    assert bench.device.settings["max_discharge_10w"] == 1
    real = bench.device.read_settings
    blanks = [2]

    async def blank() -> Settings:
        found = dict(await real())
        if blanks[0]:
            blanks[0] -= 1
            found["max_charge_10w"] = found["max_discharge_10w"] = None
        return found

    bench.device.read_settings = blank  # type: ignore[method-assign]  # a fault of the device
    bench.time.pass_by(minutes=61)
    for _ in range(30):
        controller.read("A1", bench.reading())
        await controller.tick()
        bench.time.pass_by(seconds=10)
    assert bench.device.settings == OWNER


async def test_ceiling_unreadable_once_during_hold_is_not_taken_for_the_owners() -> (
    None
):
    """Nor is it one while the battery is held."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.NO_DISCHARGE, power_w=None, duration=HOUR)
    real = bench.device.read_settings
    blanks = [1]

    async def blank() -> Settings:
        found = dict(await real())
        if blanks[0]:
            blanks[0] -= 1
            found["max_charge_10w"] = found["max_discharge_10w"] = None
        return found

    bench.device.read_settings = blank  # type: ignore[method-assign]  # a fault of the device
    for _ in range(380):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert bench.device.settings == OWNER


async def test_one_lost_answer_at_stop_does_not_leave_it_forced() -> None:
    """Stopping tries again."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    real = bench.device.read_settings
    lost = [1]

    async def flaky() -> Settings:
        if lost[0]:
            lost[0] -= 1
            raise DeviceUnreachableError("one lost answer")
        return await real()

    bench.device.read_settings = flaky  # type: ignore[method-assign]  # a fault of the device
    assert await controller.stop()
    assert bench.device.settings == OWNER


async def test_stop_releases_the_others_when_one_has_a_bug() -> None:
    """One battery's bug is no other battery's force."""
    bench = Bench()
    other = Device(serial="B2")
    controller = await bench.controller(other)
    for serial in ("A1", "B2"):
        controller.read(serial, bench.reading())
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)

    async def bug() -> Settings:
        raise RuntimeError("a bug")

    bench.device.read_settings = bug  # type: ignore[method-assign]  # a fault of the device
    await controller.stop()
    assert other.settings == OWNER


async def test_a_hanging_disk_does_not_lock_the_battery_in_a_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waiting for the disk ends, and the force does too."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    monkeypatch.setattr(journal_module, "SAVE_PATIENCE_S", 0.05)
    real = bench.journal.save
    asked, hang = asyncio.Event(), asyncio.Event()

    async def slow(records: Records) -> None:
        asked.set()
        await hang.wait()
        await real(records)

    bench.journal.save = slow  # type: ignore[method-assign]  # a disk that hangs
    controller.plan = None
    # the load changes what the force may take: the executor waits for the disk
    bench.device.settings["forced_command"] = 0xCC
    bench.time.pass_by(seconds=70)
    controller.read("A1", bench.reading())
    stuck = asyncio.ensure_future(controller.tick())
    await asked.wait()
    bench.time.pass_by(hours=2)
    controller.read("A1", bench.reading())
    # Both end while the disk still hangs.
    await asyncio.gather(stuck, controller.tick())
    assert bench.device.settings == OWNER
    hang.set()


async def test_stop_releases_before_it_waits_for_the_disk() -> None:
    """First the battery, then the file."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.time.pass_by(minutes=60)  # ended, but not yet ticked
    asked, hang = asyncio.Event(), asyncio.Event()

    async def slow(records: Records) -> None:
        asked.set()
        await hang.wait()

    bench.journal.save = slow  # type: ignore[method-assign]  # a disk that hangs
    stop = asyncio.ensure_future(controller.stop())
    await asked.wait()
    assert bench.device.settings == OWNER
    hang.set()
    await stop


async def test_old_stray_restore_does_not_wipe_the_new_sites_journal() -> None:
    """Removed, and added again while the old restore is under way."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.device.reachable = False
    await controller.stop()
    # reload without the battery: it is a stray
    without = Controller((), bench.journal, bench.time.clock(), SiteLimits())
    without.dry_run = False
    await without.start()
    assert list(without.strays()) == ["A1"]
    bench.device.reachable = True
    entered, go = asyncio.Event(), asyncio.Event()
    real = bench.device.read_settings
    reads = [0]

    async def gate() -> Settings:
        reads[0] += 1
        found = await real()
        if reads[0] == 2:  # the old one's read back
            entered.set()
            await go.wait()
        return found

    bench.device.read_settings = gate  # type: ignore[method-assign]  # a fault of the device
    stray = asyncio.ensure_future(without.restore_stray(bench.device, DEVICE))
    await entered.wait()
    # added again: reload
    await without.stop()
    again = await running(bench)
    assert lease(again)[0] is Master.FORCE
    assert bench.device.settings["forced_command"] == 0xAA
    go.set()
    await stray
    stored = (await bench.journal.load()).get("A1")
    assert bench.device.settings == OWNER or (stored is not None and stored.held)


async def test_a_stray_that_cannot_be_given_back_is_a_problem() -> None:
    """Told with the id of the battery, and no more once it is back."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.device.reachable = False
    await controller.stop()
    without = Controller((), bench.journal, bench.time.clock(), SiteLimits())
    await without.start()
    for _ in range(10):
        await without.restore_stray(bench.device, DEVICE)
        bench.time.pass_by(seconds=60)
    assert without.problems == (Problem(ProblemKey.RESTORE_FAILING, "A1"),)
    bench.device.reachable = True
    assert await without.restore_stray(bench.device, DEVICE)
    assert not without.stray_failures


async def test_lost_survives_another_restart_before_the_restore() -> None:
    """That the owner's settings are lost is stored at once."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.NO_DISCHARGE, power_w=None, duration=HOUR)
    bench.journal.text = "{"
    bench.device.reachable = False
    second = await bench.controller()
    await second.tick()
    await second.stop()
    if bench.journal.text == "{":
        bench.journal.text = None  # Store moves a torn file aside while loading
    bench.device.reachable = True
    await running(bench)
    assert bench.device.settings["max_discharge_10w"] != 1


async def test_dry_run_with_corrupt_journal_does_not_overwrite_normal_settings() -> (
    None
):
    """The owner's 3 kW ceiling stays."""
    bench = Bench()
    bench.device.settings["max_discharge_10w"] = 300  # the owner's 3 kW
    bench.journal.text = "{"
    controller = await bench.controller()
    controller.dry_run = True
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.writes == []


async def test_one_refused_setting_does_not_keep_the_others_from_being_put_back() -> (
    None
):
    """What can be put back is."""
    bench = Bench()
    bench.device.settings |= {"forced_power_w": 1234, "max_discharge_10w": 1}
    bench.device.refuses = frozenset({"forced_power_w"})
    bench.journal.text = "{"
    controller = await bench.controller()
    for _ in range(60):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert bench.device.settings["max_discharge_10w"] != 1


async def test_two_batteries_of_which_one_is_unreachable() -> None:
    """Each is given back as soon as it answers."""
    bench = Bench()
    other = Device(serial="B2")
    controller = await bench.controller(other)
    for serial in ("A1", "B2"):
        controller.read(serial, bench.reading())
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)
    other.reachable = False
    answer = await controller.restore_normal()
    assert answer["A1"] is Outcome.FOLLOWED
    assert answer["B2"] is Outcome.UNREACHABLE
    assert bench.device.settings == OWNER
    for _ in range(5):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        controller.unread("B2")
        await controller.tick()
    other.reachable = True
    for _ in range(8):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        controller.read("B2", bench.reading())
        await controller.tick()
    assert other.settings == OWNER
    assert await controller.stop()


async def test_disk_full_and_restore_normal_is_not_undone_by_a_restart() -> None:
    """The end of the force is stored as soon as the disk works."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.journal.broken = True
    await controller.restore_normal()
    assert bench.device.settings == OWNER
    # power cut; the disk works again
    bench.journal.broken = False
    for _ in range(6):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    await running(bench)
    assert bench.device.settings == OWNER


@dataclass
class HalfDeaf(Device):
    """Ignores the forced power, and the third time also what backs out of it."""

    ignores: frozenset[str] = frozenset({"forced_power_w"})
    stops: int = 0

    @override
    async def write(self, write: Write) -> None:
        if write == Write("forced_command", 0xCC):
            self.stops += 1
        if self.stops != 3:
            await super().write(write)

    @override
    async def read_settings(self) -> Settings:
        if self.stops == 3 and self.settings["ems_mode"] == 2:
            self.stops += 1
        return await super().read_settings()


async def test_half_a_command_is_given_back_soon() -> None:
    """Where backing out failed it is tried again within a minute."""
    bench = Bench(device=HalfDeaf())
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)
    halves = 0
    for _ in range(30):
        controller.read("A1", bench.reading())
        await controller.tick()
        halves += bench.device.settings["ems_mode"] == 2
        bench.time.pass_by(seconds=10)
    assert 1 <= halves <= 6
    assert bench.device.settings["ems_mode"] == 0


async def test_a_save_that_was_given_up_does_not_overwrite_a_later_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first one hangs, reaches the disk late, and the second comes after it."""
    monkeypatch.setattr(journal_module, "SAVE_PATIENCE_S", 0.05)
    bench = Bench()
    book = JournalBook(bench.journal)
    book.introduce("A1", DEVICE)
    real, hang = bench.journal.save, asyncio.Event()

    async def slow(records: Records) -> None:
        await hang.wait()
        await real(records)

    bench.journal.save = slow  # type: ignore[method-assign]  # a disk that hangs
    with pytest.raises(JournalError):
        await book.put("A1", lambda record: replace(record, owner={"ems_mode": 1}))
    with pytest.raises(JournalError):
        await book.put("A1", lambda record: record)
    hang.set()
    await book.put("A1", lambda record: replace(record, owner={"ems_mode": 2}))
    assert (await bench.journal.load())["A1"].owner == {"ems_mode": 2}


async def test_a_corrupt_journal_in_the_dry_run_still_ends_what_is_forced() -> None:
    """A forced charge and a ceiling of 10 W look like ours; the rest is kept."""
    bench = Bench()
    bench.device.settings |= {
        "ems_mode": 2,
        "forced_command": 0xAA,
        "max_charge_10w": 300,
        "max_discharge_10w": 1,
    }
    bench.journal.text = "{"
    controller = await bench.controller()
    controller.dry_run = True
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.settings["ems_mode"] == 0
    assert bench.device.settings["forced_command"] == 0xCC
    assert bench.device.settings["max_charge_10w"] == 300
    assert bench.device.settings["max_discharge_10w"] == 660
