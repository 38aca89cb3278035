"""Sungrow inverters: a hybrid with a battery, or a string inverter."""

from .models import SG5_0RS, SH5K_30, SH10RS, SH10RT, SH10T, SungrowModel
from .simulator import SungrowSimulator

__all__ = [
    "SG5_0RS",
    "SH5K_30",
    "SH10RS",
    "SH10RT",
    "SH10T",
    "SungrowModel",
    "SungrowSimulator",
]
