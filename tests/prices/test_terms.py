"""Credits and capped rates of GloBird's contracts, as the facts have them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.prices import Cap, Credit
from custom_components.power_sync.prices.extend import extend
from custom_components.power_sync.prices.fixed import (
    Direction,
    from_settings,
    read_tariff,
)
from custom_components.power_sync.prices.merge import merge
from custom_components.power_sync.prices.protocols import UnknownTariffError
from custom_components.power_sync.prices.templates import TEMPLATES
from custom_components.power_sync.recording.codec import from_plain, to_plain
from simulators.clock import ManualClock

MELBOURNE = ZoneInfo("Australia/Melbourne")
HOUR = timedelta(hours=1)


async def nobody(domain: str, action: str, data: JsonObject) -> Mapping[str, object]:
    """Be asked nothing."""
    raise AssertionError((domain, action, data))


def contract(template: str, **more: object) -> dict[str, object]:
    """Return what is stored of a contract."""
    chosen = TEMPLATES[template]
    usual = {Direction.IMPORT: 0.38, Direction.EXPORT: 0.03}
    return {
        "currency": "AUD",
        "zone": MELBOURNE.key,
        "import_per_kwh": 0.38,
        "export_per_kwh": 0.03,
        "rates": chosen.priced(usual),
        "credit": chosen.credit,
        **more,
    }


def local(day: date, hour: int) -> datetime:
    """Return a time in Melbourne, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=MELBOURNE).astimezone(
        UTC
    )


@pytest.mark.parametrize(
    ("template", "until", "most_kwh", "sold_kwh", "free_from"),
    [
        ("globird_zerohero_2026", 21, 0.09, 15, 12),
        ("globird_zerohero_2025", 21, 0.09, 15, 11),
        ("globird_zerohero_three_hours", 21, 0.09, 15, None),
        ("globird_zerohero_two_hours", 20, 0.06, 10, None),
    ],
)
# The clocks go forward on 4 October 2026 and back on 5 April.
@pytest.mark.parametrize(
    "day", [date(2026, 7, 14), date(2026, 10, 4), date(2026, 4, 5)]
)
def test_a_day(  # noqa: PLR0913, PLR0917 - one row of the table
    template: str,
    until: int,
    most_kwh: float,
    sold_kwh: float,
    free_from: int | None,
    day: date,
) -> None:
    """Windows are on the clock on the wall; so much is paid better, so much free."""
    tariff = read_tariff(contract(template))  # type: ignore[arg-type]  # plain data
    begin, end = local(day, 0), local(day + timedelta(days=1), 0)
    curve = tariff.curve(begin, end)
    assert curve.credits == (Credit(local(day, 18), local(day, until), 1.0, most_kwh),)
    sold = [cap for cap in curve.caps if cap.sold]
    pool = f"sold {0 if free_from is None else 1} {day}"
    assert (
        sold
        == [
            Cap(
                local(day, 18),
                local(day, until),
                sold=True,
                pool=pool,
                most_kwh=sold_kwh,
                beyond_per_kwh=0.03,
            )
        ]
        or sold[0].pool == f"sold 0 {day}"
    )
    bought = [cap for cap in curve.caps if not cap.sold]
    if free_from is None:
        assert not bought
        return
    days = (31, 30)[day.month == 4]
    (free,) = bought
    assert (free.start, free.end) == (local(day, free_from), local(day, free_from + 3))
    assert free.most_kwh == 50 * days
    assert (free.beyond_per_kwh, free.pool) == (0.38, f"bought 0 {day:%Y-%m}")


def test_what_is_beyond_may_change_within_a_window() -> None:
    """Below an evening that pays more there may be another rate."""
    settings = contract("globird_zerohero_three_hours")
    rates = settings["rates"]
    assert isinstance(rates, list)
    late = {**rates[0], "start": "19:00", "price_per_kwh": 0.05, "most_kwh": None}
    night = {**rates[0], "start": "20:00", "end": "02:00", "price_per_kwh": 0.2}
    settings["rates"] = [late, rates[0], night]
    tariff = read_tariff(settings)  # type: ignore[arg-type]  # plain data
    day = date(2026, 7, 14)
    curve = tariff.curve(local(day, 12), local(day + timedelta(days=1), 12))
    told = [(cap.start, cap.end, cap.beyond_per_kwh, cap.pool) for cap in curve.caps]
    assert told == [
        (local(day, 18), local(day, 19), 0.03, f"sold 1 {day}"),
        (local(day, 19), local(day, 20), 0.05, f"sold 1 {day}"),
        # A night belongs to the day it begins on.
        (local(day, 20), local(day, 21), 0.15, f"sold 2 {day}"),
        (local(day, 21), local(day, 26 - 24) + timedelta(days=1), 0.03, told[3][3]),
    ]
    assert told[3][3] == f"sold 2 {day}"


async def test_a_curve_keeps_them(clock: ManualClock) -> None:
    """When it is merged, cut, extended and recorded; the past has none."""
    settings = contract("globird_zerohero_2026")
    source = from_settings(nobody, settings, now=clock.now)  # type: ignore[arg-type]
    curve = await source.fetch()
    assert len(curve.credits) == 4
    for other in (
        merge(curve, curve),
        curve.from_time(clock.now()),
        extend(curve, curve.slots[-1].end + HOUR),
        from_plain(type(curve), to_plain(curve)),
    ):
        assert (other.credits, other.caps) == (curve.credits, curve.caps)
    past = await source.history(clock.now() - 48 * HOUR, clock.now())
    assert past.slots
    assert not past.credits
    assert not past.caps


@pytest.mark.parametrize("credit", [[], {"amount": 1}, {"amount": "x"}])
def test_a_credit_that_cannot_be_read(credit: object, clock: ManualClock) -> None:
    """It is a tariff that nobody knows."""
    settings = contract("globird_zerohero_2026", credit=credit)
    with pytest.raises(UnknownTariffError):
        from_settings(nobody, settings, now=clock.now)  # type: ignore[arg-type]
