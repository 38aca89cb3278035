"""Issues that are fixed by a dialogue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.power_sync.repairs import async_create_fix_flow
from homeassistant.components.repairs import ConfirmRepairFlow, FlowType
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.data_entry_flow import FlowResultType
from simulators.octopus.rates import AgileBook
from tests.common import IMPORT_PRODUCT
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


async def end_the_tariff(life: Life) -> None:
    """Have the provider say that there are no prices any more."""
    life.log.expect("has no prices since", "Error fetching")
    await life.set_up()
    product = life.octopus.products[IMPORT_PRODUCT]
    ended = AgileBook(export=False, ends=life.now - timedelta(days=4))
    life.octopus.products[IMPORT_PRODUCT] = replace(product, book=ended)
    await life.site.coordinators.prices.async_refresh()
    await life.wait(timedelta(seconds=10))


async def test_a_tariff_that_has_ended_is_changed(life: Life) -> None:
    """The dialogue leads to the one in which another is chosen."""
    await end_the_tariff(life)
    manager, asked = await begin_fix(life, "tariff_ended")
    assert asked["type"] is FlowResultType.FORM
    assert asked["description_placeholders"] == {"site": life.entry.title}
    done = await manager.async_configure(asked["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    kind, flow_id = done["next_flow"]
    assert kind is FlowType.CONFIG_FLOW
    following = life.hass.config_entries.flow.async_get(flow_id)
    assert following["context"]["source"] == SOURCE_RECONFIGURE
    assert following["step_id"] == "reconfigure"
    # It is back as long as nothing has been chosen.
    await life.wait(timedelta(seconds=10))
    assert life.issues == {"tariff_ended"}


async def test_a_site_that_is_gone_has_no_tariff(life: Life) -> None:
    """It was removed while the dialogue was open."""
    await end_the_tariff(life)
    manager, asked = await begin_fix(life, "tariff_ended")
    await life.hass.config_entries.async_remove(life.entry.entry_id)
    gone = await manager.async_configure(asked["flow_id"], {})
    assert gone["type"] is FlowResultType.ABORT
    assert gone["reason"] == "site_gone"
    await life.settle()
