"""What the scenarios do and look at: a home, its owner, and the time."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import json
import logging
from pathlib import Path
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
    async_fire_time_changed,
    async_test_home_assistant,
)

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.control.controlled import Controlled
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.site import Site
from homeassistant import loader
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

EMS_MODE: Final = 13049
COMMAND: Final = 13050
POWER: Final = 13051
MAX_CHARGE: Final = 33046
MAX_DISCHARGE: Final = 33047
CONTROLS: Final = (EMS_MODE, COMMAND, POWER, MAX_CHARGE, MAX_DISCHARGE)

SELF, FORCED = 0, 2
CHARGE, DISCHARGE, STOP = 0xAA, 0xBB, 0xCC
OWNERS: Final = (SELF, STOP, 1234, 800, 600)
"""What the owner has set, in the order of `CONTROLS`: not the factory's values,
so that it shows whether they come back: ceilings of 8 and 6 kW."""

MINUTE: Final = timedelta(minutes=1)

NOT_GIVEN_BACK: Final = "could not be given back yet"
"""What is logged where an unload does not reach the inverter."""


def controls(inverter: SungrowSimulator) -> tuple[int, ...]:
    """Return the registers that PowerSync may write, as the inverter holds them."""
    settings = inverter.settings()
    return tuple(settings[register] for register in CONTROLS)


def forced(code: int, power_w: int) -> tuple[int, ...]:
    """Return the registers of a forced mode; the owner's ceilings stay."""
    return (FORCED, code, power_w, 800, 600)


def owner_moves_in(inverter: SungrowSimulator) -> None:
    """Give an inverter its owner's settings."""
    for register, value in zip(CONTROLS, OWNERS, strict=True):
        inverter.owner_writes(register, value)


@dataclass(slots=True)
class LogCheck:
    """Nothing of PowerSync may be logged as a warning or error, but for `expected`.

    Home Assistant's own complaints count too where they name the integration.
    """

    expected: set[str] = field(default_factory=set)

    def expect(self, *texts: str) -> None:
        """Allow messages that contain one of these texts."""
        self.expected.update(texts)

    def complaints(self, records: list[logging.LogRecord]) -> Iterator[str]:
        """Yield what was not expected."""
        for record in records:
            message = record.getMessage()
            ours = record.name.startswith("custom_components.power_sync")
            if record.levelno < logging.WARNING or not (ours or DOMAIN in message):
                continue
            # Said of every custom integration; and of slow turns of the test's loop.
            if record.name in {"homeassistant.loader", "asyncio"}:
                continue
            if not any(text in message for text in self.expected):
                yield f"{record.name}: {message}"


def _again(entry: MockConfigEntry) -> MockConfigEntry:
    """Return an entry as it is loaded at the next start."""
    return MockConfigEntry(
        domain=entry.domain,
        entry_id=entry.entry_id,
        title=entry.title,
        version=entry.version,
        minor_version=entry.minor_version,
        data=entry.data,
        options=entry.options,
        subentries_data=[subentry.as_dict() for subentry in entry.subentries.values()],
    )


@dataclass(slots=True)
class Life:
    """A Home Assistant with one site, at a simulated inverter and provider."""

    hass: HomeAssistant
    clock: FrozenDateTimeFactory
    inverter: SungrowSimulator
    octopus: OctopusSimulator
    log: LogCheck
    entry: MockConfigEntry = field(init=False)

    def __post_init__(self) -> None:
        """Describe the site; it is not set up yet."""
        self.entry = site_entry(self.inverter, self.octopus)

    # -- the site ----------------------------------------------------------------

    async def set_up(
        self, *, automatic: bool = False, ceilings: bool = True, **options: object
    ) -> None:
        """Set the site up, live; by default nothing but the user acts.

        `ceilings` is whether the inverter was found to have limits of its power.
        """
        await self.set_up_dry(ceilings=ceilings, **options)
        await self.site.async_set(automatic=automatic, dry_run=False)
        await self.settle()

    async def set_up_dry(self, *, ceilings: bool = True, **options: object) -> None:
        """Set the site up as the dialogue leaves it: in a dry run."""
        self.entry = site_entry(self.inverter, self.octopus, dry_run=True, **options)
        self.entry.add_to_hass(self.hass)
        if not ceilings:
            (battery,) = self.entry.subentries.values()
            kept = ["ems_mode", "forced_command", "forced_power_w"]
            self.hass.config_entries.async_update_subentry(
                self.entry, battery, data={**battery.data, "settings": kept}
            )
        await self.start()

    async def start(self) -> None:
        """Set the entry up, as at a start of Home Assistant."""
        await self.hass.config_entries.async_setup(self.entry.entry_id)
        assert self.entry.state is ConfigEntryState.LOADED, self.entry.reason
        await self.settle()

    async def unload(self) -> None:
        """Unload the entry."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)

    async def crash(self) -> None:
        """End the site as a crash does: nothing is given back, nothing is stored.

        While the site is taken down the inverter cannot be reached, and the
        journal is put back as it was at the moment of the crash.
        """
        # A crash says nothing; the unload that stands for it does.
        self.log.expect(NOT_GIVEN_BACK)
        journal = self.journal_path.read_bytes()
        await self.inverter.refuse_connections()
        held = controls(self.inverter)
        await self.unload()
        assert controls(self.inverter) == held
        self.journal_path.write_bytes(journal)
        await self.inverter.accept_connections()

    @asynccontextmanager
    async def next_start(self) -> AsyncGenerator[Life]:
        """Start another Home Assistant in the folder of this one.

        This one has stopped, and is unloaded: its process would have taken its
        timers with it.
        """
        assert self.entry.state is ConfigEntryState.NOT_LOADED
        async with async_test_home_assistant(
            config_dir=self.hass.config.config_dir
        ) as hass:
            hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
            after = Life(hass, self.clock, self.inverter, self.octopus, self.log)
            after.entry = _again(self.entry)
            after.entry.add_to_hass(hass)
            try:
                await after.start()
                yield after
                await after.unload()
            finally:
                await hass.async_stop(force=True)

    @property
    def site(self) -> Site:
        """The site's objects."""
        site = self.entry.runtime_data
        assert isinstance(site, Site)
        return site

    @property
    def battery(self) -> Controlled:
        """The battery under control."""
        return self.site.controller.batteries[self.inverter.serial]

    @property
    def plan(self) -> Plan:
        """The present plan."""
        planning = self.site.coordinators.plan.planning
        assert planning is not None
        return planning.plan

    # -- time --------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The time."""
        return self.inverter.home.clock.now()

    async def settle(self) -> None:
        """Have everything done that is under way."""
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def wait(self, by: timedelta, step: timedelta = MINUTE) -> None:
        """Let time go by in steps, each with a poll and a tick of control."""
        end = self.now + by
        while self.now < end:
            self.clock.tick(min(step, end - self.now))
            async_fire_time_changed(self.hass)
            await self.settle()

    async def until_written(self, writes: int) -> None:
        """Wait for a request, and until so many writes have come to the inverter."""
        before = self.inverter.requests
        async with asyncio.timeout(10):
            while (
                self.inverter.requests == before or len(self.inverter.writes) < writes
            ):
                self.inverter.request_received.clear()
                await self.inverter.request_received.wait()

    # -- the user ----------------------------------------------------------------

    async def act(self, action: str, **data: object) -> None:
        """Call an action of PowerSync as an automation does."""
        await self.hass.services.async_call(DOMAIN, action, data, blocking=True)
        await self.settle()

    async def charge(self, minutes: int = 30, power_w: int = 3000) -> None:
        """Force a charge, and see that the inverter does it."""
        await self.act("force_charge", duration=minutes, power_w=power_w)
        assert controls(self.inverter) == forced(CHARGE, power_w)

    # -- what there is to see ----------------------------------------------------

    @property
    def journal_path(self) -> Path:
        """The file of the journal."""
        return self._storage("journal")

    @property
    def settings_path(self) -> Path:
        """The file of the user's settings."""
        return self._storage("settings")

    def _storage(self, what: str) -> Path:
        name = f"{DOMAIN}.{what}.{self.entry.entry_id}"
        return Path(self.hass.config.path(".storage", name))

    def records(self) -> dict[str, dict[str, object]]:
        """Return what the journal on disk says, by serial."""
        content: dict[str, dict[str, dict[str, object]]] = json.loads(
            self.journal_path.read_text(encoding="utf-8")
        )
        return content["data"]

    def record(self) -> dict[str, object]:
        """Return what the journal on disk says of the battery."""
        return self.records()[self.inverter.serial]

    @property
    def issues(self) -> set[str]:
        """The kinds of repair issues there are of PowerSync."""
        return {
            issue.translation_key or ""
            for issue in ir.async_get(self.hass).issues.values()
            if issue.domain == DOMAIN and issue.active
        }
