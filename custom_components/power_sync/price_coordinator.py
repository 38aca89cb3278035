"""Prices: fetched when the provider has new ones, and kept through outages."""

from datetime import UTC, datetime, timedelta
from random import random
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .model.prices import PriceCurve
from .prices.merge import merge
from .prices.protocols import PriceAuthError, PriceError, PriceSource
from .prices.schedule import retry_at

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry

LEAST_WAIT = timedelta(seconds=5)
PRICES_KEPT = timedelta(days=60)
"""What is older nothing asks for: of five-minute prices there would soon be many."""
JITTER = timedelta(seconds=20)
SYNC_AT_MOST_EVERY = timedelta(seconds=60)
"""So often the user may have a provider or a device asked beyond its rhythm."""


class PriceCoordinator(DataUpdateCoordinator[PriceCurve]):
    """Fetches prices when the provider is due to have new ones.

    An outage never loses prices: the last curve is kept until its slots end.
    """

    config_entry: PowerSyncConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: PowerSyncConfigEntry, source: PriceSource
    ) -> None:
        """Fetch from `source`."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="electricity prices",
            always_update=False,
        )
        self.source = source
        self.error: PriceError | None = None
        """Why the last fetch failed; a TariffEndedError is for the user to solve."""
        self.fetched_at: datetime | None = None
        """When the provider last answered."""
        self._failures = 0
        self._not_before = datetime.min.replace(tzinfo=UTC)

    async def async_sync(self) -> None:
        """Fetch now, unless that was just done, or the provider asked for a rest."""
        if dt_util.utcnow() >= self._not_before:
            await self.async_refresh()

    @property
    def curve(self) -> PriceCurve | None:
        """The prices known, or None before the first answer."""
        # Home Assistant leaves `data` at None until there is some.
        curve: PriceCurve | None = self.data
        return curve

    @override
    async def _async_update_data(self) -> PriceCurve:
        """Return the prices known now."""
        try:
            fetched = await self.source.fetch()
        except PriceAuthError as err:
            if err.known is None:
                return self._outage(err)
            self.config_entry.async_start_reauth(self.hass)
            fetched = err.known
        except PriceError as err:
            return self._outage(err)
        if self.error is not None:
            LOGGER.info("Electricity prices are back")
        self.error, self._failures = None, 0
        self.fetched_at = dt_util.utcnow()
        self._not_before = self.fetched_at + SYNC_AT_MOST_EVERY
        known = self.curve
        if known is not None:
            known = known.from_time(dt_util.utcnow() - PRICES_KEPT)
        # Two months of five-minute prices take their time.
        curve = await self.hass.async_add_executor_job(merge, known, fetched)
        self._schedule(self.source.next_fetch(curve))
        return curve

    def _outage(self, err: PriceError) -> PriceCurve:
        now = dt_util.utcnow()
        news = self.error is None
        self.error = err
        self._failures += 1
        self._not_before = now + max(
            err.retry_after or SYNC_AT_MOST_EVERY, SYNC_AT_MOST_EVERY
        )
        most = self.source.retry_most
        self._schedule(retry_at(err, self._failures, now, most))
        refused = isinstance(err, PriceAuthError)
        curve = self.curve
        if curve is None or curve.at(now) is None:
            raise (ConfigEntryAuthFailed if refused else UpdateFailed)(
                translation_domain=DOMAIN,
                translation_key="prices_unavailable",
                translation_placeholders={"error": str(err)},
                # What it came from names the address, and would be logged.
            ) from None
        if refused:
            self.config_entry.async_start_reauth(self.hass)
        if news:
            LOGGER.info("No new electricity prices, going on with those known: %s", err)
        return curve

    def _schedule(self, when: datetime) -> None:
        # A few seconds of its own for each home, lest all ask at 16:00:00.
        jitter = JITTER * random()  # noqa: S311 - no secret
        self.update_interval = max(when - dt_util.utcnow(), LEAST_WAIT) + jitter
