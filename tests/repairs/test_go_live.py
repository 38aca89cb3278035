"""Going live: shown first, written only after the user's word."""

import asyncio
from dataclasses import replace

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.sungrow import settings
from custom_components.power_sync.devices.batteries.sungrow.words import WORDS
from custom_components.power_sync.flows import will_be_written
from custom_components.power_sync.planner.findings import (
    Costs,
    Finding,
    Lacking,
    TooLittle,
)
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulators.octopus import OctopusSimulator, Rate
from tests.common import IMPORT_PRODUCT, NOON
from tests.planner.findings import BACKTEST
from tests.scenarios.life import CHARGE, MINUTE, OWNERS, Life, controls, forced

from .repairing import begin_fix, issue_of

TOO_LITTLE = TooLittle(
    made_at=NOON, lacking=Lacking.LOAD, learned_days=2, look_again=NOON
)


@pytest.fixture
def cheap_hour(
    frozen_time: FrozenDateTimeFactory,
    plain_prices: None,
    octopus: OctopusSimulator,
) -> None:
    """Pay for an hour of buying, so that the plan charges now."""
    now = dt_util.utcnow()
    rate = Rate(-4.0, -4.2, now, now + 60 * MINUTE)
    octopus.extra_rows[IMPORT_PRODUCT] = [rate]


async def try_out(life: Life, finding: Finding | None = None) -> None:
    """Set the site up as a user does, with a plan and what a backtest found."""
    await life.set_up_dry()
    backtest = life.site.coordinators.backtest
    backtest.async_set_updated_data(finding)
    await life.settle()


@pytest.mark.usefixtures("cheap_hour")
async def test_dry_run_then_live_then_the_battery_follows(life: Life) -> None:
    """Nothing is written before the word is given; then the plan is carried out."""
    await try_out(life, BACKTEST)
    await life.wait(5 * MINUTE)
    assert life.issues == {"go_live"}
    issue = issue_of(life, "go_live")
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.is_fixable
    manager, step = await begin_fix(life, "go_live")
    assert step["step_id"] == "saved"
    figures = step["description_placeholders"]
    assert figures is not None
    assert figures["saved"] == "£7.25"
    assert figures["per_day"] == "£1.09"
    assert figures["without_battery"] == "£30.00"
    assert figures["days"] == "6.7"
    assert figures["missing"] == "8"
    assert (figures["capacity"], figures["reserve"]) == ("9.4", "10")
    step = await manager.async_configure(step["flow_id"], {})
    assert step["step_id"] == "write"
    placeholders = step["description_placeholders"]
    assert placeholders is not None
    (title,) = (battery.title for battery in life.entry.subentries.values())
    told = placeholders["batteries"].splitlines()
    assert told[:7] == [
        f"**{title}**",
        "",
        "- Energy management mode: Self-consumption",
        "- Forced charging or discharging: Stop",
        "- Forced power: 1234 W",
        "- Maximum charge power: 8000 W",
        "- Maximum discharge power: 6000 W",
    ]
    assert told[8].startswith("What would be sent now: Charge, ")
    assert "- Energy management mode: Forced" in told[9:]
    assert "- Forced charging or discharging: Charge" in told[9:]
    assert told[-1].startswith("What comes next, ")
    assert life.inverter.writes == []
    assert controls(life.inverter) == OWNERS
    step = await manager.async_configure(step["flow_id"], {})
    assert step["type"] is FlowResultType.CREATE_ENTRY
    await life.settle()
    assert life.inverter.writes != []
    assert controls(life.inverter)[:2] == forced(CHARGE, 0)[:2]
    assert not life.site.settings.dry_run
    assert life.issues == set()


@pytest.mark.usefixtures("plain_prices")
@pytest.mark.parametrize(
    ("finding", "step_id", "figures"),
    [
        (
            replace(BACKTEST, costs=Costs(30.0, 18.0, 18.0)),
            "nothing_saved",
            {"with_plan": "£18.00", "without_plan": "£18.00"},
        ),
        (TOO_LITTLE, "too_little", {"learned": "2", "again": "2026-01-14 04:00"}),
        (None, "not_known", {}),
        (replace(BACKTEST, assumptions={}), "saved", {"capacity": "?"}),
    ],
)
async def test_what_is_known_of_the_past(
    life: Life, finding: Finding | None, step_id: str, figures: dict[str, str]
) -> None:
    """Each has its own text, and each leads to what will be written."""
    await try_out(life, finding)
    manager, step = await begin_fix(life, "go_live")
    assert step["step_id"] == step_id
    placeholders = step["description_placeholders"]
    assert placeholders is not None
    assert figures.items() <= placeholders.items()
    step = await manager.async_configure(step["flow_id"], {})
    assert step["step_id"] == "write"
    assert step["description_placeholders"] is not None
    assert "Self-consumption" in step["description_placeholders"]["batteries"]
    assert life.inverter.writes == []


@pytest.mark.usefixtures("plain_prices")
async def test_not_now(life: Life) -> None:
    """The dialogue is closed, or the issue ignored: nothing happens, it stays."""
    await try_out(life)
    manager, step = await begin_fix(life, "go_live")
    manager.async_abort(step["flow_id"])
    issue = issue_of(life, "go_live")
    ir.async_ignore_issue(life.hass, DOMAIN, issue.issue_id, ignore=True)
    await life.wait(6 * MINUTE)
    assert issue_of(life, "go_live").dismissed_version is not None
    assert life.site.settings.dry_run
    assert life.inverter.writes == []


@pytest.mark.usefixtures("plain_prices")
async def test_the_switch_is_another_way(life: Life) -> None:
    """It ends the issue, which does not come back with another dry run."""
    await try_out(life)
    assert life.issues == {"go_live"}
    await life.site.async_set(dry_run=False)
    await life.settle()
    assert life.issues == set()
    await life.site.async_set(dry_run=True)
    await life.wait(6 * MINUTE)
    assert life.issues == set()
    await life.unload()
    await life.start()
    assert life.issues == set()


@pytest.mark.usefixtures("plain_prices")
async def test_the_issue_goes_with_the_site(life: Life) -> None:
    """A site that is removed has nothing to go live with."""
    await try_out(life)
    await life.hass.config_entries.async_remove(life.entry.entry_id)
    assert life.issues == set()


@pytest.mark.usefixtures("plain_prices")
async def test_removed_while_the_dialogue_is_open(life: Life) -> None:
    """What went away in another window is not gone live with."""
    await try_out(life, BACKTEST)
    manager, step = await begin_fix(life, "go_live")
    await life.hass.config_entries.async_remove(life.entry.entry_id)
    step = await manager.async_configure(step["flow_id"], {})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert life.inverter.writes == []


@pytest.mark.usefixtures("plain_prices")
async def test_no_battery_no_issue(life: Life) -> None:
    """Where no battery has answered yet there is nothing to show."""
    life.log.expect("does not answer")
    await life.inverter.refuse_connections()
    await life.set_up_dry()
    assert "go_live" not in life.issues
    await life.inverter.accept_connections()
    await life.wait(6 * MINUTE)
    assert "go_live" in life.issues


@pytest.mark.usefixtures("plain_prices")
async def test_what_ends_the_dialogue(life: Life) -> None:
    """It says why, and changes nothing."""
    life.log.expect("does not answer")
    await try_out(life, BACKTEST)
    manager, step = await begin_fix(life, "go_live")
    await life.inverter.refuse_connections()
    step = await manager.async_configure(step["flow_id"], {})
    assert (step["type"], step["reason"]) == (
        FlowResultType.ABORT,
        "battery_unreachable",
    )
    await life.inverter.accept_connections()

    manager, step = await begin_fix(life, "go_live")
    other, another = await begin_fix(life, "go_live")
    await life.site.async_set(dry_run=False)
    await life.site.async_set(dry_run=True)
    await life.unload()
    step = await manager.async_configure(step["flow_id"], {})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "not_loaded")
    other.async_abort(another["flow_id"])
    assert life.inverter.writes == []


@pytest.mark.usefixtures("plain_prices")
async def test_live_already(life: Life) -> None:
    """A dialogue that was opened in two windows does it once."""
    await try_out(life, BACKTEST)
    issue_id = issue_of(life, "go_live").issue_id
    manager, _ = await begin_fix(life, "go_live")
    life.site.settings = replace(life.site.settings, dry_run=False)
    step = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "already_live")
    await life.unload()
    step = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "not_loaded")


@pytest.mark.usefixtures("plain_prices")
async def test_while_the_site_is_loaded_anew(life: Life) -> None:
    """It is waited for: adding a battery loads a site anew, and users are quick."""
    await try_out(life, BACKTEST)
    manager, step = await begin_fix(life, "go_live")
    issue_id = issue_of(life, "go_live").issue_id
    entries = life.hass.config_entries
    reload = asyncio.create_task(entries.async_reload(life.entry.entry_id))
    await asyncio.sleep(0)
    assert life.entry.setup_lock.locked()
    begun, gone_on = await asyncio.gather(
        manager.async_init(DOMAIN, context={"issue_id": issue_id}),
        manager.async_configure(step["flow_id"], {}),
    )
    assert await reload
    assert begun["type"] is FlowResultType.FORM
    assert (gone_on["type"], gone_on["step_id"]) == (FlowResultType.FORM, "write")
    assert life.inverter.writes == []
    manager.async_abort(begun["flow_id"])
    manager.async_abort(gone_on["flow_id"])


@pytest.mark.usefixtures("plain_prices")
async def test_a_full_disk(life: Life) -> None:
    """It is said that the change is lost with the next restart."""
    await try_out(life, BACKTEST)
    manager, step = await begin_fix(life, "go_live")
    step = await manager.async_configure(step["flow_id"], {})
    life.log.expect("power_sync.settings")
    life.settings_path.unlink(missing_ok=True)
    life.settings_path.mkdir()
    step = await manager.async_configure(step["flow_id"], {})
    assert (step["type"], step["reason"]) == (
        FlowResultType.ABORT,
        "settings_not_stored",
    )


@pytest.mark.usefixtures("plain_prices")
async def test_nothing_that_may_be_written_is_left_out(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting without words is listed by its own name; no settings are said so."""
    await try_out(life, BACKTEST)
    words = {key: each for key, each in WORDS.items() if key != settings.EMS_MODE}
    brand = replace(BRANDS["sungrow"], words=words)
    monkeypatch.setattr(will_be_written, "BRANDS", {"sungrow": brand})
    lines = (await will_be_written.async_batteries_text(life.hass, life.site)).split(
        "\n"
    )
    assert lines[6] == "- ems_mode: 0"
    monkeypatch.setattr(life.battery.executor.driver, "read_settings", no_settings)
    lines = (await will_be_written.async_batteries_text(life.hass, life.site)).split(
        "\n"
    )
    assert lines[2:] == [
        "PowerSync cannot control this battery: nothing is written to it."
    ]


async def no_settings() -> dict[str, int]:
    """Return the settings of a battery that is only read."""
    return {}


def test_all_settings_have_words() -> None:
    """Whatever the driver may write is called as its owner knows it."""
    assert WORDS.keys() == settings.ADDRESSES.keys() & (
        settings.CONTROL_SETTINGS | settings.CEILING_SETTINGS
    )
