"""The sensors of prices beyond that of now: what comes, what a day has, when to buy."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.util import dt as dt_util

from .const import CONF_PROVIDER
from .entity import Followed
from .model.prices import PriceCurve, PriceSlot
from .prices.glance import (
    DayPrices,
    Level,
    day_prices,
    level_at,
    slot_ahead,
)
from .prices.registry import DOUBT_FORECASTS
from .sensor_site import PRICE_SHOWN_DIGITS, SiteSensorDescription
from .site import Site
from .site_coordinators import Coordinators
from .site_values import PRICE_DIGITS, Value

ATTR_AT: Final = "at"
ATTR_END: Final = "end"
ATTR_EXPORT: Final = "export_per_kwh"
ATTR_FIRM: Final = "firm"
ATTR_KNOWN_HOURS: Final = "known_hours"
ATTR_MOST: Final = "most_per_kwh"
ATTR_SAMPLES: Final = "samples"
ATTR_START: Final = "start"

HOUR: Final = timedelta(hours=1)

type _Attributes = Mapping[str, object] | None


def _described(  # noqa: PLR0913 - the parts of a description
    key: str,
    value: Callable[[PriceCurve, Site, datetime], Value],
    attributes: Callable[[PriceCurve, Site, datetime], _Attributes] | None = None,
    *,
    device_class: SensorDeviceClass | None = None,
    options: list[str] | None = None,
    price: bool = False,
) -> SiteSensorDescription:
    """Return a sensor that is a function of the prices; unknown without any."""

    def value_fn(site: Site, now: datetime) -> Value:
        curve = site.coordinators.prices.curve
        return None if curve is None else value(curve, site, now)

    def attributes_fn(site: Site) -> _Attributes:
        curve = site.coordinators.prices.curve
        if curve is None or attributes is None:
            return None
        return attributes(curve, site, dt_util.utcnow())

    return SiteSensorDescription(
        key=key,
        device_class=device_class,
        options=options,
        suggested_display_precision=PRICE_SHOWN_DIGITS if price else None,
        unit_fn=_per_kwh if price else None,
        value_fn=value_fn,
        attributes_fn=attributes_fn,
        follows_fn=_prices,
        each_slot=True,
    )


def _per_kwh(currency: str) -> str:
    return f"{currency}/kWh"


def _prices(coordinators: Coordinators) -> Followed:
    return (coordinators.prices,)


def _ahead(key: str, count: int) -> SiteSensorDescription:
    """Return the price of the `count`-th slot to come."""

    def slot(curve: PriceCurve, now: datetime) -> PriceSlot | None:
        return slot_ahead(curve, now, count)

    def value(curve: PriceCurve, _site: Site, now: datetime) -> Value:
        found = slot(curve, now)
        return None if found is None else round(found.import_per_kwh, PRICE_DIGITS)

    def attributes(curve: PriceCurve, _site: Site, now: datetime) -> _Attributes:
        found = slot(curve, now)
        if found is None:
            return None
        return {
            ATTR_START: _local(found.start),
            ATTR_END: _local(found.end),
            ATTR_EXPORT: round(found.export_per_kwh, PRICE_DIGITS),
            ATTR_FIRM: found.firm,
        }

    return _described(key, value, attributes, price=True)


def _of_day(
    key: str,
    days: int,
    figure: Callable[[DayPrices], float],
    at: Callable[[DayPrices], datetime] | None = None,
) -> SiteSensorDescription:
    """Return a figure of today, or of a day to come."""

    def found(curve: PriceCurve, now: datetime) -> DayPrices | None:
        day = dt_util.as_local(now).date() + timedelta(days=days)
        start, end = (
            dt_util.as_utc(dt_util.start_of_local_day(each))
            for each in (day, day + timedelta(days=1))
        )
        return day_prices(curve, start, end)

    def value(curve: PriceCurve, _site: Site, now: datetime) -> Value:
        day = found(curve, now)
        return None if day is None else round(figure(day), PRICE_DIGITS)

    def attributes(curve: PriceCurve, _site: Site, now: datetime) -> _Attributes:
        day = found(curve, now)
        if day is None:
            return None
        known = {ATTR_KNOWN_HOURS: day.known / HOUR, ATTR_FIRM: day.firm}
        return known if at is None else {ATTR_AT: _local(at(day)), **known}

    return _described(key, value, attributes, price=True)


def _local(when: datetime) -> str:
    return dt_util.as_local(when).isoformat()


def _fetched_at(site: Site, _now: datetime) -> Value:
    return site.coordinators.prices.fetched_at


def _doubts(site: Site) -> bool:
    return site.entry.data[CONF_PROVIDER] in DOUBT_FORECASTS


def _doubt(curve: PriceCurve, _site: Site, _now: datetime) -> Value:
    doubt = curve.doubt
    return None if doubt is None else round(doubt.mean_per_kwh, PRICE_DIGITS)


def _doubt_parts(curve: PriceCurve, _site: Site, _now: datetime) -> _Attributes:
    doubt = curve.doubt
    if doubt is None:
        return None
    most = round(doubt.most_per_kwh, PRICE_DIGITS)
    return {ATTR_MOST: most, ATTR_SAMPLES: doubt.samples}


PRICE_SENSORS: Final = (
    _ahead("next_import_price", 1),
    _ahead("following_import_price", 2),
    _of_day("lowest_price_today", 0, lambda d: d.least_per_kwh, lambda d: d.least_at),
    _of_day("highest_price_today", 0, lambda d: d.most_per_kwh, lambda d: d.most_at),
    _of_day("mean_price_today", 0, lambda d: d.mean_per_kwh),
    _of_day(
        "lowest_price_tomorrow", 1, lambda d: d.least_per_kwh, lambda d: d.least_at
    ),
    _of_day("highest_price_tomorrow", 1, lambda d: d.most_per_kwh, lambda d: d.most_at),
    _of_day("mean_price_tomorrow", 1, lambda d: d.mean_per_kwh),
    _described(
        "price_level",
        lambda curve, _, now: level_at(curve, now),
        device_class=SensorDeviceClass.ENUM,
        options=[level.value for level in Level],
    ),
    replace(
        _described("price_doubt", _doubt, _doubt_parts, price=True),
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        exists_fn=_doubts,
    ),
    SiteSensorDescription(
        key="prices_fetched_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        # With some providers it is another one every minute.
        entity_registry_enabled_default=False,
        value_fn=_fetched_at,
        follows_fn=_prices,
        # An answer that is no news tells nobody.
        each_slot=True,
    ),
)
