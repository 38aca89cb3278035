"""A home at the simulated Amber, and what was recorded of another one."""

import gzip
import json
from pathlib import Path
from typing import Any

from custom_components.power_sync.model.plain import Json
from simulators.amber import AmberSimulator, Site
from simulators.amber.server import HOME

RECORDED = Path(__file__).parents[1] / "data" / "amber_2025_10_05.json.gz"

HOME_WITH_BOILER = Site(
    site_id=HOME.site_id,
    nmi=HOME.nmi,
    channels=("controlledLoad", "general", "feedIn"),
)


def recorded_rows() -> list[dict[str, Any]]:
    """Return the rows of an evening, as they were answered."""
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    return rows


def amber_settings(amber: AmberSimulator) -> dict[str, Json]:
    """Return what the dialogue stores of the simulated home."""
    return {
        "token": amber.token,
        "site_id": HOME.site_id,
        "interval_min": 5,
        "feeds_in": True,
        "outlook": "predicted",
        "zone": "Australia/Melbourne",
        "standing_per_day": None,
        "base_url": amber.url,
    }
