"""The rows of the picture: actions, prices, state of charge, powers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import cycle, groupby

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, PlannedSlot
from custom_components.power_sync.words import Texts
from custom_components.power_sync.words.money import price_number, price_unit

from .legend import Entry, Legend, legend
from .palette import BATTERIES
from .scales import TimeScale, ValueScale
from .svg import box, label, number, rule, shape

MARGIN = 12.0
BAND = 22.0
LEGEND_GAP = 7.0
LABEL_GAP = 4.0
LEAST_POWER_KW = 1.0
LEAST_PRICE = 1.0
FULL_PCT = 100.0
SMALL_W = 0.01


@dataclass(frozen=True, slots=True)
class Frame:
    """What all rows share."""

    plan: Plan
    time: TimeScale
    texts: Texts
    reserve_pct: float
    now: datetime
    zone: tzinfo
    names: tuple[str, ...] = ()
    """What the batteries are called, in the plan's order."""

    def step_path(
        self, values: Sequence[float], y: Callable[[float], float], first: int = 0
    ) -> str:
        """Return a line that holds each value for its slot, from slot `first` on."""
        parts, last = [], None
        for index, value in enumerate(values, first):
            place = number(y(value))
            if last is None:
                parts.append(f"M{number(self.left(index))} {place}")
            elif place != last:
                parts.append(f"H{number(self.left(index))}V{place}")
            last = place
        parts.append(f"H{number(self.left(first + len(values)))}")
        return "".join(parts)

    def area_path(
        self, values: Sequence[float], y: Callable[[float], float], first: int = 0
    ) -> str:
        """Return the area between zero and what `step_path` draws."""
        line = self.step_path(values, y, first)
        return f"{line}V{number(y(0.0))}H{number(self.left(first))}Z"

    def left(self, index: int) -> float:
        """Return the place where a slot begins."""
        return self.time.x(self.plan.grid.slot_start(index))

    def column(self, of: Callable[[PlannedSlot], float]) -> list[float]:
        """Return a figure of each slot."""
        return [of(slot) for slot in self.plan.slots]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as drawn, and where it ends."""

    drawn: str
    bottom: float


def actions(frame: Frame, top: float) -> Row:
    """Return the band of what the battery does, and what its colours mean."""
    parts = []
    modes: list[Mode] = []
    for mode, first, end in _runs(frame.plan, lambda slot: slot.mode):
        left, right = frame.left(first), frame.left(end)
        parts.append(box(left, top, right - left, BAND, f"f-{mode.value}"))
        modes.append(mode)
    entries = [
        Entry(frame.texts.modes[mode.value], f"f-{mode.value}")
        for mode in Mode
        if mode in modes
    ]
    bottom = top + BAND
    meaning = legend("", entries, MARGIN, frame.time.right, bottom + LEGEND_GAP)
    parts += [_marks(frame, top, bottom), meaning.drawn]
    return Row("".join(parts), bottom + LEGEND_GAP + meaning.height)


def prices(frame: Frame, top: float, height: float) -> Row:
    """Return import and export price; where they are forecast, paler and dashed."""
    currency, texts = frame.plan.currency, frame.texts
    bought = frame.column(lambda slot: price_number(slot.import_per_kwh, currency))
    sold = frame.column(lambda slot: price_number(slot.export_per_kwh, currency))
    entries = [
        Entry(texts("picture_import"), "s-import", "line"),
        Entry(texts("picture_export"), "s-export", "line"),
    ]
    if not all(slot.firm for slot in frame.plan.slots):
        entries.append(Entry(texts("picture_forecast"), "s-soft", "dashed"))
    heading = texts("picture_price", unit=price_unit(currency))
    meaning = _heading(frame, heading, entries, top)
    start = top + meaning.height + LABEL_GAP
    scale = ValueScale.over([*bought, *sold], start, start + height, LEAST_PRICE)
    parts = [meaning.drawn, _grid(frame, scale)]
    for firm, first, end in _runs(frame.plan, lambda slot: slot.firm):
        style = "line" if firm else "line dashed"
        for values, colour in ((sold, "s-export"), (bought, "s-import")):
            path = frame.step_path(values[first:end], scale.y, first)
            parts.append(shape(path, f"{style} {colour}"))
    parts.append(_marks(frame, scale.top, scale.bottom))
    return Row("".join(parts), scale.bottom)


def charge_level(frame: Frame, top: float, height: float) -> Row:
    """Return the planned state of charge above the reserve, and of each of several."""
    texts = frame.texts
    several = zip(frame.names, cycle(BATTERIES), strict=False)
    lines = list(several) if frame.plan.slots[0].batteries else []
    entries = [
        Entry(
            texts("picture_reserve", level=texts.number(frame.reserve_pct, 0)),
            "s-now",
            "dashed",
        ),
        *(Entry(name, f"s-{colour}", "line") for name, colour in lines),
    ]
    meaning = _heading(frame, texts("picture_level"), entries, top)
    start = top + meaning.height + LABEL_GAP
    ticks = (0.0, FULL_PCT / 2, FULL_PCT)
    scale = ValueScale(0.0, FULL_PCT, ticks, start, start + height)
    path = _level_path(frame, scale, frame.column(lambda slot: slot.soc_pct))
    floor = f"V{number(scale.bottom)}H{number(frame.left(0))}Z"
    reserve = scale.y(frame.reserve_pct)
    parts = [
        meaning.drawn,
        _grid(frame, scale),
        shape(path + floor, "area f-level"),
        shape(path, "line s-level"),
        *(
            shape(_level_path(frame, scale, levels), f"thin s-{colour}")
            for (_, colour), levels in zip(lines, _levels(frame.plan), strict=False)
        ),
        rule([(frame.time.left, reserve), (frame.time.right, reserve)], "dashed s-now"),
        _marks(frame, scale.top, scale.bottom),
    ]
    return Row("".join(parts), scale.bottom)


def _levels(plan: Plan) -> Iterator[list[float]]:
    """Yield the levels of each battery, slot by slot."""
    for place in range(len(plan.slots[0].batteries)):
        yield [slot.batteries[place].soc_pct for slot in plan.slots]


def _level_path(frame: Frame, scale: ValueScale, levels: Sequence[float]) -> str:
    # A slot's level is that of its end.
    points = [(frame.left(0), scale.y(levels[0]))] + [
        (frame.left(index + 1), scale.y(level)) for index, level in enumerate(levels)
    ]
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in _corners(points))


def powers(frame: Frame, top: float, height: float) -> Row:
    """Return battery (charging below the zero line), sun and load."""
    texts = frame.texts
    battery = frame.column(lambda slot: slot.battery_kw)
    solar = frame.column(lambda slot: slot.solar_kw)
    load = frame.column(lambda slot: slot.load_kw)
    entries = [
        Entry(texts("picture_discharging"), "f-discharge"),
        Entry(texts("picture_charging"), "f-charge"),
        Entry(texts("picture_solar"), "s-solar", "line"),
        Entry(texts("picture_load"), "s-load", "line"),
    ]
    meaning = _heading(frame, texts("picture_power"), entries, top)
    start = top + meaning.height + LABEL_GAP
    scale = ValueScale.over(
        [*battery, *solar, *load], start, start + height, LEAST_POWER_KW
    )
    given = [max(0.0, power) for power in battery]
    taken = [min(0.0, power) for power in battery]
    parts = [
        meaning.drawn,
        _grid(frame, scale),
        shape(frame.area_path(solar, scale.y), "area f-solar_area"),
        shape(frame.area_path(given, scale.y), "bars f-discharge"),
        shape(frame.area_path(taken, scale.y), "bars f-charge"),
        shape(frame.step_path(solar, scale.y), "line s-solar"),
        shape(frame.step_path(load, scale.y), "line s-load"),
        _marks(frame, scale.top, scale.bottom),
    ]
    return Row("".join(parts), scale.bottom)


def _heading(frame: Frame, heading: str, entries: list[Entry], top: float) -> Legend:
    return legend(heading, entries, MARGIN, frame.time.right, top)


def _marks(frame: Frame, top: float, bottom: float) -> str:
    """Return the lines at which days begin, and the one that is now."""
    parts = []
    for start in frame.time.days(frame.zone):
        x = frame.time.x(start)
        parts.append(rule([(x, top), (x, bottom)], "s-soft"))
    if frame.time.start <= frame.now <= frame.time.end:
        x = frame.time.x(frame.now)
        parts.append(
            shape(f"M{number(x)} {number(top)}V{number(bottom)}", "line s-now")
        )
    return "".join(parts)


def _grid(frame: Frame, scale: ValueScale) -> str:
    """Return the lines and numbers to read values by."""
    parts = []
    for tick in scale.ticks:
        y = scale.y(tick)
        style = "s-soft" if tick == 0 else "s-grid"
        parts.append(rule([(frame.time.left, y), (frame.time.right, y)], style))
        text = frame.texts.number(tick, scale.digits)
        parts.append(label(text, frame.time.left - LABEL_GAP, y + 4, anchor="end"))
    for when in frame.time.ticks(frame.zone):
        x = frame.time.x(when)
        parts.append(rule([(x, scale.top), (x, scale.bottom)], "s-grid"))
    return "".join(parts)


def _runs[T](
    plan: Plan, of: Callable[[PlannedSlot], T]
) -> Iterator[tuple[T, int, int]]:
    """Yield (value, first slot, slot after the last) of slots that agree."""
    first = 0
    for value, group in groupby(plan.slots, key=of):
        end = first + sum(1 for _ in group)
        yield value, first, end
        first = end


def _corners(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield the points without those on a straight line between their neighbours."""
    yield points[0]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        rise = (point[1] - before[1]) * (after[0] - point[0])
        if abs(rise - (after[1] - point[1]) * (point[0] - before[0])) > SMALL_W:
            yield point
    yield points[-1]
