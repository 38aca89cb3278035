"""All electricity providers: a new one is a module and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from . import octopus
from .protocols import SourceFactory

PROVIDERS: Mapping[str, SourceFactory] = MappingProxyType(
    {
        "octopus": octopus.from_settings,
    }
)
