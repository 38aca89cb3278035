"""Frozen dataclasses as plain data, and back, by the types of their fields.

So a field that is added to what is planned from is recorded without a word here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import Enum
from functools import cache
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from custom_components.power_sync.forecast.load_history import LoadHistory
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.model.series import Series

from . import compact
from .compact import Plain
from .errors import RecordingError

_DECODERS: Mapping[object, Callable[[Plain], Any]] = {
    Series: compact.series_of,
    PriceCurve: compact.curve_of,
    LoadHistory: compact.history_of,
    datetime: compact.time_of,
    date: lambda value: date.fromisoformat(_scalar(str, value)),
    timedelta: lambda value: timedelta(seconds=_scalar(float, value)),
    tzinfo: lambda value: ZoneInfo(_scalar(str, value)),
}


def to_plain(value: object) -> Plain:
    """Return a value as JSON can hold it."""
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value)
    if is_dataclass(value):
        return {
            field.name: to_plain(getattr(value, field.name)) for field in fields(value)
        }
    raise TypeError(f"a {type(value).__name__} cannot be recorded")


def _float(value: float) -> Plain:
    """Return a number; JSON has none that is not finite, so those are texts."""
    return value if isfinite(value) else repr(value)


def _items(values: Iterable[object]) -> list[Plain]:
    return [to_plain(value) for value in values]


def _mapping(values: Mapping[object, object]) -> Plain:
    return {str(to_plain(key)): to_plain(value) for key, value in values.items()}


_ENCODERS: Sequence[tuple[type | tuple[type, ...], Callable[[Any], Plain]]] = (
    (Series, compact.series_plain),
    (PriceCurve, compact.curve_plain),
    (LoadHistory, compact.history_plain),
    (Enum, lambda value: to_plain(value.value)),
    ((bool, int, str, NoneType), lambda value: value),
    (float, _float),
    (datetime, compact.time_text),
    (date, date.isoformat),
    (timedelta, timedelta.total_seconds),
    (tzinfo, str),
    (Mapping, _mapping),
    ((set, frozenset), lambda values: sorted(_items(values), key=repr)),
    ((list, tuple), _items),
)
"""How to record what is of a type; an enum of texts is a text as well, so it
comes before them, and a moment is a date."""


def from_plain[T](kind: type[T], value: Plain) -> T:
    """Return the dataclass that `to_plain` made plain data of.

    Raises RecordingError for what is none.
    """
    try:
        made = _read(kind, value)
    except RecordingError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as err:
        raise RecordingError(f"{type(err).__name__}: {err}") from err
    if not isinstance(made, kind):
        raise RecordingError(f"no {kind.__name__}")
    return made


def _read(hint: Any, value: Plain) -> Any:
    """Return the value that a type hint says this is."""
    hint = getattr(hint, "__value__", hint)
    if (decode := _DECODERS.get(hint)) is not None:
        return decode(value)
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _read_union(get_args(hint), value)
    if origin is not None:
        return _read_many(origin, get_args(hint), value)
    return _read_one(hint, value)


def _read_one(hint: type, value: Plain) -> Any:
    if is_dataclass(hint):
        return _read_dataclass(hint, value)
    return hint(value) if issubclass(hint, Enum) else _scalar(hint, value)


def _scalar(hint: Any, value: Plain) -> Any:
    """Return a plain value, of the type that it should have."""
    if hint is float and isinstance(value, str):
        return float(value)
    wanted = (int, float) if hint is float else hint
    is_flag = isinstance(value, bool)
    if not isinstance(value, wanted) or is_flag is not (hint is bool):
        raise RecordingError(f"{value!r} is no {hint.__name__}")
    return value


def _read_union(options: tuple[Any, ...], value: Plain) -> Any:
    """Return a value that may be None, or may be of several plain types."""
    if value is None and NoneType in options:
        return None
    others = [option for option in options if option is not NoneType]
    if len(others) == 1:
        return _read(others[0], value)
    if any(
        value is True or value is False if option is bool else isinstance(value, option)
        for option in others
    ):
        return value
    raise RecordingError(f"{value!r} is nothing that it can be")


def _read_many(origin: Any, arguments: tuple[Any, ...], value: Plain) -> Any:
    if issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise RecordingError("an object was expected")
        return {
            _read(arguments[0], key): _read(arguments[1], item)
            for key, item in value.items()
        }
    if not isinstance(value, list):
        raise RecordingError("a list was expected")
    return origin(_read(arguments[0], item) for item in value)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read_dataclass(kind: type, value: Plain) -> Any:
    if not isinstance(value, dict):
        raise RecordingError(f"a {kind.__name__} was expected")
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}
    if unknown := sorted(value.keys() - known.keys()):
        raise RecordingError(f"{kind.__name__} has no {', '.join(unknown)}")
    missing = [
        name
        for name, field in known.items()
        if name not in value
        and field.default is MISSING
        and field.default_factory is MISSING
    ]
    if missing:
        raise RecordingError(f"{kind.__name__} needs {', '.join(missing)}")
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], item) for name, item in value.items()})
