"""Series of numbers as texts, so that weeks of them stay small.

A *run* is a stretch of slots of one length without a gap. Its numbers are one
text, parted by blanks; each is written so that it is read back exactly.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from custom_components.power_sync.model.prices import (
    Cap,
    Credit,
    PriceCurve,
    PriceSlot,
    Spike,
)
from custom_components.power_sync.model.series import Series, Span

from .errors import RecordingError

NOTHING = "-"

type Plain = dict[str, Plain] | list[Plain] | str | int | float | bool | None
type PlainObject = dict[str, Plain]


def numbers_text(values: Iterable[float | None]) -> str:
    """Return numbers as one text; "-" stands for None."""
    return " ".join(NOTHING if value is None else repr(value) for value in values)


def numbers_of(value: Plain) -> list[float | None]:
    """Return the numbers of a text."""
    return [None if word == NOTHING else _number(word) for word in text_of(value)]


def known_numbers_of(value: Plain) -> list[float]:
    """Return the numbers of a text in which none is missing."""
    return [_number(word) for word in text_of(value)]


def words_text(words: Iterable[str]) -> str:
    """Return words as one text; a word that is repeated is counted."""
    runs = [(word, len(list(same))) for word, same in groupby(words)]
    return " ".join(word if count == 1 else f"{word}*{count}" for word, count in runs)


def words_of(value: Plain) -> list[str]:
    """Return the words of a text."""
    found: list[str] = []
    for part in text_of(value):
        word, _, count = part.partition("*")
        found += [word] * (int(count) if count else 1)
    return found


def text_of(value: Plain) -> list[str]:
    """Return what the blanks of a text part."""
    if not isinstance(value, str):
        raise RecordingError("a text was expected")
    return value.split()


def _number(word: str) -> float:
    try:
        # An int stays one, so that what is written again is the same.
        return int(word) if word.lstrip("-").isdecimal() else float(word)
    except ValueError as err:
        raise RecordingError(f"{word!r} is no number") from err


def time_text(when: datetime) -> str:
    """Return a time in UTC."""
    return when.astimezone(UTC).isoformat()


def time_of(value: Plain) -> datetime:
    """Return the time that a text names, in UTC."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        pass
    raise RecordingError(f"{value!r} is no time")


def _runs[T](
    items: Sequence[T], slot: Callable[[T], tuple[datetime, datetime, object]]
) -> Iterator[list[T]]:
    """Part items in time order where a gap, another length or another kind is."""
    run: list[T] = []
    for item in items:
        start, end, kind = slot(item)
        if run:
            before_start, before_end, before_kind = slot(run[-1])
            alike = (end - start, kind) == (before_end - before_start, before_kind)
            if start != before_end or not alike:
                yield run
                run = []
        run.append(item)
    if run:
        yield run


def _run(start: datetime, end: datetime, **columns: Plain) -> PlainObject:
    return {
        "start": time_text(start),
        "step_s": (end - start).total_seconds(),
        **columns,
    }


def _slots(run: Mapping[str, Plain], count: int) -> list[tuple[datetime, datetime]]:
    start, step = time_of(run["start"]), _step_of(run["step_s"])
    return [(start + step * n, start + step * (n + 1)) for n in range(count)]


def _step_of(value: Plain) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecordingError("a length of time was expected")
    return timedelta(seconds=value)


def objects_of(value: Plain) -> list[PlainObject]:
    """Return a list of objects."""
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return [each for each in value if isinstance(each, dict)]
    raise RecordingError("a list of objects was expected")


def series_plain(series: Series) -> list[Plain]:
    """Return a series as runs."""
    return [
        _run(
            run[0].start,
            run[0].end,
            values=numbers_text(span.value for span in run),
        )
        for run in _runs(series.spans, lambda span: (span.start, span.end, None))
    ]


def series_of(value: Plain) -> Series:
    """Return the series of runs."""
    spans: list[Span] = []
    for run in objects_of(value):
        values = known_numbers_of(run["values"])
        for (start, end), number in zip(_slots(run, len(values)), values, strict=True):
            spans.append(Span(start, end, number))
    return Series(spans)


def curve_plain(curve: PriceCurve) -> PlainObject:
    """Return prices as runs, and credits and caps one by one where there are any."""
    terms: PlainObject = {
        "credits": [
            {
                **_span(each.start, each.end),
                "amount": each.amount,
                "most_kwh": each.most_kwh,
            }
            for each in curve.credits
        ],
        "caps": [
            {
                **_span(each.start, each.end),
                "sold": each.sold,
                "pool": each.pool,
                "most_kwh": each.most_kwh,
                "beyond_per_kwh": each.beyond_per_kwh,
            }
            for each in curve.caps
        ],
    }
    return {
        **{key: value for key, value in terms.items() if value},
        "currency": curve.currency,
        "zone": curve.zone,
        "runs": [
            _run(
                run[0].start,
                run[0].end,
                firm=run[0].firm,
                spike=run[0].spike.value,
                estimate=run[0].estimate,
                import_per_kwh=numbers_text(slot.import_per_kwh for slot in run),
                export_per_kwh=numbers_text(slot.export_per_kwh for slot in run),
            )
            for run in _runs(
                curve.slots,
                lambda slot: (
                    slot.start,
                    slot.end,
                    (slot.firm, slot.spike, slot.estimate),
                ),
            )
        ],
    }


def curve_of(value: Plain) -> PriceCurve:
    """Return the prices of runs."""
    if not isinstance(value, dict):
        raise RecordingError("prices were expected")
    slots: list[PriceSlot] = []
    for run in objects_of(value["runs"]):
        bought = known_numbers_of(run["import_per_kwh"])
        sold = known_numbers_of(run["export_per_kwh"])
        times = _slots(run, len(bought))
        kind = run["firm"] is True, _spike_of(run), run.get("estimate") is True
        for (start, end), paid, earned in zip(times, bought, sold, strict=True):
            slots.append(PriceSlot(start, end, paid, earned, *kind))
    return PriceCurve(
        str(value["currency"]),
        str(value["zone"]),
        tuple(slots),
        tuple(
            Credit(*_times(each), _of(each, "amount"), _of(each, "most_kwh"))
            for each in objects_of(value.get("credits", []))
        ),
        tuple(
            Cap(
                *_times(each),
                each["sold"] is True,
                str(each["pool"]),
                _of(each, "most_kwh"),
                _of(each, "beyond_per_kwh"),
            )
            for each in objects_of(value.get("caps", []))
        ),
    )


def _span(start: datetime, end: datetime) -> PlainObject:
    return {"start": time_text(start), "end": time_text(end)}


def _times(stored: Mapping[str, Plain]) -> tuple[datetime, datetime]:
    return time_of(stored["start"]), time_of(stored["end"])


def _of(stored: Mapping[str, Plain], key: str) -> float:
    value = stored[key]
    if not isinstance(value, int | float):
        raise RecordingError("a number was expected")
    return value


def _spike_of(run: Mapping[str, Plain]) -> Spike:
    """Return what was said of a spike; older files have nothing of it."""
    said = run.get("spike", Spike.NONE.value)
    try:
        return Spike(str(said))
    except ValueError as err:
        raise RecordingError(f"no spike status: {said}") from err


def history_plain(history: LoadHistory) -> PlainObject:
    """Return the samples of a load history as runs."""
    step = history.step
    runs = _runs(history.samples, lambda each: (each.start, each.start + step, None))
    return {
        "step_s": step.total_seconds(),
        "holidays": " ".join(day.isoformat() for day in sorted(history.holidays)),
        "runs": [
            {
                "start": time_text(run[0].start),
                "values": numbers_text(sample.mean_w for sample in run),
            }
            for run in runs
        ],
    }


def history_of(value: Plain) -> LoadHistory:
    """Return the load history of runs."""
    if not isinstance(value, dict):
        raise RecordingError("a load history was expected")
    step = _step_of(value["step_s"])
    samples: list[LoadSample] = []
    for run in objects_of(value["runs"]):
        start = time_of(run["start"])
        for index, watts in enumerate(known_numbers_of(run["values"])):
            samples.append(LoadSample(start + step * index, watts))
    # Older files have nothing of holidays.
    holidays = text_of(value.get("holidays", ""))
    return LoadHistory(
        tuple(samples), step, frozenset(date.fromisoformat(day) for day in holidays)
    )
