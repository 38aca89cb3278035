"""Entities that have the figures of all slots of the plan as an attribute."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final, override

from .entity import PowerSyncEntity
from .forecast_points import Point
from .planning import Planning

ATTR_FORECAST: Final = "forecast"


class PlanPoints(PowerSyncEntity):
    """Shows points that are worked out once for each plan, and never recorded."""

    _unrecorded_attributes = frozenset({ATTR_FORECAST})
    _points: list[Point] | None = None
    _points_of: Planning | None = None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """The figures of all slots that are known, the first one first."""
        planning = self.site.coordinators.plan.planning
        if planning is not None and planning is not self._points_of:
            self._points_of, self._points = planning, self._points_from(planning)
        return None if self._points is None else {ATTR_FORECAST: self._points}

    @abstractmethod
    def _points_from(self, planning: Planning) -> list[Point] | None:
        """Return a plan's points; None where it has no such figures."""
