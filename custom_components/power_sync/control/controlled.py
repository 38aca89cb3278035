"""One battery under control, and what is going on with it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from custom_components.power_sync.model.battery import BatteryReading

from .authority import Lease
from .executor import BatteryExecutor, Order
from .health import HealthTracker
from .log import Outcome
from .reasons import ControlReason
from .view import Master

CHECK_EVERY = timedelta(seconds=60)
RESUME_ABOVE_RESERVE_PCT = 2.0
STARTING = Lease(
    master=Master.NORMAL, command=None, reason=ControlReason.STARTING, until=None
)


@dataclass(slots=True)
class Controlled:
    """A battery, its lease, and the last order it was given.

    The shares are its parts of the site's charge and discharge power.
    """

    executor: BatteryExecutor
    share_charge: float
    share_discharge: float
    health: HealthTracker = field(default_factory=HealthTracker)
    lease: Lease = STARTING
    order: Order | None = None
    outcome: Outcome | None = None
    at_reserve: bool = False
    _busy: bool = False
    _checked: datetime | None = None

    @property
    def battery_id(self) -> str:
        """The serial of the battery."""
        return self.executor.battery_id

    def take(self, reading: BatteryReading, reserve_pct: float) -> None:
        """Take a good poll."""
        self.health.good(reading)
        if reading.soc_pct is None:
            return
        if reading.soc_pct <= reserve_pct:
            self.at_reserve = True
        elif reading.soc_pct >= reserve_pct + RESUME_ABOVE_RESERVE_PCT:
            self.at_reserve = False

    def due(self, order: Order, now: datetime) -> bool:
        """Whether the executor has anything to do for this order now."""
        before = self.order
        if (
            before is None
            or order.by_user
            or (before.asked, before.dry_run) != (order.asked, order.dry_run)
        ):
            return True
        if self._busy or not self.executor.patience.ready(now):
            return False
        match self.outcome:
            case Outcome.DRY_RUN:
                return False
            case Outcome.FOLLOWED | Outcome.ALREADY if order.gives_back:
                return self.executor.held
            case Outcome.FOLLOWED | Outcome.ALREADY:
                return self._checked is None or now - self._checked >= CHECK_EVERY
            case _:
                return True

    async def carry_out(self, order: Order) -> None:
        """Have the executor carry an order out, and keep what came of it."""
        self.order = order
        self._busy = True
        try:
            outcome = await self.executor.carry_out(order)
        finally:
            # A newer order may be under way by now.
            self._busy = self.order is not order
        if outcome is not Outcome.SUPERSEDED:
            self.outcome = outcome
            self._checked = self.executor.clock.now()

    async def give_back(self, reason: ControlReason) -> None:
        """Give the battery back to its owner, whatever the lease says."""
        await self.carry_out(
            Order(command=None, master=Master.NORMAL.value, reason=reason)
        )
