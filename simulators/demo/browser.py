"""A real browser at the demo: Debian's Chromium, driven by Playwright.

Playwright is in the test environment and Home Assistant in the demo's, so a test
or script runs in `.venv-test` and has Home Assistant started by `HASS_PYTHON`:

    async with (
        running_demo(folder, port=0, python=HASS_PYTHON) as demo,
        chromium() as browser,
        visit(browser, demo.hass.url, PHONE, dark=True) as page,
    ):
        await set_up(demo, live=False)
        await open_path(page, "/config/integrations/dashboard")
        await page.get_by_role("button", name="Add integration").click()
        await settle(page)
        assert await overflowing(page) == []
        assert raw_keys(await shown_text(page)) == []

`visit` logs in through the form, as a user does. `settle` waits until what is
shown stops changing. Playwright's locators look into shadow roots by themselves,
so `page.get_by_text(...)` finds what a user sees.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import re

from playwright.async_api import Browser, Page, async_playwright

from .run import PASSWORD, USER

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_S = 60.0
"""Home Assistant's first page is slow on a machine that has other things to do."""
STILL_S = 0.5
STILL_TIMES = 4

_TEXT = """() => {
  const parts = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) parts.push(node.data.trim());
    if (node instanceof Element) {
      const style = getComputedStyle(node);
      if (style.display === "none" || style.visibility === "hidden") return;
    }
    for (const child of (node.shadowRoot ?? node).childNodes) walk(child);
    if (node.shadowRoot) for (const child of node.childNodes) walk(child);
  };
  walk(document.body);
  return parts.filter(Boolean).join("\\n");
}"""
_OVERFLOWING = """() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  // What a node is shown in: the slot it is put into, or its shadow root's host.
  const around = (node) => node.assignedSlot ?? node.parentElement
    ?? node.getRootNode().host;
  const cutOff = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (!box.width || !text.data.trim()) return false;
    for (let each = around(text); each; each = around(each)) {
      const style = getComputedStyle(each);
      if (style.visibility === "hidden") return false;
      if (!["hidden", "clip"].includes(style.overflowX)) {
        // What can be scrolled is not cut off.
        if (["auto", "scroll"].includes(style.overflowX)) return false;
        continue;
      }
      const window = each.getBoundingClientRect();
      // For screen readers only.
      if (window.width <= 1 || style.clip !== "auto") return false;
      if (box.right > window.right + 1 || box.left < window.left - 1) return true;
      if (style.webkitLineClamp !== "none") return box.bottom > window.bottom + 1;
    }
    return false;
  };
  const walk = (element) => {
    // What is put into slots stands beside the shadow root that has them.
    const shadow = element.shadowRoot?.children ?? [];
    for (const child of [...shadow, ...element.children]) {
      const box = child.getBoundingClientRect();
      const style = getComputedStyle(child);
      const seen = box.width > 0 && box.height > 0 && style.visibility !== "hidden";
      if (seen && (box.right > width + 1 || box.left < -1)) {
        found.push(`${child.tagName.toLowerCase()} ${Math.round(box.left)}`
          + `…${Math.round(box.right)}`);
      }
      const inside = [...child.childNodes, ...(child.shadowRoot?.childNodes ?? [])];
      for (const text of inside) {
        if (text.nodeType === Node.TEXT_NODE && cutOff(text)) {
          found.push(`cut off: ${text.data.trim()}`);
        }
      }
      walk(child);
    }
  };
  walk(document.body);
  return found;
}"""
_HEIGHT = """() => {
  let height = 0;
  const walk = (element) => {
    for (const child of (element.shadowRoot ?? element).children) {
      const box = child.getBoundingClientRect();
      if (box.height > 0) height = Math.max(height, box.bottom);
      walk(child);
    }
    if (element.shadowRoot) for (const child of element.children) walk(child);
  };
  walk(document.body);
  return Math.ceil(height);
}"""
_RAW_KEY = re.compile(
    r"(?:component|ui|state|config|entity)(?:\.[a-z0-9_]+){2,}|\[%key:|{[a-z_]+}"
)


@dataclass(frozen=True, slots=True)
class Screen:
    """What is looked at: width and height in CSS pixels."""

    width: int
    height: int
    mobile: bool = False


PHONE = Screen(390, 844, mobile=True)
WIDE = Screen(1440, 900)


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """Run Chromium, without a window and with a new profile."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(ARGUMENTS)
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visit(
    browser: Browser, url: str, screen: Screen, *, dark: bool = False, scale: float = 1
) -> AsyncGenerator[Page]:
    """Open Home Assistant as the demo's user, with nothing remembered from before.

    `scale` is the number of device pixels to a CSS pixel.
    """
    context = await browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if dark else "light",
        device_scale_factor=scale,
        is_mobile=screen.mobile,
        has_touch=screen.mobile,
        locale="en-GB",
        timezone_id="Europe/London",
    )
    context.set_default_timeout(TIMEOUT_S * 1000)
    try:
        page = await context.new_page()
        await page.goto(url)
        await log_in(page)
        yield page
    finally:
        await context.close()


async def log_in(page: Page) -> None:
    """Fill in the log-in form, and wait for the first page behind it."""
    await page.locator("input[name=username]").fill(USER)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator("home-assistant-main").wait_for()
    await settle(page)


async def open_path(page: Page, path: str) -> None:
    """Go to a page of Home Assistant, as by the address bar, and let it settle."""
    await page.goto(path if "://" in path else _base(page) + path)
    await page.locator("home-assistant-main").wait_for()
    await settle(page)


def _base(page: Page) -> str:
    scheme, _, rest = page.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


async def settle(page: Page) -> None:
    """Wait until what is shown has stopped changing.

    Figures may change at any moment, so it is given up after a while.
    """
    seen, times = "", 0
    for _ in range(int(TIMEOUT_S / STILL_S)):
        text = re.sub(r"\d+", "0", await shown_text(page))
        times = times + 1 if text and text == seen else 0
        if times >= STILL_TIMES:
            return
        seen = text
        await asyncio.sleep(STILL_S)


async def shown_text(page: Page) -> str:
    """Return all text of the page, in shadow roots too, one piece a line."""
    return str(await page.evaluate(_TEXT))


async def overflowing(page: Page) -> list[str]:
    """Name the elements that stick out to the sides, and texts that are cut off."""
    return [str(each) for each in await page.evaluate(_OVERFLOWING)]


async def full_height(page: Page) -> int:
    """Return how high the screen would have to be to show all of the page."""
    return int(await page.evaluate(_HEIGHT))


def raw_keys(text: str) -> list[str]:
    """Return what looks like the key of a text that is missing."""
    return sorted({match.group() for match in _RAW_KEY.finditer(text)})
