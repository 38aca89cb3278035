"""What was found is the same after a restart."""

from dataclasses import replace
from datetime import UTC, datetime
import json

import pytest

from custom_components.power_sync.planner.findings import Finding, Lacking, TooLittle
from custom_components.power_sync.planner.findings_json import (
    finding_from_json,
    finding_to_json,
)

from .findings import BACKTEST

TOO_LITTLE = TooLittle(
    made_at=datetime(2026, 5, 20, 9, tzinfo=UTC),
    lacking=Lacking.PRICES,
    learned_days=4,
    look_again=datetime(2026, 5, 21, 10, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "finding", [BACKTEST, replace(BACKTEST, perfect_foresight=-1.5), TOO_LITTLE]
)
def test_round_trip(finding: Finding) -> None:
    """Through JSON and back nothing is lost."""
    stored = json.loads(json.dumps(finding_to_json(finding)))
    assert finding_from_json(stored) == finding


@pytest.mark.parametrize(
    "change",
    [
        {"made_at": 5},
        {"made_at": "yesterday"},
        {"learned_days": True},
        {"costs": 7},
        {"costs": {"no_battery": 1.0}},
        {"by_day": {}},
        {"by_day": [1]},
        {"assumptions": []},
        {"lacking": "luck"},
        {"hours": None},
        {"perfect_foresight": "all"},
    ],
)
def test_what_is_none(change: dict[str, object]) -> None:
    """A file that somebody has changed says so."""
    with pytest.raises(ValueError, match=r"finding|Invalid|valid"):
        finding_from_json({**finding_to_json(BACKTEST), **change})
    with pytest.raises(ValueError, match="no finding"):
        finding_from_json(["nothing"])
