"""The demo's home: a recorded household with a battery, and where prices come from."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Self

from simulators.clock import RealClock
from simulators.home import Cells, SimulatedHome
from simulators.modbus_serial import SerialLine
from simulators.neighbours import neighbours
from simulators.phases import PhaseMeter, Phases
from simulators.profile import RecordedHousehold
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_station import SimulatedStation
from simulators.sigenergy import SigenergySimulator
from simulators.sungrow import SH10RT, SungrowModel, SungrowSimulator
from simulators.tesla import TeslaSimulator, TeslaSite
from simulators.tesla.gateway import Told

from .drive import Drive
from .feeds import Feeds

CAPACITY_KWH = 12.8
POWER_W = 6600.0
FLAT: dict[str, object] = {
    "daily_charges": [{"name": "Charge"}],
    "demand_charges": {"ALL": {"rates": {"ALL": 0}}},
    "energy_charges": {"ALL": {"rates": {"ALL": 0.25}}},
    "seasons": {
        "Summer": {
            "fromDay": 1,
            "fromMonth": 1,
            "toDay": 31,
            "toMonth": 12,
            "tou_periods": {"ON_PEAK": {"periods": [{"toDayOfWeek": 6, "toHour": 24}]}},
        }
    },
}

TESLA_OWNER = Told(
    tariff={
        "version": 1,
        "code": "AGILE",
        "name": "Agile Octopus",
        "utility": "Octopus",
        "currency": "GBP",
        **FLAT,
        "sell_tariff": {"name": "Outgoing", "utility": "Octopus", **FLAT},
    }
)
"""As its owner has set the Powerwall, with a tariff of one price."""
SECOND_CELLS = Cells(capacity_kwh=8.1, max_charge_w=4000.0, max_discharge_w=4500.0)
SECOND_SOC_PCT = 70.0


type Inverter = SungrowSimulator | SigenergySimulator


def sungrow(
    home: SimulatedHome,
    model: SungrowModel = SH10RT,
    *,
    rtu: bool = False,
    single_client: bool = False,
) -> Inverter:
    """Return a Sungrow with what its owner has set, to be found after each restore."""
    inverter = SungrowSimulator(home, model=model, rtu=rtu)
    inverter.faults.single_client = single_client
    if model.has_power_ceilings:
        inverter.owner_writes(33047, 500)
    else:
        inverter.owner_writes(13058, 80)
    return inverter


def sigenergy(home: SimulatedHome) -> Inverter:
    """Return a plant of two inverters behind an AC charger, set by its owner."""
    plant = SigenergySimulator(
        home,
        serials=("SIG0123456789", "SIG0123456790"),
        inverter_units=(2, 3),
        charger_unit=1,
    )
    plant.owner_writes(40034, 5000)
    plant.owner_writes(40046, 150)
    return plant


class DemoHome:
    """The simulators of a home, running in real time on this machine only."""

    def __init__(
        self,
        soc_pct: float = 45.0,
        inverter: Callable[[SimulatedHome], Inverter] = sungrow,
        *,
        second: Callable[[SimulatedHome], Inverter] | None = None,
        rated_w: float = 10_000,
        serial: bool = False,
    ) -> None:
        """Build the home; nothing runs before it is entered.

        With `serial` the inverter is at a serial port, not in the network. A `second`
        inverter has a battery of its own, behind the same meter. The inverter is on
        the first of three phases, where anybody looks at them.
        """
        clock, household = RealClock(), RecordedHousehold()
        power_w = min(POWER_W, rated_w)
        cells = Cells(
            capacity_kwh=CAPACITY_KWH, max_charge_w=power_w, max_discharge_w=power_w
        )
        self.home = SimulatedHome(
            clock, household, cells=cells, soc_pct=soc_pct, rated_w=rated_w
        )
        if second is not None:
            self.home, other = neighbours(
                clock, household, (cells, soc_pct), (SECOND_CELLS, SECOND_SOC_PCT)
            )
        self.inverter = inverter(self.home)
        self.inverters = [self.inverter]
        """Those that PowerSync controls."""
        if second is not None:
            self.inverters.append(second(other))
        self._line = SerialLine(self.inverter) if serial else None
        self.cloud = SigenCloudSimulator(clock, [SimulatedStation(self.home)])
        self.tesla = TeslaSimulator(clock, [TeslaSite(self.home, TESLA_OWNER)])
        # Tesla's own wait would hold each step up for four minutes.
        self.tesla.tariff_every = timedelta(0)
        self.feeds = Feeds(clock)
        self.phases = Phases(self.home, inverter_on=(0,))
        self.phase_meter = PhaseMeter(clock, self.phases)
        self.drive = Drive(clock, self.home)
        self._stack = AsyncExitStack()

    @property
    def serial_port(self) -> str:
        """The path of the serial port; empty where the inverter is at none."""
        return "" if self._line is None else self._line.path

    async def __aenter__(self) -> Self:
        """Start the simulators."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._line or self.inverter)
            for inverter in self.inverters[1:]:
                await stack.enter_async_context(inverter)
            await stack.enter_async_context(self.cloud)
            await stack.enter_async_context(self.tesla)
            await stack.enter_async_context(self.feeds)
            await stack.enter_async_context(self.phase_meter)
            await stack.enter_async_context(self.drive)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop them."""
        await self._stack.aclose()
