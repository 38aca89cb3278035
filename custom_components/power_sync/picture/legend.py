"""A heading, and what the colours under it mean."""

from dataclasses import dataclass

from .svg import SIZE, box, label, rule, shape, text_width

ROW = 18.0
SWATCH = 12.0
GAP = 10.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A colour and its meaning; `kind` is box, line or dashed."""

    text: str
    style: str
    kind: str = "box"


@dataclass(frozen=True, slots=True)
class Legend:
    """A legend as drawn, and the height that it takes."""

    drawn: str
    height: float


def legend(
    heading: str, entries: list[Entry], left: float, right: float, top: float
) -> Legend:
    """Return a heading with its entries behind it, in as many rows as it takes."""
    parts, x, base = [], left, top + SIZE
    if heading:
        parts.append(label(heading, x, base, "f-ink strong"))
        x += text_width(heading, bold=True) + GAP
    for entry in entries:
        width = SWATCH + 4 + text_width(entry.text)
        if x > left and x + width > right:
            x, base = left, base + ROW
        parts.append(_swatch(entry, x, base - 4))
        parts.append(label(entry.text, x + SWATCH + 4, base))
        x += width + GAP
    return Legend("".join(parts), base - top - SIZE + ROW)


def _swatch(entry: Entry, x: float, middle: float) -> str:
    if entry.kind == "box":
        return box(x, middle - 5, SWATCH, 10, f"swatch {entry.style}")
    if entry.kind == "dashed":
        ends = [(x, middle), (x + SWATCH, middle)]
        return rule(ends, f"swatch dashed {entry.style}")
    return shape(f"M{x:.1f} {middle:.1f}h{SWATCH:.0f}", f"swatch line {entry.style}")
