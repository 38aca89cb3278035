"""Public holidays, as a calendar of Home Assistant has them."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .protocols import Act, PriceAnswerError, PriceUnreachableError

DAY = timedelta(days=1)
MOST_DAYS = 366
"""No event lasts longer: an endless one would be a mistake."""


class Holidays:
    """Asks a calendar which days are holidays; an event of whole days makes them so."""

    def __init__(self, entity_id: str, zone: ZoneInfo, act: Act) -> None:
        """Ask the calendar with `act`; its days are those of `zone`."""
        self._entity_id = entity_id
        self._zone = zone
        self._act = act
        self._known: dict[date, bool] = {}

    async def between(
        self, start: datetime, end: datetime, *, anew: bool
    ) -> frozenset[date]:
        """Return the holidays from `start` to `end`, and a day before.

        What is known is asked again only if `anew`, for somebody may change the
        calendar. Raises PriceUnreachableError and PriceAnswerError.
        """
        # A night that began on a holiday goes on into the next day.
        first = start.astimezone(self._zone).date() - DAY
        last = end.astimezone(self._zone).date()
        days = [first + DAY * ahead for ahead in range((last - first).days + 1)]
        if anew or any(day not in self._known for day in days):
            found = await self._ask(first, last + DAY)
            self._known |= {day: day in found for day in days}
        return frozenset(day for day in days if self._known[day])

    async def _ask(self, first: date, end: date) -> frozenset[date]:
        answer = await self._act(
            "calendar",
            "get_events",
            {
                "entity_id": self._entity_id,
                "start_date_time": self._midnight(first),
                "end_date_time": self._midnight(end),
            },
        )
        calendar = answer.get(self._entity_id)
        if calendar is None:
            raise PriceUnreachableError("the calendar of holidays is not available")
        events = calendar.get("events") if isinstance(calendar, Mapping) else None
        if not isinstance(events, list):
            raise PriceAnswerError("the calendar of holidays has no list of events")
        return frozenset(day for event in events for day in _days(event))

    def _midnight(self, day: date) -> str:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).isoformat()


def _days(event: object) -> Iterator[date]:
    """Yield the days of an event; one with times of day has none."""
    if not isinstance(event, Mapping):
        return
    start, end = _date(event.get("start")), _date(event.get("end"))
    if start is None:
        return
    yield start
    for ahead in range(1, 0 if end is None else min((end - start).days, MOST_DAYS)):
        yield start + DAY * ahead


def _date(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
