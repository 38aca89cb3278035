"""Registers of Sungrow SH hybrid inverters.

Addresses are those on the wire, one below the number in Sungrow's documents.
Input and holding registers overlap in number and have nothing to do with each
other. 32-bit values come low word first. A register that a model lacks reads
as a sentinel (all ones, for signed values the highest positive one), or the
request is refused with exception 2.
"""

from typing import Final

from modbus_connection.model import (
    Component,
    NumberField,
    Range,
    gauge,
    int32,
    integer,
    string,
    uint32,
)

from custom_components.power_sync.devices.batteries.figures import (
    S16_NONE,
    S32_NONE,
    U16_NONE,
    U32_NONE,
    tenths,
    word,
)

SWITCH_ON: Final = 0xAA
SWITCH_OFF: Final = 0x55

CHARGING_BIT: Final = 1 << 1
DISCHARGING_BIT: Final = 1 << 2
"""Bits of the power flow status."""

_GRID: tuple[Range, ...] = ((5001, 5020),)
_METER: tuple[Range, ...] = ((5600, 5607),)
_LIMITS: tuple[Range, ...] = ((5621, 5638),)
_CORE: tuple[Range, ...] = ((12999, 13046),)
_SETTINGS: tuple[Range, ...] = ((13049, 13099),)


def _watts(address: int) -> NumberField[int]:
    """Return a signed 32-bit power in W."""
    return int32(address, word_order="little", nan=S32_NONE)


def _energy(address: int) -> NumberField[float]:
    """Return an energy total in kWh, counted in steps of 0.1 kWh."""
    return uint32(address, scale=0.1, word_order="little", nan=U32_NONE)


class Serial(Component):
    """Which inverter it is."""

    register_space = "input"
    serial = string(4989, 10)


class Nameplate(Serial):
    """Which inverter it is, its model, and its nominal AC power."""

    type_code = word(4999)
    rated_power_w = gauge(5000, 100, signed=False, nan=U16_NONE)


class Solar(Component):
    """DC power of all strings."""

    register_space = "input"
    power_w = uint32(5016, word_order="little", nan=U32_NONE)


class Phases(Component):
    """How the inverter is wired, and the voltages there: of lines without neutral."""

    register_space = "input"
    register_ranges = _GRID
    output_type = word(5001)
    phase_a_v = tenths(5018)
    phase_b_v = tenths(5019)
    phase_c_v = tenths(5020)


class BatteryPower(Component):
    """Battery power, + discharging. Not on the 48 V models."""

    register_space = "input"
    power_w = _watts(5213)


class Meter(Component):
    """Power at the grid meter, + importing. Only with a meter on the inverter."""

    register_space = "input"
    register_ranges = _METER
    power_w = _watts(5600)


class MeterPhases(Component):
    """The same on each phase. Only with a meter of three phases."""

    register_space = "input"
    register_ranges = _METER
    phase_a_w = _watts(5602)
    phase_b_w = _watts(5604)
    phase_c_w = _watts(5606)


class Ratings(Component):
    """Rated power of the battery converter: the ceiling of forced powers."""

    register_space = "input"
    register_ranges = _LIMITS
    battery_power_w = gauge(5627, 100, signed=False, nan=U16_NONE)


class ExportBounds(Component):
    """What the export limit can be set to, in W."""

    register_space = "input"
    register_ranges = _LIMITS
    least_w = gauge(5621, 10, signed=False, nan=U16_NONE)
    most_w = gauge(5622, 10, signed=False, nan=U16_NONE)


class Bms(Component):
    """What the battery management allows now, and the battery's capacity."""

    register_space = "input"
    register_ranges = _LIMITS
    max_charge_a = word(5634)
    max_discharge_a = word(5635)
    capacity_kwh = gauge(5638, 0.01, signed=False, nan=U16_NONE)


class Capacity(Component):
    """The battery's capacity, as older models tell it."""

    register_space = "input"
    capacity_kwh = tenths(13038)


class Status(Component):
    """Running state and power flow bits."""

    register_space = "input"
    register_ranges = _CORE
    running_state = word(12999)
    power_flow = word(13000)


class Flows(Component):
    """Load, and the power at the grid as export. Both need a meter."""

    register_space = "input"
    register_ranges = _CORE
    load_w = _watts(13007)
    export_w = _watts(13009)


class Battery(Component):
    """The battery itself: what every hybrid serves."""

    register_space = "input"
    register_ranges = _CORE
    voltage_v = tenths(13019)
    # Signed on single-phase models, elsewhere a magnitude. Magnitudes stay far
    # below 32 kW, so reading both as signed loses nothing.
    legacy_power_w = integer(13021, nan=(U16_NONE, S16_NONE))
    soc_pct = tenths(13022)
    soh_raw = word(13023)
    temperature_c = gauge(13024, 0.1, nan=S16_NONE)


class Totals(Component):
    """Energy counters in kWh.

    No range of its own: read alone, it leaves out the flows that lie between.
    """

    register_space = "input"
    solar_kwh = _energy(13002)
    discharge_kwh = _energy(13026)
    import_kwh = _energy(13036)
    charge_kwh = _energy(13040)
    export_kwh = _energy(13045)


class Firmware(Component):
    """Firmware of the inverter. Not on RS, RL, MG."""

    register_space = "input"
    version = string(13249, 15)


class SocLimits(Component):
    """The owner's bounds of the state of charge in tenths of a percent."""

    register_ranges = _SETTINGS
    max_soc_10th = word(13057)
    min_soc_10th = word(13058)


class ExportLimit(Component):
    """The owner's export limit at the meter in W, in force while switched on."""

    register_ranges = _SETTINGS
    export_limit_w = word(13073)


class ExportSwitch(Component):
    """Whether the export limit is in force. Not on the 48 V models."""

    register_ranges = _SETTINGS
    export_switch = word(13086)


class ExportRatio(Component):
    """The export limit in tenths of a percent of the rating. Not on RL, MG, RS."""

    register_ranges = _SETTINGS
    export_ratio_10th = word(13087)


class Reserve(Component):
    """State of charge kept for backup, in whole percent."""

    register_ranges = _SETTINGS
    reserve_pct = word(13099)


class EmsMode(Component):
    """Who controls the battery, for a poll to see."""

    register_ranges = _SETTINGS
    ems_mode = word(13049)


class AcLimit(Component):
    """A limit of the inverter's AC port in tenths of a percent. Not on RS, RL."""

    register_ranges = _SETTINGS
    switch = word(13088)
    ratio_10th = word(13089)


class RsAcLimit(Component):
    """The same on the single-phase RS models."""

    switch = word(31203)
    ratio_10th = word(31204)


class WideExportLimit(Component):
    """The export limit in steps of 10 W, where there is none in W."""

    export_limit_10w = word(31221)


class Control(Component):
    """The settings that force the battery."""

    ems_mode = word(13049)
    forced_command = word(13050)
    forced_power_w = word(13051)


class Ceilings(Component):
    """Ceilings of the battery power in every mode, in steps of 10 W."""

    max_charge_10w = word(33046)
    max_discharge_10w = word(33047)
