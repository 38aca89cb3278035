"""One home, one browser and one walk for all that is looked at."""

from collections.abc import Iterator

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
import pytest

from simulators.demo.browser import ARGUMENTS, CHROMIUM

from .household import Household, running_household
from .walk import Walk, set_up_by_clicking

PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """Start the simulated home and its Home Assistant."""
    with running_household(tmp_path_factory.mktemp("home") / "hass") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def complaints() -> list[str]:
    """Collect what the browser's console says about us."""
    return []


@pytest.fixture(scope="session")
def page(
    household: Household, browser: Browser, complaints: list[str]
) -> Iterator[Page]:
    """Return the page of a user who is logged in."""

    def heard(message: ConsoleMessage) -> None:
        # Pictures of brands come from the internet; a demo has none.
        missing = "brands" in message.location.get("url", "")
        if message.type == "error" and not missing:
            complaints.append(f"{message.text} ({message.location})")

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(household.url)
    page.get_by_label("Username").fill(household.user)
    page.locator("input[name=password]").fill(household.password)
    page.keyboard.press("Enter")
    page.locator("home-assistant-main").wait_for()
    yield page
    context.close()


@pytest.fixture(scope="session")
def set_up(page: Page, household: Household) -> Walk:
    """Add PowerSync by clicking, in a dry run."""
    return set_up_by_clicking(page, household)
