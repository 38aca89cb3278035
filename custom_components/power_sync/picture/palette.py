"""The colours of the picture, on a light and on a dark ground."""

from collections.abc import Mapping
from enum import StrEnum

from custom_components.power_sync.model.battery import Mode


class Theme(StrEnum):
    """On which ground the picture is drawn."""

    AUTO = "auto"
    """As the page or device that shows it."""
    LIGHT = "light"
    DARK = "dark"


LIGHT: Mapping[str, str] = {
    "ground": "#ffffff",
    "ink": "#1f2933",
    "soft": "#52606d",
    "grid": "#dfe4e8",
    "now": "#c62828",
    "good": "#1b6e2c",
    "import": "#b3261e",
    "export": "#00756a",
    "level": "#1565c0",
    "battery_1": "#00838f",
    "battery_2": "#8e24aa",
    "battery_3": "#a86500",
    "solar": "#a86500",
    "solar_area": "#fbc02d",
    "load": "#37474f",
    "charge": "#1565c0",
    "discharge": "#d84a00",
    "self_consumption": "#7b8f99",
    "no_discharge": "#8e24aa",
    "limit": "#00838f",
    "standby": "#37474f",
}
DARK: Mapping[str, str] = {
    "ground": "#1c1c1c",
    "ink": "#e8eaed",
    "soft": "#aab4be",
    "grid": "#3a4047",
    "now": "#ff8a80",
    "good": "#81c784",
    "import": "#ff8a80",
    "export": "#4db6ac",
    "level": "#64b5f6",
    "battery_1": "#4dd0e1",
    "battery_2": "#ce93d8",
    "battery_3": "#ffd54f",
    "solar": "#ffd54f",
    "solar_area": "#c49000",
    "load": "#cfd8dc",
    "charge": "#64b5f6",
    "discharge": "#ffa062",
    "self_consumption": "#78909c",
    "no_discharge": "#ce93d8",
    "limit": "#4dd0e1",
    "standby": "#cfd8dc",
}
_FILLED = (
    *("ground", "ink", "soft", "good", "level", "solar_area"),
    *(mode.value for mode in Mode),
)
BATTERIES = ("battery_1", "battery_2", "battery_3")
"""The colours of several batteries; a fourth one has the first again."""
_DRAWN = (
    *("grid", "now", "soft", "import", "export", "level", "solar", "load"),
    *BATTERIES,
)
# Where there is none of the first, the last one named keeps the texts as narrow.
_FONTS = 'Roboto,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans Condensed",sans-serif'
_SHAPES = f"""\
text{{font-family:{_FONTS};font-size:12px}}
.title{{font-size:16px;font-weight:600}}
.strong{{font-weight:600}}
.line{{fill:none;stroke-width:2;stroke-linejoin:round}}
.thin{{fill:none;stroke-width:1}}
.dashed{{stroke-dasharray:3 3;stroke-opacity:.75}}
.area{{fill-opacity:.3}}
.bars{{fill-opacity:.85}}"""


def style_sheet(theme: Theme) -> str:
    """Return the style sheet: `f-` classes fill, `s-` classes draw a line."""
    if theme is Theme.AUTO:
        dark = _colours(DARK)
        return (
            f"{_SHAPES}\n{_colours(LIGHT)}\n"
            f"@media (prefers-color-scheme:dark){{\n{dark}\n}}"
        )
    return f"{_SHAPES}\n{_colours(DARK if theme is Theme.DARK else LIGHT)}"


def _colours(colours: Mapping[str, str]) -> str:
    filled = (f".f-{name}{{fill:{colours[name]}}}" for name in _FILLED)
    drawn = (f".s-{name}{{stroke:{colours[name]}}}" for name in _DRAWN)
    return "\n".join((*filled, *drawn))
