"""What control is told of the market, and the user of what follows from it.

A spike that the home's prices do not show is answered (`control/rules/spike.py`), and
a forced charge waits while buying is too dear (`control/rules/force.py`). Both are
told when they begin and when they end. A spike is remembered over restarts: a price
between the two thresholds says nothing alone.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback

from .bridges.kept import Content, KeptFile, KeptStore
from .control.market import SpikeView
from .control.reasons import ControlReason
from .control.view import Master
from .dear import dear_per_kwh
from .model.battery import Mode
from .notices import async_tell
from .prices.spike_watch import SpikeStatus, status_from_json, status_to_json

if TYPE_CHECKING:
    from .site import Site
    from .spike import SpikeCoordinator

SPIKE_FILE: Final = KeptFile("spike", version=1, delay_s=1.0)
SPIKE: Final = "spike"
DEAR: Final = "dear"


class SpikeAnswer(StrEnum):
    """What is done about spikes of the wholesale price."""

    OFF = "off"
    IN_PRICES = "in_prices"
    """The home's own prices show a spike, so the plan sees it by itself."""
    NOT_ALLOWED = "not_allowed"
    """The user allows no export from the battery."""
    CANNOT = "cannot"
    """No battery can be told to discharge."""
    UNKNOWN = "unknown_price"
    WAITING = "waiting"
    DISCHARGING = "discharging"
    AT_FLOOR = "at_floor"
    OVERRULED = "overruled"
    """Something that ranks higher, or a limit of the home, is in the way."""


class MarketResponse:
    """Follows the market of one site for control and the user."""

    def __init__(self, site: Site) -> None:
        """Say nothing before `async_restore`."""
        self._site = site
        self._store = spike_store(site.hass, site.entry.entry_id, self._content)
        self._told = False
        self._paused = False
        site.controller.market.too_dear = self.too_dear

    async def async_restore(self) -> None:
        """Go on with a spike of before a restart, before control first acts."""
        spike = self._site.coordinators.spike
        if spike is None:
            return
        kept = await self._store.load()
        if isinstance(kept, Mapping):
            self._told = kept.get("told") is True
            spike.restore(status_from_json(kept.get("status")))
        spike.set_thresholds(self._site.settings.thresholds)
        self.async_update()

    @callback
    def async_follow(self) -> None:
        """Follow prices and control from now on."""
        site = self._site
        site.entry.async_on_unload(site.controller.listen(self._look))
        if (spike := site.coordinators.spike) is not None:
            site.entry.async_on_unload(spike.async_add_listener(self._async_news))

    async def async_watch(self) -> None:
        """Look at the wholesale price for the first time, whether or not shown."""
        spike = self._site.coordinators.spike
        if spike is not None:
            await spike.async_refresh()
            self._async_news()

    async def async_close(self) -> None:
        """Write what is not written yet."""
        await self._store.async_close()

    # -- what control is told -----------------------------------------------------

    @callback
    def _async_news(self) -> None:
        self._store.async_changed()
        if self.async_update():
            site = self._site
            site.entry.async_create_background_task(
                site.hass, site.controller.tick(), "power_sync price spike"
            )

    @callback
    def async_update(self) -> bool:
        """Tell control of the spike that is to be answered; say if that is news."""
        market, event = self._site.controller.market, self._event
        before, market.spike = market.spike, None
        if event is not None and event.since is not None:
            paid = event.dispatch.spot.aud_per_kwh
            market.spike = SpikeView(event.since, event.known_until, paid)
        return (before is None) is not (market.spike is None)

    @property
    def _event(self) -> SpikeStatus | None:
        """A spike that lasts and that the user wants answered."""
        spike = self._site.coordinators.spike
        wanted = self._site.settings.spike_response
        return spike.event if spike is not None and wanted else None

    def too_dear(self, now: datetime) -> bool:
        """Whether a forced charge waits for a lower price than that of now."""
        price, most = self._price(now), self.dear_per_kwh
        return price is not None and most is not None and price > most

    @property
    def dear_per_kwh(self) -> float | None:
        """Above which price a forced charge waits; None where it never does."""
        settings, curve = self._site.settings, self._site.coordinators.prices.curve
        if not settings.pause_dear_charge:
            return None
        currency = None if curve is None else curve.currency
        return dear_per_kwh(settings.dear_per_kwh, currency)

    def _price(self, now: datetime) -> float | None:
        curve = self._site.coordinators.prices.curve
        slot = None if curve is None else curve.at(now)
        return None if slot is None else slot.import_per_kwh

    # -- what the user is told ------------------------------------------------------

    @property
    def answer(self) -> SpikeAnswer:
        """What is done about spikes now."""
        spike = self._site.coordinators.spike
        if spike is None:
            return SpikeAnswer.OFF
        none = self._why_none(spike)
        if none is not None:
            return none
        leases = [b.lease for b in self._site.controller.batteries.values()]
        answering = [lease for lease in leases if lease.master is Master.SPIKE]
        if any(lease.mode is Mode.DISCHARGE for lease in answering):
            return SpikeAnswer.DISCHARGING
        if any(lease.reason == ControlReason.AT_RESERVE for lease in answering):
            return SpikeAnswer.AT_FLOOR
        return SpikeAnswer.OVERRULED

    def _why_none(self, spike: SpikeCoordinator) -> SpikeAnswer | None:
        """Return why there is nothing to answer; None where there is."""
        controller = self._site.controller
        able = [
            Mode.DISCHARGE in battery.executor.driver.capabilities.modes
            for battery in controller.batteries.values()
        ]
        wanted = self._site.settings.spike_response and controller.automatic
        reasons = (
            (spike.in_prices, SpikeAnswer.IN_PRICES),
            (not wanted, SpikeAnswer.OFF),
            (not controller.limits.battery_export, SpikeAnswer.NOT_ALLOWED),
            (not any(able), SpikeAnswer.CANNOT),
            (spike.status is None, SpikeAnswer.UNKNOWN),
            (spike.event is None, SpikeAnswer.WAITING),
        )
        return next((answer for holds, answer in reasons if holds), None)

    @callback
    def _look(self) -> None:
        """Tell what has begun or ended since control last acted."""
        self._look_at_spike()
        self._look_at_price()

    def _look_at_spike(self) -> None:
        site, event = self._site, self._event
        lasts = event is not None and site.controller.automatic
        if self._told and (not lasts or site.controller.dry_run):
            self._note_told(told=False)
            async_tell(site, SPIKE, "spike_over", level=self._level)
            return
        begins = not (self._told or site.controller.dry_run) and lasts
        if begins and event and self.answer is SpikeAnswer.DISCHARGING:
            self._note_told(told=True)
            async_tell(
                site,
                SPIKE,
                "spike_begun",
                region=str(event.region),
                price=f"{event.price_per_mwh:.0f}",
                floor=f"{site.controller.limits.in_spike.reserve_pct:.0f}",
                level=self._level,
            )

    def _note_told(self, *, told: bool) -> None:
        self._told = told
        self._store.async_changed()

    @property
    def _level(self) -> str:
        level = self._site.reading.soc_pct
        return "?" if level is None else f"{level:.0f}"

    def _look_at_price(self) -> None:
        site = self._site
        paused = not site.controller.dry_run and any(
            battery.lease.reason == ControlReason.TOO_DEAR
            for battery in site.controller.batteries.values()
        )
        if paused is self._paused:
            return
        self._paused = paused
        key = "charge_paused" if paused else "charge_goes_on"
        if not paused and not self._charging_is_forced:
            key = "charge_pause_over"
        async_tell(site, DEAR, key, limit=self._limit)

    @property
    def _charging_is_forced(self) -> bool:
        return any(
            battery.lease.master is Master.FORCE and battery.lease.mode is Mode.CHARGE
            for battery in self._site.controller.batteries.values()
        )

    @property
    def _limit(self) -> str:
        curve, dear = self._site.coordinators.prices.curve, self.dear_per_kwh
        return "?" if dear is None or curve is None else f"{dear:.2f} {curve.currency}"

    def _content(self) -> Content:
        spike = self._site.coordinators.spike
        status = None if spike is None else spike.status
        return {"told": self._told, "status": status_to_json(status)}


def spike_store(
    hass: HomeAssistant, entry_id: str, content: Callable[[], Content] = dict
) -> KeptStore:
    """Return the file of what is remembered of a spike."""
    return KeptStore(hass, entry_id, SPIKE_FILE, content)
