"""Sungrow: hybrids with a battery, string inverters, and the iHomeManager."""

from .home_manager import HomeManagerSimulator
from .models import (
    SG5_0RS,
    SH5K_30,
    SH8RL,
    SH10RS,
    SH10RS_WINET,
    SH10RT,
    SH10T,
    SungrowModel,
)
from .simulator import SungrowSimulator

__all__ = [
    "SG5_0RS",
    "SH5K_30",
    "SH8RL",
    "SH10RS",
    "SH10RS_WINET",
    "SH10RT",
    "SH10T",
    "HomeManagerSimulator",
    "SungrowModel",
    "SungrowSimulator",
]
