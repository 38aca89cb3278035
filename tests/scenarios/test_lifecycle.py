"""Loading, unloading, removing: the owner's settings come back each time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
import time

from modbus_connection import ModbusTlsParams
import pytest

from custom_components.power_sync import removal, site
from custom_components.power_sync.const import DOMAIN
from homeassistant import block_async_io
from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.components.persistent_notification import (
    _async_get_or_create_notifications as notifications,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.home import Cells, SimulatedHome
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.common import BATTERY_W, CAPACITY_KWH, RATED_W, HassClock, site_entry

from .life import CHARGE, NOT_GIVEN_BACK, OWNERS, Life, controls, forced, owner_moves_in

pytestmark = pytest.mark.usefixtures("plain_prices")

OTHER_SERIAL = "A2320500456"


@pytest.fixture
def short_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up sooner than in 10 s at a stop and in 30 s at a removal."""
    monkeypatch.setattr(site, "RELEASE_AT_STOP_S", 0.3)
    monkeypatch.setattr(removal, "RELEASE_AT_REMOVAL_S", 0.5)
    monkeypatch.setattr(removal, "TRY_AGAIN_S", 0.02)


@pytest.fixture
def no_blocking(disable_block_async_io: None) -> None:
    """Have Home Assistant catch what blocks its loop, as it does outside of tests."""
    block_async_io.enable()


@asynccontextmanager
async def second_inverter() -> AsyncGenerator[SungrowSimulator]:
    """Run another inverter, at a home of its own."""
    cells = Cells(
        capacity_kwh=CAPACITY_KWH, max_charge_w=BATTERY_W, max_discharge_w=BATTERY_W
    )
    home = SimulatedHome(
        HassClock(), constant(800, 0), cells=cells, soc_pct=40, rated_w=RATED_W
    )
    async with SungrowSimulator(home, serial=OTHER_SERIAL) as inverter:
        owner_moves_in(inverter)
        yield inverter


async def remove(life: Life) -> None:
    """Remove the site as its user does."""
    await life.hass.config_entries.async_remove(life.entry.entry_id)
    await life.settle()


def remove_battery(life: Life) -> None:
    """Remove the battery from the site as its user does."""
    (subentry_id,) = life.entry.subentries
    life.hass.config_entries.async_remove_subentry(life.entry, subentry_id)


def told(hass: HomeAssistant) -> list[str]:
    """Return the notifications that the user sees."""
    return [each["message"] for each in notifications(hass).values()]


async def test_unloading_gives_back_and_loading_resumes(life: Life) -> None:
    """A reload in the middle of a force."""
    await life.set_up()
    await life.charge(15)
    await life.unload()
    assert controls(life.inverter) == OWNERS
    async with asyncio.timeout(10):
        while life.inverter.connections:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
    await life.wait(timedelta(minutes=5))
    assert controls(life.inverter) == OWNERS
    await life.start()
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=10))
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize("writes_first", [0, 1, 2])
async def test_unloading_while_a_force_is_being_written(
    life: Life, writes_first: int
) -> None:
    """What was written is taken back; the force goes on with the next start."""
    await life.set_up()
    life.inverter.faults.delay_s = 0.02
    forcing = asyncio.create_task(life.act("force_charge", duration=15, power_w=3000))
    await life.until_written(writes_first)
    await life.unload()
    await asyncio.gather(forcing, return_exceptions=True)
    life.inverter.faults.delay_s = 0
    assert controls(life.inverter) == OWNERS
    await life.start()
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.act("restore_normal")


async def test_changed_options_reload_and_keep_the_force(life: Life) -> None:
    """The reload is the update listener's; the force goes on after it."""
    await life.set_up()
    await life.charge(15)
    before = life.site
    options = {**life.entry.options, "battery_poll_s": 20}
    life.hass.config_entries.async_update_entry(life.entry, options=options)
    await life.settle()
    assert life.site is not before
    (battery,) = life.site.coordinators.batteries.values()
    assert battery.update_interval == timedelta(seconds=20)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize("away", [timedelta(minutes=5), timedelta(hours=1)])
async def test_a_clean_stop_gives_back_and_the_next_start_goes_on(
    life: Life, away: timedelta
) -> None:
    """Before the end of the force it is resumed, afterwards it is not."""
    await life.set_up()
    await life.charge(15)
    await life.hass.async_stop(force=True)
    assert controls(life.inverter) == OWNERS
    assert life.record()["ours"] == {}
    assert life.record()["force"] is not None
    await life.unload()
    life.clock.tick(away)
    async with life.next_start() as after:
        if away < timedelta(minutes=15):
            assert controls(life.inverter) == forced(CHARGE, 3000)
            await after.wait(timedelta(minutes=10))
        assert controls(life.inverter) == OWNERS
        assert after.record()["force"] is None


@pytest.mark.usefixtures("short_release")
async def test_a_stop_does_not_wait_for_an_inverter_that_is_silent(life: Life) -> None:
    """The next start gives back what the stop could not."""
    life.log.expect("could not be given back before the stop", NOT_GIVEN_BACK)
    await life.set_up()
    await life.charge(15)
    life.inverter.faults.silent = True
    began = time.perf_counter()
    await life.hass.async_stop(force=True)
    assert time.perf_counter() - began < 2
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.unload()
    life.inverter.faults.silent = False
    life.clock.tick(timedelta(hours=1))
    async with life.next_start():
        assert controls(life.inverter) == OWNERS


async def test_removal_gives_back_and_leaves_nothing_behind(life: Life) -> None:
    """Neither on the inverter nor on the disk."""
    await life.set_up()
    await life.charge(60)
    assert life.journal_path.exists()
    assert life.settings_path.exists()
    await remove(life)
    assert controls(life.inverter) == OWNERS
    assert not life.journal_path.exists()
    assert not life.settings_path.exists()
    assert list(life.journal_path.parent.glob(f"{DOMAIN}.*")) == []
    assert told(life.hass) == []


async def test_removal_after_a_crash_gives_back(life: Life) -> None:
    """The site is not loaded any more: the journal knows how to reach the battery."""
    await life.set_up()
    await life.charge(60)
    await life.crash()
    assert life.entry.state is ConfigEntryState.NOT_LOADED
    await remove(life)
    assert controls(life.inverter) == OWNERS
    assert not life.journal_path.exists()
    assert told(life.hass) == []


@pytest.mark.usefixtures("short_release")
async def test_removal_of_an_unreachable_battery_is_told(life: Life) -> None:
    """What has to be looked after by hand is listed."""
    life.log.expect(
        "A removed battery could not be given back", NOT_GIVEN_BACK, "Error fetching"
    )
    await life.set_up()
    await life.charge(60)
    await life.inverter.refuse_connections()
    await remove(life)
    (message,) = told(life.hass)
    assert "SH10RT (A2320500123)" in message
    assert "self-consumption" in message
    assert not life.journal_path.exists()
    assert not life.settings_path.exists()


async def test_removal_with_a_corrupt_journal_is_told(life: Life) -> None:
    """Nobody knows what the owner had, so all batteries are listed."""
    life.log.expect("The control journal cannot be read", "power_sync.journal")
    await life.set_up()
    await life.charge(60)
    await life.crash()
    life.journal_path.write_text("{", encoding="utf-8")
    await remove(life)
    (message,) = told(life.hass)
    assert "- Sungrow SH10RT" in message
    assert not life.journal_path.exists()


@pytest.mark.usefixtures("short_release")
async def test_removal_waits_a_while_for_an_inverter_that_comes_back(
    life: Life,
) -> None:
    """It answers again between two of the tries."""
    life.log.expect(NOT_GIVEN_BACK)
    await life.set_up()
    await life.charge(60)
    life.inverter.faults.drop_next = 6
    await remove(life)
    assert controls(life.inverter) == OWNERS
    assert told(life.hass) == []


async def test_a_battery_that_is_removed_while_forced(life: Life) -> None:
    """The site stays, without a battery; the battery is its owner's."""
    life.log.expect("Error fetching plan data")
    await life.set_up()
    await life.charge(60)
    remove_battery(life)
    await life.settle()
    assert controls(life.inverter) == OWNERS
    assert life.entry.state is ConfigEntryState.LOADED
    await life.wait(timedelta(minutes=2))
    assert life.records() == {}
    assert controls(life.inverter) == OWNERS


async def test_a_battery_that_is_removed_while_unreachable(life: Life) -> None:
    """It is given back when it answers again, also after another restart."""
    life.log.expect("Error fetching plan data", NOT_GIVEN_BACK)
    await life.set_up()
    await life.charge(60)
    await life.inverter.refuse_connections()
    remove_battery(life)
    await life.settle()
    await life.wait(timedelta(minutes=3))
    await life.unload()
    await life.start()
    assert list(life.site.controller.strays()) == [life.inverter.serial]
    await life.inverter.accept_connections()
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    assert life.records() == {}


async def test_a_removed_battery_waits_for_its_link(life: Life) -> None:
    """Another integration holds it with settings that differ from ours."""
    life.log.expect("Error fetching plan data", NOT_GIVEN_BACK)
    await life.set_up()
    await life.charge(60)
    await life.inverter.refuse_connections()
    remove_battery(life)
    await life.settle()
    await life.inverter.accept_connections()
    other = ModbusTlsParams(host=life.inverter.host, port=life.inverter.port)
    async with async_get_temporary_unit(life.hass, other, 1):
        await life.wait(timedelta(minutes=3))
        assert controls(life.inverter) == forced(CHARGE, 3000)
        assert list(life.records()) == [life.inverter.serial]
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    assert life.records() == {}


async def test_two_sites_are_independent(life: Life) -> None:
    """Each has its inverter, its journal and its forces."""
    await life.set_up()
    async with second_inverter() as inverter:
        other = Life(life.hass, life.clock, inverter, life.octopus, life.log)
        await other.set_up()
        await life.act(
            "force_charge",
            config_entry_id=life.entry.entry_id,
            duration=30,
            power_w=3000,
        )
        assert controls(life.inverter) == forced(CHARGE, 3000)
        assert controls(inverter) == OWNERS
        await other.act(
            "force_charge",
            config_entry_id=other.entry.entry_id,
            duration=15,
            power_w=2000,
        )
        await life.wait(timedelta(minutes=5))
        assert controls(inverter) == forced(CHARGE, 2000)
        await life.unload()
        assert controls(life.inverter) == OWNERS
        assert controls(inverter) == forced(CHARGE, 2000)
        await other.wait(timedelta(minutes=10))
        assert controls(inverter) == OWNERS
        await other.unload()


async def test_an_inverter_that_belongs_to_another_site_is_refused(
    life: Life,
) -> None:
    """The site that has it goes on with it."""
    life.log.expect("already belongs to the site")
    await life.set_up()
    await life.charge(15)
    second = site_entry(life.inverter, life.octopus)
    second.add_to_hass(life.hass)
    assert not await life.hass.config_entries.async_setup(second.entry_id)
    assert second.state is ConfigEntryState.SETUP_ERROR
    assert second.error_reason_translation_key == "battery_in_use"
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


async def test_two_sites_that_start_together_do_not_share_an_inverter(
    life: Life,
) -> None:
    """Home Assistant sets the entries of a domain up at the same time."""
    life.log.expect("already belongs to the site")
    entries = [site_entry(life.inverter, life.octopus) for _ in range(2)]
    for entry in entries:
        entry.add_to_hass(life.hass)
    life.inverter.faults.delay_s = 0.02
    await asyncio.gather(
        *(life.hass.config_entries.async_setup(entry.entry_id) for entry in entries)
    )
    life.inverter.faults.delay_s = 0
    await life.settle()
    assert sorted(entry.state.name for entry in entries) == ["LOADED", "SETUP_ERROR"]


@pytest.mark.usefixtures("no_blocking")
async def test_nothing_blocks_the_loop(life: Life) -> None:
    """From set-up over a force and a reload to the removal."""
    await life.set_up(automatic=True)
    await life.charge(15)
    await life.wait(timedelta(minutes=6))
    await life.hass.config_entries.async_reload(life.entry.entry_id)
    await life.settle()
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await remove(life)
    assert controls(life.inverter) == OWNERS


async def test_a_poll_asks_for_little(life: Life) -> None:
    """Six requests at most, also while a force is being watched over."""
    await life.set_up()
    await life.wait(timedelta(minutes=2), timedelta(seconds=10))
    for _ in range(12):
        before = life.inverter.requests
        await life.wait(timedelta(seconds=10), timedelta(seconds=10))
        assert 0 < life.inverter.requests - before <= 6
    await life.charge(30)
    before = life.inverter.requests
    await life.wait(timedelta(minutes=1), timedelta(seconds=10))
    # Six polls, and the settings once a minute: two requests.
    assert life.inverter.requests - before <= 6 * 6 + 2
    assert life.inverter.connections == 1
    assert life.hass.services.has_service(DOMAIN, "restore_normal")
