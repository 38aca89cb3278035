"""The picture: what is in it, how it reads, what it weighs."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
import re
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from benchmarks.homes import TARIFFS, home as two_days
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, PlannedBattery
from custom_components.power_sync.picture import (
    PictureInput,
    Theme,
    draw_notice,
    draw_plan,
)
from custom_components.power_sync.picture.document import WIDTH
from custom_components.power_sync.picture.palette import DARK, LIGHT
from custom_components.power_sync.picture.svg import SIZE, text_width
from custom_components.power_sync.planner import plan
from custom_components.power_sync.words import Texts
from custom_components.power_sync.words.summary import Teller
from tests.words.english import CONTENT, ENGLISH

SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 150_000
PHONE_CARD_PX = 358
"""A card on a phone of 390 CSS pixels, less its margins and a scroll bar."""
LEAST_TEXT_PX = 11
LONDON = ZoneInfo("Europe/London")
SHAPE_CLASSES = frozenset(
    {"line", "thin", "dashed", "area", "bars", "title", "strong", "swatch"}
)
TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0


@pytest.fixture(scope="module")
def made() -> Plan:
    """Return a plan of 48 hours in pounds, forecast from the second day on."""
    found = plan(two_days("half_hourly"))
    half = len(found.slots) // 2
    slots = tuple(
        replace(slot, firm=index < half) for index, slot in enumerate(found.slots)
    )
    return replace(found, slots=slots, currency="GBP")


def picture(made: Plan, **changes: object) -> str:
    """Return the picture of a plan, two minutes after it was made."""
    wanted = PictureInput(
        plan=made,
        now=made.made_at + timedelta(minutes=2),
        zone=LONDON,
        reserve_pct=10,
        texts=ENGLISH,
    )
    return draw_plan(replace(wanted, **changes))  # type: ignore[arg-type]  # fields of many types


def shown(svg: str) -> list[str]:
    """Return the texts of a picture."""
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own


def test_several_batteries_have_a_line_each(made: Plan) -> None:
    """In a colour of their own, with their names; a single one has none."""
    own = (20.0, 40.0, 60.0, 80.0)
    slots = tuple(
        replace(
            slot,
            batteries=tuple(
                PlannedBattery(slot.mode, None, 0.0, level, slot.reason)
                for level in own
            ),
        )
        for slot in made.slots
    )
    several = replace(made, slots=slots, battery_ids=("A", "B", "C", "D"))
    names = ("Cellar", "Garage", "Attic", "Shed")
    svg = picture(several, names=names)
    assert set(names) <= set(shown(svg))
    lines = [
        re.findall(rf'<path[^>]*class="thin s-battery_{number}"', svg)
        for number in (1, 2, 3)
    ]
    # The fourth one has the first colour again.
    assert [len(each) for each in lines] == [2, 1, 1]
    alone = picture(replace(made, battery_ids=("A",)), names=("Cellar",))
    assert "Cellar" not in shown(alone)


def test_what_one_reads(made: Plan) -> None:
    """Title, saving, days, hours, legends and scales, with their units."""
    texts = shown(picture(made))
    for text in (
        "The next 48 hours",
        "Today",
        "Tomorrow",
        "06:00",
        "Price, p/kWh",
        "Buy",
        "Sell",
        "Forecast",
        "Battery level, %",
        "Reserve 10 %",
        "Power, kW",
        "Discharging",
        "Charging",
        "Sun",
        "Home",
    ):
        assert text in texts, text
    assert re.fullmatch(r"saves £\d+\.\d\d", texts[1])
    assert {slot.mode for slot in made.slots} >= {Mode.CHARGE, Mode.SELF_CONSUMPTION}
    for mode in Mode:
        used = any(slot.mode is mode for slot in made.slots)
        assert (ENGLISH.modes[mode.value] in texts) == used


def test_no_text_is_of_its_own(made: Plan) -> None:
    """In a language of crosses nothing else than numbers and units is left."""
    crosses = Texts(
        {
            key: re.sub(r"(?<!{)\b[A-Za-z]+\b(?!})", "x", text)
            for key, text in CONTENT["common"].items()
        },
        {mode.value: "x" for mode in Mode},
        dict.fromkeys(ENGLISH.reasons, "x"),
    )
    words = " ".join(shown(picture(made, texts=crosses, notes=("x",))))
    assert set(re.findall(r"[A-Za-z]+", words)) <= {"x", "X", "p", "kWh"}


@pytest.mark.parametrize("tariff", TARIFFS)
def test_the_same_plan_is_the_same_picture(tariff: str) -> None:
    """Deterministic, small, well-formed, with nothing from elsewhere."""
    made = plan(two_days(tariff))
    svg = picture(made)
    assert svg == picture(made)
    assert len(svg.encode()) < MOST_BYTES
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.tag == f"{SVG}svg"
    assert "href" not in svg
    assert "url(" not in svg
    assert "@import" not in svg
    assert "<script" not in svg
    title, about = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "The next 48 hours"
    assert about is not None
    assert "Self-consumption: " in (about.text or "")
    assert root.get("aria-labelledby") == f"{title.get('id')} {about.get('id')}"


@pytest.mark.parametrize("nasty", ["<b>&\"'", "]]>", "&amp;"])
def test_texts_are_escaped(made: Plan, nasty: str) -> None:
    """Whatever a translation holds, it is text."""
    texts = Texts(
        {**CONTENT["common"], "picture_title": nasty, "today": nasty},
        {mode.value: nasty for mode in Mode},
        dict.fromkeys(ENGLISH.reasons, nasty),
    )
    found = shown(picture(made, texts=texts, notes=(nasty,)))
    assert found.count(nasty) >= 4
    assert shown(draw_notice(nasty, nasty)) == [nasty, nasty]


def test_text_is_readable_on_a_phone(made: Plan) -> None:
    """No text is smaller than eleven pixels, none sticks out or lies on another."""
    svg = picture(made, notes=(CONTENT["common"]["note_dry_run"],))
    sizes = [float(size) for size in re.findall(r"font-size:([\d.]+)px", svg)]
    scale = PHONE_CARD_PX / WIDTH
    assert min(sizes) == SIZE
    assert min(sizes) * scale >= LEAST_TEXT_PX
    assert "font-size=" not in svg
    rows: dict[str, list[tuple[float, float]]] = {}
    for each in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314 - our own
        style = (each.get("class") or "").split()
        bold = not {"title", "strong"}.isdisjoint(style)
        size = 16 if "title" in style else SIZE
        width = text_width(each.text or "", size, bold=bold)
        x = float(each.get("x") or 0)
        left = x - {"end": width, "middle": width / 2}.get(
            each.get("text-anchor") or "", 0
        )
        assert left >= 0, each.text
        assert left + width <= WIDTH, each.text
        rows.setdefault(each.get("y") or "", []).append((left, left + width))
    for row in rows.values():
        for before, after in pairwise(sorted(row)):
            assert before[1] <= after[0] + 1


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as accessibility guidelines count it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(colours: dict[str, str]) -> None:
    """Texts and lines stand out from the ground."""
    for name in ("ink", "soft", "good"):
        assert contrast(colours[name], colours["ground"]) >= TEXT_CONTRAST, name
    for name in colours.keys() - {"ground", "grid", "solar_area"}:
        assert contrast(colours[name], colours["ground"]) >= SHAPE_CONTRAST, name


def test_themes(made: Plan) -> None:
    """Light and dark hold always; otherwise the page that shows it decides."""
    auto = picture(made)
    assert "@media (prefers-color-scheme:dark)" in auto
    assert LIGHT["ground"] in auto
    assert DARK["ground"] in auto
    light, dark = (picture(made, theme=each) for each in (Theme.LIGHT, Theme.DARK))
    assert "@media" not in light + dark
    assert f".f-ground{{fill:{LIGHT['ground']}}}" in light
    assert f".f-ground{{fill:{DARK['ground']}}}" in dark
    assert DARK["ground"] not in light
    classes = {
        name
        for group in re.findall(r'class="([^"]+)"', auto)
        for name in group.split()
        if name not in SHAPE_CLASSES
    }
    assert all(f".{name}{{" in auto for name in classes)


def test_the_now_line_moves(made: Plan) -> None:
    """It is where the time is, and gone when the plan does not reach to now."""
    path = re.compile(r'd="M([\d.]+) [\d.]+V[\d.]+" class="line s-now"')

    def places(hours: float) -> set[str]:
        now = made.grid.start + timedelta(hours=hours)
        return set(path.findall(picture(made, now=now)))

    assert places(0) == {"36"}
    assert places(24) == {"203"}
    assert places(49) == set()


def test_what_is_done_now_and_why(made: Plan) -> None:
    """Both are read without a look at the colours; nothing where the plan is over."""
    told = Teller(made, made.made_at, LONDON, ENGLISH).summary()
    said = " ".join(shown(picture(made, now=made.made_at)))
    why = told.lines[0].why
    assert f"{told.headline} {why[0].upper()}{why[1:]} Planned at" in said
    assert re.search(r"\d\xa0p\b", why), "a price keeps its unit beside it"
    over = shown(picture(made, now=made.grid.end + timedelta(hours=1)))
    assert over[2].startswith("Planned at")


def test_notes_are_said(made: Plan) -> None:
    """A long note wraps; it is in the description too."""
    note = CONTENT["common"]["note_dry_run"]
    svg = picture(made, notes=(note,))
    assert note not in shown(svg)
    assert note in " ".join(shown(svg))
    assert f'<desc id="about">{note}' in svg


def test_a_plan_that_saves_nothing_promises_nothing(made: Plan) -> None:
    """There is no saving to show where there is none."""
    same = replace(made, cost=made.baseline_cost)
    assert not any("saves" in text for text in shown(picture(same)))


def test_a_long_title_has_a_line_of_its_own(made: Plan) -> None:
    """In another language title and saving may not fit side by side."""
    long = Texts(
        {**CONTENT["common"], "picture_title": "Die kommenden achtundvierzig Stunden"},
        ENGLISH.modes,
        ENGLISH.reasons,
    )
    root = ET.fromstring(picture(made, texts=long))  # noqa: S314 - our own
    title, saving = list(root.iter(f"{SVG}text"))[:2]
    assert title.get("y") != saving.get("y")


def test_certain_prices_need_no_mark(made: Plan) -> None:
    """Where all prices are known nothing is called forecast."""
    slots = tuple(replace(slot, firm=True) for slot in made.slots)
    assert "Forecast" not in shown(picture(replace(made, slots=slots)))


def test_no_plan() -> None:
    """A picture says why, in whole words."""
    text = CONTENT["common"]["no_plan_load"]
    svg = draw_notice("No plan yet", text)
    assert " ".join(shown(svg)) == f"No plan yet {text}"
