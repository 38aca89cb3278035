"""Amber's prices: labels, signs, what is firm, and when it is asked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot, Spike
from custom_components.power_sync.prices.amber import AmberPriceSource, from_settings
from custom_components.power_sync.prices.amber_client import AmberClient, AmberSite
from custom_components.power_sync.prices.extend import extend
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceAuthError,
    PriceError,
    PriceRateLimitedError,
    PriceUnreachableError,
    UnknownTariffError,
)
from custom_components.power_sync.prices.registry import PROVIDERS
from simulators.amber import AmberSimulator, Site
from simulators.amber.server import HOME
from simulators.clock import ManualClock
from simulators.rest import Fault

from .amber_home import HOME_WITH_BOILER, amber_settings, recorded_rows

EVENING = datetime(2025, 10, 5, 10, 57, tzinfo=UTC)
NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.fixture
async def amber(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[AmberSimulator]:
    """Amber, at 22:00 of a Wednesday in the market's time."""
    async with AmberSimulator(clock) as running:
        yield running


@pytest.fixture
async def evening(socket_enabled: None) -> AsyncIterator[AmberSimulator]:
    """Amber on the evening that was recorded."""
    async with AmberSimulator(ManualClock(EVENING)) as running:
        running.answers[HOME.site_id] = recorded_rows()
        yield running


def source_of(
    amber: AmberSimulator, session: ClientSession, clock: ManualClock, **changes: Json
) -> AmberPriceSource:
    """Return the source of the home."""
    return from_settings(session, {**amber_settings(amber), **changes}, now=clock.now)


@pytest.fixture
def source(
    amber: AmberSimulator, session: ClientSession, clock: ManualClock
) -> AmberPriceSource:
    """Return the source of the home."""
    return source_of(amber, session, clock)


def controlled_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return recorded rows of what is bought as those of a controlled load."""
    bought = [row for row in rows if row["channelType"] == "general"]
    cents = {0: 9.0, len(bought) - 1: 7.5}
    return [
        {**row, "channelType": "controlledLoad", "perKwh": cents.get(index, 8.0)}
        for index, row in enumerate(bought)
    ]


def at(curve: PriceCurve, when: datetime) -> PriceSlot:
    """Return the slot of a moment that has one."""
    slot = curve.at(when)
    assert slot is not None, when
    return slot


def test_it_is_a_provider() -> None:
    """It can be chosen."""
    assert PROVIDERS["amber"] is from_settings


async def test_sites(amber: AmberSimulator, session: ClientSession) -> None:
    """Those that have prices; of the meter's number only the end is shown."""
    amber.sites["flat"] = Site(
        site_id="flat", nmi="4103000009", interval_min=30, channels=("general",)
    )
    client = AmberClient(session, amber.url, amber.token, timeout_s=5)
    assert await client.sites() == [
        AmberSite(HOME.site_id, "Jemena …2872", 5, feeds_in=True),
        AmberSite("flat", "Jemena …0009", 30, feeds_in=False),
    ]
    assert amber.requests[-1] == "/v1/sites"


async def test_what_was_recorded(
    evening: AmberSimulator, session: ClientSession
) -> None:
    """By hand, from the raw rows: starts lose their second, the feed-in its sign.

    Raw: 10:55 15 c and -6 c; 11:00 13 and -4; 11:30 17 and -7; 12:00 to 12:30, one
    row, 13 and -4; the last one ends at 11:00 of the next day, 30 and -19.
    """
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    assert (curve.currency, curve.zone) == ("AUD", "Australia/Melbourne")
    start = utc(2025, 10, 5, 10, 55)
    ahead = [slot for slot in curve.slots if slot.start >= start]
    assert ahead[:3] == [
        PriceSlot(start, start + FIVE, 0.15, 0.06),
        # Until its own price is there, the next five minutes' forecast is gone by.
        PriceSlot(start + FIVE, start + 2 * FIVE, 0.13, 0.04, estimate=True),
        PriceSlot(start + 2 * FIVE, start + 3 * FIVE, 0.13, 0.04, firm=False),
    ]
    half_past = utc(2025, 10, 5, 11, 30)
    assert at(curve, half_past) == PriceSlot(
        half_past, half_past + FIVE, 0.17, 0.07, firm=False
    )
    # 12 rows of five minutes to 12:00, then 46 half-hours: 24 hours in all.
    twelve = utc(2025, 10, 5, 12)
    assert at(curve, twelve + FIVE) == PriceSlot(
        twelve, twelve + HALF_HOUR, 0.13, 0.04, firm=False
    )
    assert len(ahead) == 1 + 12 + 46
    end = utc(2025, 10, 6, 11)
    assert ahead[-1] == PriceSlot(end - HALF_HOUR, end, 0.3, 0.19, firm=False)
    assert curve.firm_until == start + 2 * FIVE


async def test_curve_of_a_day(source: AmberPriceSource) -> None:
    """By hand, from the market's rows of 2026-01-14 (UTC).

    12:00: 73.67 $/MWh are 7.367 c; x 1.05 + 18.95 (the network at 22:00) and x 1.1
    make 29.353885 c. The half-hour from 10:30 is a mean of six. At 22:00 the market
    knows the next trading day, to 4:00 of the day after tomorrow: 30 hours.
    """
    curve = await source.fetch()
    now = at(curve, NOON)
    assert (now.start, now.end) == (NOON, NOON + FIVE)
    assert now.import_per_kwh == pytest.approx(0.29353885, abs=1e-7)
    assert now.export_per_kwh == 0.07367
    assert now.firm
    assert now.estimate
    assert [slot.end - slot.start for slot in curve.slots if slot.start >= NOON][
        :13
    ] == [FIVE] * 12 + [HALF_HOUR]
    assert curve.slots[-1].end == utc(2026, 1, 15, 18)
    last_hour = [s for s in curve.slots if NOON - HOUR <= s.start < NOON]
    assert [slot.end - slot.start for slot in last_hour] == [FIVE] * 12
    assert last_hour[-1].import_per_kwh == pytest.approx(0.29353885, abs=1e-7)
    before = at(curve, NOON - 2 * HOUR)
    assert before.end - before.start == HALF_HOUR
    assert all(slot.firm and not slot.estimate for slot in last_hour)
    assert curve.slots[0].start == NOON - timedelta(days=14)
    covered = sum((s.end - s.start for s in curve.slots), timedelta(0))
    assert covered == curve.slots[-1].end - curve.slots[0].start


async def test_it_is_extended_from_its_own_past(source: AmberPriceSource) -> None:
    """Beyond Amber's own forecast, each half-hour has what it usually costs."""
    curve = await source.fetch()
    end = NOON + timedelta(hours=49)
    longer = extend(curve, end)
    assert longer.slots[: len(curve.slots)] == curve.slots
    assert longer.slots[-1].end == end
    assert not any(slot.firm for slot in longer.slots[len(curve.slots) :])


@pytest.mark.parametrize(
    ("outlook", "share"), [("predicted", 1.0), ("low", 0.8), ("high", 1.5)]
)
async def test_advanced_price(
    amber: AmberSimulator,
    session: ClientSession,
    clock: ManualClock,
    outlook: str,
    share: float,
) -> None:
    """Of what lies ahead, the forecast that was chosen counts; of now, the price."""
    usual = await source_of(amber, session, clock).fetch()
    curve = await source_of(amber, session, clock, outlook=outlook).fetch()
    later = NOON + 20 * HOUR  # 18:00 in the market, when prices are above zero
    assert at(curve, later).import_per_kwh == pytest.approx(
        at(usual, later).import_per_kwh * share, abs=1e-7
    )
    assert at(curve, NOON) == at(usual, NOON)


async def test_without_an_advanced_price(
    evening: AmberSimulator, session: ClientSession
) -> None:
    """Where it is null, or left out in part, the market's forecast counts."""
    rows = evening.answers[HOME.site_id]
    rows[2]["advancedPrice"] = None
    rows[3]["advancedPrice"] = {"high": 50.0}
    rows[4]["advancedPrice"] = {"low": 10.0, "predicted": 20.0, "high": 50.0}
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    prices = [
        at(curve, utc(2025, 10, 5, 11, minute)).import_per_kwh for minute in (5, 10, 15)
    ]
    assert prices == [0.13, 0.13, 0.2]


async def test_row_19_discrepancy(
    evening: AmberSimulator, session: ClientSession
) -> None:
    """40 and 60 expected, 55 and 85 in the dear case: 20 apart in the mean, 25 at most.

    What is past or present does not count, nor does the feed-in, nor what is not said.
    """
    rows = evening.answers[HOME.site_id]
    ahead = [
        row
        for row in rows
        if row["type"] == "ForecastInterval" and row["channelType"] == "general"
    ]
    for row in rows:
        if row in ahead:
            row["advancedPrice"] = None
        elif row["type"] != "ActualInterval":
            row["advancedPrice"] = {"low": 0.0, "predicted": 1.0, "high": 99.0}
    ahead[0]["advancedPrice"] = {"low": 30.0, "predicted": 40.0, "high": 55.0}
    ahead[1]["advancedPrice"] = {"low": 30.0, "predicted": 60.0, "high": 85.0}
    ahead[2]["advancedPrice"] = {"predicted": 60.0, "high": None}
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    doubt = curve.doubt
    assert doubt is not None
    assert doubt.mean_per_kwh == pytest.approx(0.20)
    assert doubt.most_per_kwh == pytest.approx(0.25)
    assert doubt.samples == 2
    for row in ahead:
        row["advancedPrice"] = None
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    assert curve.doubt is None


async def test_feed_in_below_zero(
    evening: AmberSimulator, session: ClientSession
) -> None:
    """A feed-in that costs is a negative price; none at all is 0.0 and not -0.0."""
    rows = evening.answers[HOME.site_id]
    assert rows[59]["channelType"] == "feedIn"
    rows[59]["perKwh"], rows[60]["perKwh"] = 2.5, 0
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    assert at(curve, EVENING).export_per_kwh == -0.025
    assert str(at(curve, EVENING + FIVE).export_per_kwh) == "0.0"


@pytest.mark.parametrize("status", ["potential", "spike", "superspike"])
async def test_spikes(
    evening: AmberSimulator, session: ClientSession, status: str
) -> None:
    """A slot says so; what may be one is never gone by before its price is there."""
    rows = evening.answers[HOME.site_id]
    rows[1]["spikeStatus"] = status
    rows[0]["spikeStatus"] = "spike"
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    following = at(curve, EVENING + FIVE)
    assert following.spike is (Spike.SPIKE if status == "spike" else Spike.POTENTIAL)
    assert not following.firm
    assert (at(curve, EVENING).spike, at(curve, EVENING).firm) == (Spike.SPIKE, True)
    assert at(curve, EVENING + 2 * FIVE).spike is Spike.NONE


async def test_controlled_load(
    amber: AmberSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """It has prices of its own, from the same answers, and changes no other.

    12:00: 7.367 c x 1.05 + 4 (the network's rate for it), x 1.1 make 12.908885 c.
    """
    usual = await source_of(amber, session, clock).fetch()
    asked = len(amber.requests)
    assert usual.controlled_load is None
    amber.sites[HOME.site_id] = HOME_WITH_BOILER
    curve = await source_of(amber, session, clock).fetch()
    assert len(amber.requests) == 2 * asked
    controlled = curve.controlled_load
    assert replace(curve, controlled_load=None) == usual
    assert controlled is not None
    now = at(controlled, NOON)
    assert now.import_per_kwh == pytest.approx(0.12908885, abs=1e-7)
    assert (now.export_per_kwh, now.firm, now.estimate) == (0.0, True, True)
    assert [(s.start, s.end, s.firm) for s in controlled.slots] == [
        (s.start, s.end, s.firm) for s in usual.slots
    ]


async def test_controlled_load_of_what_was_recorded(
    evening: AmberSimulator, session: ClientSession
) -> None:
    """By hand: the recorded rows of an evening, at 9, 8 and 7.5 c for a third channel.

    Its rows start a second late, too, and end where the recorded ones do.
    """
    rows = evening.answers[HOME.site_id]
    usual = await source_of(evening, session, ManualClock(EVENING)).fetch()
    evening.answers[HOME.site_id] = [*rows, *controlled_rows(rows)]
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    controlled = curve.controlled_load
    assert replace(curve, controlled_load=None) == usual
    assert controlled is not None
    start = utc(2025, 10, 5, 10, 55)
    assert [slot for slot in controlled.slots if slot.start >= start][:3] == [
        PriceSlot(start, start + FIVE, 0.09, 0.0),
        PriceSlot(start + FIVE, start + 2 * FIVE, 0.08, 0.0, estimate=True),
        PriceSlot(start + 2 * FIVE, start + 3 * FIVE, 0.08, 0.0, firm=False),
    ]
    end = utc(2025, 10, 6, 11)
    assert controlled.slots[-1] == PriceSlot(
        end - HALF_HOUR, end, 0.075, 0.0, firm=False
    )


@pytest.mark.parametrize(
    "broken",
    [{"perKwh": None}, {"spikeStatus": None}, {"endTime": "soon"}, {"duration": 15}],
    ids=str,
)
async def test_no_other_price_is_lost_for_a_controlled_load(
    evening: AmberSimulator, session: ClientSession, broken: dict[str, object]
) -> None:
    """A row of it that cannot be read is left out, and a spike in it holds nothing."""
    rows = evening.answers[HOME.site_id]
    usual = await source_of(evening, session, ManualClock(EVENING)).fetch()
    controlled = controlled_rows(rows)
    controlled[0] |= broken
    controlled[1] |= {"spikeStatus": "potential"}
    evening.answers[HOME.site_id] = [*rows, *controlled]
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    assert replace(curve, controlled_load=None) == usual
    assert curve.controlled_load is not None
    assert curve.controlled_load.at(EVENING) is None
    assert at(curve.controlled_load, EVENING + FIVE).import_per_kwh == 0.08


async def test_a_home_that_is_not_paid(
    amber: AmberSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """Without a feed-in channel the export price is zero, everywhere."""
    usual = await source_of(amber, session, clock).fetch()
    amber.sites[HOME.site_id] = Site(
        site_id=HOME.site_id, nmi=HOME.nmi, channels=("general",)
    )
    curve = await source_of(amber, session, clock, feeds_in=False).fetch()
    assert {slot.export_per_kwh for slot in curve.slots} == {0.0}
    assert curve.import_series == usual.import_series


async def test_one_price_alone_is_no_slot(
    evening: AmberSimulator, session: ClientSession
) -> None:
    """Where the feed-in lacks a row, nothing is made up for it."""
    rows = evening.answers[HOME.site_id]
    evening.answers[HOME.site_id] = [*rows[:62], *rows[63:]]
    curve = await source_of(evening, session, ManualClock(EVENING)).fetch()
    assert curve.at(utc(2025, 10, 5, 11, 12)) is None
    assert curve.at(utc(2025, 10, 5, 11, 17)) is not None


async def test_rows_that_come_twice(
    evening: AmberSimulator, session: ClientSession
) -> None:
    """The first one counts, also where a later one overlaps it in part."""
    usual = await source_of(evening, session, ManualClock(EVENING)).fetch()
    rows = evening.answers[HOME.site_id]
    again: list[dict[str, Any]] = [{**row, "perKwh": 99.0} for row in rows[1:13]]
    half_hour = {
        **rows[1],
        "duration": 30,
        "endTime": "2025-10-05T11:30:00Z",
        "perKwh": 99.0,
    }
    evening.answers[HOME.site_id] = [*rows, *again, half_hour]
    assert await source_of(evening, session, ManualClock(EVENING)).fetch() == usual


async def test_a_half_hour_site(
    amber: AmberSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """The present half-hour is firm, and five minutes beyond it."""
    amber.sites[HOME.site_id] = Site(
        site_id=HOME.site_id, nmi=HOME.nmi, interval_min=30
    )
    clock.advance(timedelta(minutes=12))
    source = source_of(amber, session, clock, interval_min=30)
    curve = await source.fetch()
    now = at(curve, clock.now())
    assert (now.start, now.end, now.firm) == (NOON, NOON + HALF_HOUR, True)
    assert curve.firm_until == NOON + HALF_HOUR + FIVE
    following = at(curve, NOON + HALF_HOUR + FIVE)
    assert (following.start, following.end, following.firm) == (
        NOON + HALF_HOUR + FIVE,
        NOON + 2 * HALF_HOUR,
        False,
    )
    assert source.known_until(clock.now()) == NOON + HALF_HOUR


async def test_an_estimate_is_asked_for_again(
    source: AmberPriceSource, clock: ManualClock, amber: AmberSimulator
) -> None:
    """20 seconds into the five minutes, and once more while it is not settled."""
    assert source.known_until(clock.now()) == NOON + FIVE
    clock.advance(21 * SECOND)
    curve = await source.fetch()
    assert at(curve, clock.now()).estimate
    assert source.next_fetch(curve) == NOON + 41 * SECOND
    clock.advance(20 * SECOND)
    curve = await source.fetch()
    assert not at(curve, clock.now()).estimate
    assert source.next_fetch(curve) == NOON + FIVE + 20 * SECOND


async def test_two_requests_are_enough(
    source: AmberPriceSource, clock: ManualClock
) -> None:
    """A price that is not settled then has to wait for the next five minutes."""
    for _ in range(2):
        curve = await source.fetch()
        clock.advance(SECOND)
    assert at(curve, clock.now()).estimate
    assert source.next_fetch(curve) == NOON + FIVE + 20 * SECOND


async def test_a_night_of_requests(
    source: AmberPriceSource, clock: ManualClock, amber: AmberSimulator
) -> None:
    """Each five minutes twice, each half-hour once more, and no day a second time.

    It is 22:00 in the market: from 1:00 on, yesterday is asked for as a whole.
    """
    end = clock.now() + timedelta(hours=4)
    while clock.now() < end:
        curve = await source.fetch()
        clock.set(max(source.next_fetch(curve), clock.now()))
    asked = [request.partition("prices")[2] for request in amber.requests]
    near = [each for each in asked if each == "/current?previous=12&next=288"]
    far = [each for each in asked if "resolution=30" in each and "next" in each]
    days = [each for each in asked if "startDate" in each]
    assert len(near) == 2 * 48
    assert len(far) == 8
    assert days == [
        "?startDate=2025-12-31&endDate=2026-01-06&resolution=30",
        "?startDate=2026-01-07&endDate=2026-01-13&resolution=30",
        "?startDate=2026-01-14&endDate=2026-01-14&resolution=30",
    ]
    assert len(near) + len(far) + len(days) == len(asked)


async def test_half_hours_may_fail(
    source: AmberPriceSource, amber: AmberSimulator
) -> None:
    """What is not the present is asked for again, and the present is there."""
    amber.fail(Fault(delay_s=0.001))
    amber.fail(Fault(status=502))
    curve = await source.fetch()
    assert at(curve, NOON).firm
    assert curve.slots[0].start == NOON - HOUR
    assert curve.slots[-1].end == NOON + timedelta(hours=24)
    curve = await source.fetch()
    assert curve.slots[0].start == NOON - timedelta(days=14)
    assert curve.slots[-1].end == NOON + timedelta(hours=30)


async def test_days_are_kept_when_a_later_week_fails(
    source: AmberPriceSource, amber: AmberSimulator
) -> None:
    """The first week is not asked for again."""
    amber.fail(Fault(delay_s=0.001), times=3)
    amber.fail(Fault(status=502))
    await source.fetch()
    await source.fetch()
    weeks = [request for request in amber.requests if "startDate" in request]
    assert [week.partition("startDate=")[2][:10] for week in weeks] == [
        *("2025-12-31", "2026-01-07", "2026-01-07")
    ]


async def test_days_that_came_without_rows_are_asked_for_again(
    source: AmberPriceSource, amber: AmberSimulator, clock: ManualClock
) -> None:
    """Six hours later, and no sooner: a new home has no past either."""
    amber.fail(Fault(delay_s=0.001), times=2)
    amber.fail(Fault(empty=True))
    assert (await source.fetch()).at(NOON - timedelta(days=13)) is None

    def weeks() -> int:
        firsts = ("startDate=2025-12-31", "startDate=2026-01-01")
        return sum(any(day in path for day in firsts) for path in amber.requests)

    assert weeks() == 1
    clock.advance(timedelta(hours=5, minutes=59))
    await source.fetch()
    assert weeks() == 1
    clock.advance(timedelta(minutes=2))
    assert (await source.fetch()).at(NOON - timedelta(days=13)) is not None
    assert weeks() == 2
    # Now all of it is known.
    clock.advance(timedelta(hours=7))
    await source.fetch()
    assert weeks() == 2


async def test_history(
    source: AmberPriceSource, amber: AmberSimulator, clock: ManualClock
) -> None:
    """45 days are seven requests, once, and end with the last whole day."""
    start = NOON - timedelta(days=45) + timedelta(minutes=10)
    past = await source.history(start, NOON + HOUR)
    assert len(amber.requests) == 7
    assert (past.slots[0].start, past.slots[0].end) == (
        start,
        start + timedelta(minutes=20),
    )
    assert past.firm_until == utc(2026, 1, 13, 14)
    assert all(slot.firm for slot in past.slots)
    assert len(past.import_series.spans) == 44 * 48 + 4
    await source.history(start + HOUR, NOON)
    assert len(amber.requests) == 7
    # Nothing is kept for ever: what is asked for rarely, is asked for again.
    clock.advance(timedelta(days=30))
    await source.fetch()
    amber.requests.clear()
    await source.history(NOON - timedelta(days=44), NOON - timedelta(days=43))
    assert len(amber.requests) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), PriceAuthError),
        (Fault(status=403), PriceAuthError),
        (Fault(status=404), UnknownTariffError),
        (Fault(status=429, retry_after="30"), PriceRateLimitedError),
        (Fault(status=500), PriceUnreachableError),
        (Fault(status=502), PriceUnreachableError),
        (Fault(body="{"), PriceAnswerError),
        (Fault(body="{}"), PriceAnswerError),
        (Fault(body="[1]"), PriceAnswerError),
    ],
)
async def test_no_prices(
    source: AmberPriceSource,
    amber: AmberSimulator,
    fault: Fault,
    error: type[PriceError],
) -> None:
    """Each failure is an error that says which; the token and the site are in none."""
    amber.standing_fault = fault
    with pytest.raises(error) as raised:
        await source.fetch()
    assert amber.token not in str(raised.value)
    assert HOME.site_id not in str(raised.value)


async def test_a_token_that_is_refused_midway(
    source: AmberPriceSource, amber: AmberSimulator
) -> None:
    """It is told, and not taken for an outage."""
    amber.fail(Fault(delay_s=0.001))
    amber.fail(Fault(status=403))
    with pytest.raises(PriceAuthError):
        await source.fetch()


async def test_an_empty_answer(source: AmberPriceSource, amber: AmberSimulator) -> None:
    """There is no slot for what is not known."""
    amber.standing_fault = Fault(empty=True)
    curve = await source.fetch()
    assert curve.slots == ()
    assert source.next_fetch(curve) == NOON + 20 * SECOND


async def test_the_limit_is_kept(
    source: AmberPriceSource, amber: AmberSimulator
) -> None:
    """After the last request that is allowed, none is sent before the reset."""
    amber.allowed = 1
    curve = await source.fetch()
    assert at(curve, NOON).firm
    assert len(amber.requests) == 1
    with pytest.raises(PriceRateLimitedError) as raised:
        await source.fetch()
    assert raised.value.retry_after is not None
    assert timedelta(seconds=280) < raised.value.retry_after <= timedelta(seconds=300)
    assert len(amber.requests) == 1


async def test_too_many_before_us(
    source: AmberPriceSource, amber: AmberSimulator
) -> None:
    """Another client has used the limit up: the wait is the one that is named."""
    amber.allowed = 0
    with pytest.raises(PriceRateLimitedError) as raised:
        await source.fetch()
    assert raised.value.retry_after == timedelta(seconds=300)


@pytest.mark.parametrize(
    "broken",
    [
        {"duration": 15},
        {"duration": True},
        {"startTime": "2025-10-05T10:50:01Z"},
        {"startTime": "2025-10-05T10:56:00Z"},
        {"endTime": "2025-10-05T11:00:00"},
        {"endTime": None},
        {"perKwh": "15"},
        {"perKwh": None},
        {"type": "GuessedInterval"},
        {"spikeStatus": None},
        {"estimate": "no"},
        {"channelType": None},
    ],
    ids=str,
)
async def test_a_broken_row(
    evening: AmberSimulator, session: ClientSession, broken: dict[str, object]
) -> None:
    """A list that cannot be relied on is not used."""
    evening.answers[HOME.site_id][0] |= broken
    with pytest.raises(PriceAnswerError):
        await source_of(evening, session, ManualClock(EVENING)).fetch()


async def test_a_site_of_another_length(
    amber: AmberSimulator, session: ClientSession
) -> None:
    """A site that is billed by the hour is none that is known."""
    amber.sites["odd"] = Site(site_id="odd", nmi="1", interval_min=60)
    with pytest.raises(PriceAnswerError):
        await AmberClient(session, amber.url, amber.token, timeout_s=5).sites()


@pytest.mark.parametrize(
    "broken",
    [
        {"token": None},
        {"site_id": 1},
        {"interval_min": None},
        {"outlook": "best"},
        {"zone": "Australia/Atlantis"},
        {"standing_per_day": "1"},
    ],
    ids=str,
)
async def test_what_cannot_be_read(
    amber: AmberSimulator,
    session: ClientSession,
    clock: ManualClock,
    broken: dict[str, Json],
) -> None:
    """Nothing is asked with settings that are broken."""
    with pytest.raises(UnknownTariffError):
        source_of(amber, session, clock, **broken)


async def test_the_supply_charge_is_the_users(
    amber: AmberSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """It is not among what Amber tells."""
    assert source_of(amber, session, clock).standing_per_day is None
    source = source_of(amber, session, clock, standing_per_day=1.87)
    assert source.standing_per_day == 1.87
