"""Flow Power's prices, by hand from the wholesale ones."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import floor_time
from custom_components.power_sync.prices.flow_power import (
    HAPPY_PER_KWH,
    ZONES,
    Averages,
    FlowPowerPriceSource,
    mean_of_day,
    month_of,
    next_month,
)
from custom_components.power_sync.prices.flow_power_settings import (
    from_settings,
    read_plan,
)
from custom_components.power_sync.prices.nem import Region
from custom_components.power_sync.prices.protocols import (
    PriceAuthError,
    PriceUnreachableError,
    UnknownTariffError,
)
from custom_components.power_sync.prices.registry import PROVIDERS
from simulators.aemo import AemoSimulator
from simulators.amber import AmberSimulator
from simulators.amber.server import HOME
from simulators.clock import ManualClock
from simulators.rest import Fault

from .flow_power_home import NETWORK, flow_power_settings

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
MELBOURNE = ZoneInfo("Australia/Melbourne")


@pytest.fixture
async def aemo(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[AemoSimulator]:
    """Return the market, at 22:00 of a Wednesday in its own time."""
    async with AemoSimulator(clock) as running:
        yield running


@pytest.fixture
async def amber(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[AmberSimulator]:
    """Return another who knows the market's prices."""
    async with AmberSimulator(clock) as running:
        yield running


class Market:
    """A market of which all is known."""

    def __init__(self, slots: tuple[PriceSlot, ...]) -> None:
        """Take its prices."""
        self.curve = PriceCurve("AUD", "Australia/Melbourne", slots)
        self.standing_per_day = None
        self.retry_most = FIVE
        self.fails = False

    async def fetch(self) -> PriceCurve:
        """Return all."""
        return self.curve

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return what begins in a time, or fail."""
        if self.fails:
            raise PriceUnreachableError("gone")
        slots = [slot for slot in self.curve.slots if start <= slot.start < end]
        return PriceCurve("AUD", "Australia/Melbourne", tuple(slots))

    def known_until(self, when: datetime) -> datetime:
        """Return an hour later."""
        return when + HOUR

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return a moment."""
        return NOON


def slots_of(
    start: datetime, *cents: float, length: timedelta = HALF_HOUR
) -> tuple[PriceSlot, ...]:
    """Return wholesale prices one after the other, in cents."""
    return tuple(
        PriceSlot(
            start + index * length,
            start + (index + 1) * length,
            price / 100,
            price / 100,
        )
        for index, price in enumerate(cents)
    )


def source_of(
    market: Market, now: datetime = NOON, **changes: Json
) -> FlowPowerPriceSource:
    """Return the customer's prices."""
    settings: dict[str, Json] = {
        "zone": "Australia/Melbourne",
        "base_per_kwh": 0.34,
        "benchmark_per_kwh": 0.017,
        "happy_hour": {"start": "17:30", "end": "19:30", "price_per_kwh": 0.35},
        "network": None,
        **changes,
    }
    return FlowPowerPriceSource(read_plan(settings), market, now=lambda: now)


def at(curve: PriceCurve, when: datetime) -> PriceSlot:
    """Return the slot of a moment that has one."""
    slot = curve.at(when)
    assert slot is not None, when
    return slot


def test_it_is_a_provider() -> None:
    """It can be chosen."""
    assert PROVIDERS["flow_power"] is from_settings


@pytest.mark.parametrize(("spot_cents", "cents"), [(-0.5, 23.8), (8, 32.3), (15, 39.3)])
async def test_row_16_base_and_adjustment(spot_cents: float, cents: float) -> None:
    """With a market's average of 8 c and a benchmark of 1.7 c, as in the facts."""
    curve = await source_of(Market(slots_of(NOON, spot_cents))).fetch()
    assert at(curve, NOON).import_per_kwh == pytest.approx(cents / 100)


async def test_below_zero_stays() -> None:
    """At -1000 $/MWh each kWh more lowers the bill: 34 - 1.7 - 100 - 8 = -75.7 c."""
    curve = await source_of(Market(slots_of(NOON, -100))).fetch()
    assert at(curve, NOON).import_per_kwh == pytest.approx(-0.757)


@pytest.mark.parametrize(
    ("local_hour", "cents"),
    [
        # 34 - 1.7 + 1.1 x (20 - 8) - 6.458333 = 39.041667, and the network's rate.
        (9, 44.041667),
        (10, 41.041667),
        (15, 44.041667),
        (16, 54.041667),
        (21, 44.041667),
    ],
)
async def test_the_networks_rates(local_hour: int, cents: float) -> None:
    """They follow the clock on the wall; their mean is in the base rate."""
    start = datetime(2026, 1, 15, local_hour, tzinfo=MELBOURNE).astimezone(UTC)
    curve = await source_of(Market(slots_of(start, 20)), network=NETWORK).fetch()
    assert at(curve, start).import_per_kwh == pytest.approx(cents / 100)


def test_mean_of_the_networks_rates() -> None:
    """By hand: (5 x 15 + 5 x 2 + 14 x 5) / 24."""
    plan = read_plan(
        {**flow_power_plan(), "network": NETWORK},
    )
    assert plan.network is not None
    assert mean_of_day(plan.network, MELBOURNE) == pytest.approx(0.0645833, abs=1e-6)


def flow_power_plan() -> dict[str, Json]:
    """Return a contract that can be read."""
    return {
        "zone": "Australia/Melbourne",
        "base_per_kwh": 0.34,
        "benchmark_per_kwh": 0.017,
        "happy_hour": {"start": "17:30", "end": "19:30", "price_per_kwh": 0.35},
        "network": None,
    }


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        # In summer Melbourne is an hour ahead of the market, in winter it is not.
        (datetime(2026, 1, 14, tzinfo=UTC), datetime(2026, 1, 14, 6, 30, tzinfo=UTC)),
        (datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 1, 7, 30, tzinfo=UTC)),
        # On the days of both changes it is the new time that counts.
        (datetime(2026, 4, 5, tzinfo=UTC), datetime(2026, 4, 5, 7, 30, tzinfo=UTC)),
        (datetime(2026, 10, 4, tzinfo=UTC), datetime(2026, 10, 4, 6, 30, tzinfo=UTC)),
    ],
)
async def test_row_16_happy_hour(day: datetime, begins: datetime) -> None:
    """35 c from 17:30 to 19:30 on the wall, nothing before and after; cut to size."""
    # Slots of two hours from midnight UTC on: the edges lie inside of them.
    market = Market(slots_of(day, *[8.0] * 12, length=2 * HOUR))
    curve = await source_of(market, now=day + DAY).fetch()
    paid = [slot for slot in curve.slots if slot.export_per_kwh > 0]
    assert (paid[0].start, paid[-1].end) == (begins, begins + 2 * HOUR)
    assert {slot.export_per_kwh for slot in curve.slots} == {0.0, 0.35}
    assert all(before.end == after.start for before, after in pairwise(curve.slots))
    assert (curve.slots[0].start, curve.slots[-1].end) == (day, day + DAY)


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001 - made aware below
        lambda when: floor_time(when.replace(tzinfo=UTC), FIVE)
    ),
    region=st.sampled_from(Region),
)
async def test_every_slot_by_its_own_clock(start: datetime, region: Region) -> None:
    """Whatever the day: each five minutes have what the clock on the wall says."""
    zone = ZoneInfo(ZONES[region])
    market = Market(slots_of(start, *[8.0] * 288, length=FIVE))
    happy: dict[str, Json] = {"start": "17:30", "end": "19:30", "price_per_kwh": 0.45}
    source = source_of(
        market, now=start, zone=zone.key, happy_hour=happy, network=NETWORK
    )
    curve = await source.fetch()
    assert len(curve.slots) == 288
    for slot in curve.slots:
        clock = slot.start.astimezone(zone)
        minute = clock.hour * 60 + clock.minute
        expected = 0.45 if 17 * 60 + 30 <= minute < 19 * 60 + 30 else 0.0
        network = 5.0
        if 600 <= minute < 900:
            network = 2.0
        elif 960 <= minute < 1260:
            network = 15.0
        assert slot.export_per_kwh == expected
        cents = 34 - 1.7 - 155 / 24 + network
        assert slot.import_per_kwh == pytest.approx(cents / 100)


def test_what_regions_are_paid() -> None:
    """45 c, in Victoria 35 c, in Tasmania nothing."""
    assert {region: HAPPY_PER_KWH[region] for region in Region} == {
        "NSW1": 0.45,
        "QLD1": 0.45,
        "SA1": 0.45,
        "TAS1": 0.0,
        "VIC1": 0.35,
    }


def test_average_of_a_month() -> None:
    """By hand: 10 of 31 days at 5 c, before them 20 days at 11 c: 30 days, mean 9 c.

    What of January is over, 10/31, counts with its own 5 c, the rest with 9 c:
    (10 x 5 + 21 x 9) / 31 = 7.709677 c. December, as far as known, is 11 c.
    """
    january = datetime(2025, 12, 31, 13, tzinfo=UTC)
    now = january + 10 * DAY
    slots = (
        *slots_of(january - 20 * DAY, *[11.0] * 960),
        *slots_of(january, *[5.0] * 480),
        # What is to come counts for nothing, nor does a forecast.
        *slots_of(now, 500.0),
    )
    averages = Averages(PriceCurve("AUD", MELBOURNE.key, slots), MELBOURNE, now)
    for when in (january, now, now + 60 * DAY):
        assert averages.at(when) == pytest.approx(0.07709677)
    assert averages.at(january - SECOND) == pytest.approx(0.11)
    assert averages.at(january - 40 * DAY) == pytest.approx(0.09)


def test_average_of_too_little() -> None:
    """Less than an hour says nothing: then it is 8 c."""
    slots = slots_of(NOON - HALF_HOUR, 50.0)
    averages = Averages(PriceCurve("AUD", MELBOURNE.key, slots), MELBOURNE, NOON)
    assert averages.at(NOON) == 0.08


def test_months_on_the_wall() -> None:
    """In Melbourne April begins in summer time and ends in winter time."""
    april = datetime(2026, 3, 31, 13, tzinfo=UTC)
    assert month_of(datetime(2026, 4, 20, tzinfo=UTC), MELBOURNE) == april
    assert next_month(april, MELBOURNE) == datetime(2026, 4, 30, 14, tzinfo=UTC)
    moment = month_of(datetime(2026, 1, 31, 13, tzinfo=UTC), MELBOURNE)
    for expected in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1):
        moment = next_month(moment, MELBOURNE)
        local = moment.astimezone(MELBOURNE)
        assert (local.month, local.day, local.hour) == (expected, 1, 0)


async def test_without_a_past() -> None:
    """The average is then that of what is known anyway."""
    market = Market(slots_of(NOON - 2 * HOUR, 10, 10, 10, 10, 20))
    market.fails = True
    curve = await source_of(market).fetch()
    # 34 - 1.7 + 20 - 10
    assert at(curve, NOON).import_per_kwh == pytest.approx(0.423)


async def test_nothing_known() -> None:
    """No market price, no price; who is asked says when."""
    source = source_of(Market(()), standing_per_day=1.5)
    assert (await source.fetch()).slots == ()
    assert source.known_until(NOON) == NOON + HOUR
    assert source.next_fetch(None) == NOON
    assert (source.standing_per_day, source.retry_most) == (1.5, FIVE)


async def test_history_of_two_months() -> None:
    """Each month by its own average, whatever part of it is asked for."""
    january = datetime(2025, 12, 31, 13, tzinfo=UTC)
    market = Market(
        (
            *slots_of(january - 31 * DAY, *[11.0] * 1487, 13.0),
            *slots_of(january, *[5.0] * 672),
        )
    )
    source = source_of(market, now=january + 14 * DAY)
    curve = await source.history(january - 45 * SECOND, january + HALF_HOUR)
    first, second = curve.slots
    assert first.start == january - 45 * SECOND
    # December: (1487 x 11 + 13) / 1488 = 11.001344; 34 - 1.7 + 13 - 11.001344.
    assert first.import_per_kwh == pytest.approx(0.34298656)
    # January: 14/31 at 5 c, 17/31 at the mean of 30 days, about 8.2 c.
    trailing = (16 * 48 * 11 + 2 + 14 * 48 * 5) / (30 * 48)
    average = (14 * 5 + 17 * trailing) / 31
    assert second.import_per_kwh == pytest.approx((34 - 1.7 + 5 - average) / 100)


async def test_from_the_market(
    aemo: AemoSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """What is firm, and when to ask, is the market's."""
    clock.advance(20 * SECOND)
    source = from_settings(session, flow_power_settings(aemo), now=clock.now)
    curve = await source.fetch()
    assert (curve.currency, curve.zone) == ("AUD", "Australia/Melbourne")
    now, following = at(curve, NOON), at(curve, NOON + FIVE)
    assert now.firm
    assert not now.estimate
    assert following.estimate
    assert not at(curve, NOON + 2 * FIVE).firm
    assert curve.slots[-1].end == datetime(2026, 1, 15, 18, tzinfo=UTC)
    assert source.next_fetch(curve) == NOON + FIVE + 20 * SECOND
    # The half-hour from 12:30 is at 9.372 c: 2.005 c above the 7.367 c of now.
    later = at(curve, NOON + HALF_HOUR)
    assert later.import_per_kwh - now.import_per_kwh == pytest.approx(0.02005, abs=1e-6)
    happy = at(curve, datetime(2026, 1, 15, 6, 30, tzinfo=UTC))
    assert happy.export_per_kwh == 0.35


async def test_from_amber(
    amber: AmberSimulator,
    aemo: AemoSimulator,
    session: ClientSession,
    clock: ManualClock,
) -> None:
    """The same market's prices in Amber's answer, without the GST that is in them."""
    clock.advance(40 * SECOND)
    settings = flow_power_settings(aemo) | {
        "source": "amber",
        "token": amber.token,
        "base_url": amber.url,
        "site_id": HOME.site_id,
        "interval_min": 5,
    }
    curve = await from_settings(session, settings, now=clock.now).fetch()
    now, later = at(curve, NOON), at(curve, NOON + HOUR)
    assert now.firm
    assert not now.estimate
    market = await from_settings(
        session, flow_power_settings(aemo), now=clock.now
    ).fetch()
    half_hour = at(market, NOON + HOUR)
    assert (later.start, later.end) == (half_hour.start, half_hour.end)
    assert later.import_per_kwh - now.import_per_kwh == pytest.approx(
        half_hour.import_per_kwh - at(market, NOON).import_per_kwh, abs=1e-6
    )
    amber.token = "psk_new"  # noqa: S105 - the simulator's own
    with pytest.raises(PriceAuthError):
        await from_settings(session, settings, now=clock.now).fetch()


async def test_an_outage_of_the_market(
    aemo: AemoSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """Without the present price there is no curve."""
    source = from_settings(session, flow_power_settings(aemo), now=clock.now)
    aemo.standing_fault = Fault(status=503)
    with pytest.raises(PriceUnreachableError):
        await source.fetch()


@pytest.mark.parametrize(
    "changes",
    [
        {"region": "WA1"},
        {"source": "the radio"},
        {"source": "amber"},
        {"zone": "Australia/Nowhere"},
        {"base_per_kwh": "34"},
        {"happy_hour": None},
        {"happy_hour": {"start": "17:30", "end": "19:30"}},
        {"network": []},
        {"network": {"price_per_kwh": 0.05}},
        {"network": {"price_per_kwh": 0.05, "rates": [0.15]}},
    ],
)
async def test_what_cannot_be_read(
    aemo: AemoSimulator, session: ClientSession, changes: dict[str, Json]
) -> None:
    """A contract that is broken is said to be so."""
    settings = flow_power_settings(aemo) | changes
    with pytest.raises(UnknownTariffError):
        from_settings(session, settings, now=lambda: NOON)
