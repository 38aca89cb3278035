"""Images: the plan as a picture."""

from datetime import datetime
from functools import partial
from typing import NamedTuple, override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util

from .entity import Followed
from .forcing import battery_name
from .model.timegrid import SLOT, floor_time
from .picture import PictureInput, Theme, draw_notice, draw_plan
from .planning import Planning
from .site import PowerSyncConfigEntry
from .telling import TellingEntity, no_plan_reason, plan_notes, shown_planning
from .words import Texts

PARALLEL_UPDATES = 0

SLOT_SECOND = 15
"""By then the slot's new plan is there, and one picture shows both."""

PLAN = ImageEntityDescription(key="plan")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the picture of a site's plan."""
    async_add_entities([PlanPicture(hass, entry, PLAN)])


class Shown(NamedTuple):
    """What a picture shows; with another one it has to be drawn anew."""

    plan_id: int
    slot: datetime
    zone: str
    reserve_pct: float
    notes: tuple[str, ...]
    texts: Texts
    theme: Theme


class PlanPicture(TellingEntity, ImageEntity):
    """The plan's 48 hours, drawn when somebody looks."""

    _attr_content_type = "image/svg+xml"
    _planning: Planning | None = None
    _shown: Shown | None = None
    _drawn: tuple[Shown, bytes] | None = None

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        description: ImageEntityDescription,
    ) -> None:
        """Show the plan of the site."""
        super().__init__(entry, description)
        ImageEntity.__init__(self, hass)

    @property
    @override
    def followed(self) -> Followed:
        """The plan, and control, which may have reason to do otherwise."""
        return (self.site.coordinators.control, self.site.coordinators.plan)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_track_utc_time_change(
                self.hass, self._async_slot, minute=range(0, 60, 5), second=SLOT_SECOND
            )
        )
        self._look()

    @callback
    def _async_slot(self, _now: datetime) -> None:
        self._async_news()

    @callback
    @override
    def _async_news(self) -> None:
        if self._look():
            super()._async_news()

    def _look(self) -> bool:
        """Take what there is to show; return whether that makes a new picture."""
        now = dt_util.utcnow()
        # Kept, so that no other plan can have its id.
        self._planning = shown_planning(self.site, now)
        reason = () if self._planning else (self.texts(no_plan_reason(self.site)),)
        shown = Shown(
            id(self._planning),
            floor_time(now, SLOT),
            self.hass.config.time_zone,
            self.site.controller.limits.reserve_pct,
            reason or plan_notes(self.site, now, self.texts),
            self.texts,
            self.site.settings.picture_theme,
        )
        if shown == self._shown:
            return False
        self._shown = shown
        self._attr_image_last_updated = now
        return True

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture; drawing takes too long for the event loop."""
        shown, planning = self._shown, self._planning
        if shown is None:
            return None
        if self._drawn is None or self._drawn[0] != shown:
            if planning is None:
                heading = self.texts("no_plan")
                job = partial(draw_notice, heading, shown.notes[0], shown.theme)
            else:
                job = partial(draw_plan, self._input(planning, shown))
            svg = await self.hass.async_add_executor_job(job)
            self._drawn = (shown, svg.encode())
        return self._drawn[1]

    def _input(self, planning: Planning, shown: Shown) -> PictureInput:
        return PictureInput(
            plan=planning.plan,
            now=dt_util.utcnow(),
            zone=dt_util.get_default_time_zone(),
            reserve_pct=shown.reserve_pct,
            texts=shown.texts,
            theme=shown.theme,
            notes=shown.notes,
            names=tuple(
                battery_name(self.site, battery_id)
                for battery_id in planning.plan.battery_ids
            ),
        )
