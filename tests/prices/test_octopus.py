"""The price source: curves written out by hand from the recorded prices.

The simulator lays the week of Monday 2023-06-05 on that of 2026-01-12, by the
wall clock of London; the figures below were looked up in the record.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.merge import merge
from custom_components.power_sync.prices.octopus import (
    OctopusPriceSource,
    from_settings,
)
from custom_components.power_sync.prices.octopus_client import OctopusClient
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceError,
    PriceRateLimitedError,
    PriceUnreachableError,
    TariffEndedError,
    UnknownTariffError,
)
from custom_components.power_sync.prices.registry import PROVIDERS
from custom_components.power_sync.prices.schedule import retry_at
from simulators.clock import ManualClock
from simulators.octopus import Fault, OctopusSimulator

AGILE, OUTGOING = "AGILE-24-10-01", "AGILE-OUTGOING-19-05-13"
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def source(client: OctopusClient, clock: ManualClock) -> OctopusPriceSource:
    """Agile both ways, in region D."""
    return OctopusPriceSource(client, AGILE, OUTGOING, "D", now=clock.now)


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def prices(curve: PriceCurve, when: datetime) -> tuple[float, float]:
    """Return the prices of the half-hour that begins at `when`."""
    slot = curve.at(when)
    assert slot is not None
    assert slot == PriceSlot(
        when, when + HALF_HOUR, slot.import_per_kwh, slot.export_per_kwh
    )
    return slot.import_per_kwh, slot.export_per_kwh


def day(curve: PriceCurve, start: datetime, end: datetime) -> list[PriceSlot]:
    """Return the slots from `start` to `end`, which must have no gap."""
    slots = [slot for slot in curve.slots if start <= slot.start < end]
    assert slots[0].start == start
    assert slots[-1].end == end
    assert all(a.end == b.start for a, b in pairwise(slots))
    return slots


async def test_before_publication(source: OctopusPriceSource) -> None:
    """At noon prices are known to 23:00 tonight, and for 14 days back."""
    curve = await source.fetch()
    assert curve.currency == "GBP"
    assert curve.zone == "Europe/London"
    assert len(curve.slots) == 14 * 48 + 22
    assert curve.slots[0] == PriceSlot(
        utc(2025, 12, 31, 12), utc(2025, 12, 31, 12, 30), 0.1617, 0.0805
    )
    assert prices(curve, utc(2026, 1, 14, 12)) == (0.1647, 0.0818)
    assert prices(curve, utc(2026, 1, 14, 16)) == (0.2877, 0.1358)
    assert curve.slots[-1] == PriceSlot(
        utc(2026, 1, 14, 22, 30), utc(2026, 1, 14, 23), 0.1615, 0.0804
    )
    assert curve.firm_until == utc(2026, 1, 14, 23)


async def test_after_publication(
    source: OctopusPriceSource, clock: ManualClock
) -> None:
    """At 16:00 tomorrow's prices are there, to 23:00."""
    clock.set(utc(2026, 1, 14, 16))
    curve = await source.fetch()
    assert prices(curve, utc(2026, 1, 14, 23)) == (0.1686, 0.0834)
    assert prices(curve, utc(2026, 1, 15, 16)) == (0.2915, 0.1374)
    assert prices(curve, utc(2026, 1, 15, 22, 30)) == (0.1667, 0.0826)
    assert curve.slots[-1].end == utc(2026, 1, 15, 23)


async def test_spring_day_has_46_half_hours(
    source: OctopusPriceSource, clock: ManualClock
) -> None:
    """01:00 to 02:00 does not exist on 2026-03-29: half past twelve, then two."""
    clock.set(utc(2026, 3, 28, 17))
    curve = await source.fetch()
    slots = day(curve, utc(2026, 3, 28, 23), utc(2026, 3, 29, 22))
    assert len(slots) == 46
    assert prices(curve, utc(2026, 3, 28, 23)) == (0.2273, 0.108)
    assert prices(curve, utc(2026, 3, 29, 0, 30)) == (0.1896, 0.0922)
    assert prices(curve, utc(2026, 3, 29, 1)) == (0.18, 0.0882)
    assert prices(curve, utc(2026, 3, 29, 15)) == (0.2996, 0.1408)
    assert prices(curve, utc(2026, 3, 29, 21, 30)) == (0.2283, 0.1084)
    assert curve.firm_until == utc(2026, 3, 29, 22)


async def test_autumn_day_has_50_half_hours(
    source: OctopusPriceSource, clock: ManualClock
) -> None:
    """01:00 to 02:00 comes twice on 2026-10-25."""
    clock.set(utc(2026, 10, 24, 15))
    curve = await source.fetch()
    slots = day(curve, utc(2026, 10, 24, 22), utc(2026, 10, 25, 23))
    assert len(slots) == 50
    assert prices(curve, utc(2026, 10, 24, 22)) == (0.2141, 0.1025)
    assert prices(curve, utc(2026, 10, 25, 0)) == (0.1598, 0.0797)
    assert prices(curve, utc(2026, 10, 25, 0, 30)) == (0.1732, 0.0854)
    assert prices(curve, utc(2026, 10, 25, 1)) == (0.1598, 0.0797)
    assert prices(curve, utc(2026, 10, 25, 1, 30)) == (0.1732, 0.0854)
    assert prices(curve, utc(2026, 10, 25, 2)) == (0.1732, 0.0854)
    assert prices(curve, utc(2026, 10, 25, 22, 30)) == (0.1844, 0.09)
    assert curve.firm_until == utc(2026, 10, 25, 23)


async def test_without_export_tariff(client: OctopusClient, clock: ManualClock) -> None:
    """What is exported earns nothing, and the source says why."""
    source = OctopusPriceSource(client, AGILE, None, "D", now=clock.now)
    curve = await source.fetch()
    assert source.export_tariff is None
    assert prices(curve, utc(2026, 1, 14, 16)) == (0.2877, 0.0)
    assert len(curve.slots) == 14 * 48 + 22


async def test_windows_on_the_union_of_boundaries(
    client: OctopusClient, clock: ManualClock
) -> None:
    """Cosy bought, Flux sold: each change of either begins a slot.

    Recorded for Cosy: 13.23168, 26.98143 and 40.47225 p.
    """
    source = OctopusPriceSource(
        client, "COSY-22-12-08", "FLUX-EXPORT-23-02-14", "A", now=clock.now
    )
    curve = await source.fetch()
    slots = day(curve, utc(2026, 1, 14, 0), utc(2026, 1, 15, 0))
    assert [
        (slot.start.hour, slot.import_per_kwh, slot.export_per_kwh) for slot in slots
    ] == [
        (0, 0.2698143, 0.15),
        (2, 0.2698143, 0.05),
        (4, 0.1323168, 0.05),
        (5, 0.1323168, 0.15),
        (7, 0.2698143, 0.15),
        (13, 0.1323168, 0.15),
        (16, 0.4047225, 0.29),
        (19, 0.2698143, 0.15),
        (22, 0.1323168, 0.15),
    ]


async def test_open_ended_export_beside_agile(
    client: OctopusClient, clock: ManualClock
) -> None:
    """A price without an end reaches as far as the import prices do."""
    source = OctopusPriceSource(
        client, AGILE, "ZERO-EXPORT-60M-22-05-01", "D", now=clock.now
    )
    curve = await source.fetch()
    assert prices(curve, utc(2026, 1, 14, 22, 30)) == (0.1615, 0.0)
    assert curve.firm_until == utc(2026, 1, 14, 23)


async def test_open_ended_both_ways(client: OctopusClient, clock: ManualClock) -> None:
    """Prices without an end reach three days ahead."""
    source = OctopusPriceSource(
        client, "VAR-22-11-01", "ZERO-EXPORT-60M-22-05-01", "D", now=clock.now
    )
    curve = await source.fetch()
    assert curve.slots == (
        PriceSlot(utc(2025, 12, 31, 12), utc(2026, 1, 17, 12), 0.252, 0.0),
    )


async def test_export_published_later(
    source: OctopusPriceSource, simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """A time whose export price is unknown has no slot."""
    simulator.hold_publication(utc(2026, 1, 14, 15), product=OUTGOING)
    clock.set(utc(2026, 1, 14, 17))
    curve = await source.fetch()
    assert curve.firm_until == utc(2026, 1, 14, 23)
    simulator.release_publication()
    curve = await source.fetch()
    assert curve.firm_until == utc(2026, 1, 15, 23)


async def test_expired_product(
    client: OctopusClient, simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """A product whose prices have stopped long ago is named as ended."""
    for product, sold in (("AGILE-23-12-06", OUTGOING), ("AGILE-23-12-06", None)):
        source = OctopusPriceSource(client, product, sold, "D", now=clock.now)
        with pytest.raises(TariffEndedError, match="2025-03-31"):
            await source.fetch()


async def test_just_expired_product(session: ClientSession) -> None:
    """Prices that stopped two days ago may be late, four days ago they ended."""
    clock = ManualClock(utc(2025, 4, 2, 22))
    async with OctopusSimulator(clock) as running:
        client = OctopusClient(session, running.url)
        source = OctopusPriceSource(
            client, "AGILE-23-12-06", OUTGOING, "D", now=clock.now
        )
        assert (await source.fetch()).firm_until == utc(2025, 3, 31, 22)
        clock.advance(timedelta(days=2))
        with pytest.raises(TariffEndedError):
            await source.fetch()


async def test_unknown_region_and_product(
    client: OctopusClient, clock: ManualClock
) -> None:
    """Both are told apart from an outage."""
    with pytest.raises(UnknownTariffError):
        OctopusPriceSource(client, AGILE, OUTGOING, "O", now=clock.now)
    source = OctopusPriceSource(client, "AGILE-99-01-01", None, "D", now=clock.now)
    with pytest.raises(UnknownTariffError):
        await source.fetch()


async def test_no_rows(source: OctopusPriceSource, simulator: OctopusSimulator) -> None:
    """No prices are no curve."""
    simulator.standing_fault = Fault(empty=True)
    with pytest.raises(PriceAnswerError):
        await source.fetch()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=429), PriceRateLimitedError),
        (Fault(status=500), PriceUnreachableError),
        (Fault(body="{"), PriceAnswerError),
        (Fault(empty=True), PriceAnswerError),
    ],
)
async def test_an_error_in_the_second_request_loses_nothing(
    source: OctopusPriceSource,
    simulator: OctopusSimulator,
    fault: Fault,
    error: type[PriceError],
) -> None:
    """Half an answer is an error, and the next try gets everything."""
    simulator.fail(Fault(delay_s=0.001))
    simulator.fail(fault, times=2)
    with pytest.raises(error):
        await source.fetch()
    simulator.heal()
    assert (await source.fetch()).firm_until == utc(2026, 1, 14, 23)


async def test_a_day_with_late_publication_and_an_outage(
    source: OctopusPriceSource, simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """The source's own schedule through a day: noon to noon, prices at 18:07.

    Noon to 16:00 hourly, to 18:10 every 5 minutes (26 of them), then hourly:
    19:10 to 12:00 are 17. At 20:10 the provider fails once: the next try comes
    30 seconds later, and the curve keeps what it knew.
    """
    simulator.hold_publication(utc(2026, 1, 14, 16), utc(2026, 1, 14, 18, 7))
    curve: PriceCurve | None = None
    failures, fetched = 0, []
    while clock.now() < utc(2026, 1, 15, 12):
        if clock.now() == utc(2026, 1, 14, 20, 10):
            simulator.fail(Fault(status=502))
        try:
            curve = merge(curve, await source.fetch())
        except PriceError as error:
            failures += 1
            following = retry_at(error, failures, clock.now())
        else:
            failures = 0
            fetched.append(clock.now())
            following = source.next_fetch(curve)
        clock.set(following)
        assert curve is not None
        assert curve.at(clock.now()) is not None

    assert fetched[:5] == [utc(2026, 1, 14, hour) for hour in range(12, 17)]
    assert fetched[5:31] == [
        utc(2026, 1, 14, 16) + timedelta(minutes=5 * count) for count in range(1, 27)
    ]
    assert fetched[31] == utc(2026, 1, 14, 19, 10)
    assert fetched[32] == utc(2026, 1, 14, 20, 10) + timedelta(seconds=30)
    assert len(fetched) == 5 + 26 + 17
    assert curve is not None
    assert curve.firm_until == utc(2026, 1, 15, 23)


async def test_known_until(source: OctopusPriceSource) -> None:
    """A day's prices come out at 16:00 in London, up to 23:00 of the next."""
    assert source.known_until(utc(2026, 1, 14, 15, 59)) == utc(2026, 1, 14, 23)
    assert source.known_until(utc(2026, 1, 14, 16)) == utc(2026, 1, 15, 23)
    assert source.known_until(utc(2026, 7, 1, 15)) == utc(2026, 7, 2, 22)


async def test_history(source: OctopusPriceSource, simulator: OctopusSimulator) -> None:
    """A month of both tariffs is two requests, and none when it is asked again.

    It begins on Monday 2025-12-15, on which 2023-07-03 of the record lies.
    """
    start, end = utc(2025, 12, 15, 12), utc(2026, 1, 14, 12)
    curve = await source.history(start, end)
    assert (curve.currency, curve.zone) == ("GBP", "Europe/London")
    assert len(day(curve, start, end)) == 30 * 48
    assert prices(curve, start) == (0.1804, 0.0884)
    assert prices(curve, utc(2025, 12, 31, 12)) == (0.1617, 0.0805)
    assert len(simulator.requests) == 2

    part = await source.history(utc(2026, 1, 13, 12, 10), utc(2026, 1, 14, 11, 50))
    assert part.slots[0].start == utc(2026, 1, 13, 12, 10)
    assert part.slots[-1].end == utc(2026, 1, 14, 11, 50)
    assert len(part.slots) == 48
    assert len(simulator.requests) == 2


async def test_history_ends_at_the_present(
    source: OctopusPriceSource, clock: ManualClock, simulator: OctopusSimulator
) -> None:
    """What lies ahead is no history; as time goes on there is more of it."""
    start, end = utc(2026, 1, 13, 12), utc(2026, 1, 15, 12)
    assert (await source.history(start, end)).slots[-1].end == clock.now()
    clock.advance(timedelta(hours=1))
    assert (await source.history(start, end)).slots[-1].end == clock.now()
    assert len(simulator.requests) == 4
    assert (await source.history(clock.now(), end)).slots == ()
    assert len(simulator.requests) == 4


async def test_history_before_the_product_began(
    client: OctopusClient, clock: ManualClock, simulator: OctopusSimulator
) -> None:
    """Where there were no prices there are none; an error leaves nothing behind."""
    source = OctopusPriceSource(client, "COSY-22-12-08", None, "D", now=clock.now)
    start, end = utc(2022, 11, 1, 0), utc(2022, 12, 13, 3)
    simulator.fail(Fault(status=500))
    with pytest.raises(PriceUnreachableError):
        await source.history(start, end)
    curve = await source.history(start, end)
    assert curve.slots == (
        PriceSlot(utc(2022, 12, 13, 0), utc(2022, 12, 13, 3), 0.2698143, 0.0),
    )
    assert (await source.history(start, utc(2022, 12, 1, 0))).slots == ()


async def test_registered(
    session: ClientSession, simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """The provider can be made from settings alone."""
    settings: dict[str, str | None] = {
        "import_product": AGILE,
        "export_product": OUTGOING,
        "region": "D",
        "base_url": simulator.url,
    }
    source = PROVIDERS["octopus"](session, settings, now=clock.now)
    curve = await source.fetch()
    assert prices(curve, utc(2026, 1, 14, 12)) == (0.1647, 0.0818)
    assert source.next_fetch(curve) == utc(2026, 1, 14, 13)


@pytest.mark.parametrize("missing", ["import_product", "region"])
async def test_incomplete_settings(
    session: ClientSession, clock: ManualClock, missing: str
) -> None:
    """Without a product or a region there is no tariff."""
    settings: dict[str, str | None] = {"import_product": AGILE, "region": "D"}
    del settings[missing]
    with pytest.raises(UnknownTariffError):
        from_settings(session, settings, now=clock.now)
