"""Whether the wholesale price of the site's region spikes, looked at each minute."""

from datetime import UTC, datetime, timedelta
from random import random
from typing import TYPE_CHECKING, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .const import CONF_PROVIDER, LOGGER
from .price_coordinator import SYNC_AT_MOST_EVERY
from .prices.protocols import PriceError
from .prices.registry import FOLLOW_MARKET
from .prices.spike_watch import SpikeStatus, SpikeWatch, Thresholds

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry

LEAST_WAIT = timedelta(seconds=5)
OWN_DELAY: Final = timedelta(seconds=10) * random()  # noqa: S311 - no secret
"""The same for all sites of this Home Assistant, so that one request is enough."""


class SpikeCoordinator(DataUpdateCoordinator[SpikeStatus | None]):
    """Follows a region's price; what nobody knows any more is None.

    An outage is no failure: what was known counts until it is too old.
    `in_prices` is whether the site's own prices follow the market, so that the
    plan sees a spike by itself.
    """

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        watch: SpikeWatch,
    ) -> None:
        """Ask through `watch`."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="wholesale price",
            always_update=False,
        )
        self._watch = watch
        self._lost = False
        self._not_before = datetime.min.replace(tzinfo=UTC)
        self.in_prices = entry.data[CONF_PROVIDER] in FOLLOW_MARKET

    async def async_sync(self) -> None:
        """Ask now, unless that was just done, or failures call for a rest."""
        if dt_util.utcnow() >= self._not_before:
            await self.async_refresh()

    @property
    def status(self) -> SpikeStatus | None:
        """What is known now; None before the first answer, and where it is too old."""
        return self._watch.status

    @property
    def event(self) -> SpikeStatus | None:
        """A spike that lasts now and that the site's prices do not show."""
        status = self.status
        return status if status and status.active and not self.in_prices else None

    def restore(self, status: SpikeStatus | None) -> None:
        """Go on from what was known before a restart."""
        self._watch.restore(status)
        self.data = self.status

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge by other thresholds from now on."""
        self._watch.set_thresholds(thresholds)
        if self.status != self.data:
            self.data = self.status
            self.async_update_listeners()

    @override
    async def _async_update_data(self) -> SpikeStatus | None:
        """Return what is known after asking."""
        region = self._watch.region
        try:
            await self._watch.check()
        except PriceError as err:
            if not self._lost:
                LOGGER.info("The wholesale price of %s is not known: %s", region, err)
            self._lost = True
        else:
            if self._lost:
                LOGGER.info("The wholesale price of %s is known again", region)
            self._lost = False
        now, due = dt_util.utcnow(), self._watch.next_check()
        self._not_before = due if self._lost else now + SYNC_AT_MOST_EVERY
        wait = due - now
        self.update_interval = max(wait, LEAST_WAIT) + OWN_DELAY
        return self.status
