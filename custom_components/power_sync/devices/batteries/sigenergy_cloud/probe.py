"""What an account has at Sigenergy's cloud."""

from contextlib import suppress
from typing import Final

from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryProbe,
    Caveat,
    NoBatteryError,
)
from custom_components.power_sync.devices.batteries.cloud import Login, Place
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    WrongDeviceError,
)
from custom_components.power_sync.model.battery import BatteryIdentity

from .account import CloudSession
from .answers import AI_MODE, Levels, OperatingMode, Powers
from .client import SigenCloud
from .driver import BRAND
from .manual import MANUAL
from .owner import EXTERNAL_MODES, MODES
from .planning import MODE, TARIFF
from .tariff import value_of

MODEL: Final = "system"
"""The cloud tells none."""
FASTEST_PER_HOUR: Final = 1.0
"""No Sigenergy battery is charged or emptied in less than an hour …"""
USUAL_PER_HOUR: Final = 0.5
"""… and most take two."""
UNKNOWN_CAPACITY_KWH: Final = 30.0


async def places(login: Login) -> list[Place]:
    """Return the account's stations. Raises DeviceError."""
    stations = await SigenCloud(CloudSession(login)).stations()
    return [Place(each.station_id, each.name, each.usable) for each in stations]


async def _served(cloud: SigenCloud, key: str) -> set[str]:
    """Return what can be set: a tariff, if it could be put back and a mode heeds it."""
    served = {MANUAL}
    with suppress(DeviceRefusedError):
        modes = await cloud.modes(key)
        if modes.isdisjoint(MODES.values()):
            return served
        served.add(MODE)
        if AI_MODE in modes and value_of(await cloud.tariff(key)) is not None:
            served.add(TARIFF)
    return served


async def probe(login: Login, key: str) -> BatteryProbe:
    """Return what a station is. Raises DeviceError.

    The cloud tells powers only where the owner has limited them.
    """
    cloud = SigenCloud(CloudSession(login))
    stations = {each.station_id: each for each in await cloud.stations()}
    if key not in stations:
        raise WrongDeviceError("the account has no such station")
    flow = await cloud.flow(key)
    if flow.soc_pct is None:
        raise NoBatteryError("the station tells no state of charge")
    mode, powers, levels = OperatingMode(), Powers(), Levels()
    with suppress(DeviceRefusedError):
        mode = await cloud.operating_mode(key)
    with suppress(DeviceRefusedError):
        powers = await cloud.powers(key)
    with suppress(DeviceRefusedError):
        levels = await cloud.levels(key)
    served = await _served(cloud, key)
    capacity_kwh = stations[key].capacity_kwh
    per_hour_w = 1000 * (capacity_kwh or UNKNOWN_CAPACITY_KWH)
    most_w = FASTEST_PER_HOUR * per_hour_w
    config = BatteryConfig(
        identity=BatteryIdentity(brand=BRAND, serial=key, model=MODEL),
        rated_power_w=most_w,
        capacity_kwh=capacity_kwh,
        max_charge_w=powers.charge_w or most_w,
        max_discharge_w=powers.discharge_w or most_w,
        settings=frozenset(served),
    )
    return BatteryProbe(
        config=config,
        soc_pct=flow.soc_pct,
        min_soc_pct=levels.least_pct,
        max_soc_pct=levels.most_pct,
        backup_reserve_pct=None,
        export_limit_w=None,
        caveat=Caveat.EXTERNAL_CONTROL if mode.code in EXTERNAL_MODES else None,
        usual_power_w=USUAL_PER_HOUR * per_hour_w,
    )
