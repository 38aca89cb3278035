"""The control loop: keeps every battery of a site under exactly one master.

`tick` is called every few seconds and whenever something changed. It works out
each battery's lease, and has the executor carry it out where that is due. It
never raises: what fails is in the command log and in `problems`.
"""

import asyncio
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging

from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import BatteryReading
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.plan import Plan

from .authority import Lease, lease_for
from .clock import Clock
from .controlled import Controlled, Decided, giving_back, in_shares
from .executor import BatteryExecutor
from .feeding import Feeding
from .forcing import end_force, move_force
from .health import AccountTrouble
from .journal import Journal, JournalBook
from .log import CommandLog
from .market import Market
from .order import Order
from .phases import MeterLimits
from .problems import Problem, problems_of
from .reasons import ControlReason
from .seen import Seen, seen_beside
from .sight import Sight
from .together import rest_first
from .trace import Trace, moment_of
from .turns import in_turns
from .view import BatteryView, HoldMethod, SiteLimits

LOGGER = logging.getLogger(__name__)

WATCHDOG_AFTER = timedelta(seconds=120)
STOP_TRIES = 3
STOP_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Member:
    """A battery as the site hands it over: driver, and how to reach it again."""

    driver: BatteryDriver
    device: JsonObject = field(repr=False)


class ControlLoop:
    """All batteries of one site, and what keeps them in line."""

    def __init__(
        self,
        members: Iterable[Member],
        journal: Journal,
        clock: Clock,
        limits: SiteLimits,
    ) -> None:
        """Take the site's batteries; nothing is done before `start`."""
        self.clock = clock
        self.limits = limits
        self.log = CommandLog()
        self.book = JournalBook(journal)
        self.automatic = False
        self.dry_run = True
        self.hold: HoldMethod | None = None
        """How batteries are kept from feeding cars; None where they are not."""
        self.plan: Plan | None = None
        self.last_tick: datetime | None = None
        self.owner_settings_lost = False
        self.batteries = in_shares(
            BatteryExecutor(each.driver, each.device, self.book, self.log, clock)
            for each in members
        )
        self.market = Market()
        self.sight = Sight(self.batteries)
        self.feeding = Feeding()
        self.trace = Trace()
        self._listeners: list[Callable[[], None]] = []
        self.stray_failures: dict[str, int] = {}
        self.stopped = False

    # -- what the site tells us --------------------------------------------------

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every change; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def read(self, battery_id: str, reading: BatteryReading) -> None:
        """Take a good poll of a battery."""
        self.batteries[battery_id].take(reading, self.limits)
        now = self.clock.now()
        self.sight.read(reading, now, self.limits.mains)
        self.feeding.take(battery_id, self.batteries, now)

    def unread(
        self,
        battery_id: str,
        *,
        wrong_device: bool = False,
        account: AccountTrouble | None = None,
    ) -> None:
        """Take a failed poll of a battery."""
        self.batteries[battery_id].health.failed(
            wrong_device=wrong_device, account=account
        )

    # -- the loop ----------------------------------------------------------------

    async def tick(self) -> None:
        """Bring every battery in line with its lease. Never raises."""
        now = self.clock.now()
        if self.last_tick is not None and now < self.last_tick:
            self._clock_set_back(self.last_tick - now)
        self.last_tick = now
        if self.stopped:
            return
        await self._act(self.batteries.values())

    def _clock_set_back(self, by: timedelta) -> None:
        """Keep what is left of every force, and put no try off."""
        for battery in self.batteries.values():
            battery.executor.patience.forgive()
            battery.recheck()
            move_force(self.book, battery, by)

    async def watch(self) -> bool:
        """Give everything back where ticks have stopped coming; say if so."""
        now = self.clock.now()
        late = self.last_tick is not None and now - self.last_tick > WATCHDOG_AFTER
        if late and not self.stopped:
            LOGGER.warning("Control has not run for two minutes: batteries released")
            await asyncio.gather(
                *(b.give_back(ControlReason.WATCHDOG) for b in self.batteries.values())
            )
        return late

    async def stop(self, *, forget_forces: bool = False) -> bool:
        """Give every battery back and stop; returns whether all are back.

        A force whose end lies ahead stays in the journal and goes on after the
        next start, unless `forget_forces`.
        """
        self.stopped = True
        for attempt in range(STOP_TRIES):
            if attempt:
                await self.clock.sleep(STOP_RETRY_S)
            await self._give_back(self.batteries.values(), ControlReason.STOPPING)
            if not any(b.executor.held for b in self.batteries.values()):
                break
        ended = [
            battery
            for battery in self.batteries.values()
            if (force := battery.executor.record.force) is not None
            and (forget_forces or force.until <= self.clock.now())
        ]
        await asyncio.gather(*(end_force(self.book, battery) for battery in ended))
        self.book.close()
        return not any(b.executor.held for b in self.batteries.values())

    async def _give_back(
        self, batteries: Iterable[Controlled], reason: ControlReason
    ) -> None:
        """Give batteries back together, whatever their leases say."""
        ending = list(batteries)
        await rest_first(ending, self.batteries.values())
        await asyncio.gather(*(battery.give_back(reason) for battery in ending))

    async def _act(
        self, batteries: Iterable[Controlled], by_user: Container[Controlled] = ()
    ) -> None:
        now = self.clock.now()
        self.sight.note(now, self.limits.mains)
        asked = [(battery, battery in by_user) for battery in batteries]
        await in_turns(asked, self._decide, self._guarded)
        self._changed()

    async def _guarded(self, battery: Controlled, *, by_user: bool) -> None:
        try:
            await self._bring_in_line(battery, by_user=by_user)
        except Exception:
            level = logging.DEBUG if battery.failed else logging.ERROR
            battery.failed = True
            LOGGER.log(level, "Control of a battery failed", exc_info=True)
        else:
            battery.failed = False

    async def _bring_in_line(self, battery: Controlled, *, by_user: bool) -> None:
        if self.stopped:
            return
        lease = self._decide(battery)
        order = Order(
            command=lease.command,
            master=lease.master.value,
            reason=lease.reason,
            by_user=by_user,
            dry_run=self.dry_run,
        )
        if self.dry_run and battery.executor.held:
            # What is still held is given back, whatever the lease says.
            order = giving_back(ControlReason.DRY_RUN, cautious=True)
        if battery.due(order, self.clock.now()):
            await battery.carry_out(order)
        force = battery.executor.record.force
        ended = force is not None and force.until <= self.clock.now()
        if (ended and not battery.executor.held) or battery.end_not_stored:
            await end_force(self.book, battery)

    def note_second(self) -> None:
        """Keep what is known of every battery now; to be called once a second."""
        now = self.clock.now()
        for battery in self.batteries.values():
            battery.times.note(now, battery.lease.master)
        self.trace.note(now, tuple(map(moment_of, self.batteries.values())))

    def car_is_news(self) -> bool:
        """Whether a car has begun or ended since batteries were last decided on."""
        draws = self.sight.cars.view(self.clock.now()) is not None
        return self.hold is not None and any(
            each.knows_car is not draws for each in self.batteries.values()
        )

    def _decide(self, battery: Controlled) -> Lease:
        """Give a battery its lease, and keep what that follows from."""
        view = self.seen_now(battery)
        battery.decided = Decided(view, self.plan.made_at if self.plan else None)
        battery.lease = lease_for(view)
        return battery.lease

    def seen_now(self, battery: Controlled) -> BatteryView:
        """Return what would be decided on now."""
        now = self.clock.now()
        seen = Seen(
            now=now,
            plan=self.plan,
            automatic=self.automatic,
            limits=self.limits,
            net_load=self.sight.net_load,
            net_load_w=self.sight.net_load_w(now),
            car=self.sight.cars.view(now),
            # What is only tried shows what would be done once they have stopped.
            thirsty=self.sight.cars.thirsty(now) and not self.dry_run,
            hold=self.hold,
            market=self.market,
            feeding=self.feeding.to_hold,
            fuse=lambda battery_id: self.sight.fuse_room(
                battery_id,
                now,
                self.limits.mains,
                MeterLimits(
                    import_limit_w=self.limits.import_limit_w,
                    export_limit_w=self.limits.export_limit_w,
                ),
            ),
        )
        return seen_beside(battery, self.batteries.values(), seen)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the user should know and can do something about."""
        return problems_of(self)

    def _changed(self) -> None:
        for listener in list(self._listeners):
            try:
                listener()
            except Exception:
                LOGGER.exception("A listener of control failed")
