"""What goes wrong with a battery through entities: each fault ends in a defined state.

What was half done is given back as soon as it can be, and the user is told what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import override

import pytest

from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.problems import ProblemKey
from custom_components.power_sync.control.view import SiteLimits
from custom_components.power_sync.devices.batteries.entities.driver import (
    EntitiesBattery,
)
from custom_components.power_sync.devices.batteries.entities.mapping import Actions
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import Mode, SettingValue
from tests.control.bench import MemoryJournal, Time

from .test_entities import CONFIG, DATA, NOW, OWNER, MadeUpEntities

HOUR = timedelta(hours=1)


@dataclass
class TroubledEntities(MadeUpEntities):
    """Entities with faults on demand, by the id of the entity."""

    ignored: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)

    @override
    async def set(self, entity: str, value: SettingValue) -> None:
        """Set it, or not, as the fault has it."""
        if entity in self.silent:
            raise DeviceUnreachableError("no answer in time")
        if entity in self.refused:
            raise DeviceRefusedError("ServiceNotFound")
        if entity not in self.ignored:
            self.settings[entity] = value

    @override
    async def run(self, actions: Actions, variables: Mapping[str, object]) -> None:
        """Run them, or not."""
        names = {str(each["action"]) for each in actions if isinstance(each, dict)}
        if names & self.refused:
            raise DeviceRefusedError("ServiceNotFound")
        await super().run(actions, variables)


@dataclass
class House:
    """A home with such a battery, under control."""

    entities: TroubledEntities
    controller: Controller
    battery: EntitiesBattery
    time: Time

    async def force(self, mode: Mode = Mode.CHARGE) -> Outcome | None:
        """Force it for an hour; return what came of it."""
        done = await self.controller.force(mode, power_w=3000, duration=HOUR)
        return done[CONFIG.identity.serial][1]

    async def ticks(self, times: int = 1) -> None:
        """Let ten seconds go by so many times."""
        for _ in range(times):
            self.time.pass_by(seconds=10)
            self.entities.told = self.time.now
            reading = await self.battery.read()
            self.controller.read(CONFIG.identity.serial, reading)
            await self.controller.tick()

    @property
    def held(self) -> bool:
        """Whether it may hold settings of ours."""
        return self.controller.batteries[CONFIG.identity.serial].executor.held

    @property
    def problems(self) -> set[ProblemKey]:
        """What the user is told."""
        return {each.key for each in self.controller.problems}


@pytest.fixture
async def house() -> House:
    """Return it, read once, in its owner's settings."""
    entities, time = TroubledEntities(), Time(NOW)
    battery = EntitiesBattery(entities, CONFIG, DATA, now=lambda: time.now)

    async def sleep(_seconds: float) -> None:
        return

    controller = Controller(
        [Member(battery, {})],
        MemoryJournal(),
        Clock(lambda: time.now, sleep),
        SiteLimits(battery_export=True),
    )
    controller.dry_run = False
    await controller.start()
    made = House(entities, controller, battery, time)
    await made.ticks()
    return made


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("ignored", Outcome.NOT_FOLLOWED), ("refused", Outcome.REFUSED)],
)
async def test_what_is_not_taken_is_given_back(
    house: House, fault: str, outcome: Outcome
) -> None:
    """The power was taken and the mode was not: the power is the owner's again."""
    faults: set[str] = getattr(house.entities, fault)
    faults.add("select.mode")
    assert await house.force() is outcome
    assert house.entities.settings == OWNER
    await house.ticks(30)
    assert house.problems == {ProblemKey.COMMAND_NOT_FOLLOWED}
    faults.clear()
    await house.controller.restore_normal()
    assert (house.problems, house.held) == (set(), False)
    assert house.entities.settings == OWNER


async def test_an_action_that_is_not_there(house: House) -> None:
    """It is refused, told, and what frees the battery is run."""
    house.entities.refused.add("script.hold")
    assert await house.force(Mode.NO_DISCHARGE) is Outcome.REFUSED
    await house.ticks(30)
    assert house.problems == {ProblemKey.COMMAND_NOT_FOLLOWED}
    await house.controller.restore_normal()
    assert not house.held
    assert house.entities.settings == OWNER


async def test_what_does_not_answer_is_tried_again(house: House) -> None:
    """On the way there, and on the way back: until it is the owner's."""
    house.entities.silent.add("select.mode")
    assert await house.force() is Outcome.UNREACHABLE
    assert house.held
    house.entities.silent.clear()
    await house.ticks(2)
    assert house.entities.settings["select.mode"] == "charge"
    house.entities.silent.add("select.mode")
    outcomes = await house.controller.restore_normal()
    assert set(outcomes.values()) == {Outcome.UNREACHABLE}
    await house.ticks(30)
    assert house.problems == {ProblemKey.RESTORE_FAILING}
    house.entities.silent.clear()
    await house.ticks(7)
    assert (house.problems, house.held) == (set(), False)
    assert house.entities.settings == OWNER


async def test_an_automation_of_the_owner_sets_it_too(house: House) -> None:
    """No fight: it is left alone, and told when that comes again."""
    assert await house.force() is Outcome.FOLLOWED
    for tick in range(90):
        house.entities.settings["select.mode"] = "boost" if tick < 70 else "saver"
        await house.ticks()
    assert house.problems == {ProblemKey.FOREIGN_CONTROL}
    await house.controller.restore_normal()
    assert not house.held
    # It was seen to want that, so it is taken for the owner's.
    assert house.entities.settings == {**OWNER, "select.mode": "saver"}


@pytest.mark.parametrize("entity", ["number.charge", "select.mode"])
async def test_what_shows_nothing_now_is_not_written(house: House, entity: str) -> None:
    """Its owner's value is not known, so it could not be put back."""
    house.entities.settings[entity] = None
    assert await house.force() is Outcome.UNREACHABLE
    assert not house.held
    assert house.entities.settings == {**OWNER, entity: None}
