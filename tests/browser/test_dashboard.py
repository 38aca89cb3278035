"""The dashboard is read at a glance: on a phone and on a desk, by day and by night."""

from collections.abc import Iterator

from playwright.sync_api import Browser, Page
import pytest

from simulators.demo.dashboard import URL_PATH

from .household import Household
from .screen import look_at
from .walk import Walk, shown

WIDE, PHONE = (1440, 900), (390, 844)
CARDS_MS = 30_000


@pytest.fixture(scope="module")
def dashboard(set_up: Walk, household: Household) -> None:
    """Have the dashboard of a home that is set up."""
    household.make_dashboard()


@pytest.fixture(
    params=[
        pytest.param((size, scheme), id=f"{size[0]} px, {scheme}")
        for size in (WIDE, PHONE)
        for scheme in ("light", "dark")
    ]
)
def view(  # noqa: PLR0913, PLR0917 - whose page it is, and at which home
    request: pytest.FixtureRequest,
    browser: Browser,
    page: Page,
    dashboard: None,
    household: Household,
    complaints: list[str],
) -> Iterator[Page]:
    """Open the dashboard at one size, in one scheme, as the user of before."""
    (width, height), scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        is_mobile=width < height,
        has_touch=width < height,
        storage_state=page.context.storage_state(),
    )
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{household.url}/{URL_PATH}")
    opened.locator("hui-view").wait_for()
    shown(opened.locator("hui-view"), "Battery", CARDS_MS)
    # The picture of the plan comes after the cards.
    opened.wait_for_load_state("networkidle")
    yield opened
    context.close()


def test_the_page_does_not_scroll_sideways(view: Page) -> None:
    """What is beyond the edge of a phone is never seen."""
    width = "document.scrollingElement.scrollWidth - window.innerWidth"
    assert view.evaluate(width) <= 0


def test_it_is_understood(view: Page) -> None:
    """No card shows a key, and none says that its entity is missing."""
    screen = look_at(view.locator("hui-view"))
    assert screen.untold() == []
    assert "not found" not in screen.text.lower()
    assert "not available" not in screen.text.lower()


def test_the_plan_is_drawn(view: Page) -> None:
    """The picture of the plan is there, and as wide as its card allows."""
    pictures = view.locator("hui-view img")
    widths = [
        picture.evaluate("each => [each.naturalWidth, each.clientWidth]")
        for picture in pictures.all()
    ]
    assert any(natural > 0 and shown > 200 for natural, shown in widths)
