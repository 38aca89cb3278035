"""The demo's home: a recorded household with a Sungrow battery on Octopus Agile."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Self

from custom_components.power_sync.model.timegrid import floor_time
from simulators.clock import RealClock
from simulators.home import Cells, SimulatedHome
from simulators.octopus import OctopusSimulator, PaymentMethod, Rate
from simulators.octopus.recorded import HALF_HOUR, agile_price
from simulators.profile import RecordedHousehold
from simulators.sungrow import SungrowSimulator

HOUR = timedelta(hours=1)
CAPACITY_KWH = 12.8
POWER_W = 6600.0


class DemoHome:
    """The simulators of a home, running in real time on this machine only."""

    def __init__(self, soc_pct: float = 45.0) -> None:
        """Build the home; nothing runs before it is entered."""
        clock = RealClock()
        self.home = SimulatedHome(
            clock,
            RecordedHousehold(),
            cells=Cells(
                capacity_kwh=CAPACITY_KWH, max_charge_w=POWER_W, max_discharge_w=POWER_W
            ),
            soc_pct=soc_pct,
        )
        self.inverter = SungrowSimulator(self.home)
        self.octopus = OctopusSimulator(clock)
        # What the owner has set, to be found again after every restore.
        self.inverter.owner_writes(33047, 500)
        self._stack = AsyncExitStack()

    def make_this_hour_cheap(self) -> None:
        """Undercut every price ahead for an hour, so that a plan charges now."""
        now = self.home.clock.now()
        start = floor_time(now, HALF_HOUR)
        ahead = (agile_price(start + HALF_HOUR * index) for index in range(96))
        known = [price.import_inc_vat for price in ahead if price is not None]
        pence = min(0.1, min(known) - 5)
        cheap = Rate(
            pence / 1.05, pence, start, start + HOUR, PaymentMethod.DIRECT_DEBIT
        )
        self.octopus.extra_rows["AGILE-24-10-01"] = [cheap]

    async def __aenter__(self) -> Self:
        """Start the simulators."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.inverter)
            await stack.enter_async_context(self.octopus)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop them."""
        await self._stack.aclose()
