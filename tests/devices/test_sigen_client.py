"""What Sigenergy's cloud says, against values worked out by hand."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.devices.batteries.sigenergy_cloud.answers import (
    Flow,
    Levels,
    Manual,
    ManualMode,
    Powers,
    Station,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.client import (
    SigenCloud,
)
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from simulators.clock import ManualClock
from simulators.home import SimulatedHome
from simulators.profile import constant
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_station import SimulatedStation

from .sigen_account import NOON, STATION, asking, cloud

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def clock() -> ManualClock:
    """Return the cloud's clock."""
    return ManualClock(NOON)


@pytest.fixture
async def sigen(clock: ManualClock) -> AsyncIterator[SigenCloudSimulator]:
    """Run a cloud."""
    async with cloud(clock) as running:
        yield running


@pytest.fixture
async def client(sigen: SigenCloudSimulator) -> AsyncIterator[SigenCloud]:
    """Return a client that has logged in."""
    async with asking(sigen.url) as session:
        client = SigenCloud(session)
        await client.operating_mode(STATION)
        yield client


RAW = {
    "pvDayNrg": 12.3,
    "pvPower": 3.25,
    "buySellPower": -0.4,
    "evPower": 1.5,
    "acPower": "7.2",
    "loadPower": 0.65,
    "batteryPower": 3.0,
    "batterySoc": 64.5,
    "onGrid": True,
}


async def test_the_flow_in_the_common_signs(
    sigen: SigenCloudSimulator, client: SigenCloud
) -> None:
    """Charging and exporting are negative here, and are not there."""
    sigen.answer(RAW)
    assert await client.flow(STATION) == Flow(
        soc_pct=64.5,
        battery_w=-3000,
        solar_w=3250,
        grid_w=400,
        load_w=650,
        car_w=8700,
        on_grid=True,
    )
    sigen.answer(RAW | {"batteryPower": "-2.5", "buySellPower": 4.1, "onGrid": 1})
    flow = await client.flow(STATION)
    assert (flow.battery_w, flow.grid_w, flow.on_grid) == (2500, -4100, None)
    assert sigen.requests[-1] == f"/device/sigen/station/energyflow?id={STATION}"


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        "-",
        True,
        [],
        {},
        1e9,
        float("nan"),
        "inf",
        pytest.param(10**400, id="huge"),
    ],
)
async def test_what_is_no_number_is_not_known(
    sigen: SigenCloudSimulator, client: SigenCloud, bad: object
) -> None:
    """It is never taken for zero."""
    sigen.answer(dict.fromkeys(RAW, bad))
    flow = await client.flow(STATION)
    assert (flow.soc_pct, flow.battery_w, flow.solar_w) == (None, None, None)
    assert (flow.grid_w, flow.load_w, flow.car_w) == (None, None, None)
    sigen.answer(RAW | {"batterySoc": 101})
    assert (await client.flow(STATION)).soc_pct is None


async def test_the_flow_balances(client: SigenCloud) -> None:
    """As the simulated home's does: 3 kW of sun, 0.8 kW of load, the rest is stored."""
    flow = await client.flow(STATION)
    assert (flow.solar_w, flow.load_w) == (3000, 800)
    assert (flow.battery_w, flow.grid_w) == (-2200, 0)


@pytest.mark.parametrize("data", [None, [], "text", 5])
async def test_answers_of_another_kind(
    sigen: SigenCloudSimulator, client: SigenCloud, data: object
) -> None:
    """No call makes anything of them."""
    for call in (
        client.flow,
        client.operating_mode,
        client.powers,
        client.levels,
        client.manual,
    ):
        sigen.answer(data)
        with pytest.raises(DeviceUnreachableError):
            await call(STATION)


async def test_settings_of_the_owner(
    sigen: SigenCloudSimulator, client: SigenCloud
) -> None:
    """Mode, powers and levels; a power of 4294967.295 is no limit."""
    sigen.answer({"currentMode": 2, "currentProfileId": -1})
    assert (await client.operating_mode(STATION)).code == 2
    sigen.answer({"currentMode": None})
    assert await client.operating_mode(STATION) == (None, None)
    sigen.answer(
        {
            "batteryMaxChargingPower": "4294967.295",
            "batteryMaxDischargingPower": "5.000",
        },
    )
    assert await client.powers(STATION) == Powers(None, 5000)
    sigen.answer({"chargeSOC": "95", "dischargeSOC": "10", "backupSOC": "20"})
    assert await client.levels(STATION) == Levels(10, 95)


async def test_the_manual_control(
    sigen: SigenCloudSimulator, client: SigenCloud
) -> None:
    """Read as it was captured; times are seconds since 1970, milliseconds too."""
    sigen.answer({"enable": True, "mode": "0", "endTime": "1776471497"})
    end = datetime(2026, 4, 18, 0, 18, 17, tzinfo=UTC)
    assert await client.manual(STATION) == Manual("0", end)
    sigen.answer(
        {
            "enable": True,
            "mode": 1,
            "endTime": 1776471497000,
            "powerLimitation": "2.500",
        },
    )
    assert await client.manual(STATION) == Manual("1", end, 2.5)
    for none in ("", None, "soon", 0, 10**30):
        sigen.answer({"enable": False, "mode": "", "endTime": none})
        assert await client.manual(STATION) == Manual(None)
    sigen.answer({"mode": "0"})
    with pytest.raises(DeviceUnreachableError):
        await client.manual(STATION)


@pytest.mark.parametrize(
    "control",
    [
        (ManualMode.CHARGE, 4.5, "4.500", -4500),
        (ManualMode.CHARGE, 0.0, "0.000", 0),
        (ManualMode.DISCHARGE, 1.2345, "1.234", 1234),
        (ManualMode.DISCHARGE, None, "4294967.295", 5000),
        (ManualMode.HOLD, None, "", 0),
        (ManualMode.SELF_USE, None, "", -2200),
    ],
)
async def test_manual_controls(
    sigen: SigenCloudSimulator,
    client: SigenCloud,
    clock: ManualClock,
    control: tuple[ManualMode, float | None, str, float],
) -> None:
    """Each begins, is read back, and ends by itself or when it is cancelled."""
    mode, power_kw, sent, battery_w = control
    await client.start_manual(STATION, mode, 30, power_kw)
    assert sigen.station.manual == {
        "mode": mode.value,
        "duration": "30",
        "powerLimitation": sent,
    }
    end = NOON + timedelta(minutes=30)
    assert await client.manual(STATION) == Manual(mode.value, end)
    assert (await client.flow(STATION)).battery_w == battery_w
    clock.advance(timedelta(minutes=30))
    assert await client.manual(STATION) == Manual(None)
    await client.start_manual(STATION, mode, 30, power_kw)
    await client.cancel_manual(STATION)
    assert await client.manual(STATION) == Manual(None)
    assert sigen.commands_taken == 3


async def test_a_manual_control_that_is_not_taken(
    sigen: SigenCloudSimulator, client: SigenCloud
) -> None:
    """By code, or by data that are not true."""
    with pytest.raises(DeviceRefusedError, match=r"code 1$"):
        await client.start_manual(STATION, ManualMode.HOLD, 9999, None)
    for data in (False, None, "true"):
        sigen.answer(data)
        with pytest.raises(DeviceRefusedError):
            await client.cancel_manual(STATION)


async def test_the_stations_of_an_account(
    sigen: SigenCloudSimulator, client: SigenCloud, clock: ManualClock
) -> None:
    """The one of the app's first page, with its capacity; the others by name."""
    home = SimulatedHome(clock, constant(500))
    sigen.stations["77"] = SimulatedStation(home, "77", "Cabin")
    sigen.stations["ABC12"] = SimulatedStation(home, "ABC12", "Alphanumeric")
    first = Station(station_id=STATION, name="Home", capacity_kwh=10)
    found = await client.stations()
    assert found == [
        first,
        Station(station_id="77", name="Cabin"),
        Station(station_id="ABC12", name="Alphanumeric"),
    ]
    assert [each.usable for each in found] == [True, True, False]
    sigen.lists = False
    found = await client.stations()
    assert found == [Station(station_id=STATION, capacity_kwh=10)]


@pytest.mark.parametrize("wrap", ["list", "records"])
async def test_a_list_of_stations_in_other_shapes(
    sigen: SigenCloudSimulator, client: SigenCloud, wrap: str
) -> None:
    """Within an object, with other names; rows without an id are left out."""
    sigen.answer(None)
    sigen.answer(
        {"total": 4, wrap: [{"id": "5", "name": "A"}, {}, "x", {"stationId": True}]},
    )
    assert await client.stations() == [Station(station_id="5", name="A")]


async def test_an_account_without_a_station(
    sigen: SigenCloudSimulator, client: SigenCloud
) -> None:
    """There is nothing to choose from."""
    sigen.stations.clear()
    assert await client.stations() == []
    sigen.lists = False
    assert await client.stations() == []
