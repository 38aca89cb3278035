"""Octopus Energy's prices as an account has them: dispatches and saving sessions.

On Intelligent Octopus Go a half-hour in which Octopus charges the car costs what the
night does. In a saving session that was joined, each kWh that is not bought, or is
sold, earns a reward: buying and selling both count by so much more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
import logging

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import JsonObject, text_of
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import floor_time

from .extend import HALF_HOUR
from .octopus import (
    CONF_BASE_URL,
    OctopusPriceSource,
    from_settings as public_source,
)
from .octopus_client import BASE_URL
from .octopus_kraken import KrakenClient, Session, Slot
from .protocols import (
    CONF_TOKEN,
    Now,
    PriceAuthError,
    PriceError,
    PriceSource,
    UnknownTariffError,
)

_LOGGER = logging.getLogger(__name__)

CONF_ACCOUNT = "account"
INTELLIGENT = "INTELLI-VAR-"
DISPATCHES_EVERY = timedelta(minutes=5)
SESSIONS_EVERY = timedelta(minutes=30)
DAY = timedelta(days=1)


class AccountPriceSource:
    """The public prices, with what the account changes in them.

    What cannot be asked for at a time is as it was last known: the prices themselves
    depend on no account.
    """

    def __init__(
        self, public: OctopusPriceSource, client: KrakenClient, *, now: Now
    ) -> None:
        """Ask nothing before the first `fetch`."""
        self._public, self._client, self._now = public, client, now
        self._intelligent = public.import_tariff.product.startswith(INTELLIGENT)
        self._curve: PriceCurve | None = None
        self._curve_until = now()
        self._dispatches: list[Slot] = []
        self._sessions: list[Session] = []
        self._sessions_until = now()
        self.retry_most = public.retry_most

    @property
    def standing_per_day(self) -> float | None:
        """What a day costs before any energy."""
        return self._public.standing_per_day

    async def fetch(self) -> PriceCurve:
        """Return the prices; the public ones are asked for when they are due.

        A key that is refused raises a PriceAuthError, which has the public prices.
        """
        now = self._now()
        if self._curve is None or now >= self._curve_until:
            self._curve = await self._public.fetch()
            self._curve_until = self._public.next_fetch(self._curve)
        try:
            await self._learn(now)
        except PriceAuthError as err:
            err.known = self._changed(self._curve)
            raise
        except PriceError as err:
            _LOGGER.debug("Nothing new of the account: %s", err)
        return self._changed(self._curve)

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return the public prices of the past."""
        return await self._public.history(start, end)

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been published at a moment (UTC)."""
        return self._public.known_until(when)

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC)."""
        every = DISPATCHES_EVERY if self._intelligent else SESSIONS_EVERY
        return min(self._public.next_fetch(curve), self._now() + every)

    async def _learn(self, now: datetime) -> None:
        """Ask for what may have changed."""
        if now >= self._sessions_until:
            joined = await self._client.sessions()
            self._sessions = self._sessions if joined is None else joined
            self._sessions_until = now + SESSIONS_EVERY
        if self._intelligent:
            found = await self._client.dispatches()
            self._dispatches = self._dispatches if found is None else found

    def _changed(self, curve: PriceCurve) -> PriceCurve:
        slots: Iterable[PriceSlot] = curve.slots
        for begin, end in _half_hours(self._dispatches):
            near = [
                s for s in curve.slots if begin - DAY < s.end and s.start < end + DAY
            ]
            least = min((s.import_per_kwh for s in near), default=None)
            if least is not None:
                slots = _within(slots, begin, end, _at_most(least))
        for session in self._sessions:
            slots = _within(
                slots, session.start, session.end, _rewarded(session.gbp_per_kwh)
            )
        return replace(curve, slots=tuple(slots))


def _half_hours(dispatches: Iterable[Slot]) -> Iterator[Slot]:
    """Yield the whole half-hours in which a car is charged: they are billed whole."""
    for start, end in dispatches:
        if start < end:
            last = floor_time(end - timedelta.resolution, HALF_HOUR)
            yield floor_time(start, HALF_HOUR), last + HALF_HOUR


def _at_most(per_kwh: float) -> Callable[[PriceSlot], PriceSlot]:
    return lambda slot: replace(slot, import_per_kwh=min(slot.import_per_kwh, per_kwh))


def _rewarded(per_kwh: float) -> Callable[[PriceSlot], PriceSlot]:
    return lambda slot: replace(
        slot,
        import_per_kwh=slot.import_per_kwh + per_kwh,
        export_per_kwh=slot.export_per_kwh + per_kwh,
    )


def _within(
    slots: Iterable[PriceSlot],
    start: datetime,
    end: datetime,
    change: Callable[[PriceSlot], PriceSlot],
) -> Iterator[PriceSlot]:
    """Yield slots, changed between two times, and cut there."""
    for slot in slots:
        begin, until = max(slot.start, start), min(slot.end, end)
        if begin >= until:
            yield slot
            continue
        if slot.start < begin:
            yield replace(slot, end=begin)
        yield change(replace(slot, start=begin, end=until))
        if until < slot.end:
            yield replace(slot, start=until)


def from_settings(
    session: ClientSession, settings: JsonObject, *, now: Now
) -> PriceSource:
    """Make the source: with an account or without. Raises UnknownTariffError."""
    public = public_source(session, settings, now=now)
    account, key = settings.get(CONF_ACCOUNT), settings.get(CONF_TOKEN)
    if account is None or key is None:
        return public
    try:
        client = KrakenClient(
            session,
            text_of(settings.get(CONF_BASE_URL) or BASE_URL),
            text_of(account),
            text_of(key),
            now=now,
        )
    except TypeError as err:
        raise UnknownTariffError("an account is a number and a key") from err
    return AccountPriceSource(public, client, now=now)
