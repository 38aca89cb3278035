"""How long a server asks to be left alone, as HTTP says it."""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait a server asks for, in either form of RFC 9110 10.2.3.

    A date is taken relative to the server's own `Date`, so that neither clock
    has to be right. What cannot be read counts as not said.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return seconds(text)
    try:
        return parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])
    except ValueError, TypeError, KeyError, OverflowError:
        return None


def seconds(text: str) -> timedelta | None:
    """Return a wait in whole seconds; None where it is not one."""
    try:
        return timedelta(seconds=int(text)) if text.strip().isdecimal() else None
    except OverflowError, ValueError:
        return None
