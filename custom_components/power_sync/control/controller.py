"""The controller: what the site starts with, and what its user asks of batteries.

The loop that keeps them in line is in `loop.py`.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
import logging

from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plain import JsonObject

from .controlled import Controlled, giving_back, shares
from .executor import BatteryExecutor
from .forcing import check_force, end_force
from .journal import Force, JournalCorruptError, JournalError
from .log import Outcome
from .loop import ControlLoop, Member
from .ownership import disowned
from .reasons import ControlReason
from .view import HoldMethod, SiteLimits

LOGGER = logging.getLogger(__name__)

__all__ = ["Controller", "Member"]


class Controller(ControlLoop):
    """All batteries of one site, as the site and its user speak to them."""

    # -- starting, and what is left of earlier ------------------------------------

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

    # -- what the user wants -----------------------------------------------------

    async def force(
        self,
        mode: Mode,
        *,
        power_w: float | None,
        duration: timedelta,
        batteries: Iterable[str] | None = None,
        into_car: bool = False,
    ) -> Mapping[str, tuple[float | None, Outcome | None]]:
        """Force batteries (default: all) for a while; power is the site's total.

        With `into_car` a discharge goes on while a car charges.

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
                into_car=into_car,
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
            self._give_back(chosen, ControlReason.USER_REQUEST),
        )
        for battery in chosen:
            self._decide(battery)
        self._changed()
        return {battery.battery_id: battery.outcome for battery in chosen}

    async def take_over(self, battery_id: str) -> None:
        """Go on at once with a battery that something else keeps changing.

        What it finds changed is replaced, once, as for a force of the user. What had
        been changed so before is not the owner's: the user says so.
        """
        battery = self.batteries[battery_id]
        battery.executor.patience.forgive()
        self.book.note(battery_id, disowned)
        await self._act(self.batteries.values(), by_user=[battery])

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
            await self._give_back(self.batteries.values(), ControlReason.DRY_RUN)
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
