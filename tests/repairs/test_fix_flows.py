"""Issues that are fixed by a dialogue."""

import pytest

from custom_components.power_sync.repairs import async_create_fix_flow
from homeassistant.components.repairs import ConfirmRepairFlow
from homeassistant.data_entry_flow import FlowResultType
from tests.scenarios.life import Life

from .repairing import begin_fix, issue_of

pytestmark = pytest.mark.usefixtures("plain_prices")


async def lose_the_journal(life: Life) -> None:
    """Have the file be damaged while a charge is forced."""
    life.log.expect("The control journal cannot be read", "power_sync.journal")
    await life.set_up()
    await life.charge(60)
    await life.crash()
    life.journal_path.write_text("{", encoding="utf-8")
    await life.start()


async def test_lost_settings_are_looked_into(life: Life) -> None:
    """The dialogue names the site, and the issue ends with it."""
    await lose_the_journal(life)
    manager, asked = await begin_fix(life, "owner_settings_lost")
    assert asked["type"] is FlowResultType.FORM
    assert asked["step_id"] == "confirm"
    assert asked["description_placeholders"] == {"site": life.entry.title}
    done = await manager.async_configure(asked["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert life.issues == set()


async def test_an_issue_that_lasts_holds_no_names(life: Life) -> None:
    """Home Assistant adds all of it to the diagnostics."""
    await lose_the_journal(life)
    stored = str(issue_of(life, "owner_settings_lost").to_json())
    (battery,) = life.entry.subentries.values()
    for secret in (life.inverter.serial, battery.title):
        assert secret not in stored


async def test_an_issue_without_a_dialogue_of_its_own(life: Life) -> None:
    """It asks for a confirmation."""
    flow = await async_create_fix_flow(life.hass, "unknown", None)
    assert isinstance(flow, ConfirmRepairFlow)
