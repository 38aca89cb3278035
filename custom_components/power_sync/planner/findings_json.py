"""Findings as JSON, to be kept across restarts and answered by an action."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime

from .findings import Backtest, Costs, DayCosts, Finding, Lacking, TooLittle

type Json = dict[str, Json] | list[Json] | str | int | float | bool | None
type JsonObject = dict[str, Json]


def finding_to_json(finding: Finding) -> JsonObject:
    """Return a finding as JSON; times are ISO in UTC."""
    if isinstance(finding, TooLittle):
        return {
            "made_at": finding.made_at.isoformat(),
            "lacking": finding.lacking.value,
            "learned_days": finding.learned_days,
            "look_again": finding.look_again.isoformat(),
        }
    return {
        "made_at": finding.made_at.isoformat(),
        "start": finding.start.isoformat(),
        "end": finding.end.isoformat(),
        "currency": finding.currency,
        "hours": finding.hours,
        "missing_hours": finding.missing_hours,
        "learned_days": finding.learned_days,
        "costs": asdict(finding.costs),
        "by_day": [
            {
                "day": each.day.isoformat(),
                "hours": each.hours,
                "costs": asdict(each.costs),
            }
            for each in finding.by_day
        ],
        "assumptions": dict(finding.assumptions),
        "perfect_foresight": finding.perfect_foresight,
    }


def finding_from_json(stored: object) -> Finding:
    """Return a finding. Raises ValueError for what is none."""
    if not isinstance(stored, dict):
        raise ValueError("no finding")  # noqa: TRY004 - as for any other that is none
    try:
        return _finding(stored)
    except (KeyError, TypeError) as err:
        raise ValueError(f"no finding: {err}") from err


def _finding(stored: Mapping[str, object]) -> Finding:
    made_at, learned_days = (
        _time(stored["made_at"]),
        int(_number(stored["learned_days"])),
    )
    if "lacking" in stored:
        return TooLittle(
            made_at=made_at,
            lacking=Lacking(_text(stored["lacking"])),
            learned_days=learned_days,
            look_again=_time(stored["look_again"]),
        )
    by_day, assumptions = stored["by_day"], stored["assumptions"]
    perfect = stored.get("perfect_foresight")
    if not isinstance(by_day, list) or not isinstance(assumptions, dict):
        raise TypeError("days and assumptions")
    return Backtest(
        made_at=made_at,
        start=_time(stored["start"]),
        end=_time(stored["end"]),
        currency=_text(stored["currency"]),
        hours=_number(stored["hours"]),
        missing_hours=_number(stored["missing_hours"]),
        learned_days=learned_days,
        costs=_costs(stored["costs"]),
        by_day=tuple(
            DayCosts(
                date.fromisoformat(_text(day["day"])),
                _number(day["hours"]),
                _costs(day["costs"]),
            )
            for day in by_day
        ),
        assumptions=assumptions,
        perfect_foresight=None if perfect is None else _number(perfect),
    )


def _costs(value: object) -> Costs:
    if not isinstance(value, dict):
        raise TypeError("costs")
    return Costs(
        _number(value["no_battery"]),
        _number(value["self_consumption"]),
        _number(value["power_sync"]),
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _time(value: object) -> datetime:
    return datetime.fromisoformat(_text(value)).astimezone(UTC)
