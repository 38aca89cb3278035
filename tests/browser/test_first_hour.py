"""A householder's first hour: an empty Home Assistant becomes a running home."""

from typing import Final

from playwright.sync_api import Page, expect
import pytest

from .dialogue import go_through
from .household import FORCED_CHARGE, Household
from .screen import look_at
from .walk import Walk, device, integration, shown

LIMITS = "Limits of your home and battery"
"""What the options' menu calls them."""
FOLLOWS_MS: Final = 60_000
FOUND_MS: Final = 120_000


def test_the_way_is_as_short_as_it_can_be(set_up: Walk) -> None:
    """Nobody is asked for what can be found out."""
    assert set_up.steps == [
        *("user", "octopus", "octopus_tariff"),
        *("battery", "battery_link", "battery_connect", "battery_found", "limits"),
        "create-entry",
    ]


def test_every_step_is_understood(set_up: Walk) -> None:
    """No step shows a key, and each field says what it is for."""
    untold = [text for screen in set_up.screens for text in screen.untold()]
    assert untold == []


def test_nothing_is_written_in_a_dry_run(
    set_up: Walk, page: Page, household: Household
) -> None:
    """There is a plan, and the inverter is still as its owner has set it."""
    details = device(page, household)
    shown(details, r"Outcome\nDry run: nothing was sent", FOLLOWS_MS)
    assert look_at(details).untold() == []
    assert household.settings() == set_up.owners_settings


def test_the_integrations_page_is_understood(
    set_up: Walk, page: Page, household: Household
) -> None:
    """The page of the integration names what was set up, and shows no key."""
    screen = look_at(integration(page, household))
    assert "SH10RT" in screen.text
    assert screen.untold() == []


def test_the_limits_are_changed_by_clicking(
    set_up: Walk, page: Page, household: Household
) -> None:
    """The options are understood, keep what was entered and save what is changed."""
    integration(page, household).get_by_role("button", name="Configure").click()
    screens = go_through(page, {"reserve_pct": "15"}, LIMITS)
    assert [text for screen in screens for text in screen.untold()] == []
    integration(page, household).get_by_role("button", name="Configure").click()
    page.locator("dialog-data-entry-flow").get_by_text(LIMITS, exact=True).click()
    reserve = page.locator("dialog-data-entry-flow ha-selector").first.locator("input")
    expect(reserve).to_have_value("15")
    page.keyboard.press("Escape")


def test_the_tariff_is_changed_by_clicking(
    set_up: Walk, page: Page, household: Household
) -> None:
    """Reconfiguring is understood and needs nothing to be typed again."""
    row = integration(page, household).locator("ha-config-entry-row")
    row.get_by_role("button", name="Menu").first.click()
    row.get_by_role("menuitem", name="Reconfigure").click()
    screens = go_through(page, {})
    assert [text for screen in screens for text in screen.untold()] == []
    assert screens[-1].reason == "reconfigure_successful"


def test_the_battery_is_changed_by_clicking(
    set_up: Walk, page: Page, household: Household
) -> None:
    """Changing a battery is understood and finds it again where it was."""
    page_shown = integration(page, household)
    page_shown.get_by_role("button", name="Change battery").click()
    screens = go_through(page, {})
    assert [text for screen in screens for text in screen.untold()] == []
    assert screens[-1].reason == "reconfigure_successful"


@pytest.fixture(scope="module")
def live(set_up: Walk, page: Page, household: Household) -> Walk:
    """Go live as the repair issue asks, once the past has been planned again."""
    shown(device(page, household), r"Would have saved \(30 days\)\n£\d+", FOUND_MS)
    page.goto(f"{household.url}/config/repairs")
    page.get_by_text("PowerSync is ready: go live").click()
    owners_settings = household.settings()
    return Walk(go_through(page, {}), owners_settings)


def test_going_live_is_understood(live: Walk) -> None:
    """What was saved and what will be written is told, and nothing else is asked."""
    assert live.steps == ["saved", "write", "create-entry"]
    assert "PowerSync would have saved" in live.screens[0].text
    assert [text for screen in live.screens for text in screen.untold()] == []


def test_the_battery_follows(live: Walk, page: Page, household: Household) -> None:
    """The hour is cheap, so the inverter is told to charge, and the page says so."""
    assert live.owners_settings[0][1] != FORCED_CHARGE
    details = device(page, household)
    shown(details, r"Outcome\nIn effect", FOLLOWS_MS)
    shown(details, r"Current action\nCharge", FOLLOWS_MS)
    assert household.settings()[0][1] == FORCED_CHARGE
    assert look_at(details).untold() == []


def test_the_browser_has_nothing_to_complain_about(
    set_up: Walk, complaints: list[str], household: Household
) -> None:
    """Neither the console nor Home Assistant's log holds an error of ours."""
    assert complaints == []
    assert household.logged_errors() == []
