"""The forms of prices that the user enters, and what is made of what was typed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import probatio

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.prices.fixed import (
    CONF_DIRECTION,
    CONF_END,
    CONF_EXPORT_PER_KWH,
    CONF_HOLIDAYS,
    CONF_IMPORT_PER_KWH,
    CONF_MONTHS,
    CONF_MOST_KWH,
    CONF_POOLED,
    CONF_PRICE_PER_KWH,
    CONF_STANDING_PER_DAY,
    CONF_START,
    CONF_WEEKDAYS,
    Direction,
)
from custom_components.power_sync.prices.windows import EVERY_DAY, HOLIDAY
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TimeSelector,
)
from homeassistant.helpers.translation import async_get_translations

from .errors import InputError

SECTION_DAYS: Final = "days"
SECTION_CAP: Final = "cap"
CONF_CHOSEN: Final = "chosen"
CONF_TEMPLATE: Final = "template"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS: Final = (*WEEKDAYS, "holiday")
"""Where there is a calendar of public holidays, these are days of their own kind."""
MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
MONEY_OF_CENTS: Final = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "NZD", "USD"})
"""Currencies in which no home pays more than this per kWh: it was meant in cents."""
LEAST_IN_CENTS: Final = 5.0

type Stored = dict[str, Any]
"""A rate as it is stored."""
type Labels = Mapping[str, str]
"""The names of directions, weekdays and months, in the language of the home."""


def fixed_schema(currency: str) -> probatio.Schema:
    """Return the form of the prices that apply whenever nothing else does."""
    price, day = money_selector(f"{currency}/kWh"), money_selector(f"{currency}/d")
    return probatio.Schema(
        {
            probatio.Required(CONF_IMPORT_PER_KWH): price,
            probatio.Required(CONF_EXPORT_PER_KWH, default=0): price,
            probatio.Optional(CONF_STANDING_PER_DAY): day,
            probatio.Optional(CONF_HOLIDAYS): holidays_selector(),
        }
    )


def holidays_selector() -> EntitySelector:
    """Return a field for a calendar of public holidays."""
    return EntitySelector(EntitySelectorConfig(domain="calendar"))


def rate_schema(currency: str, *, collapsed: bool, holidays: bool) -> probatio.Schema:
    """Return the form of one rate, with its days folded up or not.

    `holidays` is whether public holidays are days of their own kind.
    """
    kinds = DAYS if holidays else WEEKDAYS
    days = {
        probatio.Required(CONF_WEEKDAYS, default=list(kinds)): _several(
            kinds, "weekday", SelectSelectorMode.LIST
        ),
        probatio.Required(CONF_MONTHS, default=list(MONTHS)): _several(
            MONTHS, "month", SelectSelectorMode.DROPDOWN
        ),
    }
    direction = SelectSelectorConfig(
        options=[str(each) for each in Direction],
        mode=SelectSelectorMode.LIST,
        translation_key="direction",
    )
    return probatio.Schema(
        {
            probatio.Required(
                CONF_DIRECTION, default=str(Direction.IMPORT)
            ): SelectSelector(direction),
            probatio.Required(CONF_PRICE_PER_KWH): money_selector(f"{currency}/kWh"),
            probatio.Required(CONF_START): TimeSelector(),
            probatio.Required(CONF_END): TimeSelector(),
            probatio.Required(SECTION_DAYS): section(
                probatio.Schema(days), {"collapsed": collapsed}
            ),
            probatio.Optional(SECTION_CAP): section(
                probatio.Schema(
                    {
                        probatio.Optional(CONF_MOST_KWH): energy_selector(
                            1000, "kWh/d"
                        ),
                        probatio.Optional(
                            CONF_POOLED, default=False
                        ): BooleanSelector(),
                    }
                ),
                {"collapsed": collapsed},
            ),
        }
    )


def energy_selector(most: float, unit: str) -> NumberSelector:
    """Return a field for energy per something."""
    return NumberSelector(
        NumberSelectorConfig(
            min=0,
            max=most,
            step="any",
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
        )
    )


def choice_schema(labels: Sequence[str], *, multiple: bool) -> probatio.Schema:
    """Return the form that asks for one rate, or for several."""
    select = SelectSelectorConfig(
        options=[
            SelectOptionDict(value=str(index), label=label)
            for index, label in enumerate(labels)
        ],
        mode=SelectSelectorMode.LIST,
        multiple=multiple,
    )
    return probatio.Schema({probatio.Required(CONF_CHOSEN): SelectSelector(select)})


def template_schema(keys: Sequence[str]) -> probatio.Schema:
    """Return the form that asks for the contract to start from."""
    select = SelectSelectorConfig(
        options=list(keys),
        mode=SelectSelectorMode.LIST,
        translation_key=CONF_TEMPLATE,
    )
    return probatio.Schema({probatio.Required(CONF_TEMPLATE): SelectSelector(select)})


def checked_prices(user_input: Mapping[str, Any], currency: str) -> Stored:
    """Return the prices that were typed. Raises InputError."""
    for key in (CONF_IMPORT_PER_KWH, CONF_EXPORT_PER_KWH):
        check_price(user_input[key], currency, key)
    standing = user_input.get(CONF_STANDING_PER_DAY)
    return {
        CONF_IMPORT_PER_KWH: float(user_input[CONF_IMPORT_PER_KWH]),
        CONF_EXPORT_PER_KWH: float(user_input[CONF_EXPORT_PER_KWH]),
        CONF_STANDING_PER_DAY: None if standing is None else float(standing),
        CONF_HOLIDAYS: user_input.get(CONF_HOLIDAYS),
    }


def checked_rate(user_input: Mapping[str, Any], currency: str) -> Stored:
    """Return the rate that was typed. Raises InputError."""
    check_price(user_input[CONF_PRICE_PER_KWH], currency, CONF_PRICE_PER_KWH)
    days = user_input[SECTION_DAYS]
    weekdays = [DAYS.index(each) for each in days[CONF_WEEKDAYS]]
    months = [MONTHS.index(each) + 1 for each in days[CONF_MONTHS]]
    if not weekdays or not months:
        raise InputError("no_day")
    cap = user_input.get(SECTION_CAP, {})
    most = cap.get(CONF_MOST_KWH)
    capped = {CONF_MOST_KWH: most, CONF_POOLED: cap.get(CONF_POOLED) is True}
    return {
        CONF_DIRECTION: user_input[CONF_DIRECTION],
        CONF_PRICE_PER_KWH: float(user_input[CONF_PRICE_PER_KWH]),
        CONF_START: clock_of(user_input[CONF_START]),
        CONF_END: clock_of(user_input[CONF_END]),
        CONF_WEEKDAYS: sorted(weekdays),
        CONF_MONTHS: sorted(months),
        **({} if most is None else capped),
    }


def rate_as_typed(rate: Stored, *, holidays: bool) -> dict[str, Any]:
    """Return a stored rate in the shape of its form, as `rate_schema` has it."""
    days = {*rate[CONF_WEEKDAYS]}
    if holidays and days >= EVERY_DAY:
        days.add(HOLIDAY)
    kinds = DAYS if holidays else WEEKDAYS
    return {
        **{
            key: rate[key]
            for key in (CONF_DIRECTION, CONF_PRICE_PER_KWH, CONF_START, CONF_END)
        },
        SECTION_DAYS: {
            CONF_WEEKDAYS: [day for place, day in enumerate(kinds) if place in days],
            CONF_MONTHS: [MONTHS[month - 1] for month in rate[CONF_MONTHS]],
        },
        SECTION_CAP: {
            key: rate[key] for key in (CONF_MOST_KWH, CONF_POOLED) if key in rate
        },
    }


async def async_labels(hass: HomeAssistant) -> Labels:
    """Return the names that a rate is described with."""
    texts = await async_get_translations(
        hass, hass.config.language, "selector", [DOMAIN]
    )
    return {
        f"{kind}.{key}": texts[f"component.{DOMAIN}.selector.{kind}.options.{key}"]
        for kind, keys in (
            ("direction", Direction),
            ("weekday", DAYS),
            ("month", MONTHS),
            ("terms", ("day", "pooled", "credit")),
        )
        for key in keys
    }


def described(rate: Stored, currency: str, labels: Labels) -> str:
    """Return a rate in a line, such as "Buying: 0.45 AUD/kWh, 16:00-21:00"."""
    direction = labels[f"direction.{rate[CONF_DIRECTION]}"]
    parts = [
        price_text(rate[CONF_PRICE_PER_KWH], currency),
        f"{rate[CONF_START]}\N{EN DASH}{rate[CONF_END]}",
        _days_text(rate[CONF_WEEKDAYS], labels),
        _runs(
            [month - 1 for month in rate[CONF_MONTHS]],
            [labels[f"month.{month}"] for month in MONTHS],
        ),
    ]
    if (most := rate.get(CONF_MOST_KWH)) is not None:
        kind = "pooled" if rate.get(CONF_POOLED) else "day"
        parts.append(labels[f"terms.{kind}"].format(kwh=f"{most:g}"))
    return f"{direction}: {', '.join(part for part in parts if part)}"


def _days_text(days: Sequence[int], labels: Labels) -> str:
    """Return the days of a rate; "" for all of them, with or without holidays."""
    weekdays = [day for day in days if day != HOLIDAY]
    text = _runs(weekdays, [labels[f"weekday.{day}"] for day in WEEKDAYS])
    if HOLIDAY not in days or {*weekdays} == EVERY_DAY:
        return text
    return ", ".join(filter(None, (text, labels["weekday.holiday"])))


def price_text(price: float, currency: str) -> str:
    """Return a price with at least two decimals, and no more than it has."""
    decimals = max(2, len(f"{price:.6f}".rstrip("0").partition(".")[2]))
    return f"{price:.{decimals}f} {currency}/kWh"


def _runs(chosen: Iterable[int], names: Sequence[str]) -> str:
    """Return what was chosen, with neighbours drawn together; "" for all of it."""
    runs: list[list[int]] = []
    for each in chosen:
        if runs and runs[-1][-1] == each - 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    if runs == [list(range(len(names)))]:
        return ""
    return ", ".join(
        names[run[0]]
        if len(run) == 1
        else f"{names[run[0]]}\N{EN DASH}{names[run[-1]]}"
        for run in runs
    )


def check_price(price: float, currency: str, field: str) -> None:
    """See that a price was not meant in cents. Raises InputError."""
    if currency in MONEY_OF_CENTS and abs(price) >= LEAST_IN_CENTS:
        raise InputError("price_in_cents", field)


def clock_of(typed: str) -> str:
    """Return hours and minutes of a time that may have seconds."""
    return typed[:5]


def money_selector(unit: str) -> NumberSelector:
    """Return a field for money per something."""
    return NumberSelector(
        NumberSelectorConfig(
            step="any", mode=NumberSelectorMode.BOX, unit_of_measurement=unit
        )
    )


def _several(
    options: Sequence[str], key: str, mode: SelectSelectorMode
) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), mode=mode, multiple=True, translation_key=key
        )
    )
