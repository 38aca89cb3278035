"""Every tariff of Octopus Energy: its hours, its ends, and how often it is asked.

Curves are written out by hand from the hours that the tariffs have.
"""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.octopus import OctopusPriceSource
from custom_components.power_sync.prices.octopus_client import OctopusClient
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceUnreachableError,
    TariffEndedError,
    TwoRegisterTariffError,
    UnknownTariffError,
)
from custom_components.power_sync.prices.schedule import retry_at
from simulators.clock import ManualClock
from simulators.octopus import Fault, OctopusSimulator, PaymentMethod, Rate
from simulators.octopus.rates import ListedBook

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
GO, AGILE = "GO-VAR-22-10-14", "AGILE-24-10-01"
TRACKER = "SILVER-FLEX-BB-23-02-08"
FLEXIBLE = "VAR-22-11-01"
FLUX = ("FLUX-IMPORT-23-02-14", "FLUX-EXPORT-23-02-14")
INTELLIGENT_FLUX = ("INTELLI-FLUX-IMPORT-23-07-14", "INTELLI-FLUX-EXPORT-23-07-14")


@pytest.fixture
def make(client: OctopusClient, clock: ManualClock) -> Make:
    """Return what makes a source in region C."""
    return Make(client, clock)


class Make:
    """Makes sources."""

    def __init__(self, client: OctopusClient, clock: ManualClock) -> None:
        """Keep what all of them need."""
        self.client, self.clock = client, clock

    def __call__(self, bought: str, sold: str | None = None) -> OctopusPriceSource:
        """Return a source of two products."""
        return OctopusPriceSource(self.client, bought, sold, "C", now=self.clock.now)


def hours(curve: PriceCurve, day: datetime) -> list[tuple[str, float, float]]:
    """Return start in UTC and both prices of the slots that begin on a UTC day."""
    return [
        (f"{slot.start:%H:%M}", slot.import_per_kwh, slot.export_per_kwh)
        for slot in curve.slots
        if slot.start.date() == day.date()
    ]


@pytest.mark.parametrize(
    ("bought", "sold", "expected"),
    [
        (
            GO,
            None,
            [("00:00", 0.294, 0.0), ("00:30", 0.084, 0.0), ("05:30", 0.294, 0.0)],
        ),
        (
            "INTELLI-VAR-24-10-29",
            "OUTGOING-VAR-24-10-26",
            [
                ("00:00", 0.06825, 0.15),
                ("05:30", 0.2835, 0.15),
                ("23:30", 0.06825, 0.15),
            ],
        ),
        (
            "COSY-22-12-08",
            None,
            [
                ("00:00", 0.2698143, 0.0),
                ("04:00", 0.1323168, 0.0),
                ("07:00", 0.2698143, 0.0),
                ("13:00", 0.1323168, 0.0),
                ("16:00", 0.4047225, 0.0),
                ("19:00", 0.2698143, 0.0),
                ("22:00", 0.1323168, 0.0),
            ],
        ),
        (
            *FLUX,
            [
                ("00:00", 0.2625, 0.15),
                ("02:00", 0.1575, 0.05),
                ("05:00", 0.2625, 0.15),
                ("16:00", 0.3675, 0.29),
                ("19:00", 0.2625, 0.15),
            ],
        ),
        (
            *INTELLIGENT_FLUX,
            [("00:00", 0.252, 0.252), ("16:00", 0.336, 0.336), ("19:00", 0.252, 0.252)],
        ),
    ],
)
async def test_hours(
    make: Make, bought: str, sold: str | None, expected: list[tuple[str, float, float]]
) -> None:
    """All of today is known, for 14 days back, to the end of today."""
    curve = await make(bought, sold).fetch()
    assert hours(curve, NOON) == expected
    assert hours(curve, NOON - timedelta(days=7)) == expected
    assert curve.slots[0].start == NOON - timedelta(days=14)
    assert curve.firm_until == MIDNIGHT
    assert all(slot.firm for slot in curve.slots)


@pytest.mark.parametrize(
    ("today", "start", "end"),
    [
        # Spring: 00:30 in winter time to 05:30 in summer time are four hours.
        ((2026, 3, 28, 20), (2026, 3, 29, 0, 30), (2026, 3, 29, 4, 30)),
        # Autumn: the other way round they are six.
        ((2026, 10, 24, 20), (2026, 10, 24, 23, 30), (2026, 10, 25, 5, 30)),
    ],
)
async def test_night_of_a_clock_change(
    make: Make,
    clock: ManualClock,
    today: tuple[int, int, int, int],
    start: tuple[int, int, int, int, int],
    end: tuple[int, int, int, int, int],
) -> None:
    """Hours are those of the wall clock."""
    clock.set(datetime(*today, tzinfo=UTC))
    curve = await make(GO).fetch()
    begin = datetime(*start, tzinfo=UTC)
    assert curve.at(begin) == PriceSlot(begin, datetime(*end, tzinfo=UTC), 0.084, 0.0)


async def test_tracker(make: Make, clock: ManualClock) -> None:
    """One price a day, here the mean of the record's; tomorrow's comes at 16:00."""
    source = make(TRACKER)
    curve = await source.fetch()
    assert curve.firm_until == MIDNIGHT
    assert len(curve.slots) == 15
    today = curve.slots[-1]
    assert (today.start, today.end) == (MIDNIGHT - timedelta(days=1), MIDNIGHT)
    assert today.import_per_kwh == pytest.approx(0.193352)
    assert source.next_fetch(curve) == NOON + 4 * HOUR
    clock.set(NOON + 4 * HOUR)
    curve = await source.fetch()
    assert curve.firm_until == MIDNIGHT + timedelta(days=1)
    assert source.next_fetch(curve) == NOON + 28 * HOUR


@pytest.mark.parametrize("fault", [Fault(status=404), Fault(empty=True)])
async def test_intelligent_flux_without_an_export_tariff(
    make: Make, simulator: OctopusSimulator, fault: Fault
) -> None:
    """Its export prices may be those of the import product."""
    source = make(*INTELLIGENT_FLUX)
    simulator.fail(Fault(delay_s=0.001))
    simulator.fail(fault)
    curve = await source.fetch()
    assert hours(curve, NOON)[1] == ("16:00", 0.336, 0.336)
    del simulator.products[INTELLIGENT_FLUX[1]]
    past = await source.history(NOON - HOUR, NOON)
    assert [slot.export_per_kwh for slot in past.slots] == [0.252]
    del simulator.products[INTELLIGENT_FLUX[0]]
    with pytest.raises(UnknownTariffError):
        await make(GO, INTELLIGENT_FLUX[1]).fetch()


async def test_import_product_for_export(make: Make) -> None:
    """Where only that is on the list, it is what is chosen for both."""
    curve = await make(INTELLIGENT_FLUX[0], INTELLIGENT_FLUX[0]).fetch()
    assert hours(curve, NOON)[1] == ("16:00", 0.336, 0.336)


async def test_two_registers(make: Make) -> None:
    """A day and a night rate without their hours are no prices."""
    with pytest.raises(TwoRegisterTariffError):
        await make("ECONOMY-24-01-01").fetch()
    with pytest.raises(UnknownTariffError) as caught:
        await make("ECONOMY-25-01-01").fetch()
    assert not isinstance(caught.value, TwoRegisterTariffError)


async def test_a_tariff_that_is_missing(
    make: Make, simulator: OctopusSimulator
) -> None:
    """A product that lacks its tariff has no two registers for that."""
    simulator.fail(Fault(status=404))
    with pytest.raises(UnknownTariffError) as caught:
        await make(GO).fetch()
    assert not isinstance(caught.value, TwoRegisterTariffError)


async def test_no_history_of_no_time(make: Make, simulator: OctopusSimulator) -> None:
    """Nothing is asked about a time that has not come, or that is none."""
    assert (await make(GO).history(NOON, NOON + HOUR)).slots == ()
    assert (await make(GO).history(NOON, NOON - HOUR)).slots == ()
    assert not simulator.requests


async def test_payment_methods(make: Make, simulator: OctopusSimulator) -> None:
    """Of rows of years, direct debit's count; without one, the other's."""
    assert (await make(FLEXIBLE).fetch()).slots == (
        PriceSlot(NOON - timedelta(days=14), NOON + timedelta(days=3), 0.252, 0.0),
    )
    product = simulator.products["OUTGOING-VAR-24-10-26"]
    assert isinstance(product.book, ListedBook)
    other = Rate(
        20.0, 21.0, product.available_from, None, PaymentMethod.NON_DIRECT_DEBIT
    )
    simulator.extra_rows["ECONOMY-24-01-01"] = [other]
    curve = await make(FLEXIBLE, product.code).fetch()
    assert [slot.export_per_kwh for slot in curve.slots] == [0.15]


async def test_price_change_of_a_standard_tariff(make: Make) -> None:
    """On 1 October, at midnight in London; the past is open to ask."""
    change = datetime(2025, 9, 30, 23, tzinfo=UTC)
    curve = await make(FLEXIBLE).history(change - HOUR, change + HOUR)
    assert curve.slots == (
        PriceSlot(change - HOUR, change, 0.231, 0.0),
        PriceSlot(change, change + HOUR, 0.252, 0.0),
    )


async def test_product_without_any_rate(
    make: Make, simulator: OctopusSimulator
) -> None:
    """It has a tariff but no prices."""
    simulator.standing_fault = Fault(empty=True)
    with pytest.raises(PriceAnswerError):
        await make(GO, INTELLIGENT_FLUX[1]).fetch()


async def test_standing_charge(
    make: Make, simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """It is read once a day, and no price waits for it."""
    source = make(AGILE)
    assert source.standing_per_day is None
    simulator.fail(Fault(delay_s=0.001))
    simulator.fail(Fault(status=500))
    assert (await source.fetch()).firm_until is not None
    assert source.standing_per_day is None
    await source.fetch()
    assert source.standing_per_day == pytest.approx(0.39535125)
    simulator.requests.clear()
    clock.advance(23 * HOUR)
    await source.fetch()
    assert len(simulator.requests) == 1
    clock.advance(HOUR)
    await source.fetch()
    assert len(simulator.requests) == 3


@pytest.mark.parametrize(
    ("products", "waits"),
    [
        # Known to the end of today: at the latest 6 hours before that, then hourly.
        ((GO, None), [6, 1]),
        ((FLEXIBLE, "OUTGOING-VAR-24-10-26"), [6, 6]),
        (FLUX, [6, 1]),
        # Agile leads, whatever it is beside.
        ((AGILE, "OUTGOING-VAR-24-10-26"), [1, 1]),
        ((FLEXIBLE, "AGILE-OUTGOING-19-05-13"), [1, 1]),
    ],
)
async def test_how_often_to_ask(
    make: Make,
    simulator: OctopusSimulator,
    clock: ManualClock,
    products: tuple[str, str | None],
    waits: list[int],
) -> None:
    """A few times a day where prices are settled, hourly where they are not."""
    simulator.hold_publication(NOON)
    source = make(*products)
    for wait in waits:
        following = source.next_fetch(await source.fetch())
        assert following == clock.now() + wait * HOUR
        clock.set(following)


async def test_overdue_windows(
    make: Make, simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """The end of prices is not slept through, and then they are asked for more."""
    simulator.hold_publication(NOON)
    source = make(GO)
    assert source.next_fetch(None) == clock.now()
    clock.set(MIDNIGHT - timedelta(minutes=20))
    assert source.next_fetch(await source.fetch()) == MIDNIGHT
    clock.set(MIDNIGHT)
    curve = await source.fetch()
    assert source.next_fetch(curve) == MIDNIGHT + timedelta(minutes=15)


def test_a_tariff_that_is_gone_is_asked_for_seldom() -> None:
    """From half a minute to 6 hours, while an outage is tried every 15 minutes."""
    gone, down = TariffEndedError("gone"), PriceUnreachableError("down")
    assert [retry_at(gone, n, NOON) - NOON for n in (1, 5, 12)] == [
        timedelta(seconds=30),
        timedelta(minutes=8),
        6 * HOUR,
    ]
    assert retry_at(down, 12, NOON) - NOON == timedelta(minutes=15)
