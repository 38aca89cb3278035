"""The driver of a battery that another integration of Home Assistant reaches.

The settings are the entities that the owner picked, by their ids, and `ACTION`:
what the actions have last been run for. That cannot be read from anywhere, so
after a start it is not known, and ending it is run once more where we hold it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.devices.batteries.brand import BatteryConfig, utc_now
from custom_components.power_sync.devices.batteries.own_settings import NoOwnerSettings
from custom_components.power_sync.devices.protocols import (
    DeviceNotReadyError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    Mode,
    Settings,
    Write,
)

from .access import Entities
from .mapping import POWERED, Actions, Picked, Recipe, picked_from

ACTION: Final = "action"
ENDED: Final = "ended"
STALE_AFTER: Final = timedelta(minutes=15)
"""Neither level nor power has been heard of for so long: nobody reads them."""


class EntitiesBattery(NoOwnerSettings):
    """A battery as its entities show it."""

    def __init__(
        self,
        entities: Entities,
        config: BatteryConfig,
        data: Mapping[str, object],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take what was picked; nothing is read yet. Raises StoredConfigError."""
        self._entities = entities
        self._config = config
        self._picked = picked_from(data)
        self._now = now
        self._action: str | None = None

    @property
    def picked(self) -> Picked:
        """What the owner picked."""
        return self._picked

    @property
    def identity(self) -> BatteryIdentity:
        """Which battery this driver was set up for."""
        return self._config.identity

    @property
    def capabilities(self) -> Capabilities:
        """The modes that the owner has mapped, and self-consumption."""
        return Capabilities(
            modes=frozenset({Mode.SELF_CONSUMPTION, *self._picked.recipes}),
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
            settle=timedelta(0),
        )

    async def read(self) -> BatteryReading:
        """Return what the sensors say.

        Raises DeviceUnreachableError where level or power is not there or stale,
        DeviceNotReadyError where they may be yet to come.
        """
        picked, entities = self._picked, self._entities
        soc_pct = entities.percent(picked.soc_sensor)
        power_w = entities.power_w(picked.power_sensor)
        if soc_pct is None or power_w is None:
            raise self._missing("level or power has no value")
        told = (
            entities.told_at(picked.soc_sensor),
            entities.told_at(picked.power_sensor),
        )
        now = self._now()
        if all(at is None or now - at > STALE_AFTER for at in told):
            raise self._missing("level and power are stale")
        solar_w, grid_w, load_w = (
            None if sensor is None else entities.power_w(sensor)
            for sensor in (picked.solar_sensor, picked.grid_sensor, picked.load_sensor)
        )
        battery_w = -power_w if picked.charging_positive else power_w
        if load_w is None and grid_w is not None:
            load_w = max(0.0, (solar_w or 0.0) + battery_w + grid_w)
        elif grid_w is None and load_w is not None:
            grid_w = load_w - battery_w - (solar_w or 0.0)
        return BatteryReading(
            at=now,
            soc_pct=soc_pct,
            battery_power_w=battery_w,
            solar_power_w=None if solar_w is None else max(0.0, solar_w),
            grid_power_w=grid_w,
            load_power_w=load_w,
            capacity_kwh=self._config.capacity_kwh,
        )

    async def read_settings(self) -> Settings:
        """Return the value of each entity that may be written.

        Raises DeviceUnreachableError where one is not there: without its value the
        owner's could not be put back.
        """
        found = {entity: self._entities.setting(entity) for entity in self._settable()}
        if None in found.values():
            raise self._missing("an entity has no value")
        return {**found, **({ACTION: self._action} if self._has_actions() else {})}

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return what ends other modes, then the power, then the mode.

        Raises DeviceRefusedError for a mode that was not mapped.
        """
        recipe = self._picked.recipes.get(command.mode)
        if recipe is None:
            raise DeviceRefusedError(f"{command.mode} is not mapped")
        watts = self._watts(command)
        mine = list(self._recipe_writes(command.mode, recipe, watts))
        named = {write.setting for write in mine}
        # What another mode of ours has set is the owner's again.
        before = [
            write
            for write in self.writes_for_release(owner, now)
            if write.setting not in named
        ]
        if recipe.actions and now.get(ACTION) != mine[-1].value:
            before.append(Write(ACTION, ENDED))
        return (*before, *mine)

    def _recipe_writes(
        self, mode: Mode, recipe: Recipe, watts: float
    ) -> Iterator[Write]:
        if recipe.power_entity is not None:
            signed = -watts if recipe.power_negative else watts
            value = self._entities.fitting(recipe.power_entity, signed)
            if value is None:
                raise self._missing("the power's entity is not there")
            yield Write(recipe.power_entity, value)
        if recipe.entity is not None:
            yield Write(recipe.entity, recipe.value)
        if recipe.actions:
            yield Write(ACTION, f"{mode.value} {watts:.0f}")

    def _watts(self, command: Command) -> float:
        most_w = (
            self._config.max_charge_w
            if command.mode is Mode.CHARGE
            else self._config.max_discharge_w
        )
        if command.mode not in POWERED:
            return 0.0
        return most_w if command.power_w is None else min(command.power_w, most_w)

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return the end of the actions, then modes, then powers, as the owner's."""
        powers = {recipe.power_entity for recipe in self._picked.recipes.values()}
        # Modes first, as False comes before True.
        entities = sorted(self._settable(), key=lambda each: (each in powers, each))
        wanted = {entity: owner.get(entity) for entity in entities}
        ended = {ACTION: ENDED} if self._has_actions() else {}
        return tuple(
            Write(setting, value)
            for setting, value in {**ended, **wanted}.items()
            if value is not None and now.get(setting) != value
        )

    def owner_settings(self, found: Settings) -> Settings:
        """Return what was found; where the owner told what is normal, that.

        An entity is taken for forced where it has the value of a mode.
        """
        normal = self._picked.recipes.get(Mode.SELF_CONSUMPTION)
        owner = dict(found)
        if normal is not None and normal.entity is not None:
            forced = {
                recipe.value
                for mode, recipe in self._picked.recipes.items()
                if mode is not Mode.SELF_CONSUMPTION and recipe.entity == normal.entity
            }
            if found.get(normal.entity) in forced:
                owner[normal.entity] = normal.value
        if owner.get(ACTION) is not None:
            owner[ACTION] = ENDED
        return owner

    def safe_settings(self, found: Settings) -> Settings:
        """Return what the owner told is normal, and the rest as found."""
        normal = self._picked.recipes.get(Mode.SELF_CONSUMPTION)
        safe = dict(found)
        if normal is not None and normal.entity is not None:
            safe[normal.entity] = normal.value
        if ACTION in safe:
            safe[ACTION] = ENDED
        return safe

    async def write(self, write: Write) -> None:
        """Set an entity, or run actions."""
        if write.setting == ACTION and self._has_actions():
            await self._run(str(write.value))
        elif write.setting in self._settable() and write.value is not None:
            await self._entities.set(write.setting, write.value)
        else:
            raise DeviceRefusedError(f"cannot write {write.setting}")

    async def _run(self, what: str) -> None:
        # Half run is not known: whatever comes next runs it whole.
        self._action = None
        if what == ENDED:
            for actions in self._end_actions():
                await self._entities.run(actions, {})
        else:
            mode, watts = what.split(" ")
            recipe = self._picked.recipes[Mode(mode)]
            variables = {"mode": mode, "power_w": float(watts)}
            await self._entities.run(recipe.actions, variables)
        self._action = what

    def _end_actions(self) -> Iterator[Actions]:
        """Yield what ends the modes, each once."""
        seen: list[Actions] = []
        for recipe in self._picked.recipes.values():
            if recipe.end_actions and recipe.end_actions not in seen:
                seen.append(recipe.end_actions)
                yield recipe.end_actions

    def _missing(self, what: str) -> DeviceUnreachableError:
        """Return the error for what is not there, or not there yet."""
        if self._entities.starting:
            return DeviceNotReadyError(what)
        return DeviceUnreachableError(what)

    def _has_actions(self) -> bool:
        return any(recipe.actions for recipe in self._picked.recipes.values())

    def _settable(self) -> set[str]:
        return {
            entity
            for recipe in self._picked.recipes.values()
            for entity in (recipe.entity, recipe.power_entity)
            if entity is not None
        }
