"""A site's ledger: fed with every reading, kept on disk, shown every five minutes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .bridges.kept import KeptFile, KeptStore
from .bridges.price_source import async_act
from .const import CONF_BILLING, LOGGER, POLL_EVERY
from .fleet import fleet_of
from .ledger.codec import ledger_from_json, ledger_to_json
from .ledger.ledger import Figures, Ledger
from .ledger.period import Bill
from .ledger.sample import Sample
from .model.plan import Plan
from .model.timegrid import HORIZON, SLOT, floor_time
from .planner import ProblemError
from .planner.demand_ahead import DemandAhead
from .planner.home_problem import W_PER_KW, merged_fleet
from .prices.demand import CONF_HOLIDAYS, charges_from, days_between
from .prices.holidays import Holidays
from .prices.protocols import PriceError

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry, Site

LEDGER_FILE = KeptFile("ledger", version=1, delay_s=240.0)
POLLS_BRIDGED = 2.5
"""One lost answer is bridged with the reading before it; more is not measured."""
HOLIDAYS_MINUTE = 2
"""Of the hour in which holidays are looked up."""
SECOND = 30
"""Of the minute in which a silent day is ended."""


class Accounts(DataUpdateCoordinator[Figures | None]):
    """Counts what a home pays, and what it would pay without PowerSync."""

    config_entry: PowerSyncConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: PowerSyncConfigEntry, site: Site
    ) -> None:
        """Count nothing before `async_start`."""
        super().__init__(hass, LOGGER, config_entry=entry, name="savings")
        self.charges = charges_from(entry.options.get(CONF_BILLING, {}))
        self.ledger = Ledger(charges=self.charges)
        self._site = site
        self._store = ledger_store(hass, entry.entry_id, self)
        calendar = entry.options.get(CONF_BILLING, {}).get(CONF_HOLIDAYS)
        self._holidays = None
        if calendar is not None:
            zone, act = ZoneInfo(hass.config.time_zone), partial(async_act, hass)
            self._holidays = Holidays(calendar, zone, act)

    @property
    def figures(self) -> Figures | None:
        """What is shown; None before anything was measured."""
        # Home Assistant leaves `data` at None until there is some.
        figures: Figures | None = self.data
        return figures

    def bill(self, now: datetime) -> Bill | None:
        """Return what the billing period comes to so far; None before it is known."""
        period, zone = self.ledger.period, dt_util.get_default_time_zone()
        if period is None:
            return None
        _, until = self.charges.period(now, zone)
        return period.bill(
            self.charges,
            standing_per_day=self._site.coordinators.prices.source.standing_per_day,
            expected_kw=self._planned_peak_kw(now, until),
            now=now,
            zone=zone,
        )

    def demand_ahead(self, now: datetime) -> DemandAhead | None:
        """Return what the planner needs of the demand charge; None without one."""
        charges, zone = self.charges, dt_util.get_default_time_zone()
        if charges.rate_per_kw <= 0:
            return None
        start, until = charges.period(now, zone)
        period = self.ledger.period
        known = period is not None and period.start == start
        return DemandAhead(
            rate_per_kw=charges.cost(1.0, days_between(start, until, zone)),
            peak_kw=period.peak_kw if period is not None and known else 0.0,
            until=until,
            start_min=charges.start.hour * 60 + charges.start.minute,
            end_min=charges.end.hour * 60 + charges.end.minute,
            weekdays=charges.days.weekdays,
            interval=charges.interval,
            holidays=charges.holidays,
        )

    def peak_w(self, now: datetime) -> float | None:
        """Return the import beyond which the demand charge rises above what is planned.

        None where what is imported at that moment does not count.
        """
        charges, zone = self.charges, dt_util.get_default_time_zone()
        ahead = self.demand_ahead(now) if charges.covers(now, zone) else None
        if ahead is None:
            return None
        planned_kw = self._planned_peak_kw(now, ahead.until)
        return W_PER_KW * max(ahead.peak_kw, planned_kw)

    def _planned_peak_kw(self, now: datetime, until: datetime) -> float:
        """Return the highest import that the plan expects until then."""
        planning = self._site.coordinators.plan.planning
        ahead = () if planning is None else _imports(planning.plan, now, until)
        zone = dt_util.get_default_time_zone()
        return self.charges.highest_kw(ahead, SLOT, zone)

    async def async_start(self) -> None:
        """Go on from where the last run stopped."""
        self._site.controller.market.peak_w = self.peak_w
        data = await self._store.load()
        if data is not None:
            try:
                self.ledger = ledger_from_json(data)
                self.ledger.charges = self.charges
            except ValueError as err:
                LOGGER.debug("The ledger cannot be used: %s", err)
        await self._async_look_up_holidays(dt_util.utcnow())
        self._async_look(dt_util.utcnow())
        entry = self.config_entry
        for battery in self._site.coordinators.batteries.values():
            entry.async_on_unload(battery.async_add_listener(self._async_read))
        entry.async_on_unload(
            async_track_utc_time_change(
                self.hass, self._async_look, minute=range(0, 60, 5), second=SECOND
            )
        )
        if self._holidays is not None:
            entry.async_on_unload(
                async_track_utc_time_change(
                    self.hass,
                    self._async_look_up_holidays,
                    minute=HOLIDAYS_MINUTE,
                    second=SECOND,
                )
            )

    async def _async_look_up_holidays(self, now: datetime) -> None:
        """Learn which days ahead are holidays; those known stay where it fails."""
        if self._holidays is None:
            return
        try:
            days = await self._holidays.between(now, now + HORIZON, anew=True)
        except PriceError as err:
            LOGGER.debug("The holidays of the demand window are not known: %s", err)
            return
        self.charges = replace(self.charges, holidays=days)
        self.ledger.charges = self.charges
        self.async_update_listeners()

    async def async_close(self) -> None:
        """Store what has been counted."""
        await self._store.async_close()

    @callback
    def _async_read(self) -> None:
        """Take a reading, and show what it comes to once in five minutes."""
        before, shown = self.ledger.taken_until, self.figures
        try:
            taken = self._take(dt_util.utcnow())
        except ProblemError as err:
            LOGGER.debug("A reading cannot be counted: %s", err)
            return
        if taken is None:
            return
        self._store.async_changed()
        new_slot = before is None or floor_time(before, SLOT) != floor_time(taken, SLOT)
        if new_slot or shown is None or not shown.measured:
            self._async_show()

    def _take(self, now: datetime) -> datetime | None:
        """Count up to the present readings; return their time, None without any."""
        curve = self._site.coordinators.prices.curve
        sample = None if curve is None else self._sample(now)
        if curve is None or sample is None:
            return None
        self.ledger.take(
            sample,
            curve,
            dt_util.get_default_time_zone(),
            longest=self._longest(),
            closing=self._async_show,
        )
        return sample.at

    @callback
    def _async_look(self, now: datetime) -> None:
        """End the day where no reading is going to."""
        until = self.ledger.taken_until
        if until is None or now - until > self._longest():
            zone = dt_util.get_default_time_zone()
            self.ledger.turn(now, zone, self._async_show)
        self._async_show()

    @callback
    def _async_show(self) -> None:
        figures = self.ledger.figures
        if figures != self.figures:
            self.async_set_updated_data(figures)

    def _longest(self) -> timedelta:
        """Return the longest time that one reading stands for."""
        batteries = self._site.coordinators.batteries.values()
        polls = [battery.update_interval or POLL_EVERY for battery in batteries]
        return max(polls, default=POLL_EVERY) * POLLS_BRIDGED

    def _sample(self, now: datetime) -> Sample | None:
        """Return the readings as one; None unless all batteries have a fresh one."""
        site = self._site
        readings, capacities = site.readings, site.capacities_kwh()
        fleet = fleet_of(site.controller, readings, capacities)
        reading, limits = site.reading, site.controller.limits
        if (
            not readings
            or len(fleet) != len(site.controller.batteries)
            or any(now - each.at > self._longest() for each in readings.values())
            or any(each.battery_power_w is None for each in readings.values())
            or reading.grid_power_w is None
            or reading.battery_power_w is None
        ):
            return None
        # What the battery would do without PowerSync ends at its own floor; where
        # it does not tell that, at the reserve.
        own = [
            replace(each, floor_pct=each.floor_pct or limits.reserve_pct)
            for each in fleet
        ]
        batteries = site.controller.batteries.values()
        return Sample(
            at=max(each.at for each in readings.values()),
            grid_w=reading.grid_power_w,
            battery_w=reading.battery_power_w,
            battery=merged_fleet(own, 0.0),
            export_limit_w=site.export_limit_w(),
            acting=any(battery.executor.held for battery in batteries),
            stored_value_per_kwh=self._stored_value(now),
            event_per_kwh=self._event_per_kwh,
        )

    @property
    def _event_per_kwh(self) -> float:
        """What the contract pays more for what is sold, while it pays for a spike."""
        spike = self._site.coordinators.spike
        paying = spike is not None and spike.event is not None
        return self._site.settings.spike_paid_per_kwh if paying else 0.0

    def _stored_value(self, now: datetime) -> float | None:
        """Return what the last plan says of now, which stays an estimate when old."""
        planning = self._site.coordinators.plan.planning
        slot = None if planning is None else planning.plan.slot_at(now)
        return None if slot is None else slot.stored_value_per_kwh


def _imports(
    plan: Plan, now: datetime, until: datetime
) -> Iterator[tuple[datetime, float]]:
    """Yield what a plan imports from now to the end of the period, slot by slot."""
    for start, slot in zip(plan.grid.starts(), plan.slots, strict=True):
        if start + plan.grid.step > now and start < until:
            yield start, slot.grid_kw


def ledger_store(
    hass: HomeAssistant, entry_id: str, accounts: Accounts | None = None
) -> KeptStore:
    """Return the file of a site's ledger."""
    return KeptStore(
        hass,
        entry_id,
        LEDGER_FILE,
        lambda: ledger_to_json(Ledger() if accounts is None else accounts.ledger),
    )
