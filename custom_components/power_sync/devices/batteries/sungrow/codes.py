"""Code tables of Sungrow inverters: models and running states."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

BRAND: Final = "sungrow"

MODELS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0xD03: "SH5K-V13",
        0xD06: "SH3K6",
        0xD07: "SH4K6",
        0xD09: "SH5K-20",
        0xD0A: "SH3K6-30",
        0xD0B: "SH4K6-30",
        0xD0C: "SH5K-30",
        0xD0D: "SH3.6RS",
        0xD0E: "SH4.6RS",
        0xD0F: "SH5.0RS",
        0xD10: "SH6.0RS",
        0xD17: "SH3.0RS",
        0xD18: "SH4.0RS",
        0xD1A: "SH8.0RS",
        0xD1B: "SH10RS",
        0xD27: "MG5RL",
        0xD28: "MG6RL",
        0xD29: "MG8RL",
        0xD2A: "MG10RL",
        0xD2B: "SH5RL",
        0xD2C: "SH6RL",
        0xD2D: "SH8RL",
        0xD2E: "SH10RL",
        0xD2F: "MG12RL",
        0xD31: "MG7.5RL",
        0xD41: "SH3RL",
        0xD42: "SH3.6RL",
        0xD43: "SH4RL",
        0xE00: "SH5.0RT",
        0xE01: "SH6.0RT",
        0xE02: "SH8.0RT",
        0xE03: "SH10RT",
        0xE08: "SH5.0RT-V122",
        0xE09: "SH6.0RT-V122",
        0xE0A: "SH8.0RT-V122",
        0xE0B: "SH10RT-V122",
        0xE0C: "SH5.0RT-V112",
        0xE0D: "SH6.0RT-V112",
        0xE0E: "SH8.0RT-V112",
        0xE0F: "SH10RT-V112",
        0xE10: "SH5.0RT-20",
        0xE11: "SH6.0RT-20",
        0xE12: "SH8.0RT-20",
        0xE13: "SH10RT-20",
        0xE20: "SH5T",
        0xE21: "SH6T",
        0xE22: "SH8T",
        0xE23: "SH10T",
        0xE24: "SH12T",
        0xE25: "SH15T",
        0xE26: "SH20T",
        0xE28: "SH25T",
    }
)
"""Device type code to model."""

RS_MODELS: Final = frozenset(
    name for name in MODELS.values() if name.startswith("SH") and name.endswith("RS")
)
"""Single-phase models: the limit of their AC port has registers of its own."""

T_MODELS: Final = frozenset(
    name for name in MODELS.values() if name.endswith("T") and not name.endswith("RT")
)
"""The newest three-phase models: the older battery power is not to be trusted."""

COMMERCIAL_MODELS: Final = frozenset({0xE39, 0xE3A, 0xE3D, 0xE51, 0xE52})
"""SH50CX to SH125CX: some of their registers have other units."""

RUNNING_STATES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x0000: "running",
        0x0001: "stop",
        0x0002: "key_stop",
        0x0004: "emergency_stop",
        0x0008: "standby",
        0x0010: "initial_standby",
        0x0014: "microgrid",
        0x0020: "starting",
        0x0040: "running",
        0x0041: "off_grid_charge",
        0x0080: "derating",
        0x0100: "fault",
        0x0200: "update_failed",
        0x0400: "maintain",
        0x0800: "forced",
        0x1000: "off_grid",
        0x1111: "uninitialised",
        0x1200: "initial_standby",
        0x1300: "key_stop",
        0x1400: "standby",
        0x1500: "emergency_stop",
        0x1600: "starting",
        0x1700: "afci",
        0x1800: "station_building",
        0x1900: "safe_mode",
        0x2000: "open_loop",
        0x2500: "communication_fault",
        0x2501: "restarting",
        0x4000: "external_ems",
        0x4001: "emergency_charging",
        0x5500: "fault",
        0x8000: "stop",
        0x8100: "derating",
        0x8200: "dispatch",
        0x9100: "warning",
    }
)

ISLANDED_STATES: Final = frozenset({"microgrid", "off_grid", "off_grid_charge"})
FAULT_STATES: Final = frozenset(
    {
        "afci",
        "communication_fault",
        "emergency_charging",
        "emergency_stop",
        "fault",
        "update_failed",
    }
)
"""Emergency charging is the inverter saving a battery that is all but empty."""
