"""What was found of prices, as a dialogue shows it before they are used."""

from datetime import timedelta
from statistics import median

from custom_components.power_sync.model.prices import PriceCurve
from homeassistant.util import dt as dt_util

from .fixed_forms import price_text

_DIGITS = 5


def described(curve: PriceCurve) -> dict[str, str]:
    """Return how many prices there are, how long, until when, and those of now."""
    now = dt_util.utcnow()
    ahead = curve.from_time(now).slots
    length = median((slot.end - slot.start) / timedelta(minutes=1) for slot in ahead)
    bought, sold = curve.import_series.at(now), curve.export_series.at(now)
    return {
        "count": str(len(ahead)),
        "minutes": str(round(length)),
        "until": dt_util.as_local(ahead[-1].end).strftime("%Y-%m-%d %H:%M"),
        "bought": price_text(round(bought or 0.0, _DIGITS), curve.currency),
        "sold": price_text(round(sold or 0.0, _DIGITS), curve.currency),
    }
