"""Car chargers: one module per kind, and one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .entities import THROUGH_ENTITIES
from .protocol import ChargerKind
from .zappi import ZAPPI

CHARGERS: Final[Mapping[str, ChargerKind]] = MappingProxyType(
    {kind.key: kind for kind in (ZAPPI, THROUGH_ENTITIES)}
)
