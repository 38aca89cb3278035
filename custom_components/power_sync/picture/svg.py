"""The few elements of SVG that the picture is made of."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

SIZE = 12.0
TITLE_SIZE = 16.0
_NARROW = frozenset("iljtfrI.,:;'|!()[] -–·1")  # noqa: RUF001 - dashes of texts
_WIDE = frozenset("mwMW@%—")
_BOLDER = 1.06
_FIRST_WIDE_SCRIPT = 0x2E80
"""From here on characters are as wide as they are high."""


def number(value: float) -> str:
    """Return a coordinate to a tenth."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def text_width(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """Return about how wide a text is, rather too much than too little."""
    width = size * sum(_character_width(each) for each in text)
    return width * _BOLDER if bold else width


def _character_width(character: str) -> float:
    if ord(character) >= _FIRST_WIDE_SCRIPT:
        return 1.0
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.92
    return 0.68 if character.isupper() else 0.58


def wrapped(text: str, width: float, *, bold: bool = False) -> list[str]:
    """Return a text as lines that are no wider than `width`.

    Words stay whole, and so does what a space that does not break holds together.
    """
    lines: list[str] = []
    for word in filter(None, text.split(" ")):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def element(name: str, content: str = "", **attributes: str | float) -> str:
    """Return an element; its content is XML already. `class_` stands for class."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={_quoted(value)}"
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _quoted(value: str | float) -> str:
    return quoteattr(value if isinstance(value, str) else number(value))


def label(
    text: str, x: float, y: float, style: str = "f-soft", anchor: str = "start"
) -> str:
    """Return a text on the base line `y`."""
    anchored = {} if anchor == "start" else {"text_anchor": anchor}
    return element("text", escape(text), x=x, y=y, class_=style, **anchored)


def box(left: float, top: float, width: float, height: float, style: str) -> str:
    """Return a filled rectangle."""
    return element("rect", x=left, y=top, width=width, height=height, class_=style)


def rule(points: Iterable[tuple[float, float]], style: str) -> str:
    """Return a line through points."""
    path = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return element("polyline", points=path, class_=f"thin {style}")


def shape(path: str, style: str) -> str:
    """Return a path."""
    return element("path", d=path, class_=style)
