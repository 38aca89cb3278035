"""Taking what is private out of what is shown to others."""

from collections.abc import Iterable, Mapping
from datetime import datetime
import re
from urllib.parse import urlsplit

from homeassistant.components.diagnostics import REDACTED

from .answers import Plain, PlainObject

SHOWN_TEXTS = frozenset(
    {
        "brand",
        "capacity_source",
        "currency",
        "direction",
        "domain",
        "end",
        "export_product",
        "import_product",
        "integration",
        "kind",
        "link",
        "model",
        "outlook",
        "parity",
        "provider",
        "region",
        "settings",
        "solar_source",
        "source",
        "start",
        "subentry_type",
        "sw_version",
        "via",
        "zone",
    }
)
"""Keys of what is stored whose texts are shown; all other texts are private."""

HIDDEN = frozenset(
    {
        "account",
        "api_key",
        "latitude",
        "longitude",
        "meter",
        "mpan",
        "mprn",
        "nmi",
        "password",
        "pin",
        "serial",
        "token",
    }
)
"""Keys of which not even a number is shown."""

LONGEST_NUMBER = 999_999
"""A greater one may be an account's or a meter's."""

_COORDINATE_DIGITS = range(2, 7)
_PATTERNS = (
    # An address with whatever user and password are in it.
    re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE),
    re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
    re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"),
    re.compile(r"\b[0-9a-f]{2}([:-][0-9a-f]{2}){5}\b", re.IGNORECASE),
    # Keys and tokens: long, of letters and digits.
    re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])\w{20,}\b", re.ASCII),
    re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE),
    # Account and meter numbers.
    re.compile(r"\b\d{9,}\b"),
)


def stored(value: object, key: str = "") -> Plain:
    """Return what is stored of a site, with only such texts as say nothing private.

    What is added to the stored data is private until it is named here.
    """
    match value:
        case Mapping():
            return {str(name): stored(item, str(name)) for name, item in value.items()}
        case list() | tuple():
            return [stored(item, key) for item in value]
        case None | bool():
            return value
        case int() | float() if key not in HIDDEN and abs(value) <= LONGEST_NUMBER:
            return value
        case str() if key in SHOWN_TEXTS:
            return value
    return REDACTED


def texts_in(value: object) -> Iterable[str]:
    """Yield the texts in stored data that are private."""
    match value:
        case Mapping():
            for key, item in value.items():
                if key not in SHOWN_TEXTS:
                    yield from texts_in(item)
        case list() | tuple():
            for item in value:
                yield from texts_in(item)
        case str():
            yield value
            yield from _parts_of_address(value)
        case int() | float() if abs(value) > LONGEST_NUMBER:
            yield str(value)


def _parts_of_address(text: str) -> Iterable[str]:
    """Yield user, password and host of an address."""
    try:
        parts = urlsplit(text)
        found = (parts.username, parts.password, parts.hostname)
    except ValueError:
        return
    if parts.scheme:
        yield from (part for part in found if part)


def coordinate_texts(degrees: float) -> list[str]:
    """Return a coordinate as it may be written within a text."""
    return [str(degrees), *(f"{degrees:.{digits}f}" for digits in _COORDINATE_DIGITS)]


class Redactor:
    """Cuts known secrets, and what looks like one, out of texts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Know secrets by heart; the longest is looked for first."""
        known = sorted({each for each in secrets if each.strip()}, key=len)
        self._known = [_whole_words(each) for each in reversed(known)]

    def text(self, text: str) -> str:
        """Return a text without the secrets in it."""
        return self._cut(text, (*_PATTERNS, *self._known))

    def _cut(self, text: str, patterns: Iterable[re.Pattern[str]]) -> str:
        for pattern in patterns:
            text = pattern.sub(REDACTED, text)
        return text

    def plain(self, value: object) -> Plain:
        """Return a value as JSON can hold it, with the secrets cut out of its texts."""
        match value:
            case None | bool() | int() | float():
                return value
            case datetime():
                return value.isoformat()
            case Mapping():
                return self.plain_object(value)
            case list() | tuple():
                return [self.plain(item) for item in value]
            case set() | frozenset():
                return sorted((self.plain(item) for item in value), key=str)
            case _:
                return self.text(str(value))

    def plain_object(self, value: Mapping[object, object]) -> PlainObject:
        """Return a mapping as JSON can hold it."""
        return {self._key(str(key)): self.plain(item) for key, item in value.items()}

    def _key(self, key: str) -> str:
        """Return a key; our own words stay, whatever a secret is called."""
        own = key.isidentifier() and key.islower()
        return key if own else self._cut(key, self._known)


def _whole_words(secret: str) -> re.Pattern[str]:
    """Return what finds a secret, but not within a longer word.

    An address such as "solar" would else take half the keys with it.
    """
    before = r"\b" if re.match(r"\w", secret) else ""
    after = r"\b" if re.search(r"\w\Z", secret) else ""
    return re.compile(f"{before}{re.escape(secret)}{after}", re.IGNORECASE)
