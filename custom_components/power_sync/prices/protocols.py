"""What the site needs of an electricity provider, and how one fails."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.prices import PriceCurve

CONF_TOKEN = "token"  # noqa: S105 - the name of a setting
"""Where a provider wants to know who asks: replaced when it is refused."""
CONF_ZONE = "zone"
"""Of the tariff, where it follows the clock on the wall: an IANA key."""

type Now = Callable[[], datetime]
"""Returns the present moment as aware UTC."""


class PriceError(Exception):
    """Prices could not be had. The message is for logs and holds no secret.

    `retry_after` is how long the provider asked to be left alone, or None
    where it did not say.
    """

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        """Keep the provider's wish beside the message."""
        super().__init__(message)
        self.retry_after = retry_after


class PriceUnreachableError(PriceError):
    """The provider did not answer, not in time, or with a failure of its own."""


class PriceRateLimitedError(PriceError):
    """The provider was asked too often."""


class PriceAuthError(PriceError):
    """The provider refuses the credentials: the user has to enter new ones.

    `known` are the prices that can be had without them, where there are some.
    """

    known: PriceCurve | None = None


class OtherAccountError(PriceAuthError):
    """The credentials are those of another account than the one asked for."""


class PriceAnswerError(PriceError):
    """The provider's answer cannot be used."""


class UnknownTariffError(PriceError):
    """The provider does not know this tariff: the user has to choose another."""


class TariffEndedError(UnknownTariffError):
    """The tariff was known, but its prices have come to an end."""


class TwoRegisterTariffError(UnknownTariffError):
    """The tariff has a day and a night register, whose hours nobody publishes."""


class PriceSource(Protocol):
    """One provider's prices for one home."""

    @property
    def standing_per_day(self) -> float | None:
        """What a day costs before any energy, in the curve's currency, taxes included.

        None while it is not known; the first `fetch` learns it where it can.
        """

    @property
    def retry_most(self) -> timedelta:
        """The longest wait after outages: what is new every minute is missed soon."""

    async def fetch(self) -> PriceCurve:
        """Return all prices that are known. Raises PriceError and nothing else.

        Of the past it holds what `prices.extend` learns from.
        """

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return the prices that applied from `start` to `end`, cut to both.

        It ends at the present at the latest, has gaps where prices were not
        published, and is empty where there were none. Asking again for the same
        time, or a part of it, asks the provider nothing. Raises PriceError and
        nothing else.
        """

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been published at a moment (UTC)."""

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC), given what is known already."""


class SourceFactory(Protocol):
    """Makes a provider's price source from what the user has set up.

    The settings are plain data: they are stored with the site.
    """

    def __call__(
        self, session: ClientSession, settings: JsonObject, *, now: Now
    ) -> PriceSource:
        """Return the source. Raises UnknownTariffError where it cannot exist."""


@dataclass(frozen=True, slots=True)
class PriceEntity:
    """An entity as it is now; `value` is its state, where that is a number."""

    attributes: Mapping[str, object]
    unit: str | None
    value: float | None


type Read = Callable[[str], PriceEntity | None]
"""Returns an entity by its id; None where it is not available."""


class EntityFactory(Protocol):
    """Makes a price source that looks at entities of Home Assistant."""

    def __call__(self, read: Read, settings: JsonObject, *, now: Now) -> PriceSource:
        """Return the source. Raises UnknownTariffError where it cannot exist."""


type Act = Callable[[str, str, JsonObject], Awaitable[Mapping[str, object]]]
"""Calls an integration's action with data, and returns its answer.

Raises PriceUnreachableError where there is none.
"""


class ActionFactory(Protocol):
    """Makes a price source that calls actions of other integrations."""

    def __call__(self, act: Act, settings: JsonObject, *, now: Now) -> PriceSource:
        """Return the source. Raises UnknownTariffError where it cannot exist."""
