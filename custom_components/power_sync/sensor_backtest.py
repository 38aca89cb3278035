"""The sensors of what PowerSync has learned and would have saved."""

from collections.abc import Mapping
from datetime import datetime

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.util import dt as dt_util

from .finding_answer import MONEY_DIGITS, finding_answer
from .planner.findings import Backtest
from .sensor_site import SiteSensorDescription
from .site import Site
from .site_values import Value

ATTR_PROGRESS = "progress_pct"


def _would_have_saved(site: Site, _now: datetime) -> float | None:
    """Return what a backtest found; None where there is too little to go by."""
    match site.coordinators.backtest.finding:
        case Backtest() as found:
            return round(found.costs.saved, MONEY_DIGITS)
        case _:
            return None


def _learned_days(site: Site, _now: datetime) -> Value:
    """Return how many days of its own history the load forecast stands on."""
    planning = site.coordinators.plan.planning
    return None if planning is None else planning.outlook.learned_days


def _figures(site: Site) -> Mapping[str, object] | None:
    """Return what the figure is made of and stands on."""
    backtest = site.coordinators.backtest
    found, progress_pct = backtest.finding, backtest.progress_pct
    progress = {} if progress_pct is None else {ATTR_PROGRESS: progress_pct}
    if found is None:
        return progress or None
    return {**finding_answer(found, dt_util.get_default_time_zone()), **progress}


WOULD_HAVE_SAVED = SiteSensorDescription(
    key="would_have_saved",
    device_class=SensorDeviceClass.MONETARY,
    suggested_display_precision=MONEY_DIGITS,
    unit_fn=lambda currency: currency,
    value_fn=_would_have_saved,
    attributes_fn=_figures,
    follows_fn=lambda coordinators: (coordinators.backtest, coordinators.prices),
)
LEARNED_FROM = SiteSensorDescription(
    key="learned_from",
    native_unit_of_measurement=UnitOfTime.DAYS,
    suggested_display_precision=0,
    entity_category=EntityCategory.DIAGNOSTIC,
    value_fn=_learned_days,
    follows_fn=lambda coordinators: (coordinators.plan,),
)

BACKTEST_SENSORS = (WOULD_HAVE_SAVED, LEARNED_FROM)
