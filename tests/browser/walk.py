"""What a householder does in Home Assistant, and what is seen on the way."""

from dataclasses import dataclass
import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from .dialogue import ON, go_through
from .household import Household
from .screen import Screen, look_at

LOOK_EVERY_MS: Final = 250


@dataclass(frozen=True, slots=True)
class Walk:
    """What was seen on the way, and what the inverter was set to before."""

    screens: list[Screen]
    owners_settings: list[list[int]]

    @property
    def steps(self) -> list[str]:
        """Return the steps in their order."""
        return [screen.step or screen.kind for screen in self.screens]


def set_up_by_clicking(page: Page, household: Household) -> Walk:
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


def integration(page: Page, household: Household) -> Locator:
    """Open the page of the integration."""
    page.goto(f"{household.url}/config/integrations/integration/power_sync")
    expect(page.get_by_text("SH10RT").first).to_be_visible()
    return page.locator("ha-config-integration-page")


def device(page: Page, household: Household) -> Locator:
    """Open the page of the home's device."""
    row = integration(page, household).locator("ha-config-entry-device-row").first
    row.locator("ha-list-item-button").click()
    details = page.locator("ha-config-device-page")
    details.get_by_text("Battery level").first.wait_for()
    return details


def shown(element: Locator, pattern: str, within_ms: float) -> None:
    """Wait until something is shown; lines are what stands by itself."""
    text = ""
    for _ in range(int(within_ms / LOOK_EVERY_MS)):
        text = look_at(element).text
        if re.search(pattern, text):
            return
        element.page.wait_for_timeout(LOOK_EVERY_MS)
    message = f"{pattern} is not shown, but:\n{text}"
    raise AssertionError(message)
