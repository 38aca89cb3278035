"""Plain data as JSON holds it, and what is expected of it, said as TypeErrors."""

from collections.abc import Mapping
from datetime import datetime

from .battery import SettingValue

type Json = Mapping[str, Json] | list[Json] | str | int | float | bool | None
type JsonObject = Mapping[str, Json]


def text_of(value: Json) -> str:
    """Return a text. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def number_of(value: Json) -> float:
    """Return a number; true and false are none. Raises TypeError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    return value


def time_of(value: Json) -> datetime:
    """Return an aware time. Raises TypeError and ValueError."""
    when = datetime.fromisoformat(text_of(value))
    if when.tzinfo is None:
        raise ValueError("a time has an offset")
    return when


def setting_of(value: Json) -> SettingValue:
    """Return the value of a device's setting. Raises TypeError."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError("a setting is a plain value")
