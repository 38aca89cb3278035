"""The ledger as JSON, and back."""

from collections import deque
from collections.abc import Mapping
from datetime import timedelta

from custom_components.power_sync.model.plain import (
    Json,
    JsonObject,
    number_of,
    text_of,
    time_of,
)

from .baseline import Cells
from .both import Both
from .day import Day
from .ledger import Ledger
from .period import Interval, Period
from .settling import Estimated, Settling
from .terms import Counted, Terms

_OF_PERIOD = ("paid", "baseline_paid", "peak_kw", "baseline_peak_kw")


def ledger_to_json(ledger: Ledger) -> JsonObject:
    """Return a ledger as JSON can hold it."""
    return {
        "currency": ledger.currency,
        "since": None if ledger.since is None else ledger.since.isoformat(),
        "saved_before": ledger.saved_before,
        "day": None if ledger.day is None else _day_to_json(ledger.day),
        "period": None if ledger.period is None else _period_to_json(ledger.period),
        "terms": {
            key: {
                "last": each.last.isoformat(),
                "measured_s": each.measured.total_seconds(),
                "kwh": each.kwh,
                "baseline_kwh": each.baseline_kwh,
                "settled": each.settled,
            }
            for key, each in ledger.terms.counted.items()
        },
        "estimated": [
            {
                "start": each.start.isoformat(),
                "import_per_kwh": each.import_per_kwh,
                "export_per_kwh": each.export_per_kwh,
                "bought": [*each.bought],
                "sold": [*each.sold],
            }
            for each in ledger.settling.estimated
        ],
    }


def ledger_from_json(data: object) -> Ledger:
    """Return the ledger that `ledger_to_json` wrote. Raises ValueError."""
    if not isinstance(data, Mapping):
        raise ValueError("not a ledger: no object")  # noqa: TRY004 - as told above
    try:
        currency, since, day = data["currency"], data["since"], data["day"]
        # Not in the files of before there were billing periods.
        period = data.get("period")
        return Ledger(
            currency=None if currency is None else text_of(currency),
            since=None if since is None else time_of(since),
            saved_before=number_of(data["saved_before"]),
            day=None if day is None else _day_from_json(day),
            period=None if period is None else _period_from_json(period),
            # Nor were there credits and caps, or estimates kept until they are settled.
            terms=_terms_from_json(data.get("terms", {})),
            settling=_settling_from_json(data.get("estimated", [])),
        )
    except (KeyError, TypeError) as err:
        raise ValueError(f"not a ledger: {err}") from err


def _day_to_json(day: Day) -> JsonObject:
    return {
        "start": day.start.isoformat(),
        "measured_s": day.measured.total_seconds(),
        "paid": day.paid,
        "baseline_paid": day.baseline_paid,
        "stored_kwh": day.stored_kwh,
        "baseline_kwh": day.baseline.kwh,
        "baseline_rests": day.baseline.resting,
        "skipped_kwh": day.skipped_kwh,
        "apart": day.apart,
        "value_per_kwh": day.value_per_kwh,
    }


def _day_from_json(data: Mapping[str, Json]) -> Day:
    return Day(
        start=time_of(data["start"]),
        measured=timedelta(seconds=number_of(data["measured_s"])),
        paid=number_of(data["paid"]),
        baseline_paid=number_of(data["baseline_paid"]),
        stored_kwh=_known(data["stored_kwh"]),
        baseline=Cells(
            number_of(data["baseline_kwh"]), resting=data["baseline_rests"] is True
        ),
        skipped_kwh=number_of(data["skipped_kwh"]),
        apart=data["apart"] is True,
        value_per_kwh=_known(data["value_per_kwh"]),
    )


def _terms_from_json(data: Json) -> Terms:
    if not isinstance(data, Mapping):
        raise TypeError("terms are an object")
    counted: dict[str, Counted] = {}
    for key, each in data.items():
        if not isinstance(each, Mapping):
            raise TypeError("what was counted is an object")
        counted[key] = Counted(
            last=time_of(each["last"]),
            measured=timedelta(seconds=number_of(each["measured_s"])),
            kwh=number_of(each["kwh"]),
            baseline_kwh=number_of(each["baseline_kwh"]),
            settled=each["settled"] is True,
        )
    return Terms(counted)


def _settling_from_json(data: Json) -> Settling:
    if not isinstance(data, list):
        raise TypeError("estimates are a list")
    return Settling(deque(map(_estimated_from_json, data)))


def _estimated_from_json(data: Json) -> Estimated:
    if not isinstance(data, Mapping):
        raise TypeError("an estimate is an object")
    return Estimated(
        start=time_of(data["start"]),
        import_per_kwh=number_of(data["import_per_kwh"]),
        export_per_kwh=number_of(data["export_per_kwh"]),
        bought=_both_from_json(data["bought"]),
        sold=_both_from_json(data["sold"]),
    )


def _both_from_json(data: Json) -> list[float]:
    if not isinstance(data, list) or len(data) != len(Both._fields):
        raise TypeError("there is one energy for each home")
    return [number_of(each) for each in data]


def _period_to_json(period: Period) -> JsonObject:
    interval = period.interval
    return {
        "start": period.start.isoformat(),
        **{key: getattr(period, key) for key in _OF_PERIOD},
        "credited": period.credited,
        "interval": None
        if interval is None
        else {
            "start": interval.start.isoformat(),
            "measured_s": interval.measured.total_seconds(),
            "kwh": interval.kwh,
            "baseline_kwh": interval.baseline_kwh,
        },
    }


def _period_from_json(data: Mapping[str, Json]) -> Period:
    stored = data["interval"]
    if stored is not None and not isinstance(stored, Mapping):
        raise TypeError("an interval is an object")
    interval = stored and Interval(
        start=time_of(stored["start"]),
        measured=timedelta(seconds=number_of(stored["measured_s"])),
        kwh=number_of(stored["kwh"]),
        baseline_kwh=number_of(stored["baseline_kwh"]),
    )
    return Period(
        start=time_of(data["start"]),
        interval=interval or None,
        credited=number_of(data.get("credited", 0.0)),
        **{key: number_of(data[key]) for key in _OF_PERIOD},
    )


def _known(value: Json) -> float | None:
    return None if value is None else number_of(value)
