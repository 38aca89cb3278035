"""Prices that the user has entered."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.model.plain import Json, JsonObject
from custom_components.power_sync.prices.fixed import FixedPriceSource, from_settings
from custom_components.power_sync.prices.protocols import UnknownTariffError
from custom_components.power_sync.prices.registry import ACTION_PROVIDERS
from simulators.clock import ManualClock

ALL_DAYS: list[Json] = list(range(7))
ALL_MONTHS: list[Json] = list(range(1, 13))
PEAK: JsonObject = {
    "direction": "import",
    "price_per_kwh": 0.45,
    "start": "16:00",
    "end": "21:00",
    "weekdays": [0, 1, 2, 3, 4],
    "months": ALL_MONTHS,
}
EVENING_SALE: JsonObject = {
    "direction": "export",
    "price_per_kwh": 0.15,
    "start": "18:00",
    "end": "23:59",
    "weekdays": ALL_DAYS,
    "months": ALL_MONTHS,
}
SETTINGS: JsonObject = {
    "currency": "AUD",
    "zone": "Australia/Sydney",
    "import_per_kwh": 0.28,
    "export_per_kwh": 0.05,
    "standing_per_day": 1.1,
    "rates": [PEAK, EVENING_SALE],
}


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


async def nobody(domain: str, action: str, data: JsonObject) -> Mapping[str, object]:
    """Be asked nothing."""
    raise AssertionError((domain, action, data))


@pytest.fixture
def source(clock: ManualClock) -> FixedPriceSource:
    """Return the source of a tariff in Sydney, where it is 23:00 on 14 January."""
    return from_settings(nobody, SETTINGS, now=clock.now)


def test_it_is_a_provider() -> None:
    """It can be chosen."""
    assert ACTION_PROVIDERS["fixed"] is from_settings


async def test_curve(source: FixedPriceSource) -> None:
    """By hand: Sydney is 11 hours ahead of UTC in January.

    On Thursday the 15th the peak is from 5:00 to 10:00 UTC, the better sale from
    7:00 to 13:00 UTC.
    """
    curve = await source.fetch()
    assert (curve.currency, curve.zone) == ("AUD", "Australia/Sydney")
    assert curve.slots[0].start == utc(2026, 1, 13, 12)
    assert curve.firm_until == utc(2026, 1, 17, 12)
    thursday = [
        (slot.start, slot.end, slot.import_per_kwh, slot.export_per_kwh)
        for slot in curve.slots
        if utc(2026, 1, 14, 13) <= slot.start < utc(2026, 1, 15, 13)
    ]
    assert thursday == [
        (utc(2026, 1, 14, 13), utc(2026, 1, 15, 5), 0.28, 0.05),
        (utc(2026, 1, 15, 5), utc(2026, 1, 15, 7), 0.45, 0.05),
        (utc(2026, 1, 15, 7), utc(2026, 1, 15, 10), 0.45, 0.15),
        (utc(2026, 1, 15, 10), utc(2026, 1, 15, 13), 0.28, 0.15),
    ]
    assert all(slot.firm and not slot.estimate for slot in curve.slots)


async def test_history(source: FixedPriceSource, clock: ManualClock) -> None:
    """The past is computed for any time, and ends now."""
    start = clock.now() - timedelta(days=400)
    past = await source.history(start, clock.now() + timedelta(days=1))
    assert past.slots[0].start == start
    assert past.firm_until == clock.now()
    assert (await source.history(clock.now(), clock.now())).slots == ()
    in_winter = past.at(utc(2025, 7, 15, 6, 30))  # a Tuesday, 16:30 in Sydney
    assert in_winter is not None
    assert in_winter.import_per_kwh == 0.45


async def test_it_is_looked_at_every_six_hours(
    source: FixedPriceSource, clock: ManualClock
) -> None:
    """So that what is known reaches beyond every plan."""
    assert source.next_fetch(None) == clock.now()
    curve = await source.fetch()
    assert source.next_fetch(curve) == clock.now() + timedelta(hours=6)
    assert source.known_until(clock.now()) == utc(2026, 1, 18)
    assert source.standing_per_day == 1.1


async def test_one_rate(clock: ManualClock) -> None:
    """A flat tariff is one slot."""
    flat = {**SETTINGS, "rates": [], "standing_per_day": None}
    source = from_settings(nobody, flat, now=clock.now)
    (slot,) = (await source.fetch()).slots
    assert (slot.import_per_kwh, slot.export_per_kwh) == (0.28, 0.05)
    assert source.standing_per_day is None


@pytest.mark.parametrize(
    "broken",
    [
        {"rates": None},
        {"rates": ["peak"]},
        {"rates": [{**PEAK, "start": "24:30"}]},
        {"rates": [{**PEAK, "end": 21}]},
        {"rates": [{**PEAK, "weekdays": []}]},
        {"rates": [{**PEAK, "weekdays": [8]}]},
        {"rates": [{**PEAK, "months": [0]}]},
        {"rates": [{**PEAK, "months": "all"}]},
        {"rates": [{**PEAK, "direction": "both"}]},
        {"rates": [{**PEAK, "price_per_kwh": True}]},
        {"import_per_kwh": None},
        {"export_per_kwh": "free"},
        {"zone": "Europe/Atlantis"},
        {"zone": "../etc"},
        {"currency": None},
        {"standing_per_day": "1"},
        {"holidays": 1},
    ],
    ids=str,
)
async def test_what_cannot_be_read(clock: ManualClock, broken: JsonObject) -> None:
    """No price is made up from what is broken."""
    with pytest.raises(UnknownTariffError):
        from_settings(nobody, {**SETTINGS, **broken}, now=clock.now)
