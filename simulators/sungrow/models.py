"""The models that the simulator can be."""

from dataclasses import dataclass, replace
from enum import IntEnum


class OutputType(IntEnum):
    """How the inverter is wired (input register 5001)."""

    SINGLE_PHASE = 0
    THREE_PHASE_4_WIRES = 1
    THREE_PHASE_3_WIRES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SungrowModel:
    """What differs between the models. The defaults are the reference family's."""

    name: str
    type_code: int
    output_type: OutputType = OutputType.THREE_PHASE_4_WIRES
    mppts: int = 2
    has_signed_battery_power: bool = True
    """Input 5213; the 48 V models lack it."""
    legacy_power_is_signed: bool = False
    """Inputs 13020 and 13021; else they are magnitudes."""
    has_firmware_texts: bool = True
    has_export_switch: bool = True
    """Holding 13086; the 48 V models lack it."""
    has_power_ceilings: bool = True
    """Holding 33046 and 33047."""
    has_ac_limit: bool = True
    """Holding 13088 and 13089."""
    has_rs_ac_limit: bool = False
    """Holding 31203 and 31204 instead."""
    has_start_powers: bool = True
    """Holding 33148 and 33149."""
    has_export_ratio: bool = True
    """Holding 13087."""
    has_timed_charging: bool = True
    """Holding 33207 to 33218."""
    has_solar_limit: bool = False
    """Holding 13017."""
    has_battery_current: bool = True
    """Input 5630; without it a read of it is refused."""
    has_legacy_power: bool = True
    """Input 13021 says what the battery does; else it stays at 0."""
    has_daily_grid: bool = True
    """Inputs 13035 and 13044 count; else they stay at 0."""
    tells_control: bool = True
    """Holding 13049 to 13051 can be read; they can always be written."""

    @property
    def phases(self) -> int:
        """How many phases the inverter feeds."""
        return 1 if self.output_type is OutputType.SINGLE_PHASE else 3


SH10RT = SungrowModel(name="SH10RT", type_code=0xE03)
SH10T = SungrowModel(
    name="SH10T",
    type_code=0xE23,
    mppts=3,
    has_solar_limit=True,
    has_legacy_power=False,
    has_battery_current=False,
)
"""As it is behind a WiNet-S2."""
SH10RS = SungrowModel(
    name="SH10RS",
    type_code=0xD1B,
    output_type=OutputType.SINGLE_PHASE,
    mppts=4,
    legacy_power_is_signed=True,
    has_firmware_texts=False,
    has_ac_limit=False,
    has_rs_ac_limit=True,
    has_export_ratio=False,
    has_start_powers=False,
)
SH10RS_WINET = replace(SH10RS, has_daily_grid=False, tells_control=False)
"""The same behind a WiNet-S."""
SH8RL = SungrowModel(
    name="SH8RL",
    type_code=0xD2D,
    output_type=OutputType.SINGLE_PHASE,
    has_firmware_texts=False,
    has_export_ratio=False,
    has_ac_limit=False,
    has_start_powers=False,
    has_timed_charging=False,
)
SH5K_30 = SungrowModel(
    name="SH5K-30",
    type_code=0xD0C,
    output_type=OutputType.SINGLE_PHASE,
    has_signed_battery_power=False,
    has_battery_current=False,
    has_export_switch=False,
    has_power_ceilings=False,
    has_ac_limit=False,
    has_start_powers=False,
)
SG5_0RS = SungrowModel(
    name="SG5.0RS", type_code=0x2606, output_type=OutputType.SINGLE_PHASE
)
"""A string inverter. An owner's log shows the code 9734 for it."""
