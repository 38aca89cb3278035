"""All electricity providers: a new one is a module and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from . import amber, day_ahead, entity, fixed, flow_power_settings, octopus_account
from .protocols import ActionFactory, EntityFactory, SourceFactory

PROVIDERS: Mapping[str, SourceFactory] = MappingProxyType(
    {
        "octopus": octopus_account.from_settings,
        "amber": amber.from_settings,
        "flow_power": flow_power_settings.from_settings,
    }
)
ENTITY_PROVIDERS: Mapping[str, EntityFactory] = MappingProxyType(
    {
        "entity": entity.from_settings,
    }
)
"""Those that are read from what Home Assistant shows already."""
ACTION_PROVIDERS: Mapping[str, ActionFactory] = MappingProxyType(
    {
        "day_ahead": day_ahead.from_settings,
        "fixed": fixed.from_settings,
    }
)
"""Those that other integrations are asked for, or may be."""
FOLLOW_MARKET = frozenset({"amber", "flow_power"})
"""Those whose prices follow Australia's market: a spike of it is in them."""
STATED_RATES = frozenset({"fixed"})
"""Those whose prices stand in a contract: what the market does is never in them."""
MARK_SPIKES = frozenset({"amber"})
"""Those that say of each price whether it is a spike."""
DOUBT_FORECASTS = frozenset({"amber"})
"""Those that say how dear a price that they forecast may become."""
