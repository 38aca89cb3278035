"""A set-up that fails, or that comes at the wrong time, leaves nothing forced."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from modbus_connection import ModbusTlsParams
import pytest

from custom_components.power_sync import site
from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.config_entries import ConfigEntryState
from tests.scenarios.life import CHARGE, MAX_DISCHARGE, OWNERS, Life, controls, forced

pytestmark = pytest.mark.usefixtures("plain_prices")


def lose_the_tariff(life: Life) -> None:
    """Have the stored provider be one that this version does not know."""
    data = {**life.entry.data, "provider": "gone"}
    life.hass.config_entries.async_update_entry(life.entry, data=data)


async def set_up_again(life: Life) -> object:
    """Try to set the entry up; return what it is then."""
    await life.hass.config_entries.async_setup(life.entry.entry_id)
    await life.settle()
    return life.entry.state


@pytest.mark.parametrize(
    "content",
    [
        '{"version": 9, "minor_version": 1, "key": "x", "data": {}}',
        '{"version": 1, "minor_version": 1, "key": "x", "data": "odd"}',
        '{"version": 1, "minor_version": 1, "key": "x"}',
        "{",
    ],
    ids=["newer", "odd", "no data", "torn"],
)
async def test_odd_settings_do_not_keep_a_battery_forced(
    life: Life, content: str
) -> None:
    """Control starts with the settings of a new site."""
    life.log.expect("The settings cannot be read", "power_sync.settings")
    await life.set_up()
    await life.charge(15)
    await life.crash()
    life.settings_path.write_text(content, encoding="utf-8")
    await life.start()
    assert life.site.settings.dry_run
    await life.wait(timedelta(minutes=20))
    assert controls(life.inverter) == OWNERS


async def test_a_tariff_that_is_gone_does_not_keep_a_battery_forced(
    life: Life,
) -> None:
    """The site cannot be, and what is pending is given back first."""
    life.log.expect("Your tariff is not known")
    await life.set_up()
    await life.charge(15)
    await life.crash()
    lose_the_tariff(life)
    assert await set_up_again(life) is ConfigEntryState.SETUP_ERROR
    assert controls(life.inverter) == OWNERS


async def test_a_failed_set_up_is_tried_again_until_all_is_given_back(
    life: Life,
) -> None:
    """The inverter is away when the tariff turns out to be gone."""
    life.log.expect("Your tariff is not known", "not ready yet")
    await life.set_up()
    await life.charge(15)
    await life.crash()
    lose_the_tariff(life)
    await life.inverter.refuse_connections()
    assert await set_up_again(life) is ConfigEntryState.SETUP_RETRY
    assert life.entry.error_reason_translation_key == "restore_failed"
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=1))
    assert life.entry.state is ConfigEntryState.SETUP_ERROR
    assert controls(life.inverter) == OWNERS


async def test_a_failed_set_up_with_a_corrupt_journal_is_made_good(
    life: Life,
) -> None:
    """What is not known to be the owner's is put to safe values, and told."""
    life.log.expect(
        "Your tariff is not known",
        "The control journal cannot be read",
        "power_sync.journal",
    )
    await life.set_up()
    await life.act("hold", duration=15)
    assert life.inverter.settings()[MAX_DISCHARGE] == 1
    await life.crash()
    life.journal_path.write_text("{", encoding="utf-8")
    lose_the_tariff(life)
    assert await set_up_again(life) is ConfigEntryState.SETUP_ERROR
    assert life.inverter.settings()[MAX_DISCHARGE] == 1060
    assert life.issues == {"owner_settings_lost"}


async def test_a_platform_that_fails_leaves_no_force_without_an_end(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control had started by then, and taken the force up again."""
    life.log.expect("Error setting up entry", "Error during setup")

    async def bad(*_args: object) -> None:
        raise RuntimeError("a platform cannot be imported")

    await life.set_up()
    await life.charge(15)
    await life.crash()
    monkeypatch.setattr(life.hass.config_entries, "async_forward_entry_setups", bad)
    assert await set_up_again(life) is ConfigEntryState.SETUP_ERROR
    assert controls(life.inverter) == OWNERS


async def test_a_platform_that_fails_is_tried_again_until_all_is_given_back(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The inverter goes away between the start of control and the platforms."""
    life.log.expect("not ready yet")

    async def bad(*_args: object) -> None:
        await life.inverter.refuse_connections()
        raise RuntimeError("a platform cannot be imported")

    await life.set_up()
    await life.charge(60)
    await life.crash()
    with monkeypatch.context() as patch:
        patch.setattr(site, "RELEASE_AT_STOP_S", 0.3)
        patch.setattr(life.hass.config_entries, "async_forward_entry_setups", bad)
        assert await set_up_again(life) is ConfigEntryState.SETUP_RETRY
    assert life.entry.error_reason_translation_key == "restore_failed"
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=1))
    assert life.entry.state is ConfigEntryState.LOADED
    await life.unload()
    assert controls(life.inverter) == OWNERS


async def test_a_set_up_that_is_ended_gives_back(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform takes for ever, and Home Assistant gives up."""
    life.log.expect("integration cancelled")
    reached = asyncio.Event()

    async def for_ever(*_args: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    await life.set_up()
    await life.charge(60)
    await life.crash()
    monkeypatch.setattr(
        life.hass.config_entries, "async_forward_entry_setups", for_ever
    )
    setup = life.hass.async_create_task(
        life.hass.config_entries.async_setup(life.entry.entry_id)
    )
    await asyncio.wait_for(reached.wait(), 5)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    setup.cancel()
    with suppress(asyncio.CancelledError):
        await setup
    assert controls(life.inverter) == OWNERS


async def test_a_link_that_another_integration_holds_is_waited_for(
    life: Life,
) -> None:
    """Its settings differ from ours: the site comes as soon as it lets go."""
    life.log.expect("not ready yet")
    other = ModbusTlsParams(host=life.inverter.host, port=life.inverter.port)
    life.entry.add_to_hass(life.hass)
    async with async_get_temporary_unit(life.hass, other, 1):
        assert await set_up_again(life) is ConfigEntryState.SETUP_RETRY
        assert life.entry.error_reason_translation_key == "link_settings_in_use"
    await life.wait(timedelta(minutes=1))
    assert life.entry.state is ConfigEntryState.LOADED


async def test_an_entry_of_a_newer_version_is_left_as_it_is(life: Life) -> None:
    """Who goes back to an older PowerSync finds it again after the next update."""
    life.log.expect("higher than the current version")
    life.entry.add_to_hass(life.hass)
    life.hass.config_entries.async_update_entry(
        life.entry, version=life.entry.version + 1
    )
    before = life.entry.as_dict()
    assert await set_up_again(life) is ConfigEntryState.MIGRATION_ERROR
    assert life.entry.as_dict() == before


async def test_an_entry_of_a_newer_minor_version_is_set_up(life: Life) -> None:
    """Such a version only adds what this one need not know."""
    life.entry.add_to_hass(life.hass)
    life.hass.config_entries.async_update_entry(
        life.entry, minor_version=life.entry.minor_version + 1
    )
    assert await set_up_again(life) is ConfigEntryState.LOADED


@pytest.mark.parametrize("expected_lingering_timers", [True])
@pytest.mark.parametrize("turns", [0, 1, 5, 20, 60, 150])
async def test_a_reload_while_stopping_does_not_force_again(
    life: Life, turns: int
) -> None:
    """Home Assistant stops in the middle of it, at any moment.

    A set-up that ends after the stop leaves its timers, as every entry does then.
    """
    life.log.expect("not ready yet")
    await life.set_up()
    await life.charge(60)
    reload = life.hass.async_create_task(
        life.hass.config_entries.async_reload(life.entry.entry_id)
    )
    for _ in range(turns):
        await asyncio.sleep(0)
    await life.hass.async_stop(force=True)
    await asyncio.wait([reload], timeout=5)
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_entities_that_stay_keep_the_site_in_control(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the platforms cannot be unloaded, nothing of the site is.

    Home Assistant then never ends what the entry has begun, its timers neither.
    """

    async def stays(*_args: object) -> bool:
        return False

    await life.set_up()
    await life.charge(15)
    with monkeypatch.context() as patch:
        patch.setattr(life.hass.config_entries, "async_unload_platforms", stays)
        assert not await life.hass.config_entries.async_unload(life.entry.entry_id)
    assert life.entry.state is ConfigEntryState.FAILED_UNLOAD
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS
    assert life.battery.health.reading is not None
    assert life.battery.health.reading.at == life.now


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_a_site_that_could_not_be_unloaded_is_removed(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its control was left running: it ends, and the battery is given back."""

    async def stays(*_args: object) -> bool:
        return False

    await life.set_up()
    await life.charge(60)
    site_then = life.site
    with monkeypatch.context() as patch:
        patch.setattr(life.hass.config_entries, "async_unload_platforms", stays)
        assert not await life.hass.config_entries.async_unload(life.entry.entry_id)
    assert life.entry.state is ConfigEntryState.FAILED_UNLOAD
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.hass.config_entries.async_remove(life.entry.entry_id)
    await life.settle()
    assert site_then.controller.stopped
    await life.wait(timedelta(minutes=3))
    assert controls(life.inverter) == OWNERS
    assert not life.journal_path.exists()
