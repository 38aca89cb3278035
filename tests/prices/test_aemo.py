"""Wholesale prices of Australia: labels, what is firm, and when it is asked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import pairwise
import json
from zipfile import ZipFile, ZipInfo
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot, Spike
from custom_components.power_sync.prices.aemo import AemoPriceSource
from custom_components.power_sync.prices.aemo_client import Addresses, AemoClient
from custom_components.power_sync.prices.nem import (
    NEM,
    NEM_ZONE,
    Region,
    Spot,
    moment,
    price_of,
    spot,
)
from custom_components.power_sync.prices.nemweb import (
    MOST_BYTES,
    newest_predispatch,
    read_month,
    read_predispatch,
)
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceError,
    PriceRateLimitedError,
    PriceUnreachableError,
)
from simulators.aemo import AemoSimulator
from simulators.clock import ManualClock
from simulators.rest import Fault

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

SUMMARY = """{"ELEC_NEM_SUMMARY": [
 {"SETTLEMENTDATE": "2026-09-14T02:00:00", "REGIONID": "NSW1", "PRICE": 64.95,
  "TOTALDEMAND": 6685.03, "NETINTERCHANGE": -1151.4},
 {"SETTLEMENTDATE": "2026-09-14T02:00:00", "REGIONID": "VIC1", "PRICE": 57.11,
  "TOTALDEMAND": 4486.4, "NETINTERCHANGE": 220.1},
 {"SETTLEMENTDATE": "2026-09-14T01:55:00", "REGIONID": "VIC1", "PRICE": 1.0},
 {"SETTLEMENTDATE": "2026-07-10T19:25:00", "REGIONID": "SA1", "PRICE": -18.4,
  "PRICE_STATUS": "NOT FIRM", "INTERCONNECTORFLOWS": "[{\\"name\\":\\"V-SA\\"}]"}]}
"""
"""As it was recorded, with an older row and a price that is not firm."""

MONTH = b"""REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE
VIC1,2026/01/01 00:05:00,4188.23,58.51,TRADE
VIC1,2026/01/01 00:10:00,4169.89,25.66,TRADE
VIC1,2026/01/01 00:15:00,4143.35,21.31,TRADE
"""
"""The head of a table, as it was recorded."""

FORECAST = """C,NEMP.WORLD,PREDISPATCH,AEMO,PUBLIC,2025/12/22,09:00:00
I,PDREGION,,5,PREDISPATCHSEQNO,RUNNO,REGIONID,PERIODID,RRP,EEP
D,PDREGION,,5,"2025/12/22 09:00:00",1,QLD1,"2025/12/22 09:30:00",35.73,0
D,PDREGION,,5,"2025/12/22 09:00:00",1,QLD1,"2025/12/22 10:00:00",-12.5,0
D,PDREGION,,5,"2025/12/22 09:00:00",1,VIC1,"2025/12/22 09:30:00",7,0
C,END OF REPORT,6
"""


def packed(*files: str) -> bytes:
    """Return an archive of texts, the same bytes whenever it is made."""
    archive = BytesIO()
    with ZipFile(archive, "w") as made:
        for index, text in enumerate(files):
            made.writestr(ZipInfo(f"{index}.CSV"), text)
    return archive.getvalue()


@pytest.fixture
async def aemo(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[AemoSimulator]:
    """Return the operator, at 22:00 of a Wednesday in the market's time."""
    async with AemoSimulator(clock) as running:
        yield running


def client_of(
    aemo: AemoSimulator,
    session: ClientSession,
    clock: ManualClock,
    region: Region = Region.VIC,
) -> AemoClient:
    """Return a client of the simulator."""
    addresses = Addresses(
        aemo.addresses["report_url"],
        aemo.addresses["files_url"],
        aemo.addresses["past_url"],
    )
    return AemoClient(session, region, addresses, now=clock.now, timeout_s=5)


@pytest.fixture
def source(
    aemo: AemoSimulator, session: ClientSession, clock: ManualClock
) -> AemoPriceSource:
    """Return Victoria's wholesale prices."""
    return AemoPriceSource(
        client_of(aemo, session, clock), "Australia/Melbourne", now=clock.now
    )


def at(curve: PriceCurve, when: datetime) -> PriceSlot:
    """Return the slot of a moment that has one."""
    slot = curve.at(when)
    assert slot is not None, when
    return slot


def market_slot(start: datetime, length: timedelta, price: float) -> PriceSlot:
    """Return a settled price."""
    return PriceSlot(start, start + length, price, price)


def test_labels_are_ends_in_the_markets_time() -> None:
    """By hand: 02:00 is 16:00 UTC of the day before, and ends what began at 15:55."""
    start = datetime(2026, 9, 13, 15, 55, tzinfo=UTC)
    for label in ("2026-09-14T02:00:00", "2026/09/14 02:00:00"):
        assert spot(label, FIVE, Decimal("57.11")) == Spot(start, start + FIVE, 0.05711)


@pytest.mark.parametrize(
    ("when", "label"),
    [
        # Sydney's clocks go forward: 01:59 is followed by 03:00, the market's not.
        (datetime(2026, 10, 3, 16, 0, tzinfo=UTC), "2026/10/04 02:00:00"),
        (datetime(2026, 10, 3, 16, 30, tzinfo=UTC), "2026/10/04 02:30:00"),
        # They go back: the market has its 02:30 once.
        (datetime(2026, 4, 4, 16, 30, tzinfo=UTC), "2026/04/05 02:30:00"),
        (datetime(2026, 4, 4, 17, 0, tzinfo=UTC), "2026/04/05 03:00:00"),
    ],
)
def test_clock_changes_are_none_of_the_markets(when: datetime, label: str) -> None:
    """Each label is one moment, also in the hours that homes leave out or repeat."""
    assert moment(label) == when


@given(
    start=st.sampled_from(["2026-04-04", "2026-10-03"]).map(datetime.fromisoformat),
    steps=st.integers(0, 600),
)
def test_labels_over_both_changes(start: datetime, steps: int) -> None:
    """Five minutes later is five minutes later, and the way back is the same."""
    first, second = (start + step * FIVE for step in (steps, steps + 1))
    before, after = (moment(f"{each:%Y/%m/%d %H:%M:%S}") for each in (first, second))
    assert after - before == FIVE
    assert before.astimezone(NEM).replace(tzinfo=None) == first
    assert before.astimezone(ZoneInfo(NEM_ZONE)).replace(tzinfo=None) == first


@pytest.mark.parametrize(
    "label",
    [
        *("", "soon", "2026/01/01 00:02:00", "2026-01-01T00:05:00+11:00"),
        *("2026/13/01 00:05:00", "0001/01/01 00:05:00"),
    ],
)
def test_no_label(label: str) -> None:
    """What is no time of the market is refused."""
    with pytest.raises(PriceAnswerError):
        moment(label)


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1e", "free"])
def test_no_price(text: str) -> None:
    """A table's prices are finite numbers."""
    with pytest.raises(PriceAnswerError):
        price_of(text)


def test_newest_forecast() -> None:
    """The latest run, and of one run what was made last, in either encoding."""
    names = [
        "PUBLIC_PREDISPATCH_202512221130_20251222110217_LEGACY.zip",
        "PUBLIC_PREDISPATCH_202512221200_20251222113218_LEGACY.zip",
        "PUBLIC_PREDISPATCH_202512221200_20251222113500_LEGACY.zip",
        "PUBLIC_PREDISPATCH_202512221230_20251222120217.zip",
    ]
    page = "".join(f'<A HREF="/Reports/{name}">{name}</A><br>' for name in names)
    for encoding in ("utf-8", "utf-16"):
        assert newest_predispatch(page.encode(encoding)) == names[2]
    with pytest.raises(PriceAnswerError):
        newest_predispatch(b"<html>The server is busy</html>")


def test_a_forecasts_table() -> None:
    """By hand: 09:30 ends the half-hour that begins at 23:00 UTC; $/MWh by 1000."""
    start = datetime(2025, 12, 21, 23, tzinfo=UTC)
    assert read_predispatch(packed(FORECAST), Region.QLD) == (
        Spot(start, start + HALF_HOUR, 0.03573),
        Spot(start + HALF_HOUR, start + HOUR, -0.0125),
    )


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"no archive",
        packed(),
        packed(FORECAST, FORECAST),
        packed(FORECAST)[:-30],
        packed(FORECAST.replace("QLD1", "NSW1")),
        packed(FORECAST.replace("PERIODID", "PERIOD")),
        packed(FORECAST.replace("-12.5", "high")),
        packed(FORECAST.replace("I,PDREGION", "C,PDREGION")),
        packed(FORECAST.replace("2025/12/22 10:00:00", "22/12/2025 10:00")),
        packed(FORECAST.replace("35.73,0", "")),
    ],
    ids=[
        "nothing",
        "no archive",
        "no file",
        "two files",
        "cut off",
        "another region",
        "a missing column",
        "no number",
        "no heading",
        "another date",
        "no price",
    ],
)
def test_no_forecast(archive: bytes) -> None:
    """What cannot be read is refused as a whole."""
    with pytest.raises(PriceAnswerError):
        read_predispatch(archive, Region.QLD)


def test_an_archive_that_holds_too_much() -> None:
    """It is not unpacked."""
    archive = BytesIO()
    with ZipFile(archive, "w", compression=8) as made:
        made.writestr("0.CSV", b"0" * (MOST_BYTES + 1))
    with pytest.raises(PriceAnswerError, match="too much"):
        read_predispatch(archive.getvalue(), Region.QLD)


def test_a_months_table() -> None:
    """By hand: the first row of January begins at 14:00 UTC on 31 December."""
    start = datetime(2025, 12, 31, 14, tzinfo=UTC)
    assert read_month(MONTH, Region.VIC) == (
        Spot(start, start + FIVE, 0.05851),
        Spot(start + FIVE, start + 2 * FIVE, 0.02566),
        Spot(start + 2 * FIVE, start + 3 * FIVE, 0.02131),
    )
    assert read_month(MONTH, Region.SA) == ()
    for broken in (b"", b"<html>", MONTH + b"VIC1,2026/01/01 00:20:00,\n"):
        with pytest.raises(PriceAnswerError):
            read_month(broken, Region.VIC)


async def test_what_was_recorded(
    aemo: AemoSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """The newest row of the region counts; a status that is not firm is told.

    All homes of a session are answered with the same summary.
    """
    aemo.answer = json.loads(SUMMARY)
    dispatch = await client_of(aemo, session, clock).dispatch()
    start = datetime(2026, 9, 13, 15, 55, tzinfo=UTC)
    assert dispatch.spot == Spot(start, start + FIVE, 0.05711)
    assert not dispatch.revisable
    south = await client_of(aemo, session, clock, Region.SA).dispatch()
    assert (south.spot.aud_per_kwh, south.revisable) == (-0.0184, True)
    with pytest.raises(PriceAnswerError):
        await client_of(aemo, session, clock, Region.TAS).dispatch()
    assert len(aemo.requests) == 1


async def test_homes_ask_once(
    aemo: AemoSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """Two regions' homes at the same time: one request, one refusal, one renewal."""
    homes = [client_of(aemo, session, clock, each) for each in (Region.VIC, Region.SA)]
    both = await asyncio.gather(*(home.dispatch() for home in homes))
    assert both[0].spot.end == both[1].spot.end
    assert both[0].spot.aud_per_kwh != both[1].spot.aud_per_kwh
    assert len(aemo.requests) == 1
    clock.advance(timedelta(seconds=14.9))
    await homes[1].dispatch()
    assert len(aemo.requests) == 1
    clock.advance(timedelta(seconds=0.1))
    aemo.standing_fault = Fault(status=503, retry_after="40")
    for home in homes:
        with pytest.raises(PriceUnreachableError, match="503") as refused:
            await home.dispatch()
        assert refused.value.retry_after == timedelta(seconds=40)
    assert len(aemo.requests) == 2
    aemo.heal()
    # A clock that is set back does not keep what was said for long.
    set_back = ManualClock(clock.now() - timedelta(hours=1))
    for home in homes:
        await client_of(aemo, session, set_back, home.region).dispatch()
    assert len(aemo.requests) == 3


async def test_curve_of_a_day(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """By hand, from the market's rows of 2026-01-14 (UTC), in $/MWh.

    11:55 to 12:10 73.67 each; the half-hour from 12:00 is the mean of 73.67, 73.67,
    72.23, 73.67, 73.79, 84.13: 75.19333; the one from 12:30 is 93.72. At 22:00 the
    market knows the next trading day, to 4:00 of the day after tomorrow: 30 hours.
    """
    clock.advance(20 * SECOND)
    curve = await source.fetch()
    assert (curve.currency, curve.zone) == ("AUD", "Australia/Melbourne")
    ahead = [slot for slot in curve.slots if slot.start >= NOON]
    assert ahead[0] == market_slot(NOON, FIVE, 0.07367)
    # Until its own price is there, the one before is gone by.
    assert ahead[1] == PriceSlot(
        NOON + FIVE, NOON + 2 * FIVE, 0.07367, 0.07367, estimate=True
    )
    first, second = ahead[2:4]
    assert (first.start, first.end) == (NOON + 2 * FIVE, NOON + HALF_HOUR)
    assert first.import_per_kwh == pytest.approx(0.0751933, abs=1e-6)
    assert second.import_per_kwh == pytest.approx(0.09372, abs=1e-6)
    assert not first.firm
    assert not second.firm
    assert ahead[-1].end == datetime(2026, 1, 15, 18, tzinfo=UTC)
    assert all(before.end == after.start for before, after in pairwise(ahead))
    assert curve.firm_until == NOON + 2 * FIVE
    # The table of the month is some hours behind; what it has is settled.
    past = [slot for slot in curve.slots if slot.start < NOON]
    assert all(slot.firm and slot.end - slot.start == HALF_HOUR for slot in past)
    assert past[0].start == NOON - 14 * DAY
    assert past[-1].end == NOON - 6 * HOUR
    assert source.known_until(clock.now()) == NOON + FIVE
    assert source.standing_per_day is None


async def test_a_price_that_is_late(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """The one before stands for five minutes; then it is the forecast's turn."""
    clock.advance(20 * SECOND)
    aemo.held_at = clock.now() - FIVE
    curve = await source.fetch()
    now = at(curve, clock.now())
    assert (now.firm, now.estimate, now.import_per_kwh) == (True, True, 0.07367)
    # Asked again, three times, and then in the next five minutes.
    waits = []
    for _ in range(4):
        due = source.next_fetch(curve)
        waits.append((due - NOON) / SECOND)
        clock.set(due)
        curve = await source.fetch()
    assert waits == [40, 60, 80, 320]
    assert not at(curve, clock.now()).firm
    aemo.held_at = None
    clock.set(source.next_fetch(curve))
    curve = await source.fetch()
    assert at(curve, clock.now()).firm
    assert source.next_fetch(curve) == NOON + 2 * FIVE + 20 * SECOND


async def test_just_after_the_boundary(
    source: AemoPriceSource, clock: ManualClock
) -> None:
    """Where the price is not there yet, it is asked for at twenty seconds past."""
    assert source.next_fetch(None) == NOON + 20 * SECOND
    clock.advance(2 * SECOND)
    curve = await source.fetch()
    assert at(curve, clock.now()).estimate
    assert source.next_fetch(curve) == NOON + 22 * SECOND


@pytest.mark.parametrize("spiking", [NOON, NOON + 2 * FIVE])
async def test_a_spike(
    source: AemoPriceSource,
    aemo: AemoSimulator,
    clock: ManualClock,
    spiking: datetime,
) -> None:
    """Five minutes at 300 $/MWh or a half-hour of it: nothing is taken for granted."""
    clock.advance(20 * SECOND)
    aemo.prices["VIC1", spiking] = 300.0 if spiking == NOON else 1800.0
    curve = await source.fetch()
    now, following = at(curve, NOON), at(curve, NOON + FIVE)
    assert now.firm
    assert now.spike is (Spike.SPIKE if spiking == NOON else Spike.NONE)
    assert not following.firm
    assert (following.spike is Spike.POTENTIAL) == (spiking != NOON)


async def test_what_is_asked(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """In an hour: each price once, each forecast once, no month twice."""
    clock.advance(20 * SECOND)
    while clock.now() < NOON + HOUR:
        curve = await source.fetch()
        clock.set(source.next_fetch(curve))
    asked = list(aemo.requests)
    assert sum("SUMMARY" in path for path in asked) == 12
    assert sum(path.endswith("_Reports/") for path in asked) == 6
    assert sum("LEGACY" in path for path in asked) == 2
    months = [path for path in asked if path.startswith("/past/")]
    assert months == [
        "/past/PRICE_AND_DEMAND_202512_VIC1.csv",
        "/past/PRICE_AND_DEMAND_202601_VIC1.csv",
    ]
    # What was seen fills what the month's table does not have yet.
    assert at(curve, NOON + 2 * FIVE) == market_slot(NOON + 2 * FIVE, FIVE, 0.07223)


async def test_the_present_has_to_be_had(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """Nothing is made up where it fails."""
    clock.advance(20 * SECOND)
    faults: list[tuple[Fault, type[PriceError]]] = [
        (Fault(status=403), PriceAnswerError),
        (Fault(status=429, retry_after="30"), PriceRateLimitedError),
        (Fault(status=503), PriceUnreachableError),
        (Fault(body="<html>"), PriceAnswerError),
        (Fault(body="{}"), PriceAnswerError),
        (Fault(empty=True), PriceAnswerError),
    ]
    # A request to wait is obeyed, so it comes last.
    for fault, error in sorted(faults, key=lambda each: each[0].status == 429):
        # A refusal holds for the market's other homes, too, for a moment.
        clock.advance(20 * SECOND)
        aemo.fail(fault)
        with pytest.raises(error):
            await source.fetch()
    assert len(aemo.requests) == len(faults)
    assert all("SUMMARY" in path for path in aemo.requests)


async def test_the_rest_need_not(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """Without a forecast there is the present; what was known is kept."""
    clock.advance(20 * SECOND)
    aemo.fail(Fault())
    aemo.fail(Fault(status=403))
    curve = await source.fetch()
    assert [slot.start for slot in curve.slots] == [NOON, NOON + FIVE]
    curve = await source.fetch()
    end = curve.slots[-1].end
    assert end == datetime(2026, 1, 15, 18, tzinfo=UTC)
    clock.advance(HALF_HOUR)
    aemo.fail(Fault())
    aemo.fail(Fault(body="<html>busy</html>"))
    curve = await source.fetch()
    assert curve.slots[-1].end == end
    assert at(curve, clock.now()).firm


async def test_utf_16(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """Some of the operator's servers answer so."""
    clock.advance(20 * SECOND)
    aemo.utf16 = True
    curve = await source.fetch()
    assert curve.slots[-1].end == datetime(2026, 1, 15, 18, tzinfo=UTC)


async def test_history(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """By hand: the half-hour from 11:30 is the mean of 69.79 … 73.67: 72.46667.

    A month that is over is asked for once; the present one grows.
    """
    clock.advance(DAY)
    start = NOON - HALF_HOUR
    curve = await source.history(start, NOON + 90 * DAY)
    assert curve.slots[0].start == start
    assert curve.slots[0].import_per_kwh == pytest.approx(0.0724667, abs=1e-6)
    assert curve.slots[-1].end == NOON + 18 * HOUR
    assert len(curve.slots) == 37
    before = len(aemo.requests)
    assert await source.history(start, clock.now()) == curve
    assert len(aemo.requests) == before
    clock.advance(13 * HOUR)
    longer = await source.history(start, clock.now())
    assert longer.slots[-1].end == NOON + 31 * HOUR
    december = await source.history(NOON - 40 * DAY, NOON - 30 * DAY)
    assert len(december.slots) == 480
    asked = len(aemo.requests)
    clock.advance(3 * DAY)
    assert await source.history(NOON - 40 * DAY, NOON - 30 * DAY) == december
    assert len(aemo.requests) == asked


async def test_history_without_a_month(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """A month whose table is not there is a gap; an outage is an error."""
    clock.set(datetime(2026, 1, 31, 15, tzinfo=UTC))
    curve = await source.history(clock.now() - 12 * HOUR, clock.now())
    assert curve.slots[-1].end == datetime(2026, 1, 31, 9, tzinfo=UTC)
    aemo.standing_fault = Fault(status=503)
    with pytest.raises(PriceUnreachableError):
        await source.history(NOON - 60 * DAY, NOON - 50 * DAY)


async def test_five_minutes_that_are_missing(
    source: AemoPriceSource, aemo: AemoSimulator, clock: ManualClock
) -> None:
    """A half-hour is told where all six prices are known, rows twice count once."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    lines = [
        f"VIC1,{first.astimezone(NEM) + index * FIVE:%Y/%m/%d %H:%M:%S},1,{index},TRADE"
        for index in range(1, 18)
    ]
    table = "\n".join(("REGION,SETTLEMENTDATE,D,RRP,PERIODTYPE", *lines, lines[0]))
    aemo.fail(Fault(body=table))
    curve = await source.history(first, first + HALF_HOUR * 4)
    assert curve.slots == (
        PriceSlot(first, first + HALF_HOUR, 0.0035, 0.0035),
        PriceSlot(first + HALF_HOUR, first + HOUR, 0.0095, 0.0095),
    )
