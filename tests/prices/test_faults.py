"""Every feed with every fault: no wrong slot, and nothing lost that was known.

What a feed answers is spoilt on its way over the socket (or from the action, or in the
entity's attributes). Then its source either says which error it is, or returns prices
that are the right ones wherever there are any.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
import json

import pytest

from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.model.timegrid import floor_time
from custom_components.power_sync.prices.merge import merge
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceAuthError,
    PriceError,
    PriceRateLimitedError,
    PriceUnreachableError,
)
from simulators.clock import ManualClock
from simulators.rest import Fault, Spoil

from .feeds import NOON, ActionFeed, EntityFeed, Feed, WebFeed, web_feed

FIVE = timedelta(minutes=5)
HALF_HOUR = timedelta(minutes=30)
WEB = ("octopus", "amber", "flow_power")
ACTIONS = ("nordpool", "energyzero", "easyenergy", "tibber")
ENTITIES = ("entity", "entity_without_ends")


@pytest.fixture
async def feed(
    request: pytest.FixtureRequest, socket_enabled: None
) -> AsyncIterator[Feed]:
    """Return a feed by its name."""
    name: str = request.param
    if name in ACTIONS:
        yield ActionFeed(name)
        return
    if name in ENTITIES:
        yield EntityFeed(ends=name == "entity")
        return
    clock = ManualClock(NOON)
    async with AsyncExitStack() as stack:
        yield await web_feed(name, clock, stack)


def _lists(of: Callable[[list[object]], list[object]]) -> Spoil:
    """Return what changes each list of rows, wherever it stands in an answer."""

    def spoil(value: object) -> object:
        if isinstance(value, dict):
            return {key: spoil(each) for key, each in value.items()}
        if isinstance(value, list):
            rows = [spoil(each) for each in value]
            return of(rows) if all(isinstance(row, dict) for row in rows) else rows
        return value

    return spoil


def _every_third(of: Callable[[dict[str, object]], list[object]]) -> Spoil:
    """Return what changes each third row."""

    def change(rows: list[object]) -> list[object]:
        changed: list[object] = []
        for index, row in enumerate(rows):
            assert isinstance(row, dict)
            changed += of(row) if index % 3 == 1 else [row]
        return changed

    return _lists(change)


def _with_numbers(value: object) -> Callable[[dict[str, object]], list[object]]:
    """Return what puts something else where a row has a number."""

    def change(row: dict[str, object]) -> list[object]:
        return [
            {
                key: value
                if isinstance(each, int | float) and not isinstance(each, bool)
                else each
                for key, each in row.items()
            }
        ]

    return change


def _with_times(row: dict[str, object]) -> list[object]:
    """Return a row that begins at no time that there is."""
    return [
        {
            key: "2026-13-45T99:00"
            if isinstance(each, str) and each[:2] == "20"
            else each
            for key, each in row.items()
        }
    ]


HARMLESS: Mapping[str, Spoil] = {
    "each row twice": _lists(
        lambda rows: [each for row in rows for each in (row, row)]
    ),
    "all rows again": _lists(lambda rows: [*rows, *rows]),
    "newest first": _lists(lambda rows: rows[::-1]),
    "more than is known": _every_third(lambda row: [{**row, "unknown": {"new": [1]}}]),
}
HARMFUL: Mapping[str, Spoil] = {
    "rows are missing": _every_third(lambda _: []),
    "no number": _every_third(_with_numbers(None)),
    "words": _every_third(_with_numbers("n/a")),
    "truth": _every_third(_with_numbers(value=True)),
    "infinite": _every_third(_with_numbers(float("inf"))),
    "no time": _every_third(_with_times),
    "rows without fields": _every_third(lambda _: [{}]),
    "no row": _lists(lambda _: []),
}


def right(good: PriceCurve, found: PriceCurve, *, within: float) -> None:
    """See that all prices that were found are the right ones.

    Where five minutes are missing, their half-hour's price may stand for them.
    """
    firm = Series(Span(each.start, each.end, each.firm) for each in good.slots)
    for slot in found.slots:
        when = slot.start
        while when < slot.end:
            half_hour = floor_time(when, HALF_HOUR)
            for true, price in (
                (good.import_series, slot.import_per_kwh),
                (good.export_series, slot.export_per_kwh),
            ):
                assert price in (
                    pytest.approx(true.at(when), abs=within),
                    pytest.approx(
                        true.mean(half_hour, half_hour + HALF_HOUR), abs=within
                    ),
                ), when
            assert firm.at(when) or not slot.firm, when
            when += FIVE


@pytest.mark.parametrize("feed", [*WEB, *ACTIONS, *ENTITIES], indirect=True)
async def test_answers_that_are_odd(feed: Feed) -> None:
    """Rows twice, in any order, and with news in them make the very same prices."""
    good = await feed.source().fetch()
    assert good.at(NOON) is not None
    for name, spoil in HARMLESS.items():
        feed.spoil = spoil
        assert await feed.source().fetch() == good, name


@pytest.mark.parametrize("feed", [*WEB, *ACTIONS, *ENTITIES], indirect=True)
async def test_answers_that_are_spoilt(feed: Feed) -> None:
    """An error, or fewer prices: never a wrong one, and what was known is kept."""
    good = await feed.source().fetch()
    present = good.at(NOON)
    assert present is not None
    for name, spoil in HARMFUL.items():
        feed.spoil = spoil
        source = feed.source()
        with suppress(PriceAnswerError):
            found = await source.fetch()
            right(good, found, within=feed.within)
            kept = merge(good, found)
            right(good, kept, within=feed.within)
            assert kept.firm_until == good.firm_until, name
        # The same source has the present as soon as the feed is well again.
        feed.spoil = None
        feed.clock.advance(timedelta(seconds=20))
        slot = (await source.fetch()).at(NOON)
        assert slot is not None, name
        assert slot.import_per_kwh == pytest.approx(
            present.import_per_kwh, abs=feed.within
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is answered instead, and what the source says then."""

    fault: Fault
    error: type[PriceError]
    wait: timedelta | None = None


REFUSALS: Mapping[str, Refusal] = {
    "unauthorized": Refusal(Fault(status=401), PriceAnswerError),
    "forbidden": Refusal(Fault(status=403), PriceAnswerError),
    "bad request": Refusal(Fault(status=400), PriceAnswerError),
    "too many": Refusal(
        Fault(status=429, retry_after="600"),
        PriceRateLimitedError,
        timedelta(minutes=10),
    ),
    "its own fault": Refusal(Fault(status=500), PriceUnreachableError),
    "maintenance": Refusal(
        Fault(status=503, retry_after="120"),
        PriceUnreachableError,
        timedelta(minutes=2),
    ),
    "no JSON": Refusal(Fault(body="<html>Sorry</html>"), PriceAnswerError),
    "half of it": Refusal(Fault(body='{"results": [{"val'), PriceAnswerError),
    "nothing": Refusal(Fault(body=" "), PriceAnswerError),
    "null": Refusal(Fault(body="null"), PriceAnswerError),
    "a word": Refusal(Fault(body='"ok"'), PriceAnswerError),
    "another object": Refusal(Fault(body='{"status": "ok"}'), PriceAnswerError),
    "a list of words": Refusal(Fault(body='["ok"]'), PriceAnswerError),
    "not a number": Refusal(Fault(body='{"results": [NaN]}'), PriceAnswerError),
    "deep": Refusal(Fault(body=100_000 * "["), PriceAnswerError),
}


@pytest.mark.parametrize("feed", [*WEB, "flow_power_amber"], indirect=True)
async def test_answers_that_are_none(feed: WebFeed) -> None:
    """Each says what it is; a refusal is the token's where there is one."""
    good = await feed.source().fetch()
    for name, refusal in REFUSALS.items():
        feed.fail(refusal.fault)
        source = feed.source()
        with pytest.raises(PriceError) as told:
            await source.fetch()
        token = feed.has_token and refusal.fault.status in (401, 403)
        assert type(told.value) is (PriceAuthError if token else refusal.error), name
        assert told.value.retry_after is None or refusal.wait is not None
        if refusal.wait is not None:
            assert told.value.retry_after == pytest.approx(
                refusal.wait, abs=timedelta(seconds=2)
            )
        assert json.dumps(str(told.value)).isascii()
        assert "psk_" not in str(told.value)
        feed.fail(None)
    assert good.at(NOON) is not None
