"""An iHomeManager: a home's energy manager, with a register map of its own."""

from typing import override

from pymodbus.constants import ExcCodes

from simulators.home import SimulatedHome
from simulators.image import Image, counter, tenths
from simulators.modbus import ModbusDevice, RegisterError, Space

_INPUT_BLOCKS: tuple[range, ...] = (
    range(7999, 8006),
    range(8144, 8190),
    range(8317, 8332),
)
_HOLDING_BLOCKS = (range(8023, 8053),)
_TYPE_CODE = 0x0E40
_EMS_AI = 0


class HomeManagerSimulator(ModbusDevice):
    """Shows the home at unit 247; powers in 10 W, low word first.

    Grid power is positive while importing, battery power while charging. Its
    settings take any value: a driver must never try.
    """

    def __init__(
        self,
        home: SimulatedHome,
        *,
        has_battery: bool = True,
        unit_id: int = 247,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Build it."""
        super().__init__(home.clock, unit_id=unit_id, host=host, port=port)
        self.home = home
        self.values = dict.fromkeys(range(8023, 8053), _EMS_AI)
        self._has_battery = has_battery

    @override
    def power_changed(self, *, powered: bool) -> None:
        """Leave the home as it is: the inverters run on."""

    @override
    def read_registers(self, space: Space, first: int, count: int) -> list[int]:
        image, blocks = self._inputs(), _INPUT_BLOCKS
        if space is Space.HOLDING:
            image.registers = dict(self.values)
            blocks = _HOLDING_BLOCKS
        try:
            return image.read(first, count, blocks)
        except LookupError as err:
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS) from err

    @override
    def check_register(self, register: int, value: int) -> None:
        if register not in self.values:
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS)

    @override
    def write_register(self, register: int, value: int) -> None:
        self.values[register] = value

    def _inputs(self) -> Image:
        image, home = Image(), self.home
        flows, totals = home.flows, home.totals
        cells = home.cells if self._has_battery else None
        image.u16(7999, _TYPE_CODE)
        image.text(8000, "AW0", 2)
        image.u32(8002, 0x02000100)
        image.text(8317, "IHM-V1", 15)
        image.u32(8144, round(home.rated_w / 100))
        image.u32(8146, tenths(cells.capacity_kwh) if cells else None)
        image.u16(8150, round(cells.max_charge_w / 100) if cells else None)
        image.u16(8152, round(cells.max_discharge_w / 100) if cells else None)
        image.s32(8154, round((flows.solar_w + flows.battery_w) / 10))
        image.s32(8156, round(flows.grid_w / 10))
        image.s32(8158, round(flows.load_w / 10))
        image.s32(8160, round(-flows.battery_w / 10) if cells else None)
        image.u16(8162, tenths(home.soc_pct) if cells else None)
        image.u32(8175, counter(totals.import_kwh))
        image.u32(8177, counter(totals.export_kwh))
        return image
