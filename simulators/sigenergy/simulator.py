"""A Sigenergy plant at a simulated home, speaking Modbus TCP."""

from collections.abc import Sequence
from typing import override

from pymodbus.constants import ExcCodes

from simulators.home import SimulatedHome
from simulators.modbus import ModbusDevice, RegisterError, Space
from simulators.modbus_server import ServedUnit

from . import inputs
from .inputs import InverterPlate, PlantImage, PlantState
from .settings import BLOCKS, EXPORT_LIMIT, REMOTE_EMS, RESERVE, WIDE, PlantSettings

PLANT_UNIT = 247
_REMOTE, _RUNNING, _FAULT = 7, 1, 2


class _Device:
    """A device of the plant with a unit id of its own, which is only read."""

    def __init__(self, plant: SigenergySimulator, unit_id: int) -> None:
        self._plant = plant
        self._unit_id = unit_id

    def serve_read(self, space: Space, first: int, count: int) -> list[int]:
        """Answer a read. Raises RegisterError."""
        self._plant.check_read(space, first, count)
        return self._plant.read_device(self._unit_id, space, first, count)

    def serve_write(self, first: int, values: Sequence[int]) -> None:
        """Refuse: nobody writes to a device of the plant."""
        raise RegisterError(ExcCodes.ILLEGAL_ADDRESS)


class SigenergySimulator(ModbusDevice):
    """A plant at unit 247, its inverters, and an AC charger where there is one.

    All share one home and its battery. Inputs are computed at each read; holding
    registers act on the home as soon as they are written, and no mode of the
    remote EMS ever ends by itself.
    """

    def __init__(  # noqa: PLR0913 - what makes a plant, by keyword
        self,
        home: SimulatedHome,
        *,
        serials: Sequence[str] = ("SIG0123456789",),
        inverter_units: Sequence[int] = (1,),
        charger_unit: int | None = None,
        protocol: float = 2.9,
        third_party_share: float = 0.0,
        has_sensor: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Build it; each serial is that of the inverter at the same place."""
        super().__init__(home.clock, unit_id=PLANT_UNIT, host=host, port=port)
        self.home = home
        self.protocol = protocol
        self.charger_unit = charger_unit
        self.charger_power_w = 0.0
        self.work_mode = 0
        """The owner's own work mode, in force while the remote EMS is off."""
        self.fault = False
        self.reserve_after_switch: int | None = None
        """What the reserve becomes whenever the remote EMS is switched."""
        self.export_after_switch: int | None = None
        """The same for the export limit."""
        share = 1 / len(serials)
        self.plates = {
            unit: InverterPlate(serial=serial, share=share)
            for unit, serial in zip(inverter_units, serials, strict=True)
        }
        self._third_party_share = third_party_share
        self._has_sensor = has_sensor
        self._settings = self._new_settings()
        self._apply()

    @property
    def serial(self) -> str:
        """The serial of the first inverter."""
        return next(iter(self.plates.values())).serial

    def settings(self) -> dict[int, int]:
        """Return the present settings, those of two words by their first."""
        return dict(self._settings.values)

    def owner_writes(self, register: int, value: int) -> None:
        """Change a setting as the owner does in the app; nothing is recorded."""
        self._settings.values[register] = value
        self._apply()

    def swap_device(self, serial: str) -> None:
        """Put another plant, with its factory's settings, at this address."""
        self.plates = {
            unit: InverterPlate(serial=serial, share=plate.share)
            for unit, plate in self.plates.items()
        }
        self._settings = self._new_settings()
        self._apply()

    @override
    def at(self, unit_id: int) -> ServedUnit | None:
        if unit_id == self.unit_id:
            return self
        known = unit_id in self.plates or unit_id == self.charger_unit
        return _Device(self, unit_id) if known else None

    @override
    def power_changed(self, *, powered: bool) -> None:
        self.home.powered = powered

    @override
    def read_registers(self, space: Space, first: int, count: int) -> list[int]:
        if space is Space.INPUT:
            image = inputs.plant(self.home, self._state())
            return _read(image, first, count, inputs.blocks(self.protocol))
        image = PlantImage()
        image.registers = self._settings.words()
        return _read(image, first, count, BLOCKS)

    def read_device(
        self, unit_id: int, space: Space, first: int, count: int
    ) -> list[int]:
        """Return registers of an inverter or the charger. Raises RegisterError."""
        if space is not Space.INPUT:
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS)
        plate = self.plates.get(unit_id)
        if plate is None:
            image = inputs.charger(self.charger_power_w)
            return _read(image, first, count, inputs.CHARGER_BLOCKS)
        image = inputs.inverter(self.home, self._state(), plate)
        return _read(image, first, count, inputs.INVERTER_BLOCKS)

    @override
    def serve_write(self, first: int, values: Sequence[int]) -> None:
        """Take whole settings only: half of a wide one is refused."""
        end = first + len(values)
        torn = any(
            (register in range(first, end)) != (register + 1 in range(first, end))
            for register in WIDE
        )
        if torn:
            raise RegisterError(ExcCodes.ILLEGAL_VALUE)
        super().serve_write(first, values)

    @override
    def check_register(self, register: int, value: int) -> None:
        if register not in self._settings.words():
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS)
        narrow = register not in WIDE and register - 1 not in WIDE
        if narrow and not self._settings.accepts(register, value):
            raise RegisterError(ExcCodes.ILLEGAL_VALUE)

    @override
    def write_register(self, register: int, value: int) -> None:
        values = self._settings.values
        if register in WIDE:
            values[register] = value << 16 | values[register] & 0xFFFF
        elif register - 1 in WIDE:
            values[register - 1] = values[register - 1] & 0xFFFF0000 | value
        else:
            switched = register == REMOTE_EMS and values[register] != value
            values[register] = value
            if switched:
                self._forget_over_switch()
        self._apply()

    def _forget_over_switch(self) -> None:
        if self.reserve_after_switch is not None:
            self._settings.values[RESERVE] = self.reserve_after_switch
        if self.export_after_switch is not None:
            self._settings.values[EXPORT_LIMIT] = self.export_after_switch

    def _state(self) -> PlantState:
        remote = self._settings.values[REMOTE_EMS]
        return PlantState(
            work_mode=_REMOTE if remote else self.work_mode,
            running_state=_FAULT if self.fault else _RUNNING,
            has_sensor=self._has_sensor,
            third_party_share=self._third_party_share,
        )

    def _apply(self) -> None:
        self.home.control = self._settings.apply_to(self.home.control)

    def _new_settings(self) -> PlantSettings:
        cells = self.home.cells
        return PlantSettings(
            charge_w=round(cells.max_charge_w) if cells else 0,
            discharge_w=round(cells.max_discharge_w) if cells else 0,
            rated_w=round(self.home.rated_w),
            limits_everywhere=self.protocol >= 2.9,
        )


def _read(
    image: PlantImage, first: int, count: int, served: tuple[range, ...]
) -> list[int]:
    try:
        return image.read(first, count, served)
    except LookupError as err:
        raise RegisterError(ExcCodes.ILLEGAL_ADDRESS) from err
