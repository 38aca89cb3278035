"""The sensors of how yesterday's forecasts came out."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import PERCENTAGE, EntityCategory

from .forecast.scorecard import Score
from .sensor_site import SiteSensorDescription
from .site import Site

ATTR_DAY: Final = "day"
ATTR_HOURS: Final = "hours"
ATTR_BIAS: Final = "bias_pct"
ATTR_MEAN_ERROR: Final = "mean_error_w"
ATTR_FORECAST_KWH: Final = "forecast_kwh"
ATTR_MEASURED_KWH: Final = "measured_kwh"
SCORE_ATTRIBUTES: Final = frozenset(
    {
        ATTR_DAY,
        ATTR_HOURS,
        ATTR_BIAS,
        ATTR_MEAN_ERROR,
        ATTR_FORECAST_KWH,
        ATTR_MEASURED_KWH,
    }
)

type _ScoreOf = Callable[[Site], Score | None]


def _sensor(key: str, score_of: _ScoreOf) -> SiteSensorDescription:
    def error(site: Site, _now: datetime) -> float | None:
        score = score_of(site)
        return None if score is None else _rounded(score.error_pct)

    def attributes(site: Site) -> Mapping[str, object] | None:
        score = score_of(site)
        if score is None:
            return None
        return {
            ATTR_DAY: score.day.isoformat(),
            ATTR_HOURS: score.hours,
            ATTR_BIAS: _rounded(score.bias_pct),
            ATTR_MEAN_ERROR: round(score.mean_error_w),
            ATTR_FORECAST_KWH: round(score.forecast_kwh, 2),
            ATTR_MEASURED_KWH: round(score.measured_kwh, 2),
        }

    return SiteSensorDescription(
        key=key,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=error,
        attributes_fn=attributes,
        follows_fn=lambda coordinators: (coordinators.forecasts,),
    )


def _rounded(pct: float | None) -> float | None:
    return None if pct is None else round(pct, 1)


def _solar(site: Site) -> Score | None:
    forecasts = site.coordinators.forecasts.known
    return None if forecasts is None else forecasts.solar_score


def _load(site: Site) -> Score | None:
    forecasts = site.coordinators.forecasts.known
    return None if forecasts is None else forecasts.load_score


SCORE_SENSORS = (
    _sensor("solar_forecast_error", _solar),
    _sensor("load_forecast_error", _load),
)
