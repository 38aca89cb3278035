"""A tariff as one value of a setting, and the tariffs that force a Powerwall.

A Powerwall in *Time-based control* charges where it costs nothing and feeds in where
that pays best, so it is forced with a tariff that says so. Such a tariff is in force
on one day only: a forgotten one ends at midnight. As a setting's value it is a short
text with its kind and its half hours, the same that its `code` says; that is how it is
known again, after a restart too. Any other tariff is its name and, after a tab, all of
it, so that it can be put back.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
import json
import re
from typing import Final
import zlib

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import Mode, SettingValue

from .access import Answer

HALF_HOUR: Final = timedelta(minutes=30)
SLOTS: Final = 48
NONE: Final = "none"
"""There is no tariff."""
OURS: Final = "POWER_SYNC"
UTILITY: Final = "PowerSync"
DEAR: Final = 99.0
SOLD_CHEAP: Final = 0.08
BOUGHT_USUAL: Final = 0.30
BOUGHT_DEAR: Final = 10.0
"""What surrounds a forced window, in any currency: it only has to differ from it."""
_SEASON: Final = "Summer"
_KINDS: Final = {Mode.CHARGE: "charge", Mode.DISCHARGE: "discharge"}
_TEXT: Final = re.compile(
    r"PowerSync (charge|discharge) (\d{4}-\d\d-\d\d) (\d\d):(00|30)-(\d\d):(00|30)"
)
_CODE: Final = re.compile(
    r"POWER_SYNC:(CHARGE|DISCHARGE):(\d{4}-\d\d-\d\d):(\d\d)(00|30)-(\d\d)(00|30)"
)
_FORCING: Final = ("CHARGE_", "DISCHARGE_", "AEMO-SPIKE", f"{OURS}:")
"""How the codes of tariffs begin that force, and never are the owner's."""
_OLD_NAMES: Final = ("Force Charge", "Force Discharge")
_DEFAULTS: Final = {
    "fromDayOfWeek": 0,
    "fromHour": 0,
    "fromMinute": 0,
    "toHour": 0,
    "toMinute": 0,
}
"""What a period says where it says nothing."""


@dataclass(frozen=True, slots=True)
class Window:
    """Half hours of one day that are forced: `[first, end)`, counted from midnight."""

    kind: str
    day: date
    first: int
    end: int

    @property
    def text(self) -> str:
        """The setting's value."""
        return (
            f"PowerSync {self.kind} {self.day} {_clock(self.first)}-{_clock(self.end)}"
        )

    @property
    def code(self) -> str:
        """What the tariff is known again by."""
        hours = f"{_clock(self.first)}-{_clock(self.end)}".replace(":", "")
        return f"{OURS}:{self.kind.upper()}:{self.day}:{hours}"


def forced_window(mode: Mode, until: datetime, slot: datetime) -> Window:
    """Return the half hours from the present one on, to the end of the day at most.

    `until` and `slot` are in the site's own clock; the last half hour is a whole one.
    """
    midnight = slot.replace(hour=0, minute=0)
    first = _slot_of(slot)
    end = SLOTS
    if until.date() == slot.date():
        minutes = (
            until.replace(tzinfo=None) - midnight.replace(tzinfo=None)
        ) / HALF_HOUR
        end = min(SLOTS, max(first + 1, -int(-minutes // 1)))
    return Window(_KINDS[mode], slot.date(), first, end)


def window_of(value: SettingValue) -> Window | None:
    """Return the window of a tariff that forces; None for any other."""
    return _window(_TEXT.fullmatch(value)) if isinstance(value, str) else None


def serves(value: SettingValue, wanted: Window) -> bool:
    """Return whether a tariff in force does what is wanted from now on."""
    held = window_of(value)
    return (
        held is not None
        and (held.kind, held.day, held.end) == (wanted.kind, wanted.day, wanted.end)
        and held.first <= wanted.first
    )


def value_of(tariff: Answer | None) -> str:
    """Return a tariff as the value of a setting."""
    if not tariff or not tariff.get("seasons"):
        return NONE
    code = tariff.get("code")
    window = _window(_CODE.fullmatch(code)) if isinstance(code, str) else None
    if window is not None:
        return window.text
    plain = json.dumps(_normal(tariff), sort_keys=True, separators=(",", ":"))
    packed = base64.b64encode(zlib.compress(plain.encode(), 9)).decode()
    name = re.sub(r"\s+", " ", str(tariff.get("name") or "")).strip()
    return f"{name or 'Tariff'}\t{packed}"


def content_of(value: SettingValue, currency: str) -> Answer:
    """Return the tariff that a value stands for. Raises DeviceRefusedError."""
    window = window_of(value)
    if window is not None:
        return forcing_tariff(window, currency)
    _, _, packed = str(value).partition("\t")
    try:
        content = json.loads(zlib.decompress(base64.b64decode(packed, validate=True)))
    except ValueError, zlib.error:
        content = None
    if not isinstance(content, dict):
        raise DeviceRefusedError("there is no tariff to set")
    return content


def forces(value: SettingValue) -> bool:
    """Return whether a tariff is one that forces: ours, or another program's.

    Such a one is never the owner's.
    """
    if window_of(value) is not None:
        return True
    if not isinstance(value, str) or value == NONE:
        return False
    try:
        content = content_of(value, "")
    except DeviceRefusedError:
        return False
    code, name = str(content.get("code", "")), str(content.get("name", ""))
    return code.startswith(_FORCING) or name.startswith(_OLD_NAMES)


def forcing_tariff(window: Window, currency: str) -> Answer:
    """Return the tariff of one day that forces a Powerwall in a window."""
    charges = window.kind == _KINDS[Mode.CHARGE]
    bought_in, bought_out = (0.0, BOUGHT_DEAR) if charges else (DEAR, BOUGHT_USUAL)
    sold_in, sold_out = (0.0, 0.0) if charges else (DEAR, SOLD_CHEAP)
    inside = [window.first <= each < window.end for each in range(SLOTS)]
    return tariff_of(
        code=window.code,
        name=f"Force {window.kind} (PowerSync)",
        utility=UTILITY,
        currency=currency,
        bought=[bought_in if each else bought_out for each in inside],
        sold=[sold_in if each else sold_out for each in inside],
        day=window.day,
    )


def flat_tariff(currency: str) -> Answer:
    """Return a tariff without any hours: for who has lost theirs."""
    return tariff_of(
        code="FLAT",
        name="Flat rate",
        utility="Standard",
        currency=currency,
        bought=[BOUGHT_USUAL] * SLOTS,
        sold=[SOLD_CHEAP] * SLOTS,
    )


def tariff_of(  # noqa: PLR0913 - the parts of a tariff, by keyword
    *,
    code: str,
    name: str,
    utility: str,
    currency: str,
    bought: Iterable[float],
    sold: Iterable[float],
    day: date | None = None,
) -> Answer:
    """Return a `tariff_content_v2` of 48 half hours, the same each day, or on one.

    Prices are per kWh in `currency`, and no negative ones: Tesla refuses those.
    """
    seasons = _seasons(day)

    def side(prices: Iterable[float]) -> dict[str, object]:
        rates = {_period(slot): _price(price) for slot, price in enumerate(prices)}
        return {
            "name": name,
            "utility": utility,
            "daily_charges": [{"name": "Charge"}],
            "demand_charges": {
                "ALL": {"rates": {"ALL": 0}},
                _SEASON: {},
                "Winter": {},
            },
            "energy_charges": {
                "ALL": {"rates": {"ALL": 0}},
                _SEASON: {"rates": rates},
                "Winter": {},
            },
            "seasons": seasons,
        }

    return {
        "version": 1,
        "code": code,
        **({"currency": currency} if currency else {}),
        **side(bought),
        "sell_tariff": side(sold),
    }


def _seasons(day: date | None) -> dict[str, object]:
    """Return one season, and an empty one, which older versions of the app need."""
    first, last = (
        (day, day) if day is not None else (date(2000, 1, 1), date(2000, 12, 31))
    )
    return {
        _SEASON: {
            "fromDay": first.day,
            "fromMonth": first.month,
            "toDay": last.day,
            "toMonth": last.month,
            "tou_periods": {
                _period(slot): {"periods": [_hours(slot)]} for slot in range(SLOTS)
            },
        },
        "Winter": {
            "fromDay": 0,
            "fromMonth": 0,
            "toDay": 0,
            "toMonth": 0,
            "tou_periods": {},
        },
    }


def _hours(slot: int) -> dict[str, int]:
    """Return a half hour of every day; what is 0 is left out, and midnight is 24."""
    (first_hour, first_half), (last_hour, last_half) = (
        divmod(slot, 2),
        divmod(slot + 1, 2),
    )
    hours = {
        "toDayOfWeek": 6,
        "fromHour": first_hour,
        "fromMinute": 30 * first_half,
        "toHour": last_hour,
        "toMinute": 30 * last_half,
    }
    return {key: value for key, value in hours.items() if value}


def _period(slot: int) -> str:
    hour, half = divmod(slot, 2)
    return f"PERIOD_{hour:02}_{30 * half:02}"


def _price(price: float) -> float:
    return round(max(0.0, price), 4)


def _slot_of(when: datetime) -> int:
    return 2 * when.hour + when.minute // 30


def _clock(slot: int) -> str:
    hour, half = divmod(slot, 2)
    return f"{hour:02}:{30 * half:02}"


def _window(found: re.Match[str] | None) -> Window | None:
    if found is None:
        return None
    kind, day, hour, minute, end_hour, end_minute = found.groups()
    try:
        return Window(
            kind.lower(),
            date.fromisoformat(day),
            2 * int(hour) + int(minute) // 30,
            2 * int(end_hour) + int(end_minute) // 30,
        )
    except ValueError:
        return None


def _normal(value: object) -> object:
    """Return a tariff without what says nothing, so that equal ones look equal."""
    if isinstance(value, Mapping):
        return {
            str(key): _normal(each)
            for key, each in value.items()
            if each is not None and not (key in _DEFAULTS and each == _DEFAULTS[key])
        }
    if isinstance(value, list | tuple):
        return [_normal(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
