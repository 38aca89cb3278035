"""The owner's own settings: set for good, also while we hold the battery."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.journal import Record, released
from custom_components.power_sync.control.log import LogEntry, Outcome
from custom_components.power_sync.control.owner_settings import (
    OwnerChange,
    OwnerValueError,
    set_owner,
)
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import (
    Mode,
    OwnerRange,
    OwnerSetting,
    SettingValue,
    Write,
)

from .bench import OWNER, Bench, Device, PowerCutError
from .test_controller import HOUR, lease

MORE: Mapping[str, SettingValue] = {
    "reserve_pct": 10,
    "export_limit_w": 5000,
    "export_switch": 0xAA,
}
RESERVE = OwnerChange(OwnerSetting.BACKUP_RESERVE_PCT, 30)
CHARGE_RATE = OwnerChange(OwnerSetting.MAX_CHARGE_W, 3000)
DISCHARGE_RATE = OwnerChange(OwnerSetting.MAX_DISCHARGE_W, 2000)
NO_LIMIT = OwnerChange(OwnerSetting.EXPORT_LIMIT_W, None)


def device(**changes: SettingValue) -> Device:
    """Return a battery with more settings than commands touch."""
    return Device(settings={**OWNER, **MORE, **changes})


async def controlled(bench: Bench, *, automatic: bool = False) -> Controller:
    """Return a live controller that has had a reading."""
    controller = await bench.controller()
    controller.automatic = automatic
    controller.read("A1", bench.reading())
    await controller.tick()
    return controller


def last(controller: Controller) -> LogEntry:
    """Return the newest entry of the command log."""
    assert controller.log.last is not None
    return controller.log.last


async def test_a_setting_is_written_and_read_back() -> None:
    """Without automatic control too; it is in the log as the owner's."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    assert await set_owner(controller, {"A1": RESERVE}) == {"A1": Outcome.FOLLOWED}
    assert bench.device.settings["reserve_pct"] == 30
    entry = last(controller)
    assert (entry.master, entry.reason) == ("owner", "user_request")
    assert (entry.owner_setting, entry.owner_value) == ("backup_reserve_pct", 30)
    assert entry.writes == (Write("reserve_pct", 30),)
    assert entry.read_back == {"reserve_pct": 30}
    assert not controller.batteries["A1"].executor.held
    # Once more there is nothing to write, and no entry.
    assert await set_owner(controller, {"A1": RESERVE}) == {"A1": Outcome.ALREADY}
    assert last(controller) is entry


async def test_no_export_limit() -> None:
    """None switches it off and leaves its value."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    await set_owner(controller, {"A1": NO_LIMIT})
    assert bench.device.settings["export_switch"] == 0x55
    assert bench.device.settings["export_limit_w"] == 5000


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        (OwnerChange(OwnerSetting.BACKUP_RESERVE_PCT, 101), OwnerRange(0, 100, 1)),
        (OwnerChange(OwnerSetting.BACKUP_RESERVE_PCT, None), OwnerRange(0, 100, 1)),
        (OwnerChange(OwnerSetting.MAX_CHARGE_W, 0), OwnerRange(10, 6600, 10)),
        (
            OwnerChange(OwnerSetting.MAX_DISCHARGE_W, float("nan")),
            OwnerRange(10, 6600, 10),
        ),
        (OwnerChange(OwnerSetting.MIN_SOC_PCT, 20), None),
    ],
)
async def test_what_one_battery_cannot_have_is_written_to_none(
    change: OwnerChange, allowed: OwnerRange | None
) -> None:
    """All values are checked before the first write."""
    bench = Bench(device=device())
    other = Device(serial="B2", settings={**OWNER, **MORE})
    controller = await bench.controller(other)
    with pytest.raises(OwnerValueError) as caught:
        await set_owner(controller, {"B2": RESERVE, "A1": change})
    assert (caught.value.battery_id, caught.value.allowed) == ("A1", allowed)
    assert bench.device.writes == other.writes == []


async def test_a_dry_run_only_says_what_it_would_write() -> None:
    """In the log, marked as one."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    controller.dry_run = True
    assert await set_owner(controller, {"A1": RESERVE}) == {"A1": Outcome.DRY_RUN}
    assert bench.device.writes == []
    assert last(controller).writes == (Write("reserve_pct", 30),)
    assert last(controller).outcome is Outcome.DRY_RUN


async def test_beside_a_command_of_ours_the_new_value_stays() -> None:
    """Written at once where no command overrides it; the journal knows it first."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    seen: list[SettingValue] = []

    def note() -> None:
        seen.append(controller.book.get("A1").owner["max_discharge_10w"])

    bench.device.before_write = note
    assert await set_owner(controller, {"A1": DISCHARGE_RATE}) == {
        "A1": Outcome.FOLLOWED
    }
    assert seen == [200]
    assert bench.device.settings["max_discharge_10w"] == 200
    assert lease(controller)[:2] == (Master.FORCE, Mode.CHARGE)
    await controller.restore_normal()
    assert bench.device.settings["max_discharge_10w"] == 200
    assert bench.device.settings["ems_mode"] == 0


async def test_what_a_command_overrides_waits_until_it_is_given_back() -> None:
    """A hold keeps its ceiling; giving back puts the new value, never the old."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    await controller.force(Mode.NO_DISCHARGE, power_w=None, duration=HOUR)
    assert bench.device.settings["max_discharge_10w"] == 1
    done = len(bench.device.writes)
    assert await set_owner(controller, {"A1": DISCHARGE_RATE}) == {
        "A1": Outcome.WHEN_GIVEN_BACK
    }
    assert len(bench.device.writes) == done
    assert last(controller).outcome is Outcome.WHEN_GIVEN_BACK
    # Asked again it is known already, and back it comes as well.
    assert await set_owner(controller, {"A1": DISCHARGE_RATE}) == {
        "A1": Outcome.ALREADY
    }
    await controller.restore_normal()
    assert bench.device.settings["max_discharge_10w"] == 200


async def test_a_limit_of_ours_is_never_above_the_owners_new_one() -> None:
    """The command is brought in line at once."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    await controller.force(Mode.LIMIT, power_w=4000, duration=HOUR)
    assert bench.device.settings["max_discharge_10w"] == 400
    await set_owner(controller, {"A1": DISCHARGE_RATE})
    assert bench.device.settings["max_discharge_10w"] == 200


async def test_no_journal_no_write_while_we_hold_it() -> None:
    """An unproven journal would give the old value back; else nothing needs it."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.journal.broken = True
    assert await set_owner(controller, {"A1": CHARGE_RATE}) == {
        "A1": Outcome.NOT_STORED
    }
    assert bench.device.settings["max_charge_10w"] == OWNER["max_charge_10w"]
    await controller.restore_normal()
    assert await set_owner(controller, {"A1": CHARGE_RATE}) == {"A1": Outcome.FOLLOWED}


async def test_flash_writes_are_counted() -> None:
    """Those that are made; the user's word is not refused for them."""
    bench = Bench(device=device())
    bench.device.flash = frozenset({"max_charge_10w"})
    controller = await controlled(bench)
    executor = controller.batteries["A1"].executor
    await set_owner(controller, {"A1": CHARGE_RATE})
    assert executor.flash_writes_left() == 19
    await set_owner(controller, {"A1": RESERVE})
    assert executor.flash_writes_left() == 19
    again = await bench.executor()
    assert again.flash_writes_left() == 19


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"reachable": False}, Outcome.UNREACHABLE),
        ({"refuses": frozenset({"reserve_pct"})}, Outcome.REFUSED),
        ({"ignores": frozenset({"reserve_pct"})}, Outcome.NOT_FOLLOWED),
    ],
)
async def test_faults_are_outcomes(fault: dict[str, object], outcome: Outcome) -> None:
    """What is ignored is written once more; what failed is in the log."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    bench.device = replace(bench.device, **fault)  # type: ignore[arg-type]  # its fields
    controller.batteries["A1"].executor.driver = bench.device
    assert await set_owner(controller, {"A1": RESERVE}) == {"A1": outcome}
    assert last(controller).outcome is outcome
    assert last(controller).error
    wrote = 2 if outcome is Outcome.NOT_FOLLOWED else 0
    assert len(bench.device.writes) == wrote


async def test_lost_settings_are_put_right_first() -> None:
    """Whose value is whose is not known before; then the owner's counts."""
    bench = Bench(device=device(ems_mode=2, forced_command=0xAA))
    bench.journal.text = "{"
    controller = await bench.controller()
    bench.device.reachable = False
    assert await set_owner(controller, {"A1": CHARGE_RATE}) == {
        "A1": Outcome.UNREACHABLE
    }
    bench.device.reachable = True
    assert await set_owner(controller, {"A1": CHARGE_RATE}) == {"A1": Outcome.FOLLOWED}
    assert bench.device.settings["ems_mode"] == 0
    assert bench.device.settings["max_charge_10w"] == 300


async def test_an_order_waits_for_it() -> None:
    """However new, it comes after: no half of the one between halves of the other."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    orders: list[asyncio.Task[object]] = []

    def order() -> None:
        if not orders:
            force = controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
            orders.append(asyncio.ensure_future(force))

    bench.device.before_write = order
    limit = OwnerChange(OwnerSetting.EXPORT_LIMIT_W, 4000)
    bench.device.settings["export_switch"] = 0x55
    await set_owner(controller, {"A1": limit})
    await asyncio.gather(*orders)
    assert [write.setting for write in bench.device.writes[:2]] == [
        "export_limit_w",
        "export_switch",
    ]
    assert bench.device.settings["forced_command"] == 0xAA


async def test_after_the_stop_nothing_is_set() -> None:
    """The next site of the same battery may be there already."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    await controller.stop()
    assert await set_owner(controller, {"A1": RESERVE}) == {"A1": Outcome.SUPERSEDED}
    assert bench.device.writes == []


@pytest.mark.parametrize(
    "held",
    [None, (Mode.CHARGE, 3000.0), (Mode.NO_DISCHARGE, None), (Mode.LIMIT, 4000.0)],
)
@pytest.mark.parametrize("change", [CHARGE_RATE, DISCHARGE_RATE, NO_LIMIT, RESERVE])
async def test_a_power_cut_leaves_the_old_value_or_the_new_one(
    held: tuple[Mode, float | None] | None, change: OwnerChange
) -> None:
    """After any write and any save; once confirmed, only the new one comes back."""
    for cut_after in range(1, 12):
        bench = Bench(device=device())
        controller = await controlled(bench)
        bench.device.cut_after = cut_after
        confirmed = False
        try:
            if held is not None:
                await controller.force(held[0], power_w=held[1], duration=HOUR)
            await set_owner(controller, {"A1": change})
            confirmed = True
            await controller.restore_normal()
            ran_to_its_end = True
        except PowerCutError, BaseExceptionGroup:
            ran_to_its_end = False
        bench.device.cut_after = None
        bench.time.pass_by(hours=2)
        after = await controlled(bench)
        await after.tick()
        assert not after.batteries["A1"].executor.held
        old = {**OWNER, **MORE}
        new = _after(old, change)
        assert bench.device.settings in ([new] if confirmed else [old, new])
        if ran_to_its_end:
            return
    raise AssertionError("never ran to its end")


def _after(settings: Mapping[str, SettingValue], change: OwnerChange) -> object:
    writes = Device(settings=dict(settings)).owner_writes(
        change.setting, change.value, settings
    )
    return {**settings, **{write.setting: write.value for write in writes}}


async def test_a_battery_given_back_forgets_what_was_remembered() -> None:
    """The record of a battery that is not held has no owner."""
    bench = Bench(device=device())
    controller = await controlled(bench)
    await set_owner(controller, {"A1": CHARGE_RATE})
    record = controller.book.get("A1")
    assert released(record) == record
    assert record == Record(device=record.device)
