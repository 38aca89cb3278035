"""The input registers of a hybrid (SH), from the home as it is now."""

from dataclasses import dataclass

from simulators.home import Energies, Flows, InverterMode, SimulatedHome
from simulators.image import Image, counter, tenths

from .models import SungrowModel

INPUT_BLOCKS = (
    range(4949, 5116),
    range(5200, 5300),
    range(5600, 5728),
    range(12999, 13124),
    range(13249, 13294),
)
"""Inside these a gap reads as 0xFFFF; outside is exception 2."""

_BATTERY_V = 400.0
_STRING_V = 600.0
_PHASE_V = 230.0
_PROTOCOL_V1_1_7 = 0x01010700

_RUNNING, _FORCED, _EXTERNAL_EMS = 0x0040, 0x0800, 0x4000
_STOPPED, _OFF_GRID, _FAULT = 0x8000, 0x1000, 0x5500
_EMS_EXTERNAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridState:
    """What the input registers show beside the home."""

    model: SungrowModel
    serial: str
    ems_mode: int
    bdc_rated_w: float
    has_meter: bool
    fault: bool
    running_state: int | None


def build(home: SimulatedHome, state: HybridState) -> Image:
    """Return all input registers."""
    image = Image()
    flows, totals, today = home.flows, home.totals, home.today
    _identity(image, home, state)
    _inverter(image, home, state, flows)
    _meter(image, state, flows)
    _battery(image, home, state, flows)
    _energies(image, totals, today)
    if not state.model.has_daily_grid:
        image.u16(13035, 0)
        image.u16(13044, 0)
    _status(image, home, state, flows)
    return image


def _identity(image: Image, home: SimulatedHome, state: HybridState) -> None:
    image.u32(4951, _PROTOCOL_V1_1_7)
    image.text(4989, state.serial, 10)
    image.u16(4999, state.model.type_code)
    image.u16(5000, round(home.rated_w / 100))
    image.u16(5001, state.model.output_type)
    image.u16(5621, 0)
    image.u16(5622, round(home.rated_w / 10))
    image.u16(5627, round(state.bdc_rated_w / 100))
    firmware = "SIM-V1" if state.model.has_firmware_texts else None
    for register in (13249, 13264, 13279):
        image.text(register, firmware, 15)


def _inverter(
    image: Image, home: SimulatedHome, state: HybridState, flows: Flows
) -> None:
    image.s16(5007, tenths(35.0))
    tracker_w = flows.solar_w / state.model.mppts
    for number, register in enumerate((5010, 5012, 5014, 5114)):
        fitted = number < state.model.mppts
        lit_v = _STRING_V if flows.solar_w > 0 else 0.0
        image.u16(register, tenths(lit_v) if fitted else None)
        image.u16(register + 1, tenths(tracker_w / _STRING_V) if fitted else None)
    image.u32(5016, round(flows.solar_w))
    ac_w = flows.solar_w + flows.battery_w
    phase_a = ac_w / state.model.phases / _PHASE_V
    backup_w = flows.load_w / state.model.phases if home.islanded else 0.0
    for phase in range(3):
        fitted = phase < state.model.phases
        image.u16(5018 + phase, tenths(_PHASE_V) if fitted else None)
        image.s16(13030 + phase, tenths(phase_a) if fitted else None)
        image.s16(5722 + phase, round(backup_w) if fitted else None)
    image.s32(5032, 0)
    image.s16(5034, 1000)
    image.u16(5035, tenths(50.0))
    image.u16(5241, 5000)
    image.s32(5725, round(backup_w * state.model.phases))
    image.s32(13033, round(ac_w))
    image.u16(13042, None)


def _meter(image: Image, state: HybridState, flows: Flows) -> None:
    grid_w, load_w = round(flows.grid_w), round(flows.load_w)
    image.s32(5600, grid_w if state.has_meter else None)
    three_phase = state.has_meter and state.model.phases == 3
    for phase in range(3):
        image.s32(5602 + 2 * phase, round(grid_w / 3) if three_phase else None)
    image.s32(13007, load_w if state.has_meter else None)
    image.s32(13009, -grid_w if state.has_meter else None)


def _battery(
    image: Image, home: SimulatedHome, state: HybridState, flows: Flows
) -> None:
    model, cells = state.model, home.cells
    power_w = round(flows.battery_w)
    current = tenths(flows.battery_w / _BATTERY_V)
    image.s32(5213, power_w if model.has_signed_battery_power else None)
    image.s16(5630, current if model.has_battery_current else None)
    if not model.has_legacy_power:
        image.u16(13020, 0)
        image.u16(13021, 0)
    elif model.legacy_power_is_signed:
        image.s16(13020, current)
        image.s16(13021, power_w)
    else:
        image.u16(13020, abs(current))
        image.u16(13021, abs(power_w))
    present = cells is not None
    image.u16(13019, tenths(_BATTERY_V) if present else None)
    image.u16(13022, tenths(home.soc_pct) if present else None)
    image.u16(13023, tenths(98.0) if present else None)
    image.s16(13024, tenths(25.0) if present else None)
    image.u16(5634, round(cells.max_charge_w / _BATTERY_V) if cells else None)
    image.u16(5635, round(cells.max_discharge_w / _BATTERY_V) if cells else None)
    image.u16(5638, round(100 * cells.capacity_kwh) if cells else None)
    image.u16(13038, tenths(cells.capacity_kwh) if cells else None)


def _energies(image: Image, totals: Energies, today: Energies) -> None:
    def daily(register: int, kwh: float) -> None:
        image.u16(register, counter(kwh))

    def total(register: int, kwh: float) -> None:
        image.u32(register, counter(kwh))

    daily(5002, today.solar_kwh + today.discharge_kwh)
    total(5003, totals.solar_kwh + totals.discharge_kwh)
    daily(13001, today.solar_kwh)
    total(13002, totals.solar_kwh)
    daily(13004, today.solar_to_grid_kwh)
    total(13005, totals.solar_to_grid_kwh)
    daily(13011, today.solar_to_battery_kwh)
    total(13012, totals.solar_to_battery_kwh)
    daily(13016, today.solar_to_load_kwh)
    total(13017, totals.solar_to_load_kwh)
    daily(13025, today.discharge_kwh)
    total(13026, totals.discharge_kwh)
    used_kwh = today.solar_to_load_kwh + today.solar_to_battery_kwh
    share = used_kwh / today.solar_kwh if today.solar_kwh > 0 else 0.0
    image.u16(13028, round(1000 * share))
    daily(13035, today.import_kwh)
    total(13036, totals.import_kwh)
    daily(13039, today.charge_kwh)
    total(13040, totals.charge_kwh)
    daily(13044, today.export_kwh)
    total(13045, totals.export_kwh)


def _status(
    image: Image, home: SimulatedHome, state: HybridState, flows: Flows
) -> None:
    shown = state.running_state
    image.u16(12999, _running_state(home, state) if shown is None else shown)
    bits = (
        flows.solar_w > 0,
        flows.battery_w < 0,
        flows.battery_w > 0,
        flows.load_w > 0,
        flows.grid_w < 0,
        flows.grid_w > 0,
    )
    image.u16(13000, sum(1 << bit for bit, is_set in enumerate(bits) if is_set))
    for register in range(13049, 13080, 2):
        image.u32(register, 0)


def _running_state(home: SimulatedHome, state: HybridState) -> int:
    if state.fault:
        return _FAULT
    if not home.control.running:
        return _STOPPED
    if home.islanded:
        return _OFF_GRID
    if state.ems_mode == _EMS_EXTERNAL:
        return _EXTERNAL_EMS
    if home.effective_mode is not InverterMode.SELF:
        return _FORCED
    return _RUNNING
