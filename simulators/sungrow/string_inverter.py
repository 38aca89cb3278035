"""The registers of a string inverter (SG): sun only."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from simulators.home import InverterControl, SimulatedHome
from simulators.image import Image, counter, tenths

from .models import SungrowModel

INPUT_BLOCKS = (range(4949, 5151),)
HOLDING_BLOCKS = (range(5000, 5040),)

ON, OFF = 0xAA, 0x55
START, STOP = 0xCF, 0xCE
RUN = 5005
LIMIT_SWITCH, LIMIT_RATIO, LIMIT_100W = 5006, 5007, 5038
FEED_IN_SWITCH, FEED_IN_10W, FEED_IN_RATIO = 5009, 5010, 5014

_WORKING, _STOPPED, _STANDBY, _DERATING = 0x0000, 0x8000, 0x1400, 0x8100


def build(
    home: SimulatedHome, model: SungrowModel, serial: str, *, has_meter: bool
) -> Image:
    """Return all input registers. Solar is what this inverter makes."""
    image = Image()
    flows = home.flows
    image.text(4989, serial, 10)
    image.u16(4999, model.type_code)
    image.u16(5000, round(home.rated_w / 100))
    image.u16(5001, model.output_type)
    image.u16(5002, counter(home.today.solar_kwh))
    image.u32(5003, counter(home.totals.solar_kwh, per_kwh=1))
    image.s16(5007, tenths(35.0))
    image.u32(5016, round(flows.solar_w))
    image.s32(5030, round(flows.solar_w))
    image.u16(5035, tenths(50.0))
    image.u16(5147, 5000)
    if home.control.solar_limit_w == 0:
        state = _STOPPED
    elif flows.available_solar_w == 0:
        state = _STANDBY
    elif flows.solar_w < flows.available_solar_w:
        state = _DERATING
    else:
        state = _WORKING
    image.u16(5037, state)
    image.s32(5082, round(flows.grid_w) if has_meter else None)
    image.s32(5090, round(flows.load_w) if has_meter else None)
    return image


class StringSettings:
    """The settings by wire address, raw; each is as it was last written."""

    def __init__(self, *, rated_w: float) -> None:
        """Begin with the factory's settings."""
        self._rated_w = rated_w
        self.values: dict[int, int] = {
            RUN: START,
            LIMIT_SWITCH: ON,
            LIMIT_RATIO: 1000,
            FEED_IN_SWITCH: OFF,
            FEED_IN_10W: round(rated_w / 10),
            FEED_IN_RATIO: 1000,
            5019: OFF,
            LIMIT_100W: round(rated_w / 100),
        }

    def image(self) -> dict[int, int]:
        """Return what reading gives."""
        return self.values

    def knows(self, register: int) -> bool:
        """Return whether there is such a register."""
        return register in self.values

    def accepts(self, register: int, value: int) -> bool:
        """Return whether `value` is one that the register takes."""
        return _allowed(round(self._rated_w))[register](value)

    def write(self, register: int, value: int, at: datetime) -> None:
        """Take a value that is accepted."""
        self.values[register] = value

    def apply_to(self, control: InverterControl) -> InverterControl:
        """Return `control` as these settings make it."""
        values = self.values
        limit_w: float | None = None
        if values[RUN] == STOP:
            limit_w = 0.0
        elif values[LIMIT_SWITCH] == ON:
            ratio_w = self._rated_w * values[LIMIT_RATIO] / 1000
            limit_w = min(ratio_w, 100.0 * values[LIMIT_100W])
        export_w: float | None = None
        if values[FEED_IN_SWITCH] == ON:
            ratio_w = self._rated_w * values[FEED_IN_RATIO] / 1000
            export_w = min(ratio_w, 10.0 * values[FEED_IN_10W])
        return replace(control, solar_limit_w=limit_w, export_limit_w=export_w)


def _allowed(rated_w: int) -> Mapping[int, Callable[[int], bool]]:
    def switch(value: int) -> bool:
        return value in {ON, OFF}

    return {
        RUN: lambda value: value in {START, STOP},
        LIMIT_SWITCH: switch,
        LIMIT_RATIO: lambda value: 0 <= value <= 1000,
        FEED_IN_SWITCH: switch,
        FEED_IN_10W: lambda value: 0 <= value <= rated_w // 10,
        FEED_IN_RATIO: lambda value: 0 <= value <= 1000,
        5019: switch,
        LIMIT_100W: lambda value: 0 <= value <= rated_w // 100,
    }
