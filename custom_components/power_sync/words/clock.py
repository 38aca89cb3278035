"""Times of day as the home's clock shows them."""

from datetime import datetime, timedelta, tzinfo

from .texts import Texts


def clock(when: datetime, zone: tzinfo) -> str:
    """Return the time of day; with its zone in the hour that a change repeats."""
    local = when.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return local.strftime("%H:%M %Z" if twice else "%H:%M")


def day_name(when: datetime, now: datetime, zone: tzinfo, texts: Texts) -> str:
    """Return today, tomorrow, or the short name of the weekday."""
    day = when.astimezone(zone).date()
    today = now.astimezone(zone).date()
    if day == today:
        return texts("today")
    if day == today + timedelta(days=1):
        return texts("tomorrow")
    return texts(f"weekday_{day.weekday()}")


def moment(
    when: datetime,
    now: datetime,
    zone: tzinfo,
    texts: Texts,
    spoken_of: datetime | None = None,
) -> str:
    """Return the time of day, and the day unless that goes without saying.

    That is the day that is `spoken_of`, today where nothing else is.
    """
    time = clock(when, zone)
    known = (now if spoken_of is None else spoken_of).astimezone(zone).date()
    if when.astimezone(zone).date() == known:
        return time
    day = day_name(when, now, zone, texts)
    return texts("time_on_day", time=time, day=day)


def capitalised(text: str) -> str:
    """Return a text as it begins a line."""
    return text[:1].upper() + text[1:]
