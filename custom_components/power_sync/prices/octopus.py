"""Octopus Energy (Great Britain): prices of one home's import and export tariff."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import HORIZON, floor_time

from .extend import HALF_HOUR, HISTORY
from .octopus_client import BASE_URL, OctopusClient, Tariff, UnitRate
from .protocols import Now, PriceAnswerError, TariffEndedError, UnknownTariffError
from .schedule import DailyPublication

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
                replace(slot, start=max(slot.start, start), end=min(slot.end, end))
                for slot in past.slots
                if slot.start < end and start < slot.end
            ),
        )

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been published at a moment (UTC)."""
        return AGILE.due_until(when)

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC), given what is known already."""
        return AGILE.next_fetch(curve, self._now())

    async def _paid(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """Return the slots from `start` to `end`, if any."""
        if end <= start:
            return ()
        imports = await self._client.unit_rates(self.import_tariff, start, end)
        exports = (
            None
            if self.export_tariff is None
            else await self._client.unit_rates(self.export_tariff, start, end)
        )
        return tuple(_slots(imports, exports))

    async def _rates(self, tariff: Tariff, now: datetime) -> list[UnitRate]:
        """Return a tariff's rates, or say that there are none and why."""
        middle = floor_time(now, HALF_HOUR)
        rates = await self._client.unit_rates(tariff, middle - HISTORY, middle + AHEAD)
        last = rates[-1].end if rates else await self._client.newest_rate_end(tariff)
        if last is not None and last < now - ENDED_AFTER:
            raise TariffEndedError(f"{tariff.code} has no prices since {last:%Y-%m-%d}")
        if not rates:
            raise PriceAnswerError(f"no prices for {tariff.code}")
        return rates


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
    session: ClientSession, settings: Mapping[str, str | None], *, now: Now
) -> OctopusPriceSource:
    """Make the source from the user's settings. Raises UnknownTariffError."""
    import_product, region = (
        settings.get(CONF_IMPORT_PRODUCT),
        settings.get(CONF_REGION),
    )
    if import_product is None or region is None:
        raise UnknownTariffError("an import product and a region are needed")
    return OctopusPriceSource(
        OctopusClient(session, settings.get(CONF_BASE_URL) or BASE_URL),
        import_product,
        settings.get(CONF_EXPORT_PRODUCT),
        region,
        now=now,
    )
