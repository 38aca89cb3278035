"""What cannot be done is told, once, and not for longer than it is so."""

import asyncio
from datetime import timedelta
import gc

import pytest

from custom_components.power_sync import plan_coordinator
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.forcing import async_replan
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner.inputs import PlanInputs
from custom_components.power_sync.planning import Planning, make_plan
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from tests.scenarios.life import OWNERS, Life, controls
from tests.scenarios.test_lifecycle import remove_battery, told

pytestmark = pytest.mark.usefixtures("plain_prices")

UNREAD = "Error fetching Sungrow SH10RT"
NOT_YET = "could not be given back yet"


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what PowerSync itself has logged."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.power_sync")
    ]


async def test_lost_settings_are_told_once(life: Life) -> None:
    """After the user has confirmed it, no tick brings the issue back."""
    life.log.expect("The control journal cannot be read", "power_sync.journal")
    await life.set_up()
    await life.charge(60)
    await life.crash()
    life.journal_path.write_text("{", encoding="utf-8")
    await life.start()
    assert life.issues == {"owner_settings_lost"}
    ir.async_delete_issue(
        life.hass, DOMAIN, f"owner_settings_lost_{life.entry.entry_id}_site"
    )
    await life.wait(timedelta(minutes=2))
    assert life.issues == set()


async def test_lost_survives_another_restart(life: Life) -> None:
    """The inverter is away at the first start after the journal was damaged."""
    life.log.expect(
        "The control journal cannot be read", "power_sync.journal", UNREAD, NOT_YET
    )
    await life.set_up()
    await life.act("hold", duration=15)
    assert controls(life.inverter)[4] == 1
    await life.crash()
    life.journal_path.write_text('{"version": 1, "ke', encoding="utf-8")
    await life.inverter.refuse_connections()
    await life.start()
    await life.unload()
    await life.inverter.accept_connections()
    await life.start()
    await life.wait(timedelta(minutes=1))
    assert controls(life.inverter)[4] == 1060


@pytest.mark.usefixtures("short_release")
async def test_issues_go_with_the_site(life: Life) -> None:
    """The persistent one, too."""
    life.log.expect(
        "The control journal cannot be read",
        "power_sync.journal",
        "could not be given back",
        UNREAD,
    )
    await life.set_up()
    await life.charge(15)
    await life.crash()
    life.journal_path.write_text("{", encoding="utf-8")
    await life.inverter.refuse_connections()
    await life.start()
    await life.wait(timedelta(minutes=20))
    assert life.issues == {"restore_failing", "owner_settings_lost"}
    damaged = list(life.journal_path.parent.glob(f"{DOMAIN}.journal.*.corrupt.*"))
    assert damaged
    await life.hass.config_entries.async_remove(life.entry.entry_id)
    await life.settle()
    assert life.issues == set()
    assert not [path for path in damaged if path.exists()]


@pytest.mark.usefixtures("short_release")
async def test_removal_lists_what_the_owner_had(life: Life) -> None:
    """Those values that were to be put back, and no others."""
    life.log.expect("could not be given back", UNREAD)
    await life.set_up()
    await life.act("hold", duration=60)
    await life.inverter.refuse_connections()
    await life.hass.config_entries.async_remove(life.entry.entry_id)
    await life.settle()
    (message,) = told(life.hass)
    assert "- SH10RT (A2320500123): max_discharge_10w = 600\n" in message


async def test_a_battery_that_has_left_and_never_answers_is_told(life: Life) -> None:
    """Until it is given back."""
    life.log.expect(NOT_YET, UNREAD)
    await life.set_up()
    await life.charge(60)
    await life.inverter.refuse_connections()
    remove_battery(life)
    await life.settle()
    await life.wait(timedelta(minutes=10))
    assert life.issues == {"restore_failing"}
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=3))
    assert controls(life.inverter) == OWNERS
    assert life.issues == set()


async def test_unloaded_while_unreachable_is_told_and_made_good(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    """The battery is named as the user names it, without serial and address."""
    life.log.expect(NOT_YET)
    await life.set_up()
    await life.charge(15)
    await life.inverter.refuse_connections()
    await life.unload()
    (said,) = messages(caplog)
    assert said.startswith("Sungrow SH10RT could not be given back yet")
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=30))
    await life.start()
    assert controls(life.inverter) == OWNERS


async def test_an_outage_is_told_once_and_not_as_a_failed_plan(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    """The last plan is kept; who asks for a new one hears that there is none."""
    life.log.expect(UNREAD)
    await life.set_up(automatic=True)
    plan = life.plan
    await life.inverter.refuse_connections()
    await life.wait(timedelta(minutes=11))
    assert len(messages(caplog)) == 1
    assert life.plan.made_at > plan.made_at or life.plan is plan
    with pytest.raises(HomeAssistantError) as refused:
        await async_replan(life.site)
    assert refused.value.translation_key == "no_inputs"


async def test_a_setting_that_cannot_be_stored_is_told_and_acted_on(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dry run gives the battery back, although the disk is full."""
    life.log.expect(
        "Error writing config for power_sync", "The end of a forced mode could not"
    )
    await life.set_up()
    await life.charge(60)

    def full(*_args: object) -> None:
        raise WriteError("no space left on the device")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_write_prepared_data", full)
        with pytest.raises(HomeAssistantError) as refused:
            await life.site.async_set(dry_run=True)
    assert refused.value.translation_key == "settings_not_stored"
    assert life.site.controller.dry_run
    assert controls(life.inverter) == OWNERS


async def test_entities_hear_of_changes_only(life: Life) -> None:
    """Not of every look that control takes."""
    await life.set_up()
    # The first slot's plan is news.
    await life.wait(timedelta(minutes=1))
    heard = []
    life.entry.async_on_unload(
        life.site.coordinators.control.async_add_listener(lambda: heard.append(1))
    )
    await life.wait(timedelta(minutes=2), timedelta(seconds=10))
    assert heard == []
    await life.charge(15)
    assert heard


async def test_one_plan_at_a_time(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that are asked for at once, the second is made after the first.

    Python's collector pauses meanwhile.
    """
    await life.set_up()
    under_way: list[PlanInputs] = []
    made: list[Planning | None] = []

    def slow(inputs: PlanInputs, running: Plan | None) -> Planning | None:
        assert not under_way
        assert not gc.isenabled()
        under_way.append(inputs)
        planning = make_plan(inputs, running)
        made.append(planning)
        under_way.remove(inputs)
        return planning

    monkeypatch.setattr(plan_coordinator, "make_plan", slow)
    plans = life.site.coordinators.plan
    await asyncio.gather(*(plans.async_refresh() for _ in range(3)))
    assert len(made) == 3
    assert plans.last_update_success
    assert plans.planning is made[-1]
    assert gc.isenabled()
