"""What is told of a site's plan: its next steps, what else holds, why there is none."""

from datetime import datetime
from typing import override

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event
from homeassistant.util import dt as dt_util

from .bridges.texts import async_texts
from .control.view import Master
from .decision import deciding, fresh
from .entity import SiteEntity
from .model.timegrid import HORIZON_SLOTS
from .planning import Planning
from .site import Site
from .words import Texts
from .words.clock import moment
from .words.summary import Summary, Teller


class TellingEntity(SiteEntity):
    """An entity that says sentences in the home's language and on its clock."""

    texts: Texts

    @override
    async def async_added_to_hass(self) -> None:
        """Get the sentences, then start to follow."""
        self.texts = await async_texts(self.hass)
        await super().async_added_to_hass()
        self.async_on_remove(
            self.hass.bus.async_listen(
                EVENT_CORE_CONFIG_UPDATE, self._async_another_language
            )
        )

    async def _async_another_language(self, _event: Event) -> None:
        """Say it anew: the language, or the time zone, may be another."""
        self.texts = await async_texts(self.hass)
        self._async_news()


def shown_planning(site: Site, now: datetime) -> Planning | None:
    """Return the plan to show: the last one, as long as it reaches to `now`."""
    planning = site.coordinators.plan.planning
    if planning is None or planning.plan.slot_at(now) is None:
        return None
    return planning


def no_plan_reason(site: Site) -> str:
    """Return the key of the sentence that says why there is no plan."""
    coordinators = site.coordinators
    if coordinators.plan.last_update_success:
        return "no_plan_yet"
    if not site.readings:
        return "no_plan_battery"
    if coordinators.prices.curve is None:
        return "no_plan_prices"
    return "no_plan_load"


def plan_notes(site: Site, now: datetime, texts: Texts) -> tuple[str, ...]:
    """Return what keeps the plan from being carried out as it is, or from 48 hours."""
    controller = site.controller
    planning = shown_planning(site, now)
    keys = []
    if controller.dry_run:
        keys.append("note_dry_run")
    if not controller.automatic:
        keys.append("note_off")
    if planning is not None and fresh(planning.plan, now) is None:
        keys.append("note_stale")
    elif planning is not None and not planning.plan.accepted:
        keys.append("note_not_better")
    notes = [texts(key) for key in keys]
    zone = dt_util.get_default_time_zone()
    if planning is not None and planning.plan.grid.count < HORIZON_SLOTS:
        ends = moment(planning.plan.grid.end, now, zone, texts)
        notes.append(texts("note_short", time=ends))
    battery = deciding(controller)
    if battery is not None and battery.lease.master is Master.FORCE:
        until = battery.lease.until
        if until is not None:
            time = moment(until, now, zone, texts)
            notes.append(texts("note_forced", time=time))
    return tuple(notes)


def plan_summary(site: Site, now: datetime, texts: Texts) -> Summary | None:
    """Return the plan in words, None where there is none to show."""
    planning = shown_planning(site, now)
    if planning is None:
        return None
    teller = Teller(planning.plan, now, dt_util.get_default_time_zone(), texts)
    return teller.summary(plan_notes(site, now, texts))
