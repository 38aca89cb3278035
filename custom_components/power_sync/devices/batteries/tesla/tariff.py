"""A tariff as one value of a setting, and the tariffs that force a Powerwall.

A Powerwall in *Time-based control* charges where it costs nothing and feeds in where
that pays best, so it is forced with a tariff that says so. Such a tariff is in force
on one day only: a forgotten one ends at midnight. As a setting's value it is a short
text with its kind and its half hours, the same that its `code` says; that is how it is
known again, after a restart too. Any other tariff is its name and, after a tab, all of
it, so that it can be put back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
import re
from typing import Any, Final

from custom_components.power_sync.devices.batteries import tariff_text
from custom_components.power_sync.devices.batteries.tariff_text import (
    numbers,
    packed,
    prices_of,
    unpacked,
)
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import Mode, SettingValue
from custom_components.power_sync.model.tariff import (
    HALF_HOUR,
    SLOTS,
    DayTariff,
    clock_of,
    slot_of,
)

from .access import Answer
from .content import SEASON, period_of, price_of, tariff_of

NONE: Final = "none"
"""There is no tariff."""
OURS: Final = "POWER_SYNC"
UTILITY: Final = "PowerSync"
DEAR: Final = 99.0
SPIKE_TIMES: Final = 3.0
"""What a spike pays is told this many times over: the gateway waits for no more."""
SPIKE_BOUGHT_LEAST: Final = 5.0
SOLD_CHEAP: Final = 0.08
BOUGHT_USUAL: Final = 0.30
BOUGHT_DEAR: Final = 10.0
"""What surrounds a forced window, in any currency: it only has to differ from it."""
LATER: Final = 0.01
"""Selling brings this part less in each further half hour: where all bring the same, a
gateway may wait for the last one (`springfall2008/batpred` issue 4887)."""
_KINDS: Final = {Mode.CHARGE: "charge", Mode.DISCHARGE: "discharge"}
_TEXT: Final = re.compile(
    r"PowerSync (charge|discharge) (\d{4}-\d\d-\d\d) (\d\d):(00|30)-(\d\d):(00|30)"
    r"(?: at (\d+(?:\.\d+)?))?"
)
_CODE: Final = re.compile(
    r"POWER_SYNC:(CHARGE|DISCHARGE):(\d{4}-\d\d-\d\d):(\d\d)(00|30)-(\d\d)(00|30)"
    r"(?::(\d+(?:\.\d+)?))?"
)
_PRICES_CODE: Final = re.compile(r"POWER_SYNC:PRICES:(\d{4}-\d\d-\d\d)")
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
    """Half hours of one day that are forced: `[first, end)`, counted from midnight.

    `sold` is what a kWh brings in them in a spike; None is the usual dear price.
    """

    kind: str
    day: date
    first: int
    end: int
    sold: float | None = None

    @property
    def text(self) -> str:
        """The setting's value."""
        hours = f"{clock_of(self.first)}-{clock_of(self.end)}"
        price = "" if self.sold is None else f" at {self.sold:g}"
        return f"PowerSync {self.kind} {self.day} {hours}{price}"

    @property
    def code(self) -> str:
        """What the tariff is known again by."""
        hours = f"{clock_of(self.first)}-{clock_of(self.end)}".replace(":", "")
        price = "" if self.sold is None else f":{self.sold:g}"
        return f"{OURS}:{self.kind.upper()}:{self.day}:{hours}{price}"


def forced_window(
    mode: Mode, until: datetime, slot: datetime, paid_per_kwh: float | None = None
) -> Window:
    """Return the half hours from the present one on, to the end of the day at most.

    `until` and `slot` are in the site's own clock; the last half hour is a whole one.
    `paid_per_kwh` is what a spike pays meanwhile.
    """
    midnight = slot.replace(hour=0, minute=0)
    first = slot_of(slot)
    end = SLOTS
    if until.date() == slot.date():
        minutes = (
            until.replace(tzinfo=None) - midnight.replace(tzinfo=None)
        ) / HALF_HOUR
        end = min(SLOTS, max(first + 1, -int(-minutes // 1)))
    sold = round(SPIKE_TIMES * paid_per_kwh, 2) if paid_per_kwh else 0.0
    return Window(_KINDS[mode], slot.date(), first, end, sold if sold > 0 else None)


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
    code = str(tariff.get("code"))
    window = _window(_CODE.fullmatch(code))
    if window is not None:
        return window.text
    if (found := _PRICES_CODE.fullmatch(code)) and (prices := _told(tariff, found[1])):
        return prices_text(prices)
    return packed(str(tariff.get("name") or ""), _normal(tariff))


def content_of(value: SettingValue, currency: str) -> Answer:
    """Return the tariff that a value stands for. Raises DeviceRefusedError."""
    window = window_of(value)
    if window is not None:
        return forcing_tariff(window, currency)
    if (prices := prices_of(value)) is not None:
        return prices_tariff(prices)
    return unpacked(value)


def forces(value: SettingValue) -> bool:
    """Return whether a tariff is one of ours, or one of another program's that forces.

    Such a one is never the owner's.
    """
    if window_of(value) is not None or prices_of(value) is not None:
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
    """Return the tariff of one day that forces a Powerwall in a window.

    In a spike buying costs twice what selling brings, so that nothing is bought.
    """
    if window.kind == _KINDS[Mode.CHARGE]:
        bought_in, bought_out, sold_in, sold_out = 0.0, BOUGHT_DEAR, 0.0, 0.0
    else:
        bought_in, bought_out, sold_in, sold_out = DEAR, BOUGHT_USUAL, DEAR, SOLD_CHEAP
        if window.sold is not None:
            sold_in = window.sold
            bought_in = max(2 * sold_in, SPIKE_BOUGHT_LEAST)
    inside = [window.first <= each < window.end for each in range(SLOTS)]
    sold = [sold_in * (1 - LATER * (each - window.first)) for each in range(SLOTS)]
    return tariff_of(
        code=window.code,
        name=f"Force {window.kind} (PowerSync)",
        utility=UTILITY,
        currency=currency,
        bought=[bought_in if each else bought_out for each in inside],
        sold=[
            price if each else sold_out
            for price, each in zip(sold, inside, strict=True)
        ],
        day=window.day,
    )


def prices_text(prices: DayTariff) -> str:
    """Return the value of a setting that stands for prices of a day.

    It holds all of them, as far as a Powerwall takes them.
    """
    bought, sold = (tuple(map(price_of, side)) for side in (prices.bought, prices.sold))
    return tariff_text.prices_text(replace(prices, bought=bought, sold=sold))


def prices_tariff(prices: DayTariff) -> Answer:
    """Return the tariff by which a Powerwall plans, on the one day it is for."""
    return tariff_of(
        code=f"{OURS}:PRICES:{prices.day}",
        name="Prices (PowerSync)",
        utility=UTILITY,
        currency=prices.currency,
        bought=prices.bought,
        sold=prices.sold,
        day=prices.day,
    )


def _told(tariff: Answer, day: str) -> DayTariff | None:
    """Return the prices in a tariff of ours; None where they were changed since."""
    sold, currency = tariff.get("sell_tariff"), tariff.get("currency")
    if not isinstance(sold, Mapping) or not isinstance(currency, str):
        return None
    try:
        return DayTariff(
            date.fromisoformat(day), currency, _rates(tariff), _rates(sold)
        )
    except LookupError, TypeError, ValueError:
        return None


def _rates(side: Mapping[str, Any]) -> tuple[float, ...]:
    rates = side["energy_charges"][SEASON]["rates"]
    return numbers(rates[period_of(slot)] for slot in range(SLOTS))


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


def _window(found: re.Match[str] | None) -> Window | None:
    if found is None:
        return None
    kind, day, hour, minute, end_hour, end_minute, sold = found.groups()
    try:
        return Window(
            kind.lower(),
            date.fromisoformat(day),
            2 * int(hour) + int(minute) // 30,
            2 * int(end_hour) + int(end_minute) // 30,
            None if sold is None else float(sold),
        )
    except ValueError:
        return None


def _normal(tree: Mapping[str, Any]) -> dict[str, object]:
    """Return a tariff without what says nothing, so that equal ones look equal."""
    return {
        str(key): _plain(each)
        for key, each in tree.items()
        if each is not None and not (key in _DEFAULTS and each == _DEFAULTS[key])
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return _normal(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
