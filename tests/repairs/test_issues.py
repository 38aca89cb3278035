"""Each issue: it comes when it lasts, says what to do, and goes when it is solved."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import re

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.control.problems import ProblemKey
from custom_components.power_sync.forecast_coordinator import Forecasts
from custom_components.power_sync.issues import TROUBLESHOOTING, learn_more
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.watch import Known, Watch
from homeassistant.core import CoreState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from simulators.octopus import Fault, Rate
from simulators.octopus.rates import AgileBook, ListedBook
from tests.common import EXPORT_PRODUCT, IMPORT_PRODUCT
from tests.scenarios.life import (
    CHARGE,
    COMMAND,
    DISCHARGE,
    EMS_MODE,
    FORCED,
    POWER,
    Life,
    controls,
    forced,
)

from .repairing import begin_fix, issue_of

pytestmark = pytest.mark.usefixtures("plain_prices")

DOCS = Path(__file__).parents[2] / "docs"
TICK = timedelta(seconds=10)
STEP = timedelta(seconds=30)
UNREAD = "Error fetching Sungrow SH10RT"
NO_PLAN = "Error fetching plan data"


def price_until(life: Life, end: timedelta) -> None:
    """Have there be one price from an hour ago on."""
    start = life.now - timedelta(hours=1)
    for code in (IMPORT_PRODUCT, EXPORT_PRODUCT):
        book = ListedBook((Rate(20.0, 21.0, start, life.now + end),))
        life.octopus.products[code] = replace(life.octopus.products[code], book=book)


async def text_of(life: Life, key: str) -> str:
    """Return the title of an issue as the user reads it."""
    texts = await async_get_translations(life.hass, "en", "issues", {"power_sync"})
    issue = issue_of(life, key)
    title = texts[f"component.power_sync.issues.{issue.translation_key}.title"]
    return title.format(**(issue.translation_placeholders or {}))


async def test_an_inverter_that_is_away_for_long(life: Life) -> None:
    """For a quarter of an hour, without anything of ours in it; and it is back."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.inverter.refuse_connections()
    await life.wait(timedelta(minutes=14))
    assert life.issues == set()
    await life.wait(timedelta(minutes=5))
    assert life.issues == {"device_unreachable"}
    assert await text_of(life, "device_unreachable") == (
        "Sungrow SH10RT cannot be reached"
    )
    assert issue_of(life, "device_unreachable").severity is ir.IssueSeverity.WARNING
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=4))
    assert life.issues == set()


async def test_blips_are_not_told(life: Life) -> None:
    """An inverter that answers now and then is no repair."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    for _ in range(3):
        await life.inverter.refuse_connections()
        await life.wait(timedelta(minutes=10))
        await life.inverter.accept_connections()
        await life.wait(timedelta(minutes=1), TICK)
        assert life.issues == set()


async def test_nothing_is_told_while_home_assistant_starts(life: Life) -> None:
    """However long that takes; the time counts from its end."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.inverter.refuse_connections()
    life.hass.set_state(CoreState.starting)
    await life.wait(timedelta(minutes=20))
    life.hass.set_state(CoreState.running)
    await life.wait(timedelta(minutes=14))
    assert life.issues == set()
    await life.wait(timedelta(minutes=2))
    assert life.issues == {"device_unreachable"}
    # Nobody looks after an unload, so nothing is left that nobody would take away.
    await life.unload()
    assert life.issues == set()


async def test_a_clock_that_is_set_back_hides_nothing(life: Life) -> None:
    """The time counts anew from there."""
    await life.set_up()
    nothing = Known(
        curve=None,
        price_error=None,
        solar_power_w=None,
        solar_forecast=False,
        running=True,
    )
    watch, early = Watch(), life.now - timedelta(hours=2)
    assert watch.problems(life.site.controller, nothing, life.now) == ()
    assert watch.problems(life.site.controller, nothing, early) == ()
    later = early + timedelta(minutes=15)
    (problem,) = watch.problems(life.site.controller, nothing, later)
    assert problem.key is ProblemKey.PRICES_MISSING


async def test_prices_that_end_while_the_provider_is_down(life: Life) -> None:
    """Told two hours before they end, and gone with the first answer."""
    life.log.expect(NO_PLAN, "Error fetching electricity prices data")
    price_until(life, timedelta(hours=1, minutes=50))
    await life.set_up()
    prices = life.site.coordinators.prices
    await life.wait(timedelta(minutes=17))
    # They end soon, but the provider answers.
    assert life.issues == set()
    life.octopus.standing_fault = Fault(status=503)
    await prices.async_refresh()
    await life.wait(timedelta(minutes=12))
    assert life.issues == set()
    await life.wait(timedelta(minutes=5))
    assert life.issues == {"prices_missing"}
    assert await text_of(life, "prices_missing") == (
        "PowerSync has no electricity prices"
    )
    life.octopus.heal()
    price_until(life, timedelta(hours=6))
    await prices.async_refresh()
    await life.wait(TICK)
    assert life.issues == set()


async def test_no_prices_at_all(life: Life) -> None:
    """From the first start on."""
    life.log.expect("Error fetching electricity prices data", NO_PLAN)
    life.octopus.standing_fault = Fault(status=503)
    await life.set_up()
    await life.wait(timedelta(minutes=16))
    assert life.issues == {"prices_missing"}


async def test_a_tariff_that_has_ended(life: Life) -> None:
    """The provider says so: no need to wait, and no other issue beside it."""
    life.log.expect("has no prices since", "Error fetching", NO_PLAN)
    await life.set_up()
    product = life.octopus.products[IMPORT_PRODUCT]
    ended = AgileBook(export=False, ends=life.now - timedelta(days=4))
    life.octopus.products[IMPORT_PRODUCT] = replace(product, book=ended)
    prices = life.site.coordinators.prices
    await prices.async_refresh()
    await life.wait(TICK)
    assert life.issues == {"tariff_ended"}
    life.octopus.products[IMPORT_PRODUCT] = product
    await prices.async_refresh()
    await life.wait(TICK)
    assert life.issues == set()


async def test_a_tariff_that_is_not_known(life: Life) -> None:
    """Once may be a fault of the provider's."""
    life.log.expect("Error fetching", NO_PLAN)
    await life.set_up()
    product = life.octopus.products.pop(IMPORT_PRODUCT)
    await life.site.coordinators.prices.async_refresh()
    await life.wait(timedelta(minutes=10))
    assert life.issues == set()
    await life.wait(timedelta(minutes=6))
    assert life.issues == {"tariff_ended"}
    life.octopus.products[IMPORT_PRODUCT] = product
    await life.site.coordinators.prices.async_refresh()
    await life.wait(TICK)
    assert life.issues == set()


async def test_panels_without_a_forecast(life: Life) -> None:
    """Told after a day in which there was sun, and gone with the first forecast."""
    life.log.expect("Control has not run", NO_PLAN, "Error fetching")
    await life.set_up()
    await life.wait(timedelta(minutes=1))
    life.clock.move_to(life.now + timedelta(hours=25))
    await life.wait(STEP, TICK)
    assert "solar_forecast_missing" in life.issues
    forecasts = life.site.coordinators.forecasts
    forecasts.async_set_updated_data(
        Forecasts(Forecast(Series(()), "simulated", life.now), None)
    )
    await life.wait(TICK)
    assert "solar_forecast_missing" not in life.issues


async def disturbed(life: Life) -> None:
    """Have something else force the battery whenever PowerSync does not."""
    for _ in range(40):
        if life.issues:
            return
        for register, value in ((POWER, 777), (EMS_MODE, FORCED), (COMMAND, DISCHARGE)):
            life.inverter.owner_writes(register, value)
        await life.wait(timedelta(minutes=1), STEP)


@pytest.mark.parametrize("suspect", ["", "an address", "a brand"])
async def test_something_else_controls_the_battery(life: Life, suspect: str) -> None:
    """Those that are likely to do so are named."""
    if suspect:
        brand = suspect == "a brand"
        MockConfigEntry(
            domain="sungrow_local" if brand else "other",
            title="The other one",
            data={} if brand else {"address": life.inverter.host},
        ).add_to_hass(life.hass)
    MockConfigEntry(domain="other", title="Innocent", data={"host": "far"}).add_to_hass(
        life.hass
    )
    await life.set_up()
    await life.act("force_charge", duration=240, power_w=3000)
    await disturbed(life)
    key = "foreign_control_by" if suspect else "foreign_control"
    assert life.issues == {key}
    named = issue_of(life, key).translation_placeholders or {}
    assert named.get("suspects") == ("The other one" if suspect else None)
    # Left in peace, it follows, and the issue goes an hour after the last time.
    await life.wait(timedelta(minutes=65))
    assert life.issues == set()
    assert controls(life.inverter) == forced(CHARGE, 3000)


async def test_taking_a_battery_over(life: Life) -> None:
    """It follows at once, instead of after ten minutes, and the issue is gone."""
    owners = life.inverter.settings()
    await life.set_up()
    await life.act("force_charge", duration=240, power_w=3000)
    await disturbed(life)
    assert controls(life.inverter) != forced(CHARGE, 3000)
    (battery,) = life.entry.subentries.values()
    manager, asked = await begin_fix(life, "foreign_control")
    named = asked["description_placeholders"] or {}
    assert named["battery"] == battery.title
    other, asked_again = await begin_fix(life, "foreign_control")
    done = await manager.async_configure(asked["flow_id"], {})
    await life.settle()
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert controls(life.inverter) == forced(CHARGE, 3000)
    assert life.issues == set()
    life.hass.config_entries.async_remove_subentry(life.entry, battery.subentry_id)
    await life.settle()
    # What the other one had set is not taken for the owner's.
    assert life.inverter.settings() == owners
    gone = await other.async_configure(asked_again["flow_id"], {})
    assert gone["reason"] == "battery_gone"


async def test_taking_over_while_powersync_is_stopped(life: Life) -> None:
    """There is nothing that could."""
    await life.set_up()
    await life.act("force_charge", duration=240, power_w=3000)
    await disturbed(life)
    manager, asked = await begin_fix(life, "foreign_control")
    await life.hass.config_entries.async_unload(life.entry.entry_id)
    stopped = await manager.async_configure(asked["flow_id"], {})
    assert stopped["reason"] == "not_loaded"
    await life.settle()


def test_every_issue_is_explained() -> None:
    """Each has a section in the docs, where its "learn more" leads."""
    text = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for key in (*ProblemKey, "library_missing"):
        address, _, anchor = learn_more(key).partition("#")
        assert address == TROUBLESHOOTING
        assert anchor in anchors, anchor
