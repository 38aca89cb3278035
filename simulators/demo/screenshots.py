"""Pictures of a first hour, for the README: `scripts/screenshots`.

A real Home Assistant beside the simulated home is set up by clicking through its
dialogue, then looked at. It runs in the test environment, which has Playwright;
Home Assistant itself runs in the demo's.
"""

import argparse
import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, Locator, Page

from .browser import (
    PHONE,
    WIDE,
    Screen,
    chromium,
    full_height,
    open_path,
    overflowing,
    raw_keys,
    settle,
    shown_text,
    visit,
)
from .dashboard import URL_PATH, show_dashboard
from .dialogues import DemoError
from .go_live import backtest_found
from .run import HASS_PYTHON, ROOT, Demo, add_household, running_demo

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 300_000
MOST_HEIGHT = 1800
"""Of a phone's picture: the rest of the page is checked, and not shown."""
FOLLOWED_WITHIN_S = 60
PICTURE_WIDTH = 380
STEP_WITHIN_S = 60
DIALOGUE = "dialog-data-entry-flow"
NAMES = (
    "fields => fields.map(field => (field.label && field.helper && field.name) || '')"
)


@dataclass(slots=True)
class Album:
    """Where pictures go, and what is wrong with them."""

    folder: Path
    wrong: list[str]

    async def keep(self, name: str, of: Page | Locator) -> None:
        """Take a picture."""
        path = self.folder / f"{name}.png"
        await of.screenshot(path=path)
        size = path.stat().st_size
        print(f"{path.name}: {size // 1000} kB", flush=True)  # noqa: T201 - a command's output
        if size > MOST_BYTES:
            self.wrong.append(f"{path.name} is too large")

    async def check(self, name: str, page: Page) -> None:
        """Note what sticks out, is cut off, or is no text for people."""
        found = [*await overflowing(page), *raw_keys(await shown_text(page))]
        self.wrong += [f"{name}: {each}" for each in found]


async def take(album: Album) -> None:
    """Take all pictures."""
    with TemporaryDirectory() as folder:
        async with (
            running_demo(Path(folder) / "hass", port=0, python=HASS_PYTHON) as demo,
            chromium() as browser,
        ):
            await add_household(demo)
            async with visit(browser, demo.hass.url, Screen(900, 1000)) as page:
                await _set_up(page, demo, album)
            await backtest_found(demo.api, await demo.entity("would_have_saved"))
            await show_dashboard(demo.api)
            await _look(browser, demo, album, "phone_dry_run", PHONE)
            async with visit(browser, demo.hass.url, Screen(900, 1000)) as page:
                await _go_live(page, album)
            await _followed(demo)
            for dark in (False, True):
                theme = "_dark" if dark else ""
                await _look(browser, demo, album, f"dashboard{theme}", WIDE, dark=dark)
                await _look(browser, demo, album, f"phone{theme}", PHONE, dark=dark)
                await _picture(browser, demo, album, f"plan{theme}", dark=dark)


async def _set_up(page: Page, demo: Demo, album: Album) -> None:
    """Add PowerSync by clicking, with a picture of each step."""
    await open_path(page, "/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    brands = page.locator("dialog-add-integration")
    await brands.get_by_placeholder("Search for a brand name").fill("PowerSync")
    await brands.get_by_text("PowerSync", exact=True).click()
    answers = {
        "base_url": demo.home.feeds.octopus.url,
        "host": demo.home.inverter.host,
        "port": str(demo.home.inverter.port),
    }
    await _answer(page, album, "setup", answers)
    entries = await demo.api.entries("power_sync")
    if not entries:
        raise DemoError("the set-up made no entry")
    demo.entry_id = str(entries[0]["entry_id"])


async def _go_live(page: Page, album: Album) -> None:
    """End the dry run as the repair issue asks, with a picture of each step."""
    await open_path(page, "/config/repairs")
    await page.get_by_text("PowerSync is ready: go live").click()
    await _answer(page, album, "go_live", {})


async def _answer(
    page: Page, album: Album, name: str, answers: Mapping[str, str]
) -> None:
    """Answer the open dialogue to its end; fields without an answer stay as is."""
    seen = ""
    while step := await _step_after(page, seen):
        seen = step
        names = await _names(page)
        if "region" in names:
            await _field(page, names, "region").locator("ha-select").click()
            await page.locator("ha-dropdown-item").filter(has_text="London").click()
            # The list fades away, and would be seen through in the picture.
            await page.locator("ha-dropdown-item").first.wait_for(state="hidden")
        await _fill(page, answers)
        await album.keep(f"{name}_{step}", page)
        shown = await page.locator(DIALOGUE).inner_text()
        album.wrong += [f"{step}: {key}" for key in raw_keys(shown)]
        for header in await page.locator(f"{DIALOGUE} [slot=header]:visible").all():
            await header.click()
        await settle(page)
        await _fill(page, answers)
        await page.locator(f"{DIALOGUE} [slot=primaryAction]").first.click()


async def _step_after(page: Page, before: str) -> str | None:
    """Return the key of the form that comes next, None at the end."""
    form = page.locator("step-flow-form")
    for _ in range(STEP_WITHIN_S):
        if await page.locator("step-flow-create-entry").count():
            return None
        if await form.count():
            step = str(await form.evaluate("form => form.step.step_id"))
            if step != before and all(await _names(page)):
                await settle(page)
                return step
        await asyncio.sleep(1)
    raise DemoError(f"nothing comes after {before}")


async def _names(page: Page) -> list[str]:
    """Return the keys of the fields; empty for one that has no text yet."""
    fields = page.locator(f"{DIALOGUE} ha-selector:visible")
    found: list[str] = await fields.evaluate_all(NAMES)
    return found


def _field(page: Page, names: list[str], name: str) -> Locator:
    return page.locator(f"{DIALOGUE} ha-selector:visible").nth(names.index(name))


async def _fill(page: Page, answers: Mapping[str, str]) -> None:
    """Type what is known into the fields that are seen."""
    names = await _names(page)
    for name in names:
        if name in answers:
            await _field(page, names, name).locator("input").fill(answers[name])


async def _followed(demo: Demo) -> None:
    """Wait until the battery does what the plan says."""
    for _ in range(FOLLOWED_WITHIN_S):
        if await demo.state("outcome") in ("followed", "already"):
            return
        await asyncio.sleep(1)
    raise DemoError("the plan is not followed")


async def _look(  # noqa: PLR0913 - what, where and how
    browser: Browser,
    demo: Demo,
    album: Album,
    name: str,
    screen: Screen,
    *,
    dark: bool = False,
) -> None:
    """Take a picture of the whole dashboard, as it opens after the log-in."""
    async with visit(browser, demo.hass.url, screen, dark=dark) as page:
        if URL_PATH not in page.url:
            album.wrong.append(f"{name}: {page.url} is not the start page")
        await album.check(name, page)
        height = min(await full_height(page), MOST_HEIGHT)
        await page.set_viewport_size({"width": screen.width, "height": height})
        await settle(page)
        await album.keep(name, page)


async def _picture(
    browser: Browser, demo: Demo, album: Album, name: str, *, dark: bool
) -> None:
    """Take a picture of the plan alone, at twice the size of a phone's pixels."""
    state = await demo.api.state(await demo.entity("plan"))
    if state is None:
        raise DemoError("there is no picture of the plan")
    context = await browser.new_context(
        color_scheme="dark" if dark else "light", device_scale_factor=2
    )
    page = await context.new_page()
    address = f"{demo.hass.url}{state.attributes['entity_picture']}"
    await page.set_content(f'<img src="{address}" width="{PICTURE_WIDTH}">')
    image = page.locator("img")
    await image.evaluate("image => image.decode()")
    await album.keep(name, image)
    await context.close()


def main() -> int:
    """Return the exit code: 1 where a picture is not fit to be shown."""
    parser = argparse.ArgumentParser(
        prog="scripts/screenshots", description="Take the pictures of the README."
    )
    parser.add_argument("--folder", type=Path, default=IMAGES)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    album = Album(folder, [])
    asyncio.run(take(album))
    for each in album.wrong:
        print(f"WRONG {each}", flush=True)  # noqa: T201 - a command's output
    return 1 if album.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
