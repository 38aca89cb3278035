"""Octopus Energy (Great Britain): prices of one home's import and export tariff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
import logging
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import JsonObject, text_of
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import HORIZON, floor_time

from .extend import HALF_HOUR, HISTORY
from .merge import cut
from .octopus_client import BASE_URL, OctopusClient, Tariff, UnitRate
from .octopus_products import AGILE_IMPORT, TRACKER, stand_in
from .protocols import (
    Now,
    PriceAnswerError,
    PriceError,
    TariffEndedError,
    TwoRegisterTariffError,
    UnknownTariffError,
)
from .schedule import RETRY_MOST, DailyPublication, Schedule, Settled

_LOGGER = logging.getLogger(__name__)

CONF_IMPORT_PRODUCT = "import_product"
CONF_EXPORT_PRODUCT = "export_product"
CONF_REGION = "region"
CONF_BASE_URL = "base_url"

CURRENCY = "GBP"
# Kept here so that the zone is read from disk on import and never in the loop.
LONDON = ZoneInfo("Europe/London")

AGILE = DailyPublication(
    zone=LONDON.key, published=time(16), day_ends=time(23), eager_until=time(20)
)
"""Agile's next day, 23:00 to 23:00, comes out at about 16:00, at times at 20:00."""

TRACKER_DAY = Settled(every=timedelta(days=1), renew=timedelta(hours=8))
"""Tracker has one price a day, which is there by the evening before."""

WINDOWS = Settled(every=timedelta(hours=6), renew=timedelta(hours=6))
"""All others have the same hours every day, at prices that change by the season."""

AHEAD = HORIZON + timedelta(days=1)
ENDED_AFTER = timedelta(days=3)
"""Prices that stopped this long ago are not late: the product has ended."""


@dataclass(frozen=True, slots=True)
class _Past:
    """All there is to know of the prices from `start` to `end`."""

    start: datetime
    end: datetime
    slots: tuple[PriceSlot, ...]


class OctopusPriceSource:
    """Import and export prices of one home.

    Without an export tariff the export price is 0.0 in every slot: the home is
    not paid for what it exports. `export_tariff` tells that apart from a price
    of zero.
    """

    def __init__(
        self,
        client: OctopusClient,
        import_product: str,
        export_product: str | None,
        region: str,
        *,
        now: Now,
    ) -> None:
        """Raise UnknownTariffError where a product code or region is malformed."""
        self._client = client
        self._now = now
        self._standing_until = datetime.min.replace(tzinfo=UTC)
        self.standing_per_day: float | None = None
        self.retry_most = RETRY_MOST
        self._past: _Past | None = None
        self.import_tariff = Tariff(import_product, region)
        self.export_tariff = (
            None if export_product is None else Tariff(export_product, region)
        )

    async def fetch(self) -> PriceCurve:
        """Return the last 14 days and all that is published ahead, all firm.

        A time for which only one of the two prices is known has no slot: a plan
        ends before it rather than guess. Raises PriceError and nothing else.
        """
        now = self._now()
        imports = await self._rates(self.import_tariff, now)
        exports = (
            None
            if self.export_tariff is None
            else await self._rates(self.export_tariff, now)
        )
        await self._learn_standing_charge(now)
        return PriceCurve.of(CURRENCY, LONDON.key, _slots(imports, exports))

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return what was paid from `start` to `end`; 31 days are two requests.

        The last answer is kept, for the past does not change.
        """
        end = min(end, self._now())
        past = self._past
        if past is None or start < past.start or past.end < end:
            past = self._past = _Past(start, end, await self._paid(start, end))
        return PriceCurve(
            CURRENCY,
            LONDON.key,
            tuple(
                cut(slot, start, end)
                for slot in past.slots
                if slot.start < end and start < slot.end
            ),
        )

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been published at a moment (UTC)."""
        return min(schedule.due_until(when) for schedule in self._schedules())

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC), given what is known already."""
        now = self._now()
        return min(each.next_fetch(curve, now) for each in self._schedules())

    def _schedules(self) -> list[Schedule]:
        """Return when the prices of each tariff come out."""
        tariffs = (self.import_tariff, self.export_tariff)
        return [schedule_of(tariff.product) for tariff in tariffs if tariff is not None]

    async def _paid(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """Return the slots from `start` to `end`, if any."""
        if end <= start:
            return ()
        imports = await self._published(self.import_tariff, start, end)
        exports = (
            None
            if self.export_tariff is None
            else await self._published(self.export_tariff, start, end)
        )
        return tuple(_slots(imports, exports))

    async def _rates(self, tariff: Tariff, now: datetime) -> list[UnitRate]:
        """Return a tariff's rates, or say that there are none and why."""
        middle = floor_time(now, HALF_HOUR)
        rates = await self._published(tariff, middle - HISTORY, middle + AHEAD)
        last = rates[-1].end if rates else await self._client.newest_rate_end(tariff)
        if last is not None and last < now - ENDED_AFTER:
            raise TariffEndedError(f"{tariff.code} has no prices since {last:%Y-%m-%d}")
        if not rates:
            raise PriceAnswerError(f"no prices for {tariff.code}")
        return rates

    async def _published(
        self, tariff: Tariff, start: datetime, end: datetime
    ) -> list[UnitRate]:
        """Return a tariff's rates from where they are."""
        try:
            rates = await self._client.unit_rates(tariff, start, end)
        except UnknownTariffError:
            rates = await self._standing_in(tariff, start, end)
            if rates:
                return rates
            if await self._client.has_two_registers(tariff):
                raise TwoRegisterTariffError(
                    f"{tariff.product} has a day and a night rate"
                ) from None
            raise
        return rates or await self._standing_in(tariff, start, end)

    async def _standing_in(
        self, tariff: Tariff, start: datetime, end: datetime
    ) -> list[UnitRate]:
        """Return the rates of the product under which they may be, if any."""
        other = stand_in(tariff.product)
        if other is None:
            return []
        try:
            return await self._client.unit_rates(
                Tariff(other, tariff.region), start, end
            )
        except UnknownTariffError:
            return []

    async def _learn_standing_charge(self, now: datetime) -> None:
        """Keep the standing charge, asked once a day; no plan needs it."""
        if now < self._standing_until:
            return
        try:
            self.standing_per_day = await self._client.standing_charge(
                self.import_tariff, now
            )
        except PriceError as err:
            _LOGGER.debug("No standing charge: %s", err)
        else:
            self._standing_until = now + timedelta(days=1)


def schedule_of(product: str) -> Schedule:
    """Return how often the prices of a product are asked for."""
    if AGILE_IMPORT.has(product):
        return AGILE
    return TRACKER_DAY if TRACKER.has(product) else WINDOWS


def _slots(
    imports: list[UnitRate], exports: list[UnitRate] | None
) -> Iterator[PriceSlot]:
    """Yield slots on the union of both tariffs' boundaries."""
    if exports is None:
        for rate in imports:
            yield PriceSlot(rate.start, rate.end, rate.gbp_per_kwh, 0.0)
        return
    i = e = 0
    while i < len(imports) and e < len(exports):
        bought, sold = imports[i], exports[e]
        start, end = max(bought.start, sold.start), min(bought.end, sold.end)
        if start < end:
            yield PriceSlot(start, end, bought.gbp_per_kwh, sold.gbp_per_kwh)
        if bought.end == end:
            i += 1
        if sold.end == end:
            e += 1


def from_settings(
    session: ClientSession, settings: JsonObject, *, now: Now
) -> OctopusPriceSource:
    """Make the source from the user's settings. Raises UnknownTariffError."""
    export_product = settings.get(CONF_EXPORT_PRODUCT)
    try:
        return OctopusPriceSource(
            OctopusClient(session, text_of(settings.get(CONF_BASE_URL) or BASE_URL)),
            text_of(settings.get(CONF_IMPORT_PRODUCT)),
            None if export_product is None else text_of(export_product),
            text_of(settings.get(CONF_REGION)),
            now=now,
        )
    except TypeError as err:
        raise UnknownTariffError("an import product and a region are needed") from err
