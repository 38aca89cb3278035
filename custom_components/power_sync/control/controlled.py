"""One battery under control, and what is going on with it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging

from custom_components.power_sync.model.battery import (
    BatteryReading,
    Command,
    Mode,
    OwnerSetting,
)
from custom_components.power_sync.model.mains import Connection
from custom_components.power_sync.model.tariff import DayTariff

from .authority import Lease
from .car_hold import allowed_w, is_over
from .executor import BatteryExecutor
from .health import UNREADABLE_AFTER, HealthTracker
from .log import Outcome
from .order import Order
from .quality import RuleTimes
from .reasons import ControlReason
from .view import BatteryView, HoldStatus, Master, PlannedBy, SiteLimits

LOGGER = logging.getLogger(__name__)

CHECK_EVERY = timedelta(seconds=60)
RESUME_ABOVE_RESERVE_PCT = 2.0
RESUME_BELOW_TOP_PCT = 2.0
FULL_PCT = 100.0
"""At this highest level the battery itself says when it is full."""
SOC_UNKNOWN_POLLS = 3
POLLS_BRIDGED = 2.5
HOLD_SETTLES = timedelta(seconds=20)
HOLD_EXCESS_W = 150.0
"""A battery that gives this much more than it may is not held."""
HOLD_EXCESS_POLLS = 3
REST = timedelta(minutes=1)
_LEAVES = (Outcome.ALREADY, Outcome.TOO_SOON)
STARTING = Lease(
    master=Master.NORMAL, command=None, reason=ControlReason.STARTING, until=None
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a lease follows from, and when the plan in it was made."""

    view: BatteryView
    plan_made_at: datetime | None


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
    decided: Decided | None = None
    order: Order | None = None
    outcome: Outcome | None = None
    at_reserve: bool = False
    at_spike_floor: bool = False
    at_top: bool = False
    times: RuleTimes = field(default_factory=RuleTimes)
    failed: bool = False
    end_not_stored: bool = False
    hold_failed: frozenset[Mode] = frozenset()
    """Modes that were followed, and did not keep the battery from discharging."""
    planned_by: PlannedBy = PlannedBy.POWERSYNC
    owner_rules: Collection[OwnerSetting] = ()
    """The rules that its owner has set through PowerSync."""
    connection: Connection = Connection.ALL
    tariff: DayTariff | None = None
    """What it is to plan from, where it plans for itself."""
    tariff_since: datetime | None = None
    """When it took the tariff that it has from us; None where it has none."""
    _excess_polls: int = 0
    _ordered_at: datetime | None = None
    _polls_without_soc: int = 0
    _busy: bool = False
    _checked: datetime | None = None

    @property
    def battery_id(self) -> str:
        """The serial of the battery."""
        return self.executor.battery_id

    @property
    def told(self) -> Mode:
        """The mode of its last order: its owner's own before the first."""
        return Mode.SELF_CONSUMPTION if self.order is None else self.order.asked[0]

    def take(self, reading: BatteryReading, limits: SiteLimits) -> None:
        """Take a good poll."""
        self.health.good(reading)
        known = reading.soc_pct is not None
        self._polls_without_soc = 0 if known else self._polls_without_soc + 1
        self.judge_level(limits)
        self._judge_hold(reading)

    def _judge_hold(self, reading: BatteryReading) -> None:
        """Note a hold that the battery's own power shows to be none."""
        if is_over(self.lease.hold):
            self.hold_failed, self._excess_polls = frozenset(), 0
            return
        excess_w = self.hold_excess_w(reading)
        settled = (
            self._ordered_at is not None
            and reading.at - self._ordered_at > HOLD_SETTLES
        )
        if excess_w is None or not settled:
            return
        self._excess_polls = self._excess_polls + 1 if excess_w > HOLD_EXCESS_W else 0
        if self._excess_polls >= HOLD_EXCESS_POLLS and self.order is not None:
            self._excess_polls = 0
            self.hold_failed |= {self.order.asked[0]}

    def hold_excess_w(self, reading: BatteryReading | None) -> float | None:
        """Return how much more than allowed a held battery gives; None without."""
        command = None if self.order is None else self.order.command
        if (
            self.lease.hold is not HoldStatus.HOLDING
            or command is None
            or self.outcome is None
            or not self.outcome.good
            or reading is None
            or reading.battery_power_w is None
        ):
            return None
        return reading.battery_power_w - allowed_w(command)

    def judge_level(self, limits: SiteLimits) -> None:
        """Note whether the reserve or the highest level has been reached, or left."""
        reading = self.health.reading
        soc_pct = None if reading is None else reading.soc_pct
        if soc_pct is None:
            return
        self.at_reserve = _at(soc_pct, limits.reserve_pct, already=self.at_reserve)
        self.at_spike_floor = _at(
            soc_pct, limits.in_spike.reserve_pct, already=self.at_spike_floor
        )
        if limits.max_soc_pct >= FULL_PCT:
            self.at_top = False
        elif soc_pct >= limits.max_soc_pct:
            self.at_top = True
        elif soc_pct <= limits.max_soc_pct - RESUME_BELOW_TOP_PCT:
            self.at_top = False

    @property
    def knows_car(self) -> bool:
        """Whether it was last decided on with a car that draws power."""
        return self.decided is not None and self.decided.view.car is not None

    @property
    def soc_unknown(self) -> bool:
        """Whether the last polls said nothing of the state of charge."""
        return self._polls_without_soc >= SOC_UNKNOWN_POLLS

    def due(self, order: Order, now: datetime) -> bool:
        """Whether the executor has anything to do for this order now."""
        before = self.order
        if (
            before is None
            or order.by_user
            or (before.asked[0], before.dry_run) != (order.asked[0], order.dry_run)
            or (order.gives_back and not before.gives_back)
        ):
            return True
        if (
            before.asked[0] is order.asked[0]
            and before.asked != order.asked
            and self.outcome not in (Outcome.REFUSED, Outcome.NOT_FOLLOWED)
        ):
            return True
        waits = self._busy or not self.executor.patience.ready(now)
        if waits or self.outcome is Outcome.DRY_RUN:
            return False
        match self.outcome:
            case Outcome.FOLLOWED | Outcome.ALREADY if order.gives_back:
                return self.executor.held
            case Outcome.FOLLOWED | Outcome.ALREADY:
                return self._checked is None or now - self._checked >= CHECK_EVERY
            case _:
                return True

    def steps_back(self, mode: Mode) -> bool:
        """Whether a new mode ends a forced power, or a hold begins with it."""
        before = self.told
        forced = (Mode.CHARGE, Mode.DISCHARGE)
        if mode is before or mode in forced:
            return False
        return before in forced or mode is not Mode.SELF_CONSUMPTION

    def recheck(self) -> None:
        """Look at the device again with the next tick."""
        self._checked = None

    async def carry_out(self, order: Order) -> None:
        """Have the executor carry an order out, and keep what came of it."""
        if self.order is None or self.order.asked[0] is not order.asked[0]:
            self._ordered_at = self.executor.clock.now()
        self.order = order
        self._busy = True
        try:
            outcome = await self.executor.carry_out(order)
        except BaseException:
            # What came of the order before says nothing of this one.
            self.outcome = None
            raise
        finally:
            # A newer order may be under way by now.
            self._busy = self.order is not order
        if outcome is not Outcome.SUPERSEDED:
            self.outcome = outcome
            self._checked = self.executor.clock.now()
            self._note_tariff(order, outcome)

    def _note_tariff(self, order: Order, outcome: Outcome) -> None:
        """Note since when the battery has a tariff of ours to plan from."""
        planned = order.command is not None and order.command.tariff is not None
        if outcome is Outcome.FOLLOWED:
            self.tariff_since = self._checked if planned else None
        elif not self.executor.held:
            self.tariff_since = None
        elif planned and self.tariff_since is None and outcome in _LEAVES:
            # What it has, it has from before a crash.
            self.tariff_since = self.executor.record.told_at

    async def carry_out_safely(self, order: Order) -> None:
        """Carry an order out that the lease says nothing of. Raises nothing."""
        try:
            await self.carry_out(order)
        except Exception:
            LOGGER.exception("A battery could not be given back")

    async def give_back(self, reason: ControlReason) -> None:
        """Give the battery back to its owner, whatever the lease says.

        Raises nothing, so that it keeps no other battery from being given back.
        """
        await self.carry_out_safely(giving_back(reason))


def _at(soc_pct: float, floor_pct: float, *, already: bool) -> bool:
    """Whether a level is down at a floor; one that was is so until 2 points above."""
    if soc_pct <= floor_pct:
        return True
    return already and soc_pct < floor_pct + RESUME_ABOVE_RESERVE_PCT


def shares(chosen: list[Controlled], mode: Mode) -> Iterable[tuple[Controlled, float]]:
    """Yield each battery with its share of the power of those chosen."""

    def weight(battery: Controlled) -> float:
        if mode is Mode.CHARGE:
            return battery.share_charge
        return battery.share_discharge

    total = sum(weight(battery) for battery in chosen)
    for battery in chosen:
        yield battery, weight(battery) / total if total else 1 / len(chosen)


def giving_back(reason: ControlReason, *, cautious: bool = False) -> Order:
    """Return the order that gives a battery back to its owner."""
    return Order(
        command=None, master=Master.NORMAL.value, reason=reason, cautious=cautious
    )


def resting(battery: Controlled) -> Order:
    """Return the order to rest until all that end a forced power have ended it."""
    charged = battery.told is Mode.CHARGE
    until = battery.executor.clock.now() + REST
    return Order(
        command=Command(Mode.STANDBY, None, until),
        master=Master.NORMAL.value,
        reason=ControlReason.OTHER_CHARGES if charged else ControlReason.OTHER_EXPORTS,
    )


def in_shares(executors: Iterable[BatteryExecutor]) -> dict[str, Controlled]:
    """Return the batteries by serial, each with its share of the site's power."""
    able = {each: each.driver.capabilities for each in executors}
    charge = sum(each.max_charge_w for each in able.values())
    discharge = sum(each.max_discharge_w for each in able.values())
    return {
        executor.battery_id: Controlled(
            executor=executor,
            # One lost answer is nothing yet, however rarely it is asked.
            health=HealthTracker(
                max(UNREADABLE_AFTER, POLLS_BRIDGED * each.poll_every)
            ),
            share_charge=each.max_charge_w / charge if charge else 1.0,
            share_discharge=each.max_discharge_w / discharge if discharge else 1.0,
        )
        for executor, each in able.items()
    }
