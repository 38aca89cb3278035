"""What a home has: batteries and car chargers, by config subentry."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .control.controller import Member
from .devices.chargers.protocol import Charger


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices of a site, by the id of their config subentry."""

    batteries: Mapping[str, Member] = field(repr=False)
    chargers: Mapping[str, Charger] = field(repr=False)
