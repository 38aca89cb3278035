"""What an account at Sigenergy's cloud is found to have."""

from collections.abc import AsyncIterator

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.devices.batteries.brand import Caveat, NoBatteryError
from custom_components.power_sync.devices.batteries.cloud import (
    Account,
    Login,
    Place,
    cloud_access,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud import (
    SIGENERGY_CLOUD,
)
from custom_components.power_sync.devices.protocols import (
    DeviceAuthError,
    WrongDeviceError,
)
from simulators.home import SimulatedHome
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_station import SimulatedStation

from .sigen_account import ACCOUNT, STATION, cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")
ACCESS = cloud_access(SIGENERGY_CLOUD)


@pytest.fixture
async def sigen() -> AsyncIterator[SigenCloudSimulator]:
    """Run a cloud."""
    async with cloud() as running:
        yield running


@pytest.fixture
async def login(sigen: SigenCloudSimulator) -> AsyncIterator[Login]:
    """Return a login at it."""
    async with ClientSession() as session:
        yield Login(session, sigen.url, ACCOUNT)


def test_regions() -> None:
    """An address for each, over TLS."""
    assert set(ACCESS.regions) == {"eu", "cn", "apac", "us", "aus"}
    for key, url in ACCESS.regions.items():
        assert url == f"https://api-{key}.sigencloud.com"


async def test_places(sigen: SigenCloudSimulator, login: Login) -> None:
    """The usual one first; an alphanumeric id can do nothing."""
    home = sigen.station.home
    sigen.stations["AB1"] = SimulatedStation(home, "AB1", "Old")
    assert await ACCESS.places(login) == [
        Place(STATION, "Home", controllable=True),
        Place("AB1", "Old", controllable=False),
    ]
    with pytest.raises(DeviceAuthError):
        await ACCESS.places(Login(login.session, sigen.url, Account("a@b.c", "x")))


async def test_a_station(login: Login) -> None:
    """Powers are not told: an hour at most, two hours mostly, for 10 kWh."""
    probe = await ACCESS.probe(login, STATION)
    config = probe.config
    assert (config.identity.serial, config.identity.model) == (STATION, "system")
    assert (config.capacity_kwh, config.rated_power_w) == (10, 10_000)
    assert (config.max_charge_w, config.max_discharge_w) == (10_000, 10_000)
    assert (probe.usual_power_w, probe.soc_pct) == (5000, 50)
    assert (probe.min_soc_pct, probe.max_soc_pct) == (5, 100)
    assert probe.caveat is None
    assert config.settings == {"manual_control", "operating_mode", "tariff"}


async def test_a_station_that_its_owner_has_limited(
    sigen: SigenCloudSimulator, login: Login
) -> None:
    """The limits are known; a VPP has it at the moment."""
    station = sigen.station
    station.charge_limit_kw, station.discharge_limit_kw = "3.000", "4.500"
    station.operating_mode = 6
    probe = await ACCESS.probe(login, STATION)
    assert (probe.config.max_charge_w, probe.config.max_discharge_w) == (3000, 4500)
    assert probe.caveat is Caveat.EXTERNAL_CONTROL


async def test_a_station_of_which_little_is_told(
    sigen: SigenCloudSimulator, login: Login
) -> None:
    """Its capacity is asked for."""
    sigen.stations["7"] = SimulatedStation(sigen.station.home, "7", "Second")
    sigen.refused = frozenset({"mode/current", "battery/limit", "battery/level"})
    probe = await ACCESS.probe(login, "7")
    assert probe.config.capacity_kwh is None
    assert (probe.config.max_charge_w, probe.usual_power_w) == (30_000, 15_000)


async def test_a_station_without_modes_to_choose(
    sigen: SigenCloudSimulator, login: Login
) -> None:
    """Where the account lists none that an owner can set, nothing is offered."""
    sigen.station.offered = {"6": "VPP"}
    probe = await ACCESS.probe(login, STATION)
    assert probe.config.settings == {"manual_control"}


async def test_no_battery_and_no_station(
    sigen: SigenCloudSimulator, login: Login
) -> None:
    """A station without a level; one of another account."""
    with pytest.raises(WrongDeviceError):
        await ACCESS.probe(login, "8")
    old = sigen.station.home
    sigen.station.home = SimulatedHome(old.clock, old.profile, cells=None)
    with pytest.raises(NoBatteryError):
        await ACCESS.probe(login, STATION)
