"""The price feeds of the demo's homes: a home may move from one to another."""

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Self

from custom_components.power_sync.model.timegrid import floor_time
from simulators.aemo import AemoSimulator
from simulators.amber import AmberSimulator
from simulators.amber.server import HOME as AMBER_HOME
from simulators.clock import Clock, RealClock
from simulators.octopus import OctopusSimulator, PaymentMethod, Rate
from simulators.octopus.account import Dispatch, Session
from simulators.octopus.rates import VAT
from simulators.octopus.recorded import HALF_HOUR, agile_price

FIVE_MINUTES: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)
LOOKED_AT: Final = timedelta(minutes=45)
"""A cheap time lasts at least so long; no longer than a battery takes to fill."""
REGION: Final = "VIC1"
AGILE: Final = "AGILE-24-10-01"
CHEAP_RRP: Final = -300.0
"""Below all that was recorded, in $/MWh."""


SESSION_POINTS: Final = 1800
SESSION_GBP_PER_KWH: Final = SESSION_POINTS / 800
"""Eight points are a penny."""


class Feeds:
    """What answers for Octopus, Amber and the Australian market."""

    def __init__(self, clock: Clock) -> None:
        """Serve nothing before it is entered."""
        self._clock = clock
        self.octopus = OctopusSimulator(clock)
        self.amber = AmberSimulator(clock)
        boiler = replace(AMBER_HOME, channels=(*AMBER_HOME.channels, "controlledLoad"))
        self.amber.sites[boiler.site_id] = boiler
        self.aemo = AemoSimulator(clock)
        self._stack = AsyncExitStack()

    def make_this_hour_cheap(self, hours: int = 1) -> None:
        """Undercut every price ahead for a while, so that a plan charges now."""
        start = floor_time(self._clock.now(), HALF_HOUR)
        ahead = (agile_price(start + HALF_HOUR * index) for index in range(96))
        known = [price.import_inc_vat for price in ahead if price is not None]
        pence = min(0.1, min(known) - 5)
        end = start + hours * HOUR
        if end - self._clock.now() < LOOKED_AT:
            # The half-hour is nearly over, and what follows is to be looked at.
            end += HALF_HOUR
        cheap = Rate(pence / VAT, pence, start, end, PaymentMethod.DIRECT_DEBIT)
        self.octopus.extra_rows[AGILE] = [cheap]
        # An account's car is charged meanwhile, and is asked to save later on.
        account = self.octopus.accounts.account
        account.planned = [Dispatch(start, end)]
        later = end + 2 * HOUR
        account.sessions = [Session(later, later + HOUR, SESSION_POINTS)]
        for step in range((end - start) // FIVE_MINUTES):
            begun = start + step * FIVE_MINUTES
            self.amber.prices[begun] = CHEAP_RRP
            self.aemo.prices[REGION, begun] = CHEAP_RRP

    def have_this_hour_cost(self, pence: float) -> float:
        """Change Octopus's price of the cheap time; return what it was, in pence."""
        (cheap,) = self.octopus.extra_rows[AGILE]
        changed = replace(cheap, value_exc_vat=pence / VAT, value_inc_vat=pence)
        self.octopus.extra_rows[AGILE] = [changed]
        return cheap.value_inc_vat

    async def __aenter__(self) -> Self:
        """Start the simulators."""
        async with AsyncExitStack() as stack:
            for feed in (self.octopus, self.amber, self.aemo):
                await stack.enter_async_context(feed)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop them."""
        await self._stack.aclose()


def hour_begun() -> datetime:
    """Return when an hour began that is not over for long."""
    return floor_time(RealClock().now(), FIVE_MINUTES)
