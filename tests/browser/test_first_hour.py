"""A householder's first hour: an empty Home Assistant becomes a running home."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect
import pytest

from .dialogue import ON, go_through
from .household import Household
from .screen import Screen, look_at

LIMITS = "Limits of your home and battery"
"""What the options' menu calls them."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What was seen on the way, and what the inverter was set to before."""

    screens: list[Screen]
    owners_settings: list[list[int]]

    @property
    def steps(self) -> list[str]:
        """Return the steps in their order."""
        return [screen.step or screen.kind for screen in self.screens]


@pytest.fixture(scope="module")
def set_up(page: Page, household: Household) -> Walk:
    """Add PowerSync by clicking, in a dry run."""
    owners_settings = household.settings()
    page.goto(f"{household.url}/config/integrations/dashboard")
    page.get_by_role("button", name="Add integration").click()
    brands = page.locator("dialog-add-integration")
    brands.get_by_placeholder("Search for a brand name").fill("PowerSync")
    brands.get_by_text("PowerSync", exact=True).click()
    answers = {
        "region": "Merseyside and Northern Wales (D)",
        "base_url": household.octopus,
        "host": household.inverter_host,
        "port": str(household.inverter_port),
        "battery_export": ON,
    }
    return Walk(go_through(page, answers), owners_settings)


def test_the_way_is_as_short_as_it_can_be(set_up: Walk) -> None:
    """Nobody is asked for what can be found out."""
    assert set_up.steps == [
        *("octopus", "octopus_tariff"),
        *("battery_link", "battery_connect", "battery_found", "limits"),
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
    device = integration(page, household).locator("ha-config-entry-device-row").first
    device.locator("ha-list-item-button").click()
    details = page.locator("ha-config-device-page")
    expect(details.get_by_text("Dry run: nothing was sent").first).to_be_visible()
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


def integration(page: Page, household: Household) -> Locator:
    """Open the page of the integration."""
    page.goto(f"{household.url}/config/integrations/integration/power_sync")
    expect(page.get_by_text("SH10RT").first).to_be_visible()
    return page.locator("ha-config-integration-page")


def test_the_browser_has_nothing_to_complain_about(
    set_up: Walk, complaints: list[str], household: Household
) -> None:
    """Neither the console nor Home Assistant's log holds an error of ours."""
    assert complaints == []
    assert household.logged_errors() == []
