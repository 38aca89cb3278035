"""The controller: keeps every battery of a site under exactly one master.

`tick` is called every few seconds and whenever something changed. It works out
each battery's lease, and has the executor carry it out where that is due. It
never raises: what fails is in the command log and in `problems`.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
import logging

from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import BatteryReading, Mode
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.plan import Plan

from .authority import Lease, lease_for
from .car import CarWatch
from .clock import Clock
from .controlled import Controlled, Decided, giving_back, in_shares, shares
from .executor import BatteryExecutor
from .forcing import check_force, end_force, move_force
from .health import Trouble
from .journal import (
    Force,
    Journal,
    JournalBook,
    JournalCorruptError,
    JournalError,
)
from .leak import Leak
from .load import NetLoad, battery_of, load_of, net_load_of
from .log import CommandLog, Outcome
from .order import Order
from .problems import Problem, problems_of
from .reasons import ControlReason
from .seen import Seen, seen_beside
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


class Controller:
    """All batteries of one site."""

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
        self.cars = CarWatch()
        self.leak = Leak()
        self.plan: Plan | None = None
        self.last_tick: datetime | None = None
        self.owner_settings_lost = False
        self.batteries = in_shares(
            BatteryExecutor(each.driver, each.device, self.book, self.log, clock)
            for each in members
        )
        self._listeners: list[Callable[[], None]] = []
        self.stray_failures: dict[str, int] = {}
        self._net_load = NetLoad()
        self.stopped = False

    # -- what the site tells us --------------------------------------------------

    async def start(self) -> None:
        """Read the journal: what must be put back, and what goes on.

        Nothing is written before the first tick. A corrupt journal is taken as
        a sign that every battery may hold settings of ours.
        """
        try:
            await self.book.load()
        except JournalCorruptError as err:
            LOGGER.warning("The control journal cannot be read: %s", err)
            self.owner_settings_lost = True
            for battery_id in self.batteries:
                self.book.note(battery_id, partial(replace, lost=True))
            # A damaged file is moved aside: by the next start it would be absent.
            if self.batteries:
                with suppress(JournalError):
                    await self.book.put_all(dict.fromkeys(self.batteries, lambda r: r))
        for battery in self.batteries.values():
            await check_force(self.book, battery, self.limits)

    def strays(self) -> Mapping[str, JsonObject]:
        """Return how to reach batteries that left the site before being back."""
        return {key: record.device for key, record in self.book.strays.items()}

    async def restore_stray(self, driver: BatteryDriver, device: JsonObject) -> bool:
        """Give back a battery that is no longer part of the site; say if it is."""
        executor = BatteryExecutor(driver, device, self.book, self.log, self.clock)
        await executor.carry_out(giving_back(ControlReason.REMOVED))
        if executor.held:
            failures = self.stray_failures.get(executor.battery_id, 0)
            self.stray_failures[executor.battery_id] = failures + 1
            self._changed()
            return False
        self.stray_failures.pop(executor.battery_id, None)
        with suppress(JournalError):
            await self.book.forget(executor.battery_id)
        return True

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every change; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def read(self, battery_id: str, reading: BatteryReading) -> None:
        """Take a good poll of a battery."""
        self.batteries[battery_id].take(reading, self.limits)
        now = self.clock.now()
        readable = self._readable(now)
        self.cars.load(reading.at, load_of(readable))
        battery_w = battery_of(readable, len(self.batteries))
        self.leak.take(now, self.cars.view(now), battery_w, net_load_of(readable))

    def unread(self, battery_id: str, *, wrong_device: bool = False) -> None:
        """Take a failed poll of a battery."""
        self.batteries[battery_id].health.failed(wrong_device=wrong_device)

    # -- what the user wants -----------------------------------------------------

    async def force(
        self,
        mode: Mode,
        *,
        power_w: float | None,
        duration: timedelta,
        batteries: Iterable[str] | None = None,
    ) -> Mapping[str, tuple[float | None, Outcome | None]]:
        """Force batteries (default: all) for a while; power is the site's total.

        Returns each battery's share in W and what came of it. Raises
        JournalError where it cannot be stored: then nothing was sent.
        """
        chosen = self._chosen(batteries)
        started = self.clock.now()
        forces = {
            battery.battery_id: Force(
                mode=mode,
                power_w=None if power_w is None else power_w * share,
                started=started,
                until=started + duration,
            )
            for battery, share in shares(chosen, mode)
        }
        await self.book.put_all(
            {key: partial(replace, force=force) for key, force in forces.items()}
        )
        for battery in chosen:
            battery.executor.patience.forgive()
        # What the others do must not undo it.
        await self._act(self.batteries.values(), by_user=chosen)
        return {b.battery_id: (forces[b.battery_id].power_w, b.outcome) for b in chosen}

    async def restore_normal(
        self, batteries: Iterable[str] | None = None
    ) -> Mapping[str, Outcome | None]:
        """End what was forced and give the batteries back; also in a dry run.

        Automatic control goes on from there with the next tick.
        """
        chosen = self._chosen(batteries)
        for battery in chosen:
            battery.executor.patience.forgive()
        # In memory the forces end at once; the disk may take its time.
        await asyncio.gather(
            *(end_force(self.book, b) for b in chosen),
            *(b.give_back(ControlReason.USER_REQUEST) for b in chosen),
        )
        for battery in chosen:
            self._decide(battery)
        self._changed()
        return {battery.battery_id: battery.outcome for battery in chosen}

    async def set_limits(self, limits: SiteLimits) -> None:
        """Keep to other limits from now on; a force that they forbid ends."""
        self.limits = limits
        for battery in self.batteries.values():
            battery.judge_level(limits)
            await check_force(self.book, battery, self.limits)
        await self.tick()

    async def set_hold(self, hold: HoldMethod | None) -> None:
        """Keep batteries from feeding cars from now on, or no more."""
        self.hold = hold
        for battery in self.batteries.values():
            battery.hold_failed = frozenset()
        await self.tick()

    async def set_automatic(self, *, on: bool) -> None:
        """Switch automatic control; off gives the batteries back first."""
        self.automatic = on
        await self.tick()

    async def set_dry_run(self, *, on: bool) -> None:
        """Switch the dry run; on gives the batteries back first.

        A force ends either way: one that was only tried does not become real,
        and one that was real is not taken up again later.
        """
        changes = on is not self.dry_run
        # A tick may come in between: it sends nothing while forces end.
        self.dry_run = True
        if on and changes:
            await asyncio.gather(
                *(b.give_back(ControlReason.DRY_RUN) for b in self.batteries.values())
            )
        if changes:
            await asyncio.gather(
                *(end_force(self.book, b) for b in self.batteries.values())
            )
        self.dry_run = on
        for battery in self.batteries.values():
            battery.order = None
        await self.tick()

    def _chosen(self, batteries: Iterable[str] | None) -> list[Controlled]:
        if batteries is None:
            return list(self.batteries.values())
        return [self.batteries[battery_id] for battery_id in batteries]

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
            await asyncio.gather(
                *(b.give_back(ControlReason.STOPPING) for b in self.batteries.values())
            )
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

    async def _act(
        self, batteries: Iterable[Controlled], by_user: Container[Controlled] = ()
    ) -> None:
        now = self.clock.now()
        self._net_load.note(now, self._net_load_w(now))
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

    def car_is_news(self) -> bool:
        """Whether a car has begun or ended since batteries were last decided on."""
        draws = self.cars.view(self.clock.now()) is not None
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
            net_load=self._net_load,
            net_load_w=self._net_load_w(now),
            car=self.cars.view(now),
            hold=self.hold,
        )
        return seen_beside(battery, self.batteries.values(), seen)

    # -- what is seen ------------------------------------------------------------

    def _net_load_w(self, now: datetime) -> float | None:
        """Return home load less sun, from all batteries that are readable."""
        return net_load_of(self._readable(now))

    def _readable(self, now: datetime) -> list[BatteryReading | None]:
        return [
            battery.health.reading
            for battery in self.batteries.values()
            if battery.health.trouble(now) is not Trouble.UNREADABLE
        ]

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
