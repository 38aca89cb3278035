"""Prices that other integrations have in the attributes of their entities.

What is added to a price is the user's: `price * factor + addition`, in money per kWh.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from custom_components.power_sync.model.plain import JsonObject, number_of, text_of
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.model.timegrid import SLOT, floor_time

from .entity_rows import LONGEST, per_kwh, read_prices
from .extend import HISTORY
from .merge import cut, merge
from .protocols import (
    CONF_ZONE,
    Now,
    PriceAnswerError,
    PriceUnreachableError,
    Read,
    UnknownTariffError,
)

CONF_CURRENCY = "currency"
CONF_IMPORT_ENTITY = "import_entity"
CONF_EXPORT_ENTITY = "export_entity"
CONF_EXPORT_PER_KWH = "export_per_kwh"
CONF_IMPORT_FACTOR = "import_factor"
CONF_IMPORT_ADDITION = "import_addition"
CONF_EXPORT_FACTOR = "export_factor"
CONF_EXPORT_ADDITION = "export_addition"
CONF_PUBLISHED = "published"
CONF_STANDING_PER_DAY = "standing_per_day"

DAY = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=1)
"""Nobody is asked: the entity is looked at."""
KEPT = HISTORY + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An entity's prices, and what becomes of them."""

    entity_id: str
    factor: float = 1.0
    addition_per_kwh: float = 0.0

    def read(self, read: Read, zone: ZoneInfo, now: datetime) -> Series:
        """Return the prices. Raises PriceUnreachableError and PriceAnswerError."""
        entity = read(self.entity_id)
        if entity is None:
            raise PriceUnreachableError("the entity of the prices is not available")
        known = read_prices(entity.attributes, zone)
        if known.end is None or known.end <= now:
            raise PriceAnswerError("the entity has no list of prices ahead")
        scale = per_kwh(entity.unit) * self.factor
        return Series(
            replace(span, value=span.value * scale + self.addition_per_kwh)
            for span in _with_now(known, entity.value, now)
        )


def _with_now(known: Series, value: float | None, now: datetime) -> Iterator[Span]:
    """Yield prices; that of now is the state where the list begins with the next."""
    yield from known.spans
    following = min((s.start for s in known.spans if s.start > now), default=None)
    if known.at(now) is None and value is not None and following is not None:
        slot = floor_time(now, SLOT)
        begun = max((s.end for s in known.spans if s.end <= now), default=slot)
        if following - now <= LONGEST:
            yield Span(max(begun, slot), following, value)


@dataclass(frozen=True, slots=True)
class EntityTariff:
    """What is bought and sold at; without an entity, sold at one price.

    Where the prices are not `published` but forecast, only that of now is firm.
    """

    currency: str
    zone: ZoneInfo
    bought: Adjusted
    sold: Adjusted | None
    export_per_kwh: float
    published: bool
    standing_per_day: float | None

    def curve(self, read: Read, now: datetime) -> PriceCurve:
        """Return the prices that the entities have now."""
        bought = self.bought.read(read, self.zone, now)
        sold = None if self.sold is None else self.sold.read(read, self.zone, now)
        slots = []
        for span in bought.spans:
            if sold is None:
                slots.append(self._slot(span, self.export_per_kwh, now))
                continue
            for sale in sold.spans:
                start, end = max(span.start, sale.start), min(span.end, sale.end)
                if start < end:
                    part = Span(start, end, span.value)
                    slots.append(self._slot(part, sale.value, now))
        return PriceCurve(self.currency, self.zone.key, tuple(slots))

    def _slot(self, span: Span, export_per_kwh: float, now: datetime) -> PriceSlot:
        firm = self.published or span.start <= now
        return PriceSlot(span.start, span.end, span.value, export_per_kwh, firm=firm)


class EntityPriceSource:
    """Looks at entities, and remembers what they had."""

    def __init__(self, tariff: EntityTariff, read: Read, *, now: Now) -> None:
        """Look at nothing before the first `fetch`."""
        self._tariff = tariff
        self._read = read
        self._now = now
        self._last: PriceCurve | None = None
        self._seen: PriceCurve | None = None
        self.standing_per_day = tariff.standing_per_day
        self.retry_most = LOOK_EVERY

    async def fetch(self) -> PriceCurve:
        """Return the prices of now, and of the last days as they were seen."""
        now = self._now()
        curve = self._tariff.curve(self._read, now)
        if self._seen is not None and curve == self._last:
            return self._seen
        self._last = curve
        before = None if self._seen is None else self._seen.from_time(now - KEPT)
        self._seen = merge(before, curve)
        return self._seen

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return what was seen from `start` to `end`."""
        end = min(end, self._now())
        seen = () if self._seen is None else self._seen.slots
        return PriceCurve(
            self._tariff.currency,
            self._tariff.zone.key,
            tuple(
                cut(slot, start, end)
                for slot in seen
                if slot.start < end and start < slot.end
            ),
        )

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices were known at a moment (UTC).

        When others publish is not known: those of a day are, on that day.
        """
        if not self._tariff.published:
            return floor_time(when, SLOT) + SLOT
        zone = self._tariff.zone
        tomorrow = when.astimezone(zone).date() + DAY
        return datetime.combine(tomorrow, time(0), tzinfo=zone).astimezone(UTC)

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to look again (UTC)."""
        return self._now() + LOOK_EVERY


def from_settings(read: Read, settings: JsonObject, *, now: Now) -> EntityPriceSource:
    """Make the source from what is stored. Raises UnknownTariffError."""
    try:
        return EntityPriceSource(read_tariff(settings), read, now=now)
    except (TypeError, ValueError, ZoneInfoNotFoundError) as err:
        raise UnknownTariffError("an entity of prices is needed") from err


def read_tariff(settings: JsonObject) -> EntityTariff:
    """Return the tariff that is stored. Raises TypeError and ValueError."""
    sold = settings.get(CONF_EXPORT_ENTITY)
    standing = settings.get(CONF_STANDING_PER_DAY)
    return EntityTariff(
        currency=text_of(settings.get(CONF_CURRENCY)),
        zone=ZoneInfo(text_of(settings.get(CONF_ZONE))),
        bought=Adjusted(
            text_of(settings.get(CONF_IMPORT_ENTITY)),
            number_of(settings.get(CONF_IMPORT_FACTOR)),
            number_of(settings.get(CONF_IMPORT_ADDITION)),
        ),
        sold=None
        if sold is None
        else Adjusted(
            text_of(sold),
            number_of(settings.get(CONF_EXPORT_FACTOR)),
            number_of(settings.get(CONF_EXPORT_ADDITION)),
        ),
        export_per_kwh=number_of(settings.get(CONF_EXPORT_PER_KWH)),
        published=settings.get(CONF_PUBLISHED) is True,
        standing_per_day=None if standing is None else number_of(standing),
    )
