"""The journal: no write without it, and what happens when it is damaged."""

from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.power_sync.const import DOMAIN
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from .life import (
    CHARGE,
    FORCED,
    MAX_DISCHARGE,
    OWNERS,
    SELF,
    STOP,
    Life,
    controls,
    forced,
)

SAFE = (SELF, STOP, 0, 1060, 1060)
"""Self-consumption, nothing forced, and the ratings of 10.6 kW as ceilings."""

NOT_SAVED = ("Error writing config for power_sync.journal", "Saving file failed")


def block(path: Path) -> None:
    """Make a file that cannot be written, not even by root."""
    path.unlink(missing_ok=True)
    path.mkdir()


async def test_the_journal_is_there_before_the_first_write(life: Life) -> None:
    """The power fails with the first write: the file already tells the owner's."""
    await life.set_up()
    life.log.expect("Error fetching Sungrow SH10RT")
    life.inverter.faults.power_loss_after_writes = 1
    with pytest.raises(HomeAssistantError):
        await life.act("force_charge", duration=15, power_w=3000)
    assert life.record()["owner"] == {
        "ems_mode": 0,
        "forced_command": 0xCC,
        "forced_power_w": 1234,
        "max_charge_10w": 800,
        "max_discharge_10w": 600,
    }
    assert life.record()["ours"] == {
        "ems_mode": [2],
        "forced_command": [0xAA],
        "forced_power_w": [3000],
    }
    assert life.journal_path.stat().st_mode & 0o077 == 0
    await life.inverter.restore_power()
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize(
    "damage",
    [
        '{"version": 1, "key": "power_sync.jour',
        "",
        '{"version": 1, "minor_version": 1, "key": "x", "data": {"A": {"force": 1}}}',
        '{"version": 1, "minor_version": 1, "key": "x", "data": []}',
        '{"version": 99, "minor_version": 1, "key": "x", "data": {}}',
    ],
    ids=["torn", "empty", "strange", "list", "newer"],
)
async def test_a_corrupt_journal_leads_to_safe_settings(
    life: Life, damage: str
) -> None:
    """What the owner had is lost, so the user is told, until they confirm."""
    life.log.expect("The control journal cannot be read", "power_sync.journal")
    await life.set_up()
    await life.charge(60)
    await life.crash()
    life.journal_path.write_text(damage, encoding="utf-8")
    await life.start()
    assert controls(life.inverter) == SAFE
    assert life.issues == {"owner_settings_lost"}
    await life.act("force_charge", duration=15, power_w=3000)
    assert controls(life.inverter) == (FORCED, CHARGE, 3000, 1060, 1060)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == SAFE
    # The message stays over a restart, although the new journal is sound.
    await life.unload()
    await life.start()
    assert life.issues == {"owner_settings_lost"}
    assert await async_setup_component(life.hass, REPAIRS, {})
    (issue_id,) = (
        issue.issue_id
        for issue in ir.async_get(life.hass).issues.values()
        if issue.domain == DOMAIN
    )
    assert issue_id.startswith("owner_settings_lost")


async def test_no_force_without_a_journal(life: Life) -> None:
    """The disk is full: the user is told, and the inverter is not touched."""
    life.log.expect(*NOT_SAVED)
    await life.set_up()
    block(life.journal_path)
    with pytest.raises(HomeAssistantError) as refused:
        await life.act("force_charge", duration=15, power_w=3000)
    assert refused.value.translation_key == "not_stored"
    await life.wait(timedelta(minutes=2))
    assert life.inverter.writes == []
    life.journal_path.rmdir()
    await life.charge(15)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


async def test_no_plan_is_followed_without_a_journal(life: Life) -> None:
    """It is a repair issue while it lasts, and the plan is followed after it."""
    life.log.expect(*NOT_SAVED)
    await life.set_up()
    block(life.journal_path)
    await life.site.async_set(automatic=True)
    assert life.battery.lease.command is not None
    assert life.inverter.writes == []
    assert life.issues == {"journal_not_writable"}
    life.journal_path.rmdir()
    await life.wait(timedelta(minutes=2))
    assert life.inverter.settings()[MAX_DISCHARGE] == 1
    assert life.issues == set()


async def test_giving_back_needs_no_journal(life: Life) -> None:
    """The disk fills up while a force is on: it still ends."""
    life.log.expect(*NOT_SAVED, "The end of a forced mode could not be stored")
    await life.set_up()
    await life.charge(15)
    journal = life.journal_path.read_bytes()
    block(life.journal_path)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS
    life.inverter.owner_writes(MAX_DISCHARGE, 450)
    # What is on the disk is out of date: it must not undo what the owner does.
    life.journal_path.rmdir()
    await life.unload()
    life.journal_path.write_bytes(journal)
    await life.start()
    assert controls(life.inverter) == (*OWNERS[:4], 450)


async def test_a_sound_journal_says_nothing_of_a_battery_given_back(
    life: Life,
) -> None:
    """After a force the record holds neither owner's settings nor ours."""
    await life.set_up()
    await life.charge(15)
    assert life.record()["ours"]
    await life.wait(timedelta(minutes=15))
    record = life.record()
    assert (record["owner"], record["ours"], record["force"]) == ({}, {}, None)
    assert controls(life.inverter) != forced(CHARGE, 3000)
