"""What Australia's market operator (AEMO) publishes of a region's prices.

The price of each five minutes is published as they begin; the forecast of half-hours
(pre-dispatch) every half-hour, to the end of the next trading day, 04:00; and past
months as tables. No account is needed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from weakref import WeakKeyDictionary

from aiohttp import ClientSession

from custom_components.power_sync.model.timegrid import SLOT

from .nem import Region, Spot, spot
from .nemweb import newest_predispatch, read_month, read_predispatch
from .protocols import Now, PriceAnswerError, PriceError
from .rest import REQUEST_TIMEOUT_S, Fields, RestClient

_SUMMARY = "ELEC_NEM_SUMMARY"
_FOLDER = "Predispatch_Reports"
_FIRM = "FIRM"

SHARED_FOR = timedelta(seconds=15)
"""So long all who ask over one session get the same answer, or the same refusal."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the operator publishes what."""

    report: str = "https://visualisations.aemo.com.au/aemo/apps/api/report"
    files: str = "https://nemweb.com.au/Reports/Current"
    past: str = "https://aemo.com.au/aemo/data/nem/priceanddemand"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The price of the newest five minutes; the market may still revise it."""

    spot: Spot
    revisable: bool


class _Shared:
    """The summary of all regions, asked for once for all homes of a session."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        self._answer: Fields | PriceError | None = None

    async def get(self, ask: Callable[[], Awaitable[Fields]], now: Now) -> Fields:
        """Return what was said a moment ago, or `ask`. Raises PriceError."""
        async with self._lock:
            answer = self._answer
            if answer is None or not now() - SHARED_FOR < self._asked_at <= now():
                answer = self._answer = await _outcome(ask)
                self._asked_at = now()
        if isinstance(answer, PriceError):
            raise type(answer)(str(answer), retry_after=answer.retry_after)
        return answer


async def _outcome(ask: Callable[[], Awaitable[Fields]]) -> Fields | PriceError:
    try:
        return await ask()
    except PriceError as err:
        return err


_SHARED: WeakKeyDictionary[ClientSession, dict[str, _Shared]] = WeakKeyDictionary()
"""By session and address. Home Assistant has one session for all."""


class AemoClient:
    """Reads one region's prices. All methods raise PriceError and nothing else."""

    def __init__(
        self,
        session: ClientSession,
        region: Region,
        addresses: Addresses,
        *,
        now: Now,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Ask for `region`."""
        self.region = region
        self._now = now
        shared = _SHARED.setdefault(session, {})
        self._shared = shared.setdefault(addresses.report, _Shared())
        self._report, self._files, self._past = (
            RestClient(session, address, closing_slash=False, timeout_s=timeout_s)
            for address in (addresses.report, addresses.files, addresses.past)
        )
        self._file = ""
        self._forecast: tuple[Spot, ...] = ()

    async def dispatch(self) -> Dispatch:
        """Return the newest price that has been published."""
        answer = await self._shared.get(self._ask, self._now)
        rows = [
            _read_dispatch(row)
            for row in answer.rows(_SUMMARY)
            if row.text("REGIONID") == self.region
        ]
        if not rows:
            raise PriceAnswerError("the summary says nothing of the region")
        return max(rows, key=lambda row: row.spot.end)

    async def _ask(self) -> Fields:
        return await self._report.get(_SUMMARY, query={})

    async def predispatch(self) -> tuple[Spot, ...]:
        """Return the newest forecast, half-hour by half-hour.

        A file is fetched once: as long as there is no newer one, it is the same.
        """
        folder = await self._files.get_bytes(_FOLDER, "", called="forecasts")
        name = newest_predispatch(folder)
        if name != self._file:
            archive = await self._files.get_bytes(_FOLDER, name, called="forecast")
            self._forecast = await asyncio.to_thread(
                read_predispatch, archive, self.region
            )
            self._file = name
        return self._forecast

    async def month(self, first: date) -> tuple[Spot, ...]:
        """Return the prices of a month of the market, as far as they are known.

        Raises UnknownTariffError where there is no such month.
        """
        name = f"PRICE_AND_DEMAND_{first:%Y%m}_{self.region}.csv"
        text = await self._past.get_bytes(name, called="past prices")
        return await asyncio.to_thread(read_month, text, self.region)


def _read_dispatch(row: Fields) -> Dispatch:
    price = spot(row.text("SETTLEMENTDATE"), SLOT, row.number("PRICE"))
    status = row.optional_text("PRICE_STATUS")
    return Dispatch(price, revisable=status not in (None, _FIRM))
