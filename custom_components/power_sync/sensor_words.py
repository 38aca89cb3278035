"""The plan in words: what it does now, and the next steps with their reasons."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .entity import Followed
from .telling import TellingEntity, no_plan_reason, plan_summary

ATTR_TEXT = "text"

PLAN_IN_WORDS = SensorEntityDescription(key="plan_in_words")


class PlanInWords(TellingEntity, SensorEntity):
    """What the plan does now; the attribute is for a markdown card."""

    _unrecorded_attributes = frozenset({ATTR_TEXT})
    _text: str | None = None

    @property
    @override
    def followed(self) -> Followed:
        """The plan, and control, which may have reason to do otherwise."""
        return (self.site.coordinators.control, self.site.coordinators.plan)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow."""
        await super().async_added_to_hass()
        self.async_follow_slots()
        self._tell()

    @callback
    @override
    def _async_news(self) -> None:
        self._tell()
        super()._async_news()

    def _tell(self) -> None:
        summary = plan_summary(self.site, dt_util.utcnow(), self.texts)
        if summary is None:
            self._attr_native_value = None
            self._text = self.texts(no_plan_reason(self.site))
        else:
            self._attr_native_value = summary.headline
            self._text = summary.markdown

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """The next steps with their reasons."""
        return {ATTR_TEXT: self._text}
