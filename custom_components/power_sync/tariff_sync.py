"""Tariff sync: batteries that plan for themselves are given the prices of the day.

Worked out whenever prices come in and every five minutes, in the middle of the night
too, as a tariff is for one day; sent only where it says anything new, and never while
the battery is forced (`control/rules/tariff.py`). Prices that were given by hand stay
as they are until their day ends, also over a crash or a restart.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util

from .bridges.kept import Content, KeptFile, KeptStore
from .control.controlled import Controlled
from .control.journal import Record
from .control.view import PlannedBy
from .devices.batteries.tariff_text import prices_among, prices_of, prices_text
from .model.tariff import DayTariff, slot_of
from .planner.half_hours import day_tariff

if TYPE_CHECKING:
    from .site import Site

BY_HAND_FILE: Final = KeptFile("tariff_by_hand", version=1, delay_s=1.0)


class TariffSync:
    """Says which tariff each battery of a home is to plan from."""

    def __init__(self, site: Site) -> None:
        """Say nothing before `async_restore`."""
        self._site = site
        self._by_hand: dict[str, DayTariff] = {}
        """What batteries were given by hand."""
        self._store = by_hand_store(site.hass, site.entry.entry_id, self._content)

    async def async_restore(self) -> None:
        """Go on with what was given by hand before a restart, before control acts."""
        kept = await self._store.load()
        if not isinstance(kept, Mapping):
            return
        for battery_id in self._site.controller.batteries:
            prices = prices_of(kept.get(self._key(battery_id)))
            if prices is not None:
                self._by_hand[battery_id] = prices

    async def async_close(self) -> None:
        """Write what is not written yet."""
        await self._store.async_close()

    def _content(self) -> Content:
        return {
            self._key(battery_id): prices_text(prices)
            for battery_id, prices in self._by_hand.items()
        }

    def _key(self, battery_id: str) -> str:
        return self._site.coordinators.batteries[battery_id].subentry_id

    @callback
    def async_take_planners(self) -> None:
        """Tell control who plans which battery."""
        site = self._site
        for battery_id, battery in site.controller.batteries.items():
            subentry_id = site.coordinators.batteries[battery_id].subentry_id
            planner = site.settings.planned_by.get(subentry_id, PlannedBy.POWERSYNC)
            able = takes_tariff(battery)
            battery.planned_by = planner if able else PlannedBy.POWERSYNC

    @callback
    def async_go_on(self) -> None:
        """Have each battery keep the prices that a crash has left it with.

        To give it back until there are prices would have those wait for their turn.
        """
        automatic = self._site.settings.tou_sync
        for battery_id, battery in self._site.controller.batteries.items():
            if battery.planned_by is PlannedBy.ITSELF:
                left = _left(battery.executor.record)
                battery.tariff = left if automatic else self._by_hand.get(battery_id)

    @callback
    def async_follow(self) -> None:
        """Follow prices and the time from now on."""
        entry, site = self._site.entry, self._site
        entry.async_on_unload(site.coordinators.prices.async_add_listener(self._news))
        entry.async_on_unload(
            async_track_utc_time_change(
                site.hass, self._each_slot, minute=range(0, 60, 5), second=1
            )
        )

    @callback
    def _each_slot(self, _now: datetime) -> None:
        self._news()

    @callback
    def _news(self) -> None:
        """Have control act where a battery is to have another tariff."""
        site = self._site
        if self.async_update():
            site.entry.async_create_background_task(
                site.hass, site.controller.tick(), "power_sync tariff"
            )

    @callback
    def async_update(self, *, every_cent: bool = False) -> bool:
        """Work out all tariffs; say whether a battery is to have another one.

        With `every_cent` trifles count as well.
        """
        changed = False
        for battery in self._site.controller.batteries.values():
            wanted = self._wanted(battery, every_cent=every_cent)
            changed |= wanted is not battery.tariff
            battery.tariff = wanted
        return changed

    def _wanted(self, battery: Controlled, *, every_cent: bool) -> DayTariff | None:
        if battery.planned_by is not PlannedBy.ITSELF:
            self._forget(battery)
            return None
        zone = battery.executor.driver.capabilities.tariff_zone
        if zone is None:
            # It has not been read since the start.
            return battery.tariff
        now = dt_util.utcnow().astimezone(zone)
        has = battery.tariff
        if has is not None and has.day != now.date():
            has = None
        if not self._site.settings.tou_sync:
            return self._given(battery, now.date())
        self._forget(battery)
        made = self._made(battery)
        if made is None or (
            has is not None and not every_cent and not made.is_news(has, slot_of(now))
        ):
            return has
        return made

    def _made(self, battery: Controlled) -> DayTariff | None:
        """Return the tariff of now; None where prices are missing."""
        site = self._site
        curve = site.coordinators.prices.curve
        zone = battery.executor.driver.capabilities.tariff_zone
        if curve is None or zone is None:
            return None
        charges, home = (
            site.coordinators.accounts.charges,
            dt_util.get_default_time_zone(),
        )
        return day_tariff(
            curve,
            dt_util.utcnow(),
            zone,
            site.settings.shaping,
            ZoneInfo(curve.zone),
            counts=lambda when: charges.covers(when, home),
        )

    @callback
    def async_give(self, batteries: Iterable[Controlled]) -> bool:
        """Give batteries the tariff of now; False where prices are missing.

        Without automatic sync it stays until midnight.
        """
        for battery in batteries:
            made = self._made(battery)
            if made is None:
                return False
            battery.tariff = made
            if not self._site.settings.tou_sync:
                self._by_hand[battery.battery_id] = made
                self._store.async_changed()
        return True

    def _given(self, battery: Controlled, today: date) -> DayTariff | None:
        """Return what a battery was given by hand today; None where nothing was."""
        given = self._by_hand.get(battery.battery_id)
        if given is not None and given.day == today:
            return given
        self._forget(battery)
        return None

    def _forget(self, battery: Controlled) -> None:
        """Forget what a battery was given by hand."""
        if self._by_hand.pop(battery.battery_id, None) is not None:
            self._store.async_changed()


def by_hand_store(
    hass: HomeAssistant, entry_id: str, content: Callable[[], Content] = dict
) -> KeptStore:
    """Return the file of what batteries were given by hand."""
    return KeptStore(hass, entry_id, BY_HAND_FILE, content)


def _left(record: Record) -> DayTariff | None:
    """Return the prices of ours that a battery was told last; None without any."""
    return prices_among(values[-1] for values in record.ours.values() if values)


def syncs_tariffs(site: Site) -> bool:
    """Whether there is a battery in a home that can plan for itself."""
    return any(map(takes_tariff, site.controller.batteries.values()))


def takes_tariff(battery: Controlled) -> bool:
    """Whether a battery can plan for itself from a tariff of ours."""
    return battery.executor.driver.capabilities.plans_itself
