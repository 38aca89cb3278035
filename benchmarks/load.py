"""How well the load is forecast, on two recorded homes.

The data is not part of the repository: `POWER_SYNC_DATA` names the folder with
`household_emhass_30min.csv.gz` and `household_ausgrid12_30min.csv.gz`.

Every 41st half hour (so each time of day and weekday comes up) from day 28 on is
forecast for 24 hours from half hours that were over by then, and from the mean of
the last hour, as a plan does. The recency-weighted mean is that of the same
history without correction by the last hour. Yesterday and last week are what was
used at the same time of day; for all methods the same half hours are scored.

The headline is of the median for the next half hour: a plan is made anew before
the one after. The errors further ahead are given beside it, and as `planned_mean`
those of the mean that the planner counts on; as `hourly` those with a history of
hours, as Home Assistant keeps it, scored on the same half hours. How days alike
are weighed was chosen with these same two homes; no third home has judged it.
"""

from collections.abc import Iterable, Mapping
import csv
from datetime import UTC, datetime, timedelta
import gzip
import os
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from custom_components.power_sync.forecast.load import forecast_load
from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from custom_components.power_sync.model.timegrid import TimeGrid

_STEP = timedelta(minutes=30)
_DAY = timedelta(days=1)
_SKIPPED = timedelta(days=28)
_EVERY = 41
_AHEAD = 48
_LEADS_H = {0: "30min", 1: "1h", 3: "2h", 7: "4h", 15: "8h", 47: "24h"}
_METHODS = ("ours", "yesterday", "last_week", "recency_mean", "planned_mean")
_HOMES = {
    "emhass": ("household_emhass_30min.csv.gz", "load_w", 1.0, "Europe/Paris"),
    "ausgrid": (
        "household_ausgrid12_30min.csv.gz",
        "load_kw",
        1000.0,
        "Australia/Sydney",
    ),
}


class _Score(NamedTuple):
    """One half hour: its lead, what came, and what each method said, in W."""

    lead: int
    actual_w: float
    said_w: Mapping[str, float]
    within: bool


def _read(name: str) -> tuple[dict[datetime, float], ZoneInfo]:
    """Return the mean W per half hour that is known."""
    file, column, watts, zone = _HOMES[name]
    folder = os.environ.get("POWER_SYNC_DATA")
    if folder is None:
        raise SystemExit("Set POWER_SYNC_DATA to the folder of the recorded homes.")
    with gzip.open(Path(folder) / file, "rt", encoding="utf-8") as rows:
        loads = {
            datetime.fromisoformat(row["start_utc"]).astimezone(UTC): float(row[column])
            * watts
            for row in csv.DictReader(rows)
            if row[column]
        }
    return loads, ZoneInfo(zone)


def _hourly(loads: Mapping[datetime, float]) -> LoadHistory:
    """Return the hours that are known, as Home Assistant's statistics keep them."""
    return LoadHistory.of(
        (
            LoadSample(at, (load_w + loads[at + _STEP]) / 2)
            for at, load_w in loads.items()
            if at.minute == 0 and at + _STEP in loads
        ),
        2 * _STEP,
    )


def _scored(
    loads: Mapping[datetime, float], history: LoadHistory, zone: ZoneInfo, now: datetime
) -> Iterable[_Score]:
    """Yield the half hours of the day after `now` for which all is known."""
    recent = [loads[at] for at in (now - 2 * _STEP, now - _STEP) if at in loads]
    grid = TimeGrid(now, _STEP, _AHEAD)
    ours = forecast_load(history, grid, zone, now, mean(recent) if recent else None)
    plain = forecast_load(history, grid, zone, now, None, alike=False)
    if ours is None or plain is None or ours.p10_w is None or ours.p90_w is None:
        return
    for lead, at in enumerate(grid.starts()):
        said = {
            "ours": ours.p50_w.at(at),
            "yesterday": loads.get(at - _DAY),
            "last_week": loads.get(at - 7 * _DAY),
            "recency_mean": plain.expected_w.at(at),
        }
        known = {name: each for name, each in said.items() if each is not None}
        low, high, middle = ours.p10_w.at(at), ours.p90_w.at(at), ours.expected_w.at(at)
        if at not in loads or len(known) < len(said):
            continue
        if low is None or high is None or middle is None:
            continue
        within = low <= loads[at] <= high
        known["planned_mean"] = middle
        yield _Score(lead, loads[at], known, within)


def _forecast_ms(history: LoadHistory, zone: ZoneInfo, now: datetime) -> float:
    """Return the median time of a forecast for 48 hours in steps of 5 minutes."""
    times = []
    for _ in range(5):
        started = perf_counter()
        forecast_load(history, TimeGrid.horizon(now), zone, now, 500.0)
        times.append((perf_counter() - started) * 1000)
    return median(times)


def _mae(scores: Iterable[_Score], method: str) -> float:
    return mean(abs(each.said_w[method] - each.actual_w) for each in scores)


def _gain_pct(scores: list[_Score], method: str = "ours") -> float:
    return 100 * (1 - _mae(scores, method) / _mae(scores, "recency_mean"))


def _figures(name: str) -> dict[str, float]:
    """Return the figures of one home."""
    loads, zone = _read(name)
    history = LoadHistory.of((LoadSample(at, w) for at, w in loads.items()), _STEP)
    first, last = history.samples[0].start + _SKIPPED, history.samples[-1].start - _DAY
    every = (last - first) // (_EVERY * _STEP)
    moments = [first + n * _EVERY * _STEP for n in range(every)]
    scores = [s for at in moments for s in _scored(loads, history, zone, at)]
    figures = {"moments": float(every)}
    by_lead = {n: [s for s in scores if s.lead == n] for n in _LEADS_H}
    for method in _METHODS:
        key = "mae_w" if method == "ours" else f"mae_{method}_w"
        figures[key] = _mae(by_lead[0], method)
    figures["improvement_pct"] = _gain_pct(by_lead[0])
    for lead, label in _LEADS_H.items():
        figures[f"improvement_{label}_pct"] = _gain_pct(by_lead[lead])
    figures["improvement_planned_mean_pct"] = _gain_pct(by_lead[0], "planned_mean")
    for ahead_h in (4, 12, 24):
        upto = [score for score in scores if score.lead < 2 * ahead_h]
        figures[f"improvement_first_{ahead_h}h_pct"] = _gain_pct(upto)
        for method in _METHODS:
            figures[f"mae_{method}_first_{ahead_h}h_w"] = _mae(upto, method)
    used_w = mean(score.actual_w for score in scores)
    median_w = mean(score.said_w["ours"] for score in scores)
    figures["coverage_p10_p90_pct"] = 100 * mean(score.within for score in scores)
    figures["coverage_30min_pct"] = 100 * mean(s.within for s in by_lead[0])
    figures["bias_pct"] = 100 * (median_w / used_w - 1)
    figures["bias_mean_pct"] = 100 * (
        mean(s.said_w["planned_mean"] for s in scores) / used_w - 1
    )
    hours = _hourly(loads)
    scores = [s for at in moments for s in _scored(loads, hours, zone, at)]
    next_half = [score for score in scores if score.lead == 0]
    figures["hourly_improvement_pct"] = _gain_pct(next_half)
    figures["hourly_improvement_first_24h_pct"] = _gain_pct(scores)
    figures["hourly_coverage_p10_p90_pct"] = 100 * mean(s.within for s in scores)
    figures["forecast_ms"] = _forecast_ms(history, zone, last)
    return figures


def run() -> dict[str, dict[str, float]]:
    """Return the figures of each home: errors in W, gains in % of the mean's error."""
    return {name: _figures(name) for name in _HOMES}
