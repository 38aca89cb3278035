"""The simulated battery: its physics by hand, and its driver in a made-up home."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.no_device import no_device_access
from custom_components.power_sync.devices.batteries.simulated import SIMULATED, day
from custom_components.power_sync.devices.batteries.simulated.cells import (
    EFFICIENCY,
    Size,
    State,
    advanced,
    from_memory,
    power_w,
    to_memory,
)
from custom_components.power_sync.devices.batteries.simulated.driver import (
    NORMAL,
    SimulatedBattery,
)
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    Command,
    Mode,
    OwnerSetting,
    Write,
)
from custom_components.power_sync.model.plain import Json

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
SIZE = Size(capacity_kwh=10, max_charge_w=5000, max_discharge_w=4000)
CONFIG = BatteryConfig(
    identity=BatteryIdentity("simulated", "SIM1", "10 kWh"),
    rated_power_w=5000,
    capacity_kwh=10,
    max_charge_w=5000,
    max_discharge_w=4000,
    settings=frozenset({"mode", "power_w"}),
)
SENSORS = {"load_sensor": "sensor.load", "solar_sensor": "sensor.sun"}


@dataclass
class MadeUpHome:
    """A home whose sensors and clock the tests set."""

    now: datetime = START
    sensors: dict[str, float | None] = field(
        default_factory=lambda: {"sensor.load": 1000.0, "sensor.sun": 0.0}
    )
    kept: Mapping[str, Json] = field(default_factory=dict)
    zone: tzinfo = UTC

    def power_w(self, sensor: str) -> float | None:
        """Return what a test has set."""
        return self.sensors[sensor]

    async def recall(self) -> Mapping[str, object]:
        """Return what was kept."""
        return self.kept

    def keep(self, memory: Callable[[], Mapping[str, Json]]) -> None:
        """Keep it at once."""
        self.kept = dict(memory())

    def battery(self, data: Mapping[str, object] = SENSORS) -> SimulatedBattery:
        """Start the driver anew."""
        return SimulatedBattery(self, CONFIG, data, now=lambda: self.now)


async def command(
    battery: SimulatedBattery, mode: Mode, watts: float | None = None
) -> None:
    """Bring a command about."""
    now = await battery.read_settings()
    for write in battery.writes_for(Command(mode, watts, START), NORMAL, now):
        await battery.write(write)


@pytest.mark.parametrize(
    ("mode", "watts", "load_w", "sun_w", "expected_w"),
    [
        (Mode.SELF_CONSUMPTION, 0, 1500, 400, 1100),
        (Mode.SELF_CONSUMPTION, 0, 400, 1500, -1100),
        (Mode.SELF_CONSUMPTION, 0, 9000, 0, 4000),
        (Mode.SELF_CONSUMPTION, 0, 0, 9000, -5000),
        (Mode.CHARGE, 3000, 1500, 400, -3000),
        (Mode.DISCHARGE, 2500, 100, 0, 2500),
        (Mode.NO_DISCHARGE, 0, 1500, 400, 0),
        (Mode.NO_DISCHARGE, 0, 400, 1500, -1100),
        (Mode.STANDBY, 0, 400, 1500, 0),
        (Mode.LIMIT, 500, 1500, 0, 500),
        (Mode.LIMIT, 500, 0, 1500, -1500),
    ],
)
def test_modes(
    mode: Mode, watts: float, load_w: float, sun_w: float, expected_w: float
) -> None:
    """What each mode does in a home."""
    state = State(at=START, stored_kwh=5, mode=mode, power_w=watts)
    assert power_w(state, SIZE, load_w, sun_w) == expected_w


def test_full_and_empty() -> None:
    """A full battery takes nothing, an empty one gives nothing."""
    full = State(at=START, stored_kwh=10, mode=Mode.CHARGE, power_w=3000)
    empty = replace(full, stored_kwh=0, mode=Mode.DISCHARGE)
    assert power_w(full, SIZE, 0, 0) == 0
    assert power_w(empty, SIZE, 0, 0) == 0
    assert power_w(replace(empty, mode=Mode.CHARGE), SIZE, 0, 0) == -3000


def test_an_hour_by_hand() -> None:
    """3 kW for an hour store 2.85 kWh; 2 kW for an hour take 2.105 kWh out."""
    state = State(at=START, stored_kwh=5, mode=Mode.CHARGE, power_w=3000)
    state = advanced(state, SIZE, 1000, 500, START + timedelta(hours=1))
    assert state.stored_kwh == pytest.approx(7.85)
    assert state.totals.charged == pytest.approx(3.0)
    assert state.totals.imported == pytest.approx(3.5)
    state = replace(state, mode=Mode.DISCHARGE, power_w=2000)
    state = advanced(state, SIZE, 1000, 500, START + timedelta(hours=2))
    assert state.stored_kwh == pytest.approx(7.85 - 2 / 0.95)
    assert state.totals.exported == pytest.approx(1.5)


def test_becoming_full() -> None:
    """It is full after exactly so long, and the rest goes elsewhere."""
    state = State(at=START, stored_kwh=9.05, mode=Mode.CHARGE, power_w=2000)
    state = advanced(state, SIZE, 0, 0, START + timedelta(hours=1))
    assert state.stored_kwh == 10
    assert state.totals.charged == pytest.approx(1.0)


@given(
    stored=st.floats(0, 10),
    mode=st.sampled_from(Mode),
    watts=st.floats(0, 6000),
    load=st.floats(0, 9000),
    sun=st.floats(0, 9000),
    minutes=st.floats(0, 600),
)
def test_energy_is_conserved(  # noqa: PLR0913, PLR0917 - a home and a time
    stored: float, mode: Mode, watts: float, load: float, sun: float, minutes: float
) -> None:
    """Whatever happens: within its limits, nothing made and nothing lost."""
    before = State(at=START, stored_kwh=stored, mode=mode, power_w=watts)
    after = advanced(before, SIZE, load, sun, START + timedelta(minutes=minutes))
    got = after.totals
    assert 0 <= after.stored_kwh <= 10
    assert got.charged <= 5 * minutes / 60 + 1e-9
    assert got.discharged <= 4 * minutes / 60 + 1e-9
    assert after.stored_kwh - stored == pytest.approx(
        got.charged * EFFICIENCY - got.discharged / EFFICIENCY, abs=1e-6
    )
    assert got.load == pytest.approx(
        got.solar + got.imported - got.exported + got.discharged - got.charged, abs=1e-6
    )


async def test_reading() -> None:
    """In the common signs; the level follows what it did."""
    home = MadeUpHome()
    battery = home.battery()
    first = await battery.read()
    assert (first.soc_pct, first.battery_power_w, first.grid_power_w) == (50, 1000, 0)
    home.now += timedelta(minutes=12)
    home.sensors["sensor.sun"] = 3000.0
    second = await battery.read()
    assert second.soc_pct == pytest.approx(50 + 10 * 2.0 * 0.2 * 0.95)
    assert (second.battery_power_w, second.solar_power_w) == (-2000, 3000)
    assert second.charge_energy_kwh == pytest.approx(0.4)


async def test_it_remembers() -> None:
    """A restart changes nothing, and while nobody looked it stood still."""
    home = MadeUpHome()
    battery = home.battery()
    await command(battery, Mode.CHARGE, 3000)
    home.now += timedelta(minutes=10)
    level = (await battery.read()).soc_pct
    assert level == pytest.approx(50 + 100 * 0.5 * 0.95 / 10)
    home.now += timedelta(hours=8)
    again = home.battery()
    assert await again.read_settings() == {"mode": 1, "power_w": 3000}
    assert (await again.read()).soc_pct == level
    home.now += timedelta(hours=8)
    assert (await again.read()).soc_pct == level


@pytest.mark.parametrize(
    "kept", [{"mode": "dance", "stored_kwh": "much"}, {"power_w": True}, {}]
)
def test_a_damaged_memory(kept: dict[str, object]) -> None:
    """It starts half full, in normal operation."""
    assert from_memory(kept, SIZE, START) == State(at=START, stored_kwh=5)
    over = from_memory({"stored_kwh": 99.0}, SIZE, START)
    assert over.stored_kwh == 10
    assert from_memory(to_memory(over), SIZE, START) == over


async def test_a_sensor_without_a_value() -> None:
    """The battery cannot be read: it is not said that nothing is used."""
    home = MadeUpHome()
    battery = home.battery()
    home.sensors["sensor.load"] = None
    with pytest.raises(DeviceUnreachableError, match="no value"):
        await battery.read()


async def test_a_typical_day() -> None:
    """Without sensors, on the home's own clock; summer nights are dark, too."""
    home = MadeUpHome(zone=ZoneInfo("Australia/Melbourne"))
    battery = home.battery({})
    home.now = datetime(2026, 3, 4, 2, tzinfo=UTC)  # 13:00 there
    assert (await battery.read()).solar_power_w == pytest.approx(day.PEAK_SUN_W)
    home.now += timedelta(hours=12)
    night = await battery.read()
    assert (night.solar_power_w, night.load_power_w) == (0, day.LOAD_W[1])
    assert sum(day.LOAD_W) == pytest.approx(10_660, abs=200)


async def test_commands() -> None:
    """Power first, mode last; as much as there is, or as was asked."""
    battery = MadeUpHome().battery()
    assert battery.capabilities.modes == frozenset(Mode)

    def writes(mode: Mode, watts: float | None) -> list[Write]:
        return list(battery.writes_for(Command(mode, watts, START), NORMAL, NORMAL))

    assert writes(Mode.CHARGE, None) == [Write("power_w", 5000), Write("mode", 1)]
    assert writes(Mode.DISCHARGE, 9000) == [Write("power_w", 4000), Write("mode", 2)]
    assert writes(Mode.STANDBY, None) == [Write("power_w", 0), Write("mode", 4)]
    await command(battery, Mode.LIMIT, 700)
    now = await battery.read_settings()
    assert battery.owner_settings(now) == battery.safe_settings(now) == NORMAL
    for write in battery.writes_for_release(NORMAL, now):
        await battery.write(write)
    assert await battery.read_settings() == NORMAL
    assert battery.writes_for_release(NORMAL, NORMAL) == ()


@pytest.mark.parametrize(
    "write", [Write("mode", 17), Write("power_w", -1.0), Write("colour", 1)]
)
async def test_refused(write: Write) -> None:
    """What it does not have is not taken."""
    battery = MadeUpHome().battery()
    with pytest.raises(DeviceRefusedError):
        await battery.write(write)


async def test_nothing_of_the_owner() -> None:
    """It has no settings but its controls."""
    battery = MadeUpHome().battery()
    assert battery.owner_range(OwnerSetting.MIN_SOC_PCT) is None
    assert await battery.read_owner() == {}
    assert battery.owner_value(OwnerSetting.MIN_SOC_PCT, {}) is None
    with pytest.raises(DeviceRefusedError):
        battery.owner_writes(OwnerSetting.MIN_SOC_PCT, 20, {})


def test_offline() -> None:
    """A replay asks it for its writes; there is no home around it."""
    battery = SIMULATED.access.offline(CONFIG)
    assert battery is not None
    assert battery.identity == CONFIG.identity
    writes = battery.writes_for(Command(Mode.CHARGE, 2000, START), NORMAL, NORMAL)
    assert writes[0] == Write("power_w", 2000)
    with pytest.raises(DeviceUnreachableError):
        asyncio.run(battery.read())
    with pytest.raises(TypeError, match="sungrow has devices"):
        no_device_access(SUNGROW)
