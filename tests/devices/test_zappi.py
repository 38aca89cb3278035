"""A Zappi's status, and pymyenergi at the simulated cloud."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json

import httpx
from pymyenergi.client import (  # type: ignore[import-untyped]  # has no type marker
    MyenergiClient,
)
from pymyenergi.connection import (  # type: ignore[import-untyped]  # has no type marker
    Connection,
)
from pymyenergi.exceptions import (  # type: ignore[import-untyped]  # has no type marker
    MyenergiException,
    WrongCredentials,
)
import pytest

from custom_components.power_sync.devices.chargers import entities
from custom_components.power_sync.devices.chargers.entities import (
    ChargerEntities,
    reading_of,
    state_called,
)
from custom_components.power_sync.devices.chargers.zappi import (
    ZappiCharger,
    reading,
    statuses,
)
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from custom_components.power_sync.model.charger import CarState, ChargeMode
from simulators.car import SimulatedCar
from simulators.clock import ManualClock
from simulators.home import SimulatedHome
from simulators.myenergi import MyenergiSimulator, SimulatedZappi
from simulators.profile import constant
from simulators.rest import Fault

NOW = datetime(2026, 1, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state", "power_w"),
    [
        ({"pst": "A", "sta": 1}, CarState.DISCONNECTED, 0),
        ({"pst": "B1", "sta": 1}, CarState.CONNECTED, 0),
        ({"pst": "C2", "sta": 3, "div": 7200}, CarState.CHARGING, 7200),
        # It is called paused, and charges all the same.
        ({"pst": "B2", "sta": 1, "div": 7200}, CarState.CHARGING, 7200),
        # A firmware may have codes that nobody has seen yet.
        ({"pst": "C2", "sta": 11, "div": 1500}, CarState.CHARGING, 1500),
        ({"pst": "X9", "sta": 11}, None, 0),
        ({"pst": "C2", "sta": 3}, CarState.CHARGING, 0),
        ({"pst": "C2", "sta": 5}, CarState.COMPLETE, 0),
        ({"pst": "B1", "sta": 5, "div": 60}, CarState.COMPLETE, 60),
        ({"pst": "F", "sta": 1}, CarState.FAULT, 0),
        ({}, None, 0),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else str(value),
)
def test_states(
    status: dict[str, object], state: CarState | None, power_w: float
) -> None:
    """What flows counts more than what it is called."""
    found = reading(status, NOW)
    assert (found.state, found.power_w) == (state, power_w)
    assert found.charging is (state is CarState.CHARGING)
    plugged = None if state is None else state is not CarState.DISCONNECTED
    assert found.plugged is plugged


def test_what_a_status_leaves_out() -> None:
    """Zeros are left out; a mode that is none, or no number, is not known."""
    assert reading({"pst": "A"}, NOW).session_energy_kwh == 0
    assert reading({"pst": "A", "che": 3.5}, NOW).session_energy_kwh == 3.5
    assert [reading({"zmo": code}, NOW).mode for code in (1, 2, 3, 4, 9, "x")] == [
        *ChargeMode,
        None,
        None,
    ]
    assert reading({"div": True}, NOW).power_w == 0


@pytest.mark.parametrize("answer", [None, "no", [3]])
def test_answers_that_are_none(answer: object) -> None:
    """What is no status is an outage."""
    with pytest.raises(DeviceUnreachableError):
        statuses(answer)


def test_hubs_without_zappis() -> None:
    """Other devices, and Zappis without a serial number, are left out."""
    assert statuses([{"eddi": [{"sno": 1}]}, {"zappi": "?"}, {"zappi": [{}]}]) == {}


class Cloud:
    """The simulated cloud, its clock, and the library's connection to it."""

    def __init__(self) -> None:
        """Have a home with a Zappi and a car."""
        self.clock = ManualClock(NOW)
        self.home = SimulatedHome(self.clock, constant(500))
        self.zappi = SimulatedZappi(self.home, SimulatedCar(self.home), mode=1)
        self.server = MyenergiSimulator(self.clock, [self.zappi])
        self._clients: list[httpx.AsyncClient] = []
        self._connection: Connection | None = None

    def connection(self, key: str | None = None) -> Connection:
        """Return the library's own connection."""
        client = httpx.AsyncClient(verify=self.server.authority.client_context())
        self._clients.append(client)
        connection = Connection(
            self.server.digest.user,
            key or self.server.digest.password,
            asyncClient=client,
        )
        connection.director_url = self.server.url
        return connection

    async def close(self) -> None:
        """Close what is open."""
        for client in self._clients:
            await client.aclose()

    async def get(self, path: str) -> object:
        """Ask through the library."""
        self._connection = self._connection or self.connection()
        answer: object = await self._connection.get(path)
        return answer

    def charger(self) -> ZappiCharger:
        """Return the Zappi as PowerSync has it."""
        return ZappiCharger(self, "16012345", poll_s=60, now=self.clock.now)


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[Cloud]:
    """Start it."""
    made = Cloud()
    async with made.server:
        yield made
        await made.close()


async def test_the_library_itself(cloud: Cloud) -> None:
    """Its client finds the Zappi over HTTPS with digest, director and server."""
    cloud.zappi.car.plug_in()
    cloud.zappi.car.start()
    client = MyenergiClient(cloud.connection())
    await client.refresh()
    (device,) = client.get_devices_sync("zappi")
    assert (device.serial_number, device.name) == (16012345, "Drive")
    assert (device.status, device.plug_status) == ("Charging", "Charging")
    assert (client.power_grid, client.power_charging) == (2900, 7400)
    assert "/cgi-jstatus-E" in cloud.server.requests
    await device.set_charge_mode("Stopped")
    await device.refresh()
    assert (device.charge_mode, device.status) == ("Stopped", "Paused")
    assert cloud.server.commands_taken == [("16012345", 4)]


async def test_wrong_key(cloud: Cloud) -> None:
    """It is refused, as by the real one."""
    with pytest.raises(WrongCredentials):
        await cloud.connection("wrong").get("/cgi-jstatus-*")
    cloud.server.digest.forget()
    assert await cloud.connection().get("/cgi-jstatus-Z1") == {"zappi": []}


async def test_too_often(cloud: Cloud) -> None:
    """429 is an error with a code and no text."""
    connection = cloud.connection()
    await connection.get("/cgi-jstatus-*")
    cloud.server.fail(Fault(status=429))
    with pytest.raises(MyenergiException) as caught:
        # Without a server's name in its answer it is taken for a refusal.
        await connection.get("/cgi-jstatus-*")
    assert str(caught.value) == ""


async def test_lag(cloud: Cloud) -> None:
    """The cloud tells of a car two minutes late."""
    cloud.server.lag = timedelta(minutes=2)
    charger = cloud.charger()
    cloud.zappi.car.plug_in()
    assert (await charger.read()).state is CarState.CONNECTED
    cloud.zappi.car.start()
    cloud.clock.advance(timedelta(seconds=60))
    assert (await charger.read()).state is CarState.CONNECTED
    cloud.clock.advance(timedelta(seconds=120))
    found = await charger.read()
    assert (found.state, found.power_w) == (CarState.CHARGING, 7400)
    # 7.4 kW since the car began, 60 s before what is told now.
    assert found.session_energy_kwh == pytest.approx(0.12, abs=0.005)
    assert charger.identity.sw_version == "3560S5.408"


async def test_setting_the_mode(cloud: Cloud) -> None:
    """It is acknowledged before it is done, and a refusal is seen."""
    cloud.server.command_delay = timedelta(seconds=10)
    charger = cloud.charger()
    await charger.set_mode(ChargeMode.STOPPED)
    assert (await charger.read()).mode is ChargeMode.FAST
    cloud.clock.advance(timedelta(seconds=10))
    assert (await charger.read()).mode is ChargeMode.STOPPED
    cloud.server.refuses = -14
    with pytest.raises(DeviceRefusedError):
        await charger.set_mode(ChargeMode.ECO)
    assert charger.modes == set(ChargeMode)
    assert charger.followed == ()
    await charger.close()


async def test_another_hub(cloud: Cloud) -> None:
    """A hub that does not know the Zappi is another one."""
    cloud.server.zappis.clear()
    with pytest.raises(WrongDeviceError):
        await cloud.charger().read()


async def test_eco_plus_waits_for_the_sun(cloud: Cloud) -> None:
    """It lets the car have what the home would export."""
    cloud.zappi.mode = 3
    cloud.home.soc_pct = 100
    cloud.zappi.car.plug_in()
    assert (await cloud.charger().read()).state is CarState.CONNECTED
    cloud.zappi.car.start()
    assert (await cloud.charger().read()).state is CarState.CONNECTED
    cloud.zappi.car.profile = constant(500, 9000)
    assert (await cloud.charger().read()).state is CarState.CHARGING
    cloud.zappi.car.unplug()
    assert (await cloud.charger().read()).state is CarState.DISCONNECTED


def test_polling() -> None:
    """60 s with a car, twice that without, up to five minutes after failures."""
    polling = Cloud().charger().polling
    every = {
        (plugged, failures): polling.after(plugged=plugged, failures=failures)
        for plugged in (True, False)
        for failures in (0, 1, 2, 9)
    }
    assert every[True, 0] == timedelta(seconds=60)
    assert every[False, 0] == timedelta(seconds=120)
    assert every[True, 1] == timedelta(seconds=120)
    assert every[True, 2] == timedelta(seconds=240)
    assert every[False, 9] == timedelta(seconds=300)


SENSORS = ChargerEntities(power="p", plugged="b", status="s")


@pytest.mark.parametrize(
    ("power", "plugged", "status", "state"),
    [
        ((7000.0, NOW), "off", "idle", CarState.CHARGING),
        ((5.0, NOW), "on", "charging", CarState.CONNECTED),
        ((0.0, NOW), "off", None, CarState.DISCONNECTED),
        ((0.0, NOW), None, "Suspended EV", CarState.CONNECTED),
        ((0.0, NOW), None, "Charging", CarState.CONNECTED),
        ((0.0, NOW), None, None, CarState.CONNECTED),
        ((7000.0, NOW - timedelta(minutes=6)), "on", None, CarState.CONNECTED),
        (None, None, "C", CarState.CHARGING),
        (None, "on", "Completed", CarState.COMPLETE),
    ],
    ids=str,
)
def test_sensors(
    power: tuple[float, datetime] | None,
    plugged: str | None,
    status: str | None,
    state: CarState,
) -> None:
    """A power that flows counts first, then what the sensors are called."""
    texts = {"b": plugged, "s": status}
    found = reading_of(SENSORS, lambda _: power, texts.get, NOW)
    assert found.state is state


def test_sensors_that_say_nothing() -> None:
    """Then nothing is known."""
    with pytest.raises(DeviceUnreachableError):
        reading_of(SENSORS, lambda _: None, lambda _: None, NOW)
    assert state_called("something else") is None
    assert SENSORS.every == ("p", "b", "s")
    assert ChargerEntities(power="p").every == ("p",)
    assert entities.POLLING.after(plugged=True, failures=0) == timedelta(seconds=10)
