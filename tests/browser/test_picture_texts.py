"""The texts of the picture, as wide as the browser's own font makes them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from benchmarks.homes import home
from custom_components.power_sync.picture import PictureInput, draw_plan
from custom_components.power_sync.planner import plan
from simulators.demo.browser import chromium
from tests.words.english import CONTENT, ENGLISH

TOUCHING = """
() => {
  const svg = document.querySelector("svg"), wide = svg.viewBox.baseVal.width;
  const texts = [...svg.querySelectorAll("text")];
  const swatches = [...svg.querySelectorAll(".swatch")];
  const box = each => ({name: each.textContent || "swatch", ...rect(each)});
  const rect = each => {
    const {x, y, width, height} = each.getBBox();
    return {left: x, right: x + width, top: y, bottom: y + Math.max(height, 1)};
  };
  const all = [...texts, ...swatches].map(box), found = [];
  for (const each of all)
    if (each.left < 0 || each.right > wide) found.push(`sticks out: ${each.name}`);
  all.forEach((one, index) => {
    for (const other of all.slice(index + 1))
      if (one.left < other.right + 3.8 && other.left < one.right + 3.8
          && one.top + 3 < other.bottom && other.top + 3 < one.bottom)
        found.push(`${one.name} lies on ${other.name}`);
  });
  return found;
}
"""


async def _touching(svg: str) -> list[str]:
    async with chromium() as browser:
        page = await browser.new_page()
        await page.set_content(svg)
        return [str(each) for each in await page.evaluate(TOUCHING)]


@pytest.mark.parametrize("tariff", ["half_hourly", "bands"])
def test_no_text_lies_on_another(tariff: str) -> None:
    """Nor comes near a colour that is not its own, nor lies beyond the edge."""
    made = replace(plan(home(tariff)), currency="GBP")
    slots = tuple(replace(slot, firm=False) for slot in made.slots)
    svg = draw_plan(
        PictureInput(
            plan=replace(made, slots=slots),
            now=made.made_at + timedelta(minutes=2),
            zone=ZoneInfo("Europe/London"),
            reserve_pct=10,
            texts=ENGLISH,
            notes=(CONTENT["common"]["note_dry_run"],),
        )
    )
    # Playwright's own event loop occupies this thread.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, _touching(svg)).result() == []


def test_what_lies_on_another_is_found() -> None:
    """The look itself can fail."""
    svg = (
        '<svg viewBox="0 0 100 40"><text x="0" y="20">One</text>'
        '<text x="9" y="20">Other</text><text x="90" y="38">Far too long</text></svg>'
    )
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(asyncio.run, _touching(svg)).result()
    assert found == ["sticks out: Far too long", "One lies on Other"]
