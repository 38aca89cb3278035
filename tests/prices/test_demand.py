"""Charges beside energy: billing periods, windows, and what a peak costs."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.prices.demand import (
    NO_CHARGES,
    Charges,
    DemandDays,
    RateIs,
    charges_from,
    days_between,
)

MELBOURNE = ZoneInfo("Australia/Melbourne")
FIVE = timedelta(minutes=5)
EVENING = Charges(rate_per_kw=9, start=time(14, 55), end=time(21))


def at(text: str) -> datetime:
    """Return a moment on the clock on the wall of Melbourne."""
    return datetime.fromisoformat(text).replace(tzinfo=MELBOURNE)


@pytest.mark.parametrize(
    ("day", "when", "start", "end", "days"),
    [
        (1, "2026-07-15T12:00", "2026-07-01", "2026-08-01", 31),
        (1, "2026-08-01T00:00", "2026-08-01", "2026-09-01", 31),
        (15, "2026-03-14T23:59", "2026-02-15", "2026-03-15", 28),
        (15, "2026-01-14T12:00", "2025-12-15", "2026-01-15", 31),
        (15, "2026-12-15T00:00", "2026-12-15", "2027-01-15", 31),
        # In short months it is the last day.
        (31, "2026-02-27T12:00", "2026-01-31", "2026-02-28", 28),
        (31, "2026-02-28T00:00", "2026-02-28", "2026-03-31", 31),
        (31, "2026-04-30T12:00", "2026-04-30", "2026-05-31", 31),
        (30, "2028-02-29T12:00", "2028-02-29", "2028-03-30", 30),
        # Clocks go back on 5 April: a day of 25 hours is one day.
        (1, "2026-04-05T12:00", "2026-04-01", "2026-05-01", 30),
    ],
)
def test_billing_periods(day: int, when: str, start: str, end: str, days: int) -> None:
    """From midnight to midnight of the home, whatever the month."""
    period = Charges(billing_day=day).period(at(when).astimezone(UTC), MELBOURNE)
    assert period == (at(start), at(end))
    assert days_between(*period, MELBOURNE) == days


@pytest.mark.parametrize(
    ("charges", "inside", "outside"),
    [
        (
            EVENING,
            ["2026-07-15T14:55", "2026-07-18T20:59:59"],
            ["2026-07-15T14:54:59", "2026-07-15T21:00"],
        ),
        (
            Charges(rate_per_kw=1, days=DemandDays.WEEKDAYS),
            ["2026-07-17T14:00"],
            ["2026-07-18T14:00", "2026-07-19T19:59"],
        ),
        (
            Charges(rate_per_kw=1, days=DemandDays.WEEKENDS),
            ["2026-07-18T14:00"],
            ["2026-07-17T14:00", "2026-07-20T14:00"],
        ),
        # Over midnight it belongs to the day it begins on.
        (
            Charges(
                rate_per_kw=1, start=time(22), end=time(6), days=DemandDays.WEEKDAYS
            ),
            ["2026-07-17T22:00", "2026-07-18T05:59"],
            ["2026-07-18T22:00", "2026-07-18T06:00", "2026-07-20T05:00"],
        ),
        (Charges(rate_per_kw=1, start=time(0), end=time(0)), ["2026-07-15T03:00"], []),
        (NO_CHARGES, [], ["2026-07-15T15:00"]),
        # A holiday is no day of Monday to Friday, and one of all days.
        (
            Charges(
                rate_per_kw=1,
                days=DemandDays.WEEKDAYS,
                holidays=frozenset({date(2026, 7, 16)}),
            ),
            ["2026-07-15T14:00", "2026-07-17T14:00"],
            ["2026-07-16T14:00"],
        ),
        (
            Charges(rate_per_kw=1, holidays=frozenset({date(2026, 7, 16)})),
            ["2026-07-16T14:00"],
            [],
        ),
    ],
    ids=[
        *("evening", "weekdays", "weekends", "night", "all day", "no rate"),
        *("a holiday", "all days"),
    ],
)
def test_windows(charges: Charges, inside: list[str], outside: list[str]) -> None:
    """By the clock on the wall, half-open, on the days that count."""
    assert all(charges.covers(at(when), MELBOURNE) for when in inside)
    assert not any(charges.covers(at(when), MELBOURNE) for when in outside)


def test_what_a_peak_costs() -> None:
    """4.2 kW at 9 are 37.80; by the day, times the days."""
    assert EVENING.cost(4.2, 31) == pytest.approx(37.8)
    daily = Charges(rate_per_kw=0.3, rate_is=RateIs.PER_DAY)
    assert daily.cost(4.2, 31) == pytest.approx(39.06)


def test_the_highest_mean() -> None:
    """Means of half-hours, of that part which counts; export is no import."""
    start = at("2026-07-15T14:30").astimezone(UTC)
    powers = [9.0] * 5 + [6.0] + [1.0, -5.0] * 3 + [2.0] * 66
    slots = [(start + FIVE * index, kw) for index, kw in enumerate(powers)]
    assert EVENING.highest_kw(slots, FIVE, MELBOURNE) == 6.0
    assert EVENING.highest_kw(slots[6:12], FIVE, MELBOURNE) == 0.5
    assert EVENING.highest_kw(slots[:5], FIVE, MELBOURNE) == 0.0
    # The window begins within the slot of 14:50.
    earlier = replace(EVENING, start=time(14, 53))
    assert earlier.highest_kw(slots[:5], FIVE, MELBOURNE) == 9.0
    assert EVENING.inside(start, MELBOURNE) == FIVE


def test_what_is_stored() -> None:
    """All of it is read; what is missing or odd is as if nobody had said it."""
    assert charges_from({}) == NO_CHARGES
    stored = {
        "rate_per_kw": 9,
        "rate_is": "per_day",
        "start": "14:55",
        "end": "21:00",
        "days": "weekdays",
        "interval_min": 15,
        "billing_day": 31,
        "monthly_fee": 25.0,
    }
    assert charges_from(stored) == Charges(
        rate_per_kw=9.0,
        rate_is=RateIs.PER_DAY,
        start=time(14, 55),
        end=time(21),
        days=DemandDays.WEEKDAYS,
        interval=3 * FIVE,
        billing_day=31,
        monthly_fee=25.0,
    )
    odd: dict[str, object] = dict.fromkeys(stored, "?")
    assert charges_from(odd) == NO_CHARGES
    assert charges_from({"billing_day": 32, "rate_per_kw": float("nan")}) == NO_CHARGES
    assert charges_from({"interval_min": 7, "monthly_fee": -3}) == NO_CHARGES
