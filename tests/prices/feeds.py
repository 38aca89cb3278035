"""Feeds of prices that can be asked anew, and whose answers can be spoilt."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import Json, JsonObject
from custom_components.power_sync.prices.protocols import PriceEntity, PriceSource
from custom_components.power_sync.prices.registry import (
    ACTION_PROVIDERS,
    ENTITY_PROVIDERS,
    PROVIDERS,
)
from simulators.aemo import AemoSimulator
from simulators.amber import AmberSimulator
from simulators.clock import ManualClock
from simulators.day_ahead import DayAhead
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault, RestSimulator, Spoil

from .amber_home import amber_settings
from .flow_power_home import flow_power_settings

NOON = datetime(2026, 1, 14, 12, 0, 40, tzinfo=UTC)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
FORMULA: dict[str, Json] = {
    "currency": "EUR",
    "import_factor": 1.21,
    "import_addition": 0.15,
    "export_factor": 1.0,
    "export_addition": -0.02,
    "standing_per_day": None,
}


class Feed(Protocol):
    """A feed that can be asked anew, and whose answers can be spoilt."""

    spoil: Spoil | None
    clock: ManualClock
    within: float
    """So far its prices may be off where rows are missing."""

    def source(self) -> PriceSource:
        """Return a source that knows nothing yet."""


class WebFeed:
    """A provider's simulator on a socket."""

    def __init__(
        self,
        provider: str,
        settings: JsonObject,
        simulators: list[RestSimulator],
        clock: ManualClock,
        stack: AsyncExitStack,
    ) -> None:
        """Take what runs already; the sessions close with `stack`."""
        self.clock = clock
        # Of a past with gaps, the mean is another one.
        self.within = 0.005 if provider == "flow_power" else 1e-6
        self._provider = provider
        self._settings = settings
        self._simulators = simulators
        self._stack = stack
        self.has_token = any(isinstance(each, AmberSimulator) for each in simulators)

    @property
    def spoil(self) -> Spoil | None:
        """What becomes of the answers."""
        return self._simulators[0].spoil

    @spoil.setter
    def spoil(self, spoil: Spoil | None) -> None:
        for simulator in self._simulators:
            simulator.spoil = spoil

    def fail(self, fault: Fault | None) -> None:
        """Let every request fail."""
        for simulator in self._simulators:
            simulator.standing_fault = fault

    def source(self) -> PriceSource:
        """Return a source; what one was told in its session, another is not."""
        session = ClientSession()
        self._stack.push_async_callback(session.close)
        return PROVIDERS[self._provider](session, self._settings, now=self.clock.now)


class ActionFeed:
    """Another integration that answers as the facts say; the rows have a day each."""

    def __init__(self, integration: str) -> None:
        """Serve the recorded prices."""
        self._integration = integration
        self.spoil: Spoil | None = None
        self.clock = ManualClock(NOON)
        self.within = 1e-6

    def source(self) -> PriceSource:
        """Return a source."""
        settings: dict[str, Json] = {
            **FORMULA,
            "integration": self._integration,
            "config_entry_id": "entry",
            "place": "NL",
            "hourly": False,
        }
        return ACTION_PROVIDERS["day_ahead"](self._act, settings, now=self.clock.now)

    async def _act(
        self, domain: str, action: str, data: JsonObject
    ) -> Mapping[str, object]:
        answer = self._answer(data)
        spoilt = answer if self.spoil is None else self.spoil(answer)
        assert isinstance(spoilt, dict)
        return spoilt

    def _answer(self, data: JsonObject) -> dict[str, object]:
        first = data.get("date") or data["start"]
        day = datetime.fromisoformat(str(first)).date()
        rows = DayAhead().day(day, NOON)
        match self._integration:
            case "nordpool":
                return {
                    "NL": [
                        {
                            "start": row.start.isoformat(),
                            "end": row.end.isoformat(),
                            "price": row.price_per_mwh,
                        }
                        for row in rows
                    ]
                }
            case "tibber":
                return {
                    "prices": {
                        "NL": [
                            {
                                "start_time": row.start.isoformat(),
                                "price": row.price_per_mwh / 1000,
                            }
                            for row in rows
                        ]
                    }
                }
            case _:
                ends = self._integration == "energyzero"
                return {
                    "prices": [
                        {
                            "timestamp": str(row.start),
                            "price": row.price_per_mwh / 1000,
                            **({"end": str(row.end)} if ends else {}),
                        }
                        for row in rows
                    ]
                }


class EntityFeed:
    """An entity with the prices of today and tomorrow, with or without ends."""

    def __init__(self, *, ends: bool) -> None:
        """Show the recorded prices."""
        self._ends = ends
        self.spoil: Spoil | None = None
        self.clock = ManualClock(NOON)
        self.within = 1e-6

    def source(self) -> PriceSource:
        """Return a source."""
        settings: dict[str, Json] = {
            **FORMULA,
            "zone": "Europe/Berlin",
            "import_entity": "sensor.price",
            "export_entity": None,
            "export_per_kwh": 0.08,
            "published": True,
        }
        return ENTITY_PROVIDERS["entity"](self._read, settings, now=self.clock.now)

    def _read(self, entity_id: str) -> PriceEntity:
        today = NOON.astimezone(BERLIN).date()
        shown: object = {
            f"raw_{name}": [
                {
                    "start": row.start.isoformat(),
                    "value": row.price_per_mwh / 1000,
                    **({"end": row.end.isoformat()} if self._ends else {}),
                }
                for row in DayAhead().day(day, NOON)
            ]
            for name, day in (("today", today), ("tomorrow", today + DAY))
        }
        if self.spoil is not None:
            shown = self.spoil(shown)
        assert isinstance(shown, dict)
        return PriceEntity(shown, "EUR/kWh", None)


async def web_feed(name: str, clock: ManualClock, stack: AsyncExitStack) -> WebFeed:
    """Start a provider's simulators, and return its feed."""
    if name == "octopus":
        octopus = await stack.enter_async_context(OctopusSimulator(clock))
        settings: JsonObject = {
            "import_product": "AGILE-24-10-01",
            "export_product": "AGILE-OUTGOING-19-05-13",
            "region": "D",
            "base_url": octopus.url,
        }
        return WebFeed("octopus", settings, [octopus], clock, stack)
    if name == "flow_power":
        aemo = await stack.enter_async_context(AemoSimulator(clock))
        return WebFeed("flow_power", flow_power_settings(aemo), [aemo], clock, stack)
    amber = await stack.enter_async_context(AmberSimulator(clock))
    amber.allowed = 1000
    if name == "amber":
        return WebFeed("amber", amber_settings(amber), [amber], clock, stack)
    aemo = await stack.enter_async_context(AemoSimulator(clock))
    settings = {
        **flow_power_settings(aemo),
        **{
            key: value
            for key, value in amber_settings(amber).items()
            if key in ("token", "site_id", "interval_min", "base_url")
        },
        "source": "amber",
    }
    return WebFeed("flow_power", settings, [amber, aemo], clock, stack)
