"""The controller: keeps every battery of a site under exactly one master.

`tick` is called every few seconds and whenever something changed. It works out
each battery's lease, and has the executor carry it out where that is due. It
never raises: what fails is in the command log and in `problems`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
import logging

from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import BatteryReading, Mode
from custom_components.power_sync.model.plan import Plan

from .authority import lease_for
from .clock import Clock
from .controlled import Controlled
from .executor import BatteryExecutor, Order
from .health import Trouble
from .journal import (
    Force,
    Journal,
    JournalBook,
    JournalCorruptError,
    JournalError,
    JsonObject,
)
from .log import CommandLog, Outcome
from .planned import planned_command
from .problems import Problem, problems_of
from .reasons import ControlReason
from .view import BatteryView, Master, SiteLimits

LOGGER = logging.getLogger(__name__)

WATCHDOG_AFTER = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Member:
    """A battery as the site hands it over: driver, and how to reach it again."""

    driver: BatteryDriver
    device: JsonObject


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
        self.plan: Plan | None = None
        self.last_tick: datetime | None = None
        self.owner_settings_lost = False
        self.batteries: dict[str, Controlled] = {}
        self._listeners: list[Callable[[], None]] = []
        self._stopped = False
        self._adopt_members(list(members))

    def _adopt_members(self, members: list[Member]) -> None:
        charge = sum(m.driver.capabilities.max_charge_w for m in members)
        discharge = sum(m.driver.capabilities.max_discharge_w for m in members)
        for member in members:
            capabilities = member.driver.capabilities
            executor = BatteryExecutor(
                member.driver, member.device, self.book, self.log, self.clock
            )
            self.batteries[executor.battery_id] = Controlled(
                executor=executor,
                share_charge=capabilities.max_charge_w / charge if charge else 1.0,
                share_discharge=(
                    capabilities.max_discharge_w / discharge if discharge else 1.0
                ),
            )

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

    def strays(self) -> Mapping[str, JsonObject]:
        """Return how to reach batteries that left the site before being back."""
        return {key: record.device for key, record in self.book.strays.items()}

    async def restore_stray(self, driver: BatteryDriver, device: JsonObject) -> bool:
        """Give back a battery that is no longer part of the site; say if it is."""
        executor = BatteryExecutor(driver, device, self.book, self.log, self.clock)
        await executor.carry_out(
            Order(
                command=None, master=Master.NORMAL.value, reason=ControlReason.REMOVED
            )
        )
        if executor.held:
            return False
        with suppress(JournalError):
            await self.book.forget(executor.battery_id)
        return True

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after every change; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def read(self, battery_id: str, reading: BatteryReading) -> None:
        """Take a good poll of a battery."""
        self.batteries[battery_id].take(reading, self.limits.reserve_pct)

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
            for battery, share in self._shares(chosen, mode)
        }
        await self.book.put_all(
            {key: partial(replace, force=force) for key, force in forces.items()}
        )
        for battery in chosen:
            battery.executor.patience.forgive()
        await self._act(chosen, by_user=True)
        return {b.battery_id: (forces[b.battery_id].power_w, b.outcome) for b in chosen}

    async def restore_normal(
        self, batteries: Iterable[str] | None = None
    ) -> Mapping[str, Outcome | None]:
        """End what was forced and give the batteries back; also in a dry run.

        Automatic control goes on from there with the next tick.
        """
        chosen = self._chosen(batteries)
        for battery in chosen:
            await self._end_force(battery)
            battery.executor.patience.forgive()
        await asyncio.gather(*(b.give_back(ControlReason.USER_REQUEST) for b in chosen))
        for battery in chosen:
            battery.lease = lease_for(self._view(battery))
        self._changed()
        return {battery.battery_id: battery.outcome for battery in chosen}

    async def set_automatic(self, *, on: bool) -> None:
        """Switch automatic control; off gives the batteries back first."""
        self.automatic = on
        await self.tick()

    async def set_dry_run(self, *, on: bool) -> None:
        """Switch the dry run; on gives the batteries back first."""
        was_live = not self.dry_run
        # First of all, so that a tick that comes in between sends nothing more.
        self.dry_run = on
        if on and was_live:
            await asyncio.gather(
                *(b.give_back(ControlReason.DRY_RUN) for b in self.batteries.values())
            )
        for battery in self.batteries.values():
            battery.order = None
        await self.tick()

    def _chosen(self, batteries: Iterable[str] | None) -> list[Controlled]:
        if batteries is None:
            return list(self.batteries.values())
        return [self.batteries[battery_id] for battery_id in batteries]

    @staticmethod
    def _shares(
        chosen: list[Controlled], mode: Mode
    ) -> Iterable[tuple[Controlled, float]]:
        def weight(battery: Controlled) -> float:
            if mode is Mode.CHARGE:
                return battery.share_charge
            return battery.share_discharge

        total = sum(weight(battery) for battery in chosen)
        for battery in chosen:
            yield battery, weight(battery) / total if total else 1 / len(chosen)

    # -- the loop ----------------------------------------------------------------

    async def tick(self) -> None:
        """Bring every battery in line with its lease. Never raises."""
        self.last_tick = self.clock.now()
        if self._stopped:
            return
        await self._act(self.batteries.values())

    async def watch(self) -> bool:
        """Give everything back where ticks have stopped coming; say if so."""
        now = self.clock.now()
        late = self.last_tick is not None and now - self.last_tick > WATCHDOG_AFTER
        if late and not self._stopped:
            LOGGER.warning("Control has not run for two minutes: batteries released")
            for battery in self.batteries.values():
                await battery.give_back(ControlReason.WATCHDOG)
        return late

    async def stop(self, *, forget_forces: bool = False) -> bool:
        """Give every battery back and stop; returns whether all are back.

        A force whose end lies ahead stays in the journal and goes on after the
        next start, unless `forget_forces`.
        """
        self._stopped = True
        for battery in self.batteries.values():
            force = battery.executor.record.force
            if force and (forget_forces or force.until <= self.clock.now()):
                await self._end_force(battery)
        await asyncio.gather(
            *(b.give_back(ControlReason.STOPPING) for b in self.batteries.values())
        )
        return not any(b.executor.held for b in self.batteries.values())

    async def _act(self, batteries: Iterable[Controlled], **flags: bool) -> None:
        await asyncio.gather(*(self._guarded(b, **flags) for b in batteries))
        self._changed()

    async def _guarded(self, battery: Controlled, *, by_user: bool = False) -> None:
        try:
            await self._bring_in_line(battery, by_user=by_user)
        except Exception:
            LOGGER.exception("Control of battery %s failed", battery.battery_id)

    async def _bring_in_line(self, battery: Controlled, *, by_user: bool) -> None:
        if self._stopped:
            return
        lease = lease_for(self._view(battery))
        battery.lease = lease
        order = Order(
            command=lease.command,
            master=lease.master.value,
            reason=lease.reason,
            by_user=by_user,
            dry_run=self.dry_run,
        )
        if self.dry_run and battery.executor.held:
            # What is still held is given back, whatever the lease says.
            order = Order(
                command=None, master=Master.NORMAL.value, reason=ControlReason.DRY_RUN
            )
        if battery.due(order, self.clock.now()):
            await battery.carry_out(order)
        force = battery.executor.record.force
        if force and force.until <= self.clock.now() and not battery.executor.held:
            await self._end_force(battery)

    async def _end_force(self, battery: Controlled) -> None:
        """Take the force out of the journal, in memory at least."""
        if battery.executor.record.force is None:
            return
        ended = partial(replace, force=None)
        self.book.note(battery.battery_id, ended)
        try:
            await self.book.put(battery.battery_id, ended)
        except JournalError as err:
            LOGGER.warning("The end of a forced mode could not be stored: %s", err)

    # -- what is seen ------------------------------------------------------------

    def _view(self, battery: Controlled) -> BatteryView:
        now = self.clock.now()
        reading = battery.health.reading
        record = battery.executor.record
        charging = record.force is not None and record.force.mode is Mode.CHARGE
        planned = planned_command(
            self.plan, now, battery.share_charge, battery.share_discharge
        )
        if record.force is None and planned is not None:
            charging = planned.command.mode is Mode.CHARGE
        return BatteryView(
            now=now,
            battery_id=battery.battery_id,
            capabilities=battery.executor.driver.capabilities,
            reading=reading,
            trouble=battery.health.trouble(now),
            force=record.force,
            planned=planned,
            automatic=self.automatic,
            flash_writes_left=battery.executor.flash_writes_left(),
            limits=self.limits,
            net_load_w=self._net_load_w(now),
            reading_age_s=(now - reading.at).total_seconds() if reading else None,
            share=battery.share_charge if charging else battery.share_discharge,
            at_reserve=battery.at_reserve,
            present=battery.order.command if battery.order is not None else None,
        )

    def _net_load_w(self, now: datetime) -> float | None:
        """Return home load less sun, from all batteries that are readable."""
        readings = [
            battery.health.reading
            for battery in self.batteries.values()
            if battery.health.trouble(now) is not Trouble.UNREADABLE
        ]
        loads = [r.load_power_w for r in readings if r and r.load_power_w is not None]
        suns = [r.solar_power_w for r in readings if r and r.solar_power_w is not None]
        if not loads:
            return None
        # Every inverter with a meter reports the whole home's load.
        return max(loads) - sum(suns)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the user should know and can do something about."""
        return problems_of(self)

    def _changed(self) -> None:
        for listener in list(self._listeners):
            listener()
