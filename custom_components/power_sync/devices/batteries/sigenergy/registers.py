"""Registers of a Sigenergy plant, its inverters and its AC charger.

The number in Sigenergy's documents is the address on the wire. Values of several
words come with the high word first. Powers are in W as they are (kW with a gain of
1000), energies in hundredths of a kWh, levels in tenths of a percent. Which value
stands for "not known" is not documented; all ones, and for signed values the
highest positive one, are taken for it.
"""

from typing import Final

from modbus_connection.model import (
    Component,
    NumberField,
    Range,
    gauge,
    int32,
    string,
    uint32,
    uint64,
)

from custom_components.power_sync.devices.batteries.figures import (
    S16_NONE,
    S32_NONE,
    U32_NONE,
    tenths,
    word,
)

PLANT_UNIT: Final = 247
"""Where the whole plant answers; its inverters have ids of their own."""

U64_NONE: Final = 0xFFFFFFFFFFFFFFFF

_CORE: tuple[Range, ...] = ((30003, 30051),)
_BATTERY: tuple[Range, ...] = ((30064, 30097),)
_TOTALS: tuple[Range, ...] = ((30194, 30223),)
_NEWEST: tuple[Range, ...] = ((30272, 30286),)
_GRID_AND_SUN: tuple[Range, ...] = ((31004, 31036),)
_SETTINGS: tuple[Range, ...] = ((40029, 40048),)


def _celsius(address: int) -> NumberField[float]:
    """Return a signed temperature counted in steps of 0.1."""
    return gauge(address, 0.1, nan=S16_NONE)


def _watts(address: int) -> NumberField[int]:
    """Return a signed power in W."""
    return int32(address, nan=S32_NONE)


def _rating(address: int) -> NumberField[int]:
    """Return an unsigned power in W."""
    return uint32(address, nan=U32_NONE)


def _volts(address: int) -> NumberField[float]:
    """Return a voltage of 32 bits, in hundredths of a volt."""
    return uint32(address, scale=0.01, nan=U32_NONE)


def _kwh(address: int) -> NumberField[float]:
    """Return an energy of 32 bits."""
    return uint32(address, scale=0.01, nan=U32_NONE)


def _total(address: int) -> NumberField[float]:
    """Return an energy counter of 64 bits."""
    return uint64(address, scale=0.01, nan=U64_NONE)


class Core(Component):
    """What every plant tells: powers, level and state, in one request.

    Grid power is positive while importing, battery power while charging.
    """

    register_space = "input"
    register_ranges = _CORE
    work_mode = word(30003)
    has_grid_sensor = word(30004)
    grid_w = _watts(30005)
    grid_state = word(30009)
    max_active_w = _rating(30010)
    soc_pct = tenths(30014)
    phase_a_w = _watts(30015)
    phase_b_w = _watts(30017)
    phase_c_w = _watts(30019)
    alarm_1 = word(30027)
    alarm_2 = word(30028)
    alarm_3 = word(30029)
    alarm_4 = word(30030)
    plant_w = _watts(30031)
    solar_w = _watts(30035)
    charging_w = _watts(30037)
    charge_now_w = _rating(30047)
    discharge_now_w = _rating(30049)
    running_state = word(30051)


class Battery(Component):
    """Ratings and state of the battery, and the counters next to them."""

    register_space = "input"
    register_ranges = _BATTERY
    chargeable_kwh = _kwh(30064)
    dischargeable_kwh = _kwh(30066)
    rated_charge_w = _rating(30068)
    rated_discharge_w = _rating(30070)
    capacity_kwh = _kwh(30083)
    max_soc_pct = tenths(30085)
    min_soc_pct = tenths(30086)
    soh_pct = tenths(30087)
    solar_kwh = _total(30088)
    load_today_kwh = _kwh(30092)
    load_kwh = _total(30094)


class ThirdParty(Component):
    """AC-coupled solar of other makers. Since V2.7."""

    register_space = "input"
    register_ranges = _TOTALS
    solar_w = _watts(30194)
    solar_kwh = _total(30196)


class Totals(Component):
    """Energy counters of battery and grid. Since V2.7."""

    register_space = "input"
    register_ranges = _TOTALS
    charge_kwh = _total(30200)
    discharge_kwh = _total(30204)
    import_kwh = _total(30216)
    export_kwh = _total(30220)


class Loads(Component):
    """The general and the whole load. Since V2.8."""

    register_space = "input"
    register_ranges = _NEWEST
    general_load_w = _watts(30282)
    load_w = _watts(30284)


class Newest(Component):
    """What V2.9 has added."""

    register_space = "input"
    register_ranges = _NEWEST
    solar_today_kwh = _kwh(30272)
    cell_temperature_c = _celsius(30286)


class Serial(Component):
    """Which inverter it is."""

    register_space = "input"
    serial = string(30515, 10)


class Plate(Serial):
    """Which inverter it is, its model, firmware and rated power."""

    model = string(30500, 15)
    firmware = string(30525, 15)
    rated_w = _rating(30540)


class Inverter(Component):
    """What an inverter's own share of the plant does. Battery + charging."""

    register_space = "input"
    register_ranges = ((30578, 30603),)
    running_state = word(30578)
    active_w = _watts(30587)
    charging_w = _watts(30599)
    soc_pct = tenths(30601)
    soh_pct = tenths(30602)
    cell_temperature_c = _celsius(30603)


class Phases(Component):
    """How an inverter is wired to the grid, and the voltages there."""

    register_space = "input"
    register_ranges = _GRID_AND_SUN
    output_type = word(31004)
    phase_a_v = _volts(31011)
    phase_b_v = _volts(31013)
    phase_c_v = _volts(31015)


class Strings(Component):
    """The sun on an inverter's own strings."""

    register_space = "input"
    register_ranges = _GRID_AND_SUN
    solar_w = _watts(31035)


class AcCharger(Component):
    """A car charger: its state by IEC 61851-1, and its power."""

    register_space = "input"
    state = word(32000)
    power_w = _watts(32003)


class Control(Component):
    """What controls the battery: the remote EMS and its two limits.

    A limit may be all ones, which is a value to put back like any other.
    """

    register_ranges = _SETTINGS
    remote_ems = word(40029)
    remote_ems_mode = word(40031)
    max_charge_w = uint32(40032)
    max_discharge_w = uint32(40034)


class ExportLimit(Component):
    """The owner's export limit at the meter, in W."""

    register_ranges = _SETTINGS
    export_limit_w = uint32(40038)


class Levels(Component):
    """The owner's levels of the state of charge, in tenths of a percent."""

    register_ranges = _SETTINGS
    reserve_10th = word(40046)
    max_soc_10th = word(40047)
    min_soc_10th = word(40048)
