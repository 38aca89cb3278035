"""Public holidays: by hand, from a calendar as Home Assistant's action answers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.model.plain import Json, JsonObject
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.prices.fixed import FixedPriceSource, from_settings
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceUnreachableError,
)
from simulators.clock import ManualClock

CALENDAR = "calendar.holidays_in_victoria"
MELBOURNE = ZoneInfo("Australia/Melbourne")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ALL_MONTHS: list[Json] = [*range(1, 13)]
PEAK: JsonObject = {
    "direction": "import",
    "price_per_kwh": 0.45,
    "start": "16:00",
    "end": "21:00",
    "weekdays": [0, 1, 2, 3, 4],
    "months": ALL_MONTHS,
}
NIGHT: JsonObject = {**PEAK, "price_per_kwh": 0.15, "start": "22:00", "end": "06:00"}
QUIET: JsonObject = {**PEAK, "price_per_kwh": 0.2, "start": "10:00", "end": "12:00"}
SETTINGS: JsonObject = {
    "currency": "AUD",
    "zone": "Australia/Melbourne",
    "import_per_kwh": 0.28,
    "export_per_kwh": 0.05,
    "standing_per_day": None,
    "holidays": CALENDAR,
    "rates": [
        PEAK,
        {**QUIET, "weekdays": [5, 6, 7]},
        {**NIGHT, "weekdays": [*range(7)]},
    ],
}
# Australia Day of 2026 is a Monday; 23 January a Friday.
AUSTRALIA_DAY = {"start": "2026-01-26", "end": "2026-01-27", "summary": "Australia Day"}


class Calendar:
    """A calendar, and what it was asked."""

    def __init__(self) -> None:
        """Have one holiday, beside what is none."""
        self.events: object = [
            AUSTRALIA_DAY,
            # Neither what has a time of day nor what nobody can read is a holiday.
            {
                "start": "2026-01-23T09:00:00+11:00",
                "end": "2026-01-23T17:00:00+11:00",
                "summary": "Fair",
            },
            {"start": "soon", "end": None},
            "Monday",
        ]
        self.asked: list[tuple[str, str, JsonObject]] = []
        self.gone = False

    async def act(
        self, domain: str, action: str, data: JsonObject
    ) -> Mapping[str, object]:
        """Answer."""
        self.asked.append((domain, action, data))
        return {} if self.gone else {CALENDAR: {"events": self.events}}


@pytest.fixture
def calendar() -> Calendar:
    """Return the calendar."""
    return Calendar()


@pytest.fixture
def clock() -> ManualClock:
    """Return the evening before Australia Day, 20:00 on the wall."""
    return ManualClock(datetime(2026, 1, 25, 9, tzinfo=UTC))


@pytest.fixture
def source(calendar: Calendar, clock: ManualClock) -> FixedPriceSource:
    """Return the source."""
    return from_settings(calendar.act, SETTINGS, now=clock.now)


def price(curve: PriceCurve, day: int, hour: int) -> float:
    """Return what is paid at an hour in Melbourne, in January 2026."""
    when = datetime(2026, 1, day, hour, tzinfo=MELBOURNE)
    found = curve.import_series.at(when.astimezone(UTC))
    assert found is not None
    return found


async def test_a_holiday_is_no_monday(
    source: FixedPriceSource, calendar: Calendar
) -> None:
    """No peak from 16:00, but what Sundays have; a rate of all days stays."""
    curve = await source.fetch()
    hours = (0, 10, 16, 20, 23)
    sunday, holiday, tuesday = (
        [price(curve, day, hour) for hour in hours] for day in (25, 26, 27)
    )
    assert sunday == holiday == [0.15, 0.2, 0.28, 0.28, 0.15]
    assert tuesday == [0.15, 0.28, 0.45, 0.45, 0.15]
    assert calendar.asked == [
        (
            "calendar",
            "get_events",
            {
                "entity_id": CALENDAR,
                # A day before what is priced, to midnight behind it.
                "start_date_time": "2026-01-23T00:00:00+11:00",
                "end_date_time": "2026-01-29T00:00:00+11:00",
            },
        )
    ]


async def test_a_night_that_begins_on_a_holiday(
    calendar: Calendar, clock: ManualClock
) -> None:
    """It goes on into Tuesday by the holiday's rates, as it began."""
    nights: JsonObject = {**SETTINGS, "rates": [NIGHT]}
    curve = await from_settings(calendar.act, nights, now=clock.now).fetch()
    # Sunday has no such night, nor has the holiday; Tuesday's begins at 22:00.
    assert [price(curve, 26, hour) for hour in (3, 23)] == [0.28, 0.28]
    assert [price(curve, 27, hour) for hour in (3, 23)] == [0.28, 0.15]


async def test_holidays_of_several_days(
    source: FixedPriceSource, calendar: Calendar, clock: ManualClock
) -> None:
    """The end is the day after the last one; one without an end is one day."""
    calendar.events = [{"start": "2026-01-26", "end": "2026-01-28"}]
    curve = await source.fetch()
    peaks = [price(curve, day, 17) for day in (26, 27, 28)]
    assert peaks == [0.28, 0.28, 0.45]
    calendar.events = [{"start": "2026-01-27"}]
    clock.advance(HOUR)
    curve = await source.fetch()
    peaks = [price(curve, day, 17) for day in (26, 27, 28)]
    assert peaks == [0.45, 0.28, 0.45]


async def test_outages(source: FixedPriceSource, calendar: Calendar) -> None:
    """Nobody knows the prices of a day of which nobody knows whether it is one."""
    calendar.gone = True
    with pytest.raises(PriceUnreachableError):
        await source.fetch()
    calendar.gone = False
    calendar.events = None
    with pytest.raises(PriceAnswerError):
        await source.fetch()


async def test_the_past_is_asked_for_once(
    source: FixedPriceSource, calendar: Calendar, clock: ManualClock
) -> None:
    """As all history is."""
    calendar.events = [{"start": "2025-12-25", "end": "2025-12-27"}]
    start = clock.now() - 40 * DAY
    past = await source.history(start, clock.now() + DAY)
    assert past.firm_until == clock.now()
    christmas = datetime(2025, 12, 25, 17, tzinfo=MELBOURNE).astimezone(UTC)
    assert past.import_series.at(christmas) == 0.28
    assert past.import_series.at(christmas - DAY) == 0.45
    await source.history(start + DAY, clock.now())
    assert len(calendar.asked) == 1
    assert (await source.history(clock.now(), start)).slots == ()
