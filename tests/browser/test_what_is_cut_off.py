"""What sticks out or is cut off is found, however Home Assistant's cards hide it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulators.demo.browser import PHONE, chromium, overflowing

CARD = """
<div id="card"></div>
<script>
  const card = document.querySelector("#card");
  card.attachShadow({mode: "open"}).innerHTML = `
    <style>
      :host {display: block; width: 120px}
      div, ::slotted(span) {
        display: block; width: 100%; overflow: hidden; white-space: nowrap;
        text-overflow: ellipsis
      }
      p {height: 20px; overflow: hidden; -webkit-line-clamp: 1; line-height: 20px}
      i {position: absolute; width: 1px; height: 1px; overflow: hidden}
      nav {overflow-x: auto; white-space: nowrap}
    </style>
    <slot name="name"></slot><div>CONTENT</div>
    <p>CONTENT</p><i>Only for a screen reader</i>
    <nav>A row that is long and can be scrolled</nav>`;
  card.innerHTML = `<span slot="name">CONTENT</span>`;
</script>
"""


async def _found(content: str) -> list[str]:
    async with chromium() as browser:
        page = await browser.new_page(
            viewport={"width": PHONE.width, "height": PHONE.height}
        )
        await page.set_content(content)
        return await overflowing(page)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (CARD.replace("CONTENT", "Short"), []),
        (
            CARD.replace("CONTENT", "Cost today without PowerSync"),
            ["cut off: Cost today without PowerSync"] * 3,
        ),
        ('<div style="width: 500px">Wide</div>', ["div 8…508"]),
    ],
    ids=["fits", "cut off", "sticks out"],
)
def test_what_is_cut_off(content: str, found: list[str]) -> None:
    """In a slot, in a shadow root and by lines; not what is hidden on purpose."""
    # Playwright's own event loop occupies this thread.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, _found(content)).result() == found
