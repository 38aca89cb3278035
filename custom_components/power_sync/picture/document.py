"""The picture as a whole."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from xml.sax.saxutils import escape

from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.words import Texts
from custom_components.power_sync.words.clock import (
    capitalised,
    clock,
    day_name,
    moment,
)
from custom_components.power_sync.words.money import money_text
from custom_components.power_sync.words.summary import Summary, Teller

from . import tracks
from .palette import Theme, style_sheet
from .scales import TimeScale
from .svg import TITLE_SIZE, box, element, label, text_width, wrapped
from .tracks import MARGIN, Frame

WIDTH = 380.0
LEFT = 36.0
RIGHT = WIDTH - 10.0
LINE = 18.0
PRICE_HEIGHT = 104.0
LEVEL_HEIGHT = 72.0
POWER_HEIGHT = 110.0
ROW_GAP = 14.0
NOTICE_HEIGHT = 190.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureInput:
    """What is drawn. `notes` are said above the plan, a sentence each.

    `names` are what the batteries are called, in the plan's order.
    """

    plan: Plan
    now: datetime
    zone: tzinfo
    reserve_pct: float
    texts: Texts
    theme: Theme = Theme.AUTO
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def draw_plan(wanted: PictureInput) -> str:
    """Return the picture of a plan; the same for the same input."""
    plan, texts, zone = wanted.plan, wanted.texts, wanted.zone
    time = TimeScale(plan.grid.start, plan.grid.end, LEFT, RIGHT)
    frame = Frame(plan, time, texts, wanted.reserve_pct, wanted.now, zone, wanted.names)
    parts: list[str] = []
    told = Teller(plan, wanted.now, zone, texts).summary(wanted.notes)
    y = _header(wanted, told, parts)
    y = _days(wanted, time, parts, y)
    row = tracks.actions(frame, y)
    for draw, height in (
        (tracks.prices, PRICE_HEIGHT),
        (tracks.charge_level, LEVEL_HEIGHT),
        (tracks.powers, POWER_HEIGHT),
    ):
        parts.append(row.drawn)
        row = draw(frame, row.bottom + ROW_GAP, height)
    parts.append(row.drawn)
    parts += _clock(time, zone, row.bottom + 16)
    about = " ".join([*told.notes, *(f"{line.plain}." for line in told.lines)])
    return _document(
        "".join(parts), row.bottom + 26, texts("picture_title"), about, wanted.theme
    )


def draw_notice(heading: str, text: str, theme: Theme = Theme.AUTO) -> str:
    """Return a picture that says in a sentence why there is no plan."""
    middle = WIDTH / 2
    parts = [
        # A battery that is not lit yet.
        box(middle - 22, 42, 44, 24, "f-self_consumption"),
        box(middle + 22, 49, 4, 10, "f-self_consumption"),
        label(heading, middle, 98, "f-ink title", "middle"),
    ]
    for index, line in enumerate(wrapped(text, WIDTH - 4 * MARGIN)):
        parts.append(label(line, middle, 124 + LINE * index, "f-soft", "middle"))
    return _document("".join(parts), NOTICE_HEIGHT, heading, text, theme)


def _document(content: str, height: float, title: str, about: str, theme: Theme) -> str:
    return element(
        "svg",
        element("title", escape(title), id="title")
        + element("desc", escape(about), id="about")
        + element("style", style_sheet(theme))
        + box(0, 0, WIDTH, height, "f-ground")
        + content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        role="img",
        aria_labelledby="title about",
    )


def _header(wanted: PictureInput, told: Summary, parts: list[str]) -> float:
    """Draw title, saving, what is planned now and why, and notes.

    Return where the next row begins.
    """
    plan, texts = wanted.plan, wanted.texts
    y = MARGIN + TITLE_SIZE
    title = texts("picture_title")
    saving = ""
    if plan.saving > 0:
        amount = money_text(plan.saving, plan.currency, texts)
        saving = texts("picture_saves", amount=amount)
    parts.append(label(title, MARGIN, y, "f-ink title"))
    both = text_width(f"{title} {saving}", TITLE_SIZE, bold=True)
    beside = both < WIDTH - 2 * MARGIN
    if saving:
        y += 0 if beside else LINE
        x, anchor = (RIGHT, "end") if beside else (MARGIN, "start")
        parts.append(label(saving, x, y, "f-good title", anchor))
    made = moment(plan.made_at, wanted.now, wanted.zone, texts)
    said = [("f-soft", note) for note in wanted.notes]
    if told.lines:
        said += [
            ("f-ink strong", told.headline),
            ("f-ink", capitalised(told.lines[0].why)),
        ]
    said.append(("f-soft", texts("picture_made_at", time=made)))
    for style, text in said:
        for line in wrapped(text, WIDTH - 2 * MARGIN, bold="strong" in style):
            y += LINE
            parts.append(label(line, MARGIN, y, style))
    return y + 10


def _days(wanted: PictureInput, time: TimeScale, parts: list[str], y: float) -> float:
    """Draw the names of the days and the hours; return where the next row begins."""
    base = y + 12
    starts = [time.start, *time.days(wanted.zone)]
    for start, end in zip(starts, [*starts[1:], time.end], strict=True):
        name = capitalised(day_name(start, wanted.now, wanted.zone, wanted.texts))
        x = time.x(start)
        if text_width(name, bold=True) < time.x(end) - x - 4:
            parts.append(label(name, x + 4, base, "f-ink strong"))
    parts += _clock(time, wanted.zone, base + 16)
    return base + 22


def _clock(time: TimeScale, zone: tzinfo, y: float) -> list[str]:
    """Return the times of day; those too near the edges are left out."""
    found = []
    for when in time.ticks(zone):
        text, x = clock(when, zone)[:5], time.x(when)
        half = text_width(text) / 2
        if x + half <= WIDTH and x - half >= 0:
            found.append(label(text, x, y, anchor="middle"))
    return found
