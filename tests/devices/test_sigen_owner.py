"""The operating mode of a Sigenergy system: its owner's to set, through the cloud."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.control.owner_settings import (
    OwnerChange,
    set_owner_setting,
)
from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    Mode,
    OwnerChoice,
    OwnerSetting,
    OwnerValue,
    Write,
)
from simulators.rest import Fault

from .sigen_account import ACCOUNT
from .test_sigen_driver import CONFIG, World, world
from .test_sigen_prices import by_prices, executor, order

__all__ = ["world"]

pytestmark = pytest.mark.usefixtures("socket_enabled")
MODE = OwnerSetting.OPERATION_MODE
MODES = ("self_consumption", "ai", "autonomous", "full_feed_in")


def battery(world: World) -> SigenergyCloudBattery:
    """Start the driver of a station whose mode can be set, and no tariff."""
    settings = frozenset({"manual_control", "operating_mode"})
    return SigenergyCloudBattery(
        Login(world.session, world.sigen.url, ACCOUNT),
        replace(CONFIG, settings=settings),
        now=world.clock.now,
        settle=timedelta(0),
        zone=UTC,
    )


def shown(control: BatteryExecutor, found: dict[str, object] | None = None) -> object:
    """Return the mode that the journal holds as the owner's."""
    return (found or control.record.owner).get("operating_mode")


async def choose(
    world: World, control: BatteryExecutor, value: OwnerValue, *, dry_run: bool = False
) -> Outcome:
    """Set the mode as the owner does."""
    book = JournalBook(world.journal)
    await book.load()
    control._hold._book = book  # noqa: SLF001 - one book for both
    change = OwnerChange(MODE, value)
    return await set_owner_setting(control, change, book, CommandLog(), dry_run=dry_run)


async def without_tariff(world: World) -> BatteryExecutor:
    """Start control of a station that cannot plan for itself."""
    book = JournalBook(world.journal)
    await book.load()
    return BatteryExecutor(battery(world), {}, book, CommandLog(), world.time.clock())


@pytest.mark.parametrize(
    ("value", "code"), zip(MODES, (0, 1, 2, 5), strict=True), ids=MODES
)
async def test_each_mode_is_set(world: World, value: str, code: int) -> None:
    """As the cloud counts them, and shown at once; what is so already is not sent."""
    station = world.sigen.station
    station.operating_mode, station.profile = 9, 4711
    control = await without_tariff(world)
    driver = control.driver
    reading = await driver.read()
    assert driver.owner_range(MODE) == OwnerChoice(MODES)
    assert driver.owner_value(MODE, reading.owner) is None
    assert await choose(world, control, value) is Outcome.FOLLOWED
    assert (station.operating_mode, station.profile) == (code, -1)
    reading = await driver.read()
    assert driver.owner_value(MODE, reading.owner) == value
    assert await choose(world, control, value) is Outcome.ALREADY
    assert world.sigen.told == [f"mode {code}"]
    # It is no command: there is nothing to give back.
    assert not control.record.held
    assert driver.capabilities.plans_itself is False


async def test_only_what_the_account_lists(world: World) -> None:
    """And nothing before it was read, once, with the first reading that it answers."""
    world.sigen.station.offered = {"0": "Own", "5": "Feed", "6": "VPP"}
    world.sigen.refused = frozenset({"mode/all"})
    driver = battery(world)
    assert driver.owner_range(MODE) == OwnerChoice(())
    await driver.read()
    assert driver.owner_range(MODE) == OwnerChoice(())
    world.sigen.refused = frozenset()
    for _ in range(3):
        world.pass_by(minutes=11)
        await driver.read()
    assert driver.owner_range(MODE) == OwnerChoice(("self_consumption", "full_feed_in"))
    assert sum("mode/all" in each for each in world.sigen.requests) == 2


async def test_what_is_not_to_be_set(world: World) -> None:
    """A system that a VPP has is left to it; what is no mode is none."""
    control = await without_tariff(world)
    for value in (None, True, 2.0, "backup"):
        with pytest.raises(DeviceRefusedError, match="no operating mode"):
            control.driver.owner_writes(MODE, value, {})
    with pytest.raises(DeviceRefusedError, match="storm_mode"):
        control.driver.owner_writes(OwnerSetting.STORM_MODE, "on", {})
    assert control.driver.owner_range(OwnerSetting.STORM_MODE) is None
    assert control.driver.owner_value(OwnerSetting.STORM_MODE, {}) is None
    for external in (6, 7):
        world.sigen.station.operating_mode = external
        assert await choose(world, control, "ai") is Outcome.REFUSED
    assert world.sigen.told == []
    with pytest.raises(DeviceRefusedError, match="tariff"):
        await control.driver.write(Write("tariff", "5"))


async def test_a_station_without_it(world: World) -> None:
    """One that was set up before: nothing is shown, and nothing read for it."""
    driver = world.battery()
    reading = await driver.read()
    assert driver.owner_range(MODE) is None
    assert await driver.read_owner() == reading.owner == {}
    with pytest.raises(DeviceRefusedError):
        driver.owner_writes(MODE, "ai", {})
    assert not any("mode/all" in each for each in world.sigen.requests)


async def test_it_is_told_without_effect_or_not_at_all(world: World) -> None:
    """Each ends in its own outcome, and what is shown is what is there."""
    station = world.sigen.station
    control = await without_tariff(world)
    await control.driver.read()
    assert await choose(world, control, "ai", dry_run=True) is Outcome.DRY_RUN
    station.ignores = True
    assert await choose(world, control, "ai") is Outcome.NOT_FOLLOWED
    station.ignores = False
    world.sigen.standing_fault = Fault(status=503)
    assert await choose(world, control, "ai") is Outcome.UNREACHABLE
    world.sigen.heal()
    world.pass_by(minutes=11)
    reading = await control.driver.read()
    assert control.driver.owner_value(MODE, reading.owner) == "self_consumption"
    assert await choose(world, control, "ai") is Outcome.FOLLOWED
    assert world.sigen.told == ["mode 1"]


async def test_what_is_forced_meanwhile_goes_on(world: World) -> None:
    """The mode acts again once the manual control is over."""
    control = await without_tariff(world)
    charge = order(world, Mode.CHARGE, by_user=True)
    assert await control.carry_out(charge) is Outcome.FOLLOWED
    assert await choose(world, control, "autonomous") is Outcome.FOLLOWED
    assert world.sigen.station.manual["mode"] == "0"
    world.pass_by(minutes=2)
    assert (await control.carry_out(order(world, None))).good
    assert not world.sigen.station.manual
    assert world.sigen.station.operating_mode == 2


async def test_while_our_tariff_is_on_it(world: World) -> None:
    """The mode that heeds it stays, and the owner's new one is put back after it."""
    station = world.sigen.station
    station.operating_mode = 2
    before = dict(station.tariff)
    control = await executor(world)
    assert (await control.carry_out(by_prices(world))).good
    assert (station.operating_mode, shown(control)) == (1, "2")
    sent = list(world.sigen.told)
    assert await choose(world, control, "full_feed_in") is Outcome.WHEN_GIVEN_BACK
    assert world.sigen.told == sent
    assert (station.operating_mode, shown(control)) == (1, "5")
    # Also after a restart.
    world.pass_by(minutes=6)
    again = await executor(world)
    assert (await again.carry_out(order(world, None))).good
    assert (station.operating_mode, station.tariff) == (5, before)
    assert not again.record.held


async def test_the_owners_is_the_one_that_heeds_a_tariff(world: World) -> None:
    """Then another one acts for a moment, and is the one that is put back."""
    station = world.sigen.station
    station.operating_mode = 1
    control = await executor(world)
    assert (await control.carry_out(by_prices(world))).good
    assert await choose(world, control, "self_consumption") is Outcome.FOLLOWED
    world.pass_by(minutes=6)
    assert (await control.carry_out(by_prices(world))).good
    assert station.operating_mode == 1
    world.pass_by(minutes=6)
    assert (await control.carry_out(order(world, None))).good
    assert station.operating_mode == 0


async def test_changed_in_the_app_a_moment_ago(world: World) -> None:
    """What is written follows from what is read then, not from minutes before."""
    control = await executor(world)
    await control.driver.read_settings()
    world.pass_by(minutes=5)
    world.sigen.station.operating_mode = 5
    assert await choose(world, control, "autonomous") is Outcome.FOLLOWED
    assert world.sigen.station.operating_mode == 2
