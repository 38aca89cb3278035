"""Tariffs as the values of a setting: short texts that hold all of them.

What is for people comes first, what is for the device alone after a tab.
"""

import base64
from collections.abc import Iterable, Mapping
from datetime import date
import json
import re
from typing import Any, Final
import zlib

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import SettingValue
from custom_components.power_sync.model.tariff import DayTariff

_PRICES: Final = re.compile(r"PowerSync prices (\d{4}-\d\d-\d\d) ([A-Z]{3})\t(\S+)")


def packed(name: str, content: Mapping[str, object]) -> str:
    """Return any tariff as a value: its name, and all of it to be put back."""
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"))
    held = base64.b64encode(zlib.compress(plain.encode(), 9)).decode()
    return f"{re.sub(r'\s+', ' ', name).strip() or 'Tariff'}\t{held}"


def unpacked(value: SettingValue) -> Mapping[str, object]:
    """Return the tariff that `packed` made a value of. Raises DeviceRefusedError."""
    _, _, held = str(value).partition("\t")
    try:
        content = json.loads(zlib.decompress(base64.b64decode(held, validate=True)))
    except ValueError, zlib.error:
        content = None
    if not isinstance(content, dict):
        raise DeviceRefusedError("there is no tariff to set")
    return content


def prices_text(prices: DayTariff) -> str:
    """Return the value that stands for prices of a day, and holds all of them."""
    told = json.dumps([prices.bought, prices.sold], separators=(",", ":"))
    return f"PowerSync prices {prices.day} {prices.currency}\t{told}"


def prices_of(value: SettingValue) -> DayTariff | None:
    """Return the prices that a value stands for; None for any other tariff."""
    found = _PRICES.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    day, currency, told = found.groups()
    try:
        bought, sold = json.loads(told)
        return DayTariff(
            date.fromisoformat(day), currency, numbers(bought), numbers(sold)
        )
    except TypeError, ValueError:
        return None


def prices_among(values: Iterable[SettingValue]) -> DayTariff | None:
    """Return the first prices that one of these values stands for; None without any."""
    return next(filter(None, map(prices_of, values)), None)


def numbers(values: Iterable[Any]) -> tuple[float, ...]:
    """Return prices as numbers. Raises TypeError or ValueError."""
    return tuple(float(each) for each in values)
