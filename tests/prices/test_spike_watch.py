"""Spikes of the wholesale price: when they begin and end, and when it is asked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.prices.aemo_client import (
    SHARED_FOR,
    Addresses,
    AemoClient,
)
from custom_components.power_sync.prices.nem import Region
from custom_components.power_sync.prices.protocols import (
    PriceRateLimitedError,
    PriceUnreachableError,
)
from custom_components.power_sync.prices.spike_watch import (
    GLOBIRD_AUD_PER_MWH,
    SpikeWatch,
    Thresholds,
    watch_from_settings,
)
from simulators.aemo import AemoSimulator
from simulators.clock import ManualClock
from simulators.rest import Fault

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def aemo(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[AemoSimulator]:
    """Return the market, twenty seconds after noon (UTC)."""
    clock.advance(20 * SECOND)
    async with AemoSimulator(clock) as running:
        yield running


@pytest.fixture
def client(
    aemo: AemoSimulator, session: ClientSession, clock: ManualClock
) -> AemoClient:
    """Return a client for South Australia."""
    addresses = Addresses(f"{aemo.url}/report", aemo.url, aemo.url)
    return AemoClient(session, Region.SA, addresses, now=clock.now, timeout_s=5)


def row(
    end: str, price: float, status: str = "FIRM"
) -> dict[str, list[dict[str, object]]]:
    """Return a summary of South Australia."""
    said: dict[str, object] = {"SETTLEMENTDATE": end, "REGIONID": "SA1"}
    return {"ELEC_NEM_SUMMARY": [said | {"PRICE": price, "PRICE_STATUS": status}]}


@pytest.mark.parametrize(
    ("thresholds", "prices", "active"),
    [
        (
            Thresholds(),
            [299, 299.99, 300, 281, 280, 279, 290, 300],
            [False, False, True, True, True, False, False, True],
        ),
        (
            Thresholds(GLOBIRD_AUD_PER_MWH, 2980),
            [2999, 3000, 2980, 2979, 2990],
            [False, True, True, False, False],
        ),
    ],
)
async def test_row_8_hysteresis(  # noqa: PLR0913, PLR0917 - fixtures
    aemo: AemoSimulator,
    client: AemoClient,
    clock: ManualClock,
    thresholds: Thresholds,
    prices: list[float],
    active: list[bool],
) -> None:
    """It enters at the threshold, and leaves below 20 $/MWh less."""
    for index, price in enumerate(prices):
        aemo.prices["SA1", NOON + index * FIVE] = price
    watch = SpikeWatch(client, now=clock.now, thresholds=thresholds)
    assert watch.status is None
    seen, since = [], set()
    for _ in prices:
        status = await watch.check()
        assert status is not None
        seen.append(status.active)
        since.add(status.since)
        clock.set(watch.next_check())
    assert seen == active
    first = active.index(True)
    assert {None, NOON + first * FIVE} <= since
    assert all((when is None) or when <= clock.now() for when in since)


async def test_when_it_is_asked(
    aemo: AemoSimulator, client: AemoClient, clock: ManualClock
) -> None:
    """Each minute until the present price is there and firm; then the next one's."""
    watch = SpikeWatch(client, now=clock.now)
    assert watch.next_check() == clock.now() + MINUTE
    # 22:00 in the market's time ended just now; 22:05 is the present's.
    for end, status, settled in (
        ("2026-01-14T22:00:00", "FIRM", False),
        ("2026-01-14T22:05:00", "NOT FIRM", False),
        ("2026-01-14T22:05:00", "FIRM", True),
    ):
        aemo.answer = row(end, 50, status)
        clock.advance(SHARED_FOR)
        await watch.check()
        due = NOON + FIVE + 20 * SECOND if settled else clock.now() + MINUTE
        assert watch.next_check() == due


async def test_an_older_answer(
    aemo: AemoSimulator, client: AemoClient, clock: ManualClock
) -> None:
    """It does not end a spike that is newer."""
    watch = SpikeWatch(client, now=clock.now)
    aemo.answer = row("2026-01-14T22:05:00", 500)
    assert (await watch.check()) == watch.status
    aemo.answer = row("2026-01-14T22:00:00", 50)
    clock.advance(SHARED_FOR)
    status = await watch.check()
    assert status is not None
    assert (status.active, status.since) == (True, NOON)


async def test_an_outage(
    aemo: AemoSimulator, client: AemoClient, clock: ManualClock
) -> None:
    """What was known counts for ten minutes; the waits grow, to five minutes."""
    watch = SpikeWatch(client, now=clock.now)
    aemo.answer = row("2026-01-14T22:05:00", 500)
    await watch.check()
    aemo.standing_fault = Fault(status=503)
    clock.advance(SHARED_FOR)
    waits = []
    for _ in range(6):
        with pytest.raises(PriceUnreachableError):
            await watch.check()
        waits.append(watch.next_check() - clock.now())
    assert waits == [each * MINUTE for each in (1, 1, 2, 4, 5, 5)]
    clock.set(NOON + 3 * FIVE - SECOND)
    known = [watch.status is not None]
    clock.advance(SECOND)
    known.append(watch.status is not None)
    assert known == [True, False]
    # A price between the thresholds does not take up a spike that is over.
    aemo.heal()
    aemo.answer = row("2026-01-14T22:20:00", 290)
    status = await watch.check()
    assert status is not None
    assert not status.active


async def test_a_request_to_wait(
    aemo: AemoSimulator, client: AemoClient, clock: ManualClock
) -> None:
    """It is obeyed."""
    watch = SpikeWatch(client, now=clock.now)
    aemo.fail(Fault(status=429, retry_after="900"))
    with pytest.raises(PriceRateLimitedError):
        await watch.check()
    assert watch.next_check() == clock.now() + 15 * MINUTE


async def test_other_thresholds(
    aemo: AemoSimulator, client: AemoClient, clock: ManualClock
) -> None:
    """What is known is judged anew at once; a spike that goes on began when it did."""
    watch = SpikeWatch(client, now=clock.now)
    watch.set_thresholds(Thresholds(400, 500))
    aemo.answer = row("2026-01-14T22:05:00", 450)
    status = await watch.check()
    assert status is not None
    assert (status.active, status.price_per_mwh) == (True, 450)
    assert (status.region, status.known_until) == (Region.SA, NOON + 3 * FIVE)
    clock.advance(FIVE)
    aemo.answer = row("2026-01-14T22:10:00", 420)
    await watch.check()
    # Where the lower threshold is above the other one, that counts: 400.
    for thresholds, active in (
        (Thresholds(400, 500), True),
        (Thresholds(3000, 300), True),
        (Thresholds(3000, 2980), False),
        (Thresholds(421, 300), False),
    ):
        watch.set_thresholds(thresholds)
        judged = watch.status
        assert judged is not None
        assert judged.active is active
        assert judged.since == (NOON if active else None)


@pytest.mark.parametrize(
    ("settings", "region"),
    [
        ({"region": "VIC1"}, Region.VIC),
        ({"region": "SA1", "report_url": "http://127.0.0.1/report"}, Region.SA),
        ({"region": "C"}, None),
        ({"region": None}, None),
        ({}, None),
    ],
)
async def test_what_is_stored(
    session: ClientSession,
    clock: ManualClock,
    settings: dict[str, str | None],
    region: Region | None,
) -> None:
    """Other providers have regions, too: those are none of the market."""
    watch = watch_from_settings(session, settings, now=clock.now)
    assert (watch and watch.region) == region
