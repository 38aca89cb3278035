"""The driver of a simulated battery, which is the battery, too."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.devices.batteries.brand import BatteryConfig, utc_now
from custom_components.power_sync.devices.batteries.no_device import (
    CONF_LOAD_SENSOR,
    CONF_SOLAR_SENSOR,
    Surroundings,
)
from custom_components.power_sync.devices.batteries.own_settings import NoOwnerSettings
from custom_components.power_sync.devices.protocols import (
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

from . import day
from .cells import (
    CODES,
    Size,
    State,
    advanced,
    from_memory,
    power_w,
    to_memory,
)

BRAND: Final = "simulated"
MODE: Final = "mode"
POWER: Final = "power_w"
NORMAL: Final = {MODE: 0, POWER: 0.0}
"""The owner's settings: there is nobody but PowerSync to set others."""

LONGEST_STEP: Final = timedelta(minutes=15)
"""What the home did in a longer time is not known: the battery stood still."""

_CODE_OF: Final = {mode: code for code, mode in CODES.items()}


class SimulatedBattery(NoOwnerSettings):
    """A battery of cells that lose a tenth of what goes through them."""

    def __init__(
        self,
        surroundings: Surroundings | None,
        config: BatteryConfig,
        data: Mapping[str, object],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take the home around it, and which of its sensors were picked."""
        self._around = surroundings
        self._config = config
        self._load_sensor = data.get(CONF_LOAD_SENSOR)
        self._solar_sensor = data.get(CONF_SOLAR_SENSOR)
        self._now = now
        self._state: State | None = None
        self._size = Size(
            capacity_kwh=config.capacity_kwh or 0.0,
            max_charge_w=config.max_charge_w,
            max_discharge_w=config.max_discharge_w,
        )

    @property
    def identity(self) -> BatteryIdentity:
        """Which battery this driver was set up for."""
        return self._config.identity

    @property
    def capabilities(self) -> Capabilities:
        """Everything, at once and to the watt."""
        return Capabilities(
            modes=frozenset(Mode),
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
            settle=timedelta(0),
        )

    async def read(self) -> BatteryReading:
        """Return what it does now in this home.

        Raises DeviceUnreachableError where a sensor that was picked has no value.
        """
        around, state = self._surroundings(), await self._present()
        load_w, sun_w = self._home(around, self._now())
        state = self._advance(state, load_w, sun_w)
        around.keep(self._memory)
        battery_w, totals = power_w(state, self._size, load_w, sun_w), state.totals
        return BatteryReading(
            at=state.at,
            soc_pct=100 * state.stored_kwh / self._size.capacity_kwh,
            battery_power_w=battery_w,
            solar_power_w=sun_w,
            grid_power_w=load_w - sun_w - battery_w,
            load_power_w=load_w,
            capacity_kwh=self._size.capacity_kwh,
            max_charge_w=self._size.max_charge_w,
            max_discharge_w=self._size.max_discharge_w,
            islanded=False,
            fault=False,
            solar_energy_kwh=totals.solar,
            import_energy_kwh=totals.imported,
            export_energy_kwh=totals.exported,
            charge_energy_kwh=totals.charged,
            discharge_energy_kwh=totals.discharged,
            load_energy_kwh=totals.load,
        )

    async def read_settings(self) -> Settings:
        """Return how it is set."""
        state = await self._present()
        return {MODE: _CODE_OF[state.mode], POWER: state.power_w}

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return the power, then the mode: never a mode with an older power."""
        del owner, now
        most_w = {
            Mode.CHARGE: self._size.max_charge_w,
            Mode.DISCHARGE: self._size.max_discharge_w,
            Mode.LIMIT: self._size.max_discharge_w,
        }.get(command.mode, 0.0)
        watts = most_w if command.power_w is None else min(command.power_w, most_w)
        return (
            Write(POWER, float(watts)),
            Write(MODE, _CODE_OF[command.mode]),
        )

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return the mode first: its power is of no matter then."""
        return tuple(
            Write(name, owner[name])
            for name in (MODE, POWER)
            if name in owner and owner[name] != now.get(name)
        )

    def owner_settings(self, found: Settings) -> Settings:
        """Return normal operation, whatever it was left in."""
        del found
        return dict(NORMAL)

    def safe_settings(self, found: Settings) -> Settings:
        """Return normal operation."""
        return self.owner_settings(found)

    async def write(self, write: Write) -> None:
        """Set the mode or the power; what happened until now is counted first."""
        around, state = self._surroundings(), await self._present()
        load_w, sun_w = self._home(around, self._now())
        state = self._advance(state, load_w, sun_w)
        value = write.value
        if write.setting == MODE and isinstance(value, int) and value in CODES:
            self._state = replace(state, mode=CODES[value])
        elif write.setting == POWER and isinstance(value, int | float) and value >= 0:
            self._state = replace(state, power_w=float(value))
        else:
            raise DeviceRefusedError(f"cannot write {write.setting} = {value!r}")
        around.keep(self._memory)

    def _surroundings(self) -> Surroundings:
        if self._around is None:
            raise DeviceUnreachableError("there is no home around this battery")
        return self._around

    async def _present(self) -> State:
        """Return the state as it was last; at first as it was kept."""
        if self._state is None:
            kept = await self._surroundings().recall()
            self._state = from_memory(kept, self._size, self._now())
        return self._state

    def _advance(self, state: State, load_w: float, sun_w: float) -> State:
        now = self._now()
        if timedelta(0) <= now - state.at <= LONGEST_STEP:
            self._state = advanced(state, self._size, load_w, sun_w, now)
        else:
            self._state = replace(state, at=now)
        return self._state

    def _home(self, around: Surroundings, at: datetime) -> tuple[float, float]:
        """Return load and sun, in W: as measured, or as on a typical day."""
        local = at.astimezone(around.zone)
        return (
            _measured(around, self._load_sensor, day.load_w(local)),
            _measured(around, self._solar_sensor, day.sun_w(local)),
        )

    def _memory(self) -> Mapping[str, float | str]:
        return {} if self._state is None else to_memory(self._state)


def _measured(around: Surroundings, sensor: object, without_w: float) -> float:
    """Return what a sensor says, and `without_w` where none was picked."""
    if not isinstance(sensor, str):
        return without_w
    watts = around.power_w(sensor)
    if watts is None:
        raise DeviceUnreachableError("a sensor of the home has no value")
    return max(0.0, watts)
