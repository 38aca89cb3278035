"""What is known of a home at one moment, as the ledger needs it."""

from dataclasses import dataclass
from datetime import datetime

from custom_components.power_sync.planner.problem import BatterySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One reading of all batteries and of the meter.

    Powers in W in the common signs; the battery's is that of all together, and
    `battery` all of them merged to one. `acting` is whether any of them may hold
    settings of ours. `stored_value_per_kwh` is what the plan says that a kWh in
    the cells is worth, None where it says nothing. `event_per_kwh` is what a contract
    pays on top of the price for what is sold, such as in a spike of the market.
    """

    at: datetime
    grid_w: float
    battery_w: float
    battery: BatterySpec
    export_limit_w: float | None = None
    acting: bool = False
    stored_value_per_kwh: float | None = None
    event_per_kwh: float = 0.0

    @property
    def stored_kwh(self) -> float:
        """The energy in the cells."""
        return self.battery.soc_pct / 100 * self.battery.capacity_kwh
