"""A battery through entities, in a house of made-up entities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.entities import ENTITIES
from custom_components.power_sync.devices.batteries.entities.access import (
    entities_access,
)
from custom_components.power_sync.devices.batteries.entities.driver import (
    ACTION,
    ENDED,
    EntitiesBattery,
)
from custom_components.power_sync.devices.batteries.entities.mapping import Actions
from custom_components.power_sync.devices.batteries.stored import StoredConfigError
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from custom_components.power_sync.devices.protocols import (
    DeviceNotReadyError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    Command,
    Mode,
    Settings,
    SettingValue,
    Write,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
CONFIG = BatteryConfig(
    identity=BatteryIdentity("entities", "entities-1", "Through entities"),
    rated_power_w=5000,
    capacity_kwh=10,
    max_charge_w=5000,
    max_discharge_w=4000,
    settings=frozenset(),
)
DATA: Mapping[str, Any] = {
    "soc_sensor": "sensor.soc",
    "power_sensor": "sensor.power",
    "charging_positive": True,
    "solar_sensor": "sensor.sun",
    "grid_sensor": "sensor.grid",
    "modes": {
        "self_consumption": {"entity": "select.mode", "value": "auto"},
        "charge": {
            "entity": "select.mode",
            "value": "charge",
            "power_entity": "number.charge",
        },
        "discharge": {
            "entity": "select.mode",
            "value": "discharge",
            "power_entity": "number.discharge",
            "power_negative": True,
        },
        "standby": {"entity": "switch.rest", "value": True},
        "no_discharge": {
            "actions": [{"action": "script.hold"}],
            "end_actions": [{"action": "script.free"}],
        },
        "limit": {
            "actions": [{"action": "script.limit"}],
            "end_actions": [{"action": "script.free"}],
        },
    },
}
OWNER: Settings = {
    "number.charge": 1500.0,
    "number.discharge": -800.0,
    "select.mode": "eco",
    "switch.rest": False,
}


@dataclass
class MadeUpEntities:
    """Entities as a dictionary, and the actions that were run."""

    settings: dict[str, SettingValue] = field(default_factory=lambda: dict(OWNER))
    sensors: dict[str, float | None] = field(
        default_factory=lambda: {
            "sensor.soc": 61.0,
            "sensor.power": 700.0,
            "sensor.sun": 2500.0,
            "sensor.grid": -800.0,
        }
    )
    told: datetime | None = NOW
    starting: bool = False
    ran: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def power_w(self, entity: str) -> float | None:
        """Return a sensor's value."""
        return self.sensors[entity]

    def percent(self, entity: str) -> float | None:
        """Return a sensor's value."""
        return self.sensors[entity]

    def told_at(self, _entity: str) -> datetime | None:
        """Return when all were heard of."""
        return self.told

    def setting(self, entity: str) -> SettingValue:
        """Return what is set."""
        return self.settings[entity]

    def fitting(self, entity: str, watts: float) -> float | None:
        """Take whole hundreds."""
        known = self.settings[entity] is not None
        return float(int(watts / 100) * 100) if known else None

    async def set(self, entity: str, value: SettingValue) -> None:
        """Set it."""
        self.settings[entity] = value

    async def run(self, actions: Actions, variables: Mapping[str, object]) -> None:
        """Note what is run."""
        for action in actions:
            assert isinstance(action, dict)
            self.ran.append((str(action["action"]), variables))

    def battery(self, data: Mapping[str, object] = DATA) -> EntitiesBattery:
        """Start the driver anew."""
        return EntitiesBattery(self, CONFIG, data, now=lambda: NOW)


async def bring_about(
    battery: EntitiesBattery, mode: Mode, watts: float | None = None
) -> list[Write]:
    """Bring a command about; return the writes that changed something."""
    now = dict(await battery.read_settings())
    owner = {**OWNER, ACTION: None}
    done = []
    for write in battery.writes_for(Command(mode, watts, NOW), owner, now):
        if now.get(write.setting) != write.value:
            await battery.write(write)
            now[write.setting] = write.value
            done.append(write)
    return done


async def test_reading() -> None:
    """The sign is turned, and the load worked out from the meter."""
    reading = await MadeUpEntities().battery().read()
    assert (reading.soc_pct, reading.battery_power_w) == (61, -700)
    assert (reading.solar_power_w, reading.grid_power_w) == (2500, -800)
    assert reading.load_power_w == 1000
    assert reading.capacity_kwh == 10


async def test_the_meter_is_worked_out_from_the_load() -> None:
    """And nothing is known of what was not picked."""
    house = MadeUpEntities()
    few = {k: v for k, v in DATA.items() if k not in {"solar_sensor", "grid_sensor"}}
    house.sensors["sensor.load"] = 300.0
    reading = await house.battery({**few, "load_sensor": "sensor.load"}).read()
    assert (reading.solar_power_w, reading.grid_power_w) == (None, 1000)
    reading = await house.battery({**few, "charging_positive": False}).read()
    assert (reading.battery_power_w, reading.load_power_w) == (700, None)


@pytest.mark.parametrize("silent", ["sensor.soc", "sensor.power"])
async def test_unavailable(silent: str) -> None:
    """Without level or power the battery cannot be reached."""
    house = MadeUpEntities()
    house.sensors[silent] = None
    with pytest.raises(DeviceUnreachableError, match="no value"):
        await house.battery().read()


@pytest.mark.parametrize("told", [None, NOW - timedelta(minutes=16)])
async def test_stale(told: datetime | None) -> None:
    """Old values are no values."""
    house = MadeUpEntities()
    house.told = told
    with pytest.raises(DeviceUnreachableError, match="stale"):
        await house.battery().read()
    house.settings["select.mode"] = None
    with pytest.raises(DeviceUnreachableError, match="an entity has no value"):
        await house.battery().read_settings()


async def test_while_home_assistant_starts() -> None:
    """What is not there may be yet to come."""
    house = MadeUpEntities(starting=True)
    battery = house.battery()
    house.told = NOW - timedelta(minutes=16)
    with pytest.raises(DeviceNotReadyError, match="stale"):
        await battery.read()
    house.sensors["sensor.soc"] = None
    with pytest.raises(DeviceNotReadyError, match="no value"):
        await battery.read()
    house.settings["number.charge"] = None
    with pytest.raises(DeviceNotReadyError, match="an entity has no value"):
        await battery.read_settings()
    with pytest.raises(DeviceNotReadyError, match="not there"):
        battery.writes_for(Command(Mode.CHARGE, None, NOW), OWNER, OWNER)


async def test_power_first_then_the_mode() -> None:
    """And what another mode has set is the owner's again before that."""
    house = MadeUpEntities()
    battery = house.battery()
    assert await bring_about(battery, Mode.CHARGE, 2345) == [
        Write(ACTION, ENDED),
        Write("number.charge", 2300),
        Write("select.mode", "charge"),
    ]
    assert await bring_about(battery, Mode.DISCHARGE, None) == [
        Write("number.charge", 1500),
        Write("number.discharge", -4000),
        Write("select.mode", "discharge"),
    ]
    assert await bring_about(battery, Mode.STANDBY) == [
        Write("select.mode", "eco"),
        Write("number.discharge", -800),
        Write("switch.rest", value=True),
    ]
    assert await bring_about(battery, Mode.STANDBY) == []


async def test_actions() -> None:
    """They are told mode and power, and ended before others are run."""
    house = MadeUpEntities()
    battery = house.battery()
    await bring_about(battery, Mode.LIMIT, 900)
    await bring_about(battery, Mode.LIMIT, 1200)
    await bring_about(battery, Mode.NO_DISCHARGE)
    now = await battery.read_settings()
    assert now[ACTION] == "no_discharge 0"
    for write in battery.writes_for_release({**OWNER, ACTION: None}, now):
        await battery.write(write)
    assert house.ran == [
        ("script.free", {}),
        ("script.limit", {"mode": "limit", "power_w": 900}),
        ("script.free", {}),
        ("script.limit", {"mode": "limit", "power_w": 1200}),
        ("script.free", {}),
        ("script.hold", {"mode": "no_discharge", "power_w": 0}),
        ("script.free", {}),
    ]


async def test_after_a_restart_actions_are_ended_again() -> None:
    """What they were last run for cannot be read, so it is not taken for ended."""
    house = MadeUpEntities()
    await bring_about(house.battery(), Mode.NO_DISCHARGE)
    again = house.battery()
    now = await again.read_settings()
    assert now[ACTION] is None
    assert again.writes_for_release({**OWNER, ACTION: None}, now) == (
        Write(ACTION, ENDED),
    )


def test_the_owners() -> None:
    """A forced mode that is found is not the owner's; all else is."""
    battery = MadeUpEntities().battery()
    found = {**OWNER, ACTION: None}
    assert battery.owner_settings(found) == found
    forced = {**found, "select.mode": "charge", ACTION: "limit 900"}
    assert battery.owner_settings(forced) == {
        **found,
        "select.mode": "auto",
        ACTION: ENDED,
    }
    assert battery.safe_settings(found)["select.mode"] == "auto"
    assert battery.safe_settings(found)["number.charge"] == 1500
    plain = MadeUpEntities().battery({**DATA, "modes": {}})
    assert plain.owner_settings(OWNER) == plain.safe_settings(OWNER) == OWNER


async def test_only_what_was_mapped() -> None:
    """Other modes and other entities are refused."""
    house = MadeUpEntities()
    watched = house.battery({**DATA, "modes": {}})
    assert watched.capabilities.modes == {Mode.SELF_CONSUMPTION}
    assert await watched.read_settings() == {}
    with pytest.raises(DeviceRefusedError, match="not mapped"):
        watched.writes_for(Command(Mode.CHARGE, None, NOW), {}, {})
    for write in (Write("select.mode", "auto"), Write(ACTION, ENDED)):
        with pytest.raises(DeviceRefusedError, match="cannot write"):
            await watched.write(write)
    house.settings["number.charge"] = None
    battery = house.battery()
    assert battery.identity.serial == "entities-1"
    assert battery.picked.soc_sensor == "sensor.soc"
    with pytest.raises(DeviceUnreachableError):
        battery.writes_for(Command(Mode.CHARGE, None, NOW), OWNER, OWNER)


@pytest.mark.parametrize(
    "changes",
    [
        {"modes": "none"},
        {"modes": {"dance": {}}},
        {"modes": {"charge": "now"}},
        {"soc_sensor": None},
    ],
)
def test_what_is_stored_is_no_battery(changes: dict[str, object]) -> None:
    """It is said, and not guessed at."""
    with pytest.raises(StoredConfigError):
        MadeUpEntities().battery({**DATA, **changes})


def test_no_replay() -> None:
    """What was picked is in no recording, so there is nothing to ask."""
    assert ENTITIES.access.offline(CONFIG) is None
    with pytest.raises(TypeError, match="sungrow is not reached through entities"):
        entities_access(SUNGROW)
