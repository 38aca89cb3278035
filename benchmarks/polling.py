"""What polling a battery costs: requests and time, at a simulated one of each kind.

`requests_full` is the most that any poll asks, from the very first one on,
`requests_usual` the most common number in ten minutes of polls, and `poll_ms`
the middle time of a poll on loopback, without the pauses that a real inverter
needs. The first two are also given for each variant.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median
import time

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.power_sync.devices.batteries.brand import BatteryBrand
from custom_components.power_sync.devices.batteries.modbus import modbus_access
from custom_components.power_sync.devices.batteries.sigenergy import SIGENERGY
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from custom_components.power_sync.devices.batteries.sungrow.link import LAN
from simulators.clock import ManualClock
from simulators.home import Cells, SimulatedHome
from simulators.modbus import ModbusDevice
from simulators.profile import constant
from simulators.sigenergy import SigenergySimulator
from simulators.sungrow import (
    SH5K_30,
    SH8RL,
    SH10RS,
    SH10RS_WINET,
    SH10RT,
    SH10T,
    HomeManagerSimulator,
    SungrowSimulator,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLLS = 60
EVERY = timedelta(seconds=10)
LINK = replace(LAN, spacing_s=0, connect_delay_s=0)

_MS = 1000


def run() -> dict[str, float]:
    """Return the figures; those of all variants together are the worst ones."""
    return asyncio.run(_all())


async def _all() -> dict[str, float]:
    full: dict[str, int] = {}
    usual: dict[str, int] = {}
    poll_ms: list[float] = []
    for name, (brand, device) in _variants().items():
        counts, times_ms = await _poll(brand, device)
        full[name] = max(counts)
        usual[name] = Counter(counts).most_common(1)[0][0]
        poll_ms += times_ms
    return {
        "requests_full": max(full.values()),
        "requests_usual": max(usual.values()),
        "poll_ms": median(poll_ms),
        **{f"requests_full_{name}": count for name, count in full.items()},
        **{f"requests_usual_{name}": count for name, count in usual.items()},
    }


def _variants() -> dict[str, tuple[BatteryBrand, ModbusDevice]]:
    hybrids = {
        "sh_rt": SH10RT,
        "sh_t": SH10T,
        "sh_rs": SH10RS,
        "sh_rs_winet": SH10RS_WINET,
        "sh_rl": SH8RL,
        "sh_k": SH5K_30,
    }
    sungrows: dict[str, ModbusDevice] = {
        **{key: SungrowSimulator(_home(), model=m) for key, m in hybrids.items()},
        "ihomemanager": HomeManagerSimulator(_home()),
    }
    sigenergies = {
        "sigenergy": SigenergySimulator(_home()),
        "sigenergy_v25": SigenergySimulator(_home(), protocol=2.5),
        "sigenergy_v28": SigenergySimulator(_home(), protocol=2.8),
        "sigenergy_three_inverters_and_charger": SigenergySimulator(
            _home(),
            serials=("SIGA", "SIGB", "SIGC"),
            inverter_units=(2, 3, 4),
            charger_unit=1,
        ),
    }
    return {
        **{name: (SUNGROW, device) for name, device in sungrows.items()},
        **{name: (SIGENERGY, device) for name, device in sigenergies.items()},
    }


def _home() -> SimulatedHome:
    cells = Cells(capacity_kwh=9.6, max_charge_w=5000, max_discharge_w=5000)
    return SimulatedHome(ManualClock(NOON), constant(1200, 3000), cells=cells)


async def _poll(
    brand: BatteryBrand, device: ModbusDevice
) -> tuple[list[int], list[float]]:
    """Set a device up as the dialogue does, and poll it for ten minutes."""
    at = NOON
    counts, times_ms = [], []
    async with device:
        link = ModbusConnection(ModbusTcpParams(host=device.host, port=device.port))
        access = modbus_access(brand)
        unit = link.for_unit(device.unit_id)
        siblings = {each: link.for_unit(each) for each in access.siblings(None)}
        found = await access.probe(unit, LINK, siblings)
        battery = access.driver(
            unit, found.config, now=lambda: at, link=LINK, siblings=siblings
        )
        for _ in range(POLLS):
            before, started = device.requests, time.perf_counter()
            await battery.read()
            times_ms.append((time.perf_counter() - started) * _MS)
            counts.append(device.requests - before)
            at += EVERY
        await link.close()
    return counts, times_ms
