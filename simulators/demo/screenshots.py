"""Pictures of a first hour, for the README: `scripts/screenshots`.

A real Home Assistant beside the simulated home is set up by clicking through its
dialogue, then looked at. It runs in the test environment, which has Playwright;
Home Assistant itself runs in the demo's.
"""

import argparse
import asyncio
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
from .run import HASS_PYTHON, ROOT, Demo, DemoError, add_household, running_demo

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 300_000
MOST_HEIGHT = 3000
PLAN_WITHIN_S = 60
PICTURE_WIDTH = 380
DIALOGUE = "dialog-data-entry-flow"


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
            await _plan(demo)
            await show_dashboard(demo.api)
            await _look(browser, demo, album, "phone_dry_run", PHONE)
            await demo.api.call_action(
                "switch", "turn_off", {"entity_id": await demo.entity("dry_run")}
            )
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
    inverter = demo.home.inverter
    fields = page.locator(f"{DIALOGUE} ha-selector:visible")

    await settle(page)
    await fields.nth(0).locator("ha-picker-field").click()
    await page.locator("ha-dropdown-item").filter(has_text="London").click()
    await page.locator(f"{DIALOGUE} ha-expansion-panel [slot=header]").click()
    await fields.nth(1).locator("input").fill(demo.home.octopus.url)
    await page.locator(f"{DIALOGUE} ha-expansion-panel [slot=header]").click()
    await _next(page, album, "setup_1_region")
    await _next(page, album, "setup_2_tariff")
    await fields.nth(0).locator("input").fill("127.0.0.1")
    await fields.nth(1).locator("input").fill(str(inverter.port))
    await _next(page, album, "setup_3_inverter")
    await _next(page, album, "setup_4_battery")
    await _next(page, album, "setup_5_limits")
    await settle(page)
    entries = await demo.api.entries("power_sync")
    if not entries:
        raise DemoError("the set-up made no entry")
    demo.entry_id = str(entries[0]["entry_id"])


async def _next(page: Page, album: Album, name: str) -> None:
    """Take a picture of a step of the dialogue, and go on."""
    await settle(page)
    dialogue = page.locator(DIALOGUE)
    album.wrong += [f"{name}: {key}" for key in raw_keys(await dialogue.inner_text())]
    await album.keep(name, page)
    await dialogue.locator("[slot=primaryAction]").first.click()


async def _plan(demo: Demo) -> None:
    """Wait for the first plan."""
    for _ in range(PLAN_WITHIN_S):
        if await demo.state("plan_cost") not in ("unknown", "unavailable", "none"):
            return
        await asyncio.sleep(1)
    raise DemoError("there is no plan")


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
