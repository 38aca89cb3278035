"""A Sungrow inverter at a simulated home, speaking Modbus TCP."""

from datetime import datetime, timedelta
from typing import override

from pymodbus.constants import ExcCodes

from simulators.home import SimulatedHome
from simulators.image import Image
from simulators.modbus import ModbusDevice, RegisterError, Space

from . import hybrid_inputs, string_inverter as string_map
from .hybrid_settings import EMS_MODE, HOLDING_BLOCKS, HybridSettings
from .models import SG5_0RS, SH10RT, SungrowModel
from .string_inverter import StringSettings


class SungrowSimulator(ModbusDevice):
    """A hybrid (SH) with the home's battery, or a string inverter (SG).

    Registers are wire addresses (documented number - 1). Inputs are computed
    from the home at each read; holding registers act on the home as soon as
    they are written, and nothing in mode 2 ever times out. The settings of the
    inverter replace those of `home.control`.
    """

    def __init__(  # noqa: PLR0913 - what makes an inverter, by keyword
        self,
        home: SimulatedHome,
        *,
        serial: str = "A2320500123",
        model: SungrowModel | None = None,
        string_inverter: bool = False,
        bdc_rated_w: float | None = None,
        has_meter: bool = True,
        sleeps_at_night: bool = False,
        unit_id: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
        rtu: bool = False,
    ) -> None:
        """Build it.

        `model` is an SH10RT or, for a string inverter, an SG5.0RS where not
        given; the AC rating is the home's. `bdc_rated_w` is the ceiling of the
        forced power, by default what the cells can do.
        """
        super().__init__(home.clock, unit_id=unit_id, host=host, port=port, rtu=rtu)
        self.home = home
        self.serial = serial
        self.model = model or (SG5_0RS if string_inverter else SH10RT)
        self.fault = False
        """Whether the inverter reports a fault of its own."""
        self.running_state: int | None = None
        """The code of the running state to show, whatever goes on."""
        self.forgets_after: timedelta | None = None
        """A forced mode is overwritten after this, as happens on 48 V models."""
        self._forced_at: datetime | None = None
        self._is_string = string_inverter
        self._sleeps_at_night = sleeps_at_night
        self._has_meter = has_meter
        self._bdc_rated_w = bdc_rated_w or _bdc_rated_w(home)
        self._settings = self._new_settings()
        self._apply()

    def settings(self) -> dict[int, int]:
        """Return the present holding registers by wire address."""
        return dict(self._settings.values)

    def owner_defaults(self) -> dict[int, int]:
        """Return the holding registers of a new inverter of this kind."""
        return dict(self._new_settings().values)

    def owner_writes(self, register: int, value: int) -> None:
        """Change a setting as the owner does in the vendor's app.

        Nothing is counted or recorded, and no fault gets in the way. Raises
        RegisterError where the inverter would not take it.
        """
        self.check_register(register, value)
        self.write_register(register, value)

    def swap_device(self, serial: str) -> None:
        """Put another inverter, with its factory's settings, at this address."""
        self.serial = serial
        self._settings = self._new_settings()
        self._apply()

    @property
    @override
    def awake(self) -> bool:
        return not self._sleeps_at_night or self.home.flows.available_solar_w > 0

    @override
    def power_changed(self, *, powered: bool) -> None:
        self.home.powered = powered

    @override
    def read_registers(self, space: Space, first: int, count: int) -> list[int]:
        self._forget_control()
        wanted = {(space, first + offset) for offset in range(count)}
        if not self._is_string and wanted & _untold(self.model):
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS)
        if space is Space.INPUT:
            image, blocks = self._inputs(), self._input_blocks()
        else:
            image = Image()
            image.registers = self._settings.image()
            blocks = string_map.HOLDING_BLOCKS if self._is_string else HOLDING_BLOCKS
        try:
            return image.read(first, count, blocks)
        except LookupError as err:
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS) from err

    @override
    def check_register(self, register: int, value: int) -> None:
        if not self._settings.knows(register):
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS)
        if not self._settings.accepts(register, value):
            raise RegisterError(ExcCodes.ILLEGAL_VALUE)

    @override
    def write_register(self, register: int, value: int) -> None:
        if register == EMS_MODE:
            self._forced_at = self.home.clock.now()
        self._settings.write(register, value, self.home.clock.now())
        self._apply()

    def _forget_control(self) -> None:
        """Go back to normal where it is time for that."""
        if self.forgets_after is None or self._forced_at is None:
            return
        if self.home.clock.now() - self._forced_at >= self.forgets_after:
            self._forced_at = None
            if isinstance(self._settings, HybridSettings):
                self._settings.forget_control()
            self._apply()

    def _apply(self) -> None:
        self.home.control = self._settings.apply_to(self.home.control)

    def _new_settings(self) -> HybridSettings | StringSettings:
        if self._is_string:
            return StringSettings(rated_w=self.home.rated_w)
        return HybridSettings(
            self.model, rated_w=self.home.rated_w, bdc_rated_w=self._bdc_rated_w
        )

    def _input_blocks(self) -> tuple[range, ...]:
        if self._is_string:
            return string_map.INPUT_BLOCKS
        return hybrid_inputs.INPUT_BLOCKS

    def _inputs(self) -> Image:
        if self._is_string:
            return string_map.build(
                self.home, self.model, self.serial, has_meter=self._has_meter
            )
        state = hybrid_inputs.HybridState(
            model=self.model,
            serial=self.serial,
            ems_mode=self._settings.values[EMS_MODE],
            bdc_rated_w=self._bdc_rated_w,
            has_meter=self._has_meter,
            fault=self.fault,
            running_state=self.running_state,
        )
        return hybrid_inputs.build(self.home, state)


def _untold(model: SungrowModel) -> set[tuple[Space, int]]:
    """Return what a model refuses to read."""
    untold: set[tuple[Space, int]] = set()
    if not model.has_battery_current:
        untold.add((Space.INPUT, 5630))
    if not model.tells_control:
        untold |= {(Space.HOLDING, register) for register in range(13049, 13052)}
    return untold


def _bdc_rated_w(home: SimulatedHome) -> float:
    """Return the rating of the battery's converter, as far as the cells say."""
    if home.cells is None:
        return home.rated_w
    return max(home.cells.max_charge_w, home.cells.max_discharge_w)
