"""How each battery is added to a home of the demo, and what is its owner's of it."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Final

from .providers import Answers

if TYPE_CHECKING:
    from .json_values import Json
    from .run import Demo

MODE: Final = "select.cellar_battery_mode"
POWER: Final = "number.cellar_battery_forced_power"


async def nothing(_demo: Demo) -> object:
    """Return nothing: there is nothing of the owner's."""
    return None


async def registers(demo: Demo) -> object:
    """Return the inverter's settings."""
    return demo.home.inverter.settings()


def sungrow(link: str) -> Callable[[Demo], Answers]:
    """Return what answers the dialogue for a way to the inverter."""

    def answers(demo: Demo) -> Answers:
        start: Answers = {
            "battery": {"brand": "sungrow"},
            "battery_link": {"link": link},
            "battery_no_forcing": {},
            "battery_found": {},
        }
        if link == "serial":
            port = demo.home.serial_port
            return {**start, "battery_serial": {"device": port, "unit_id": 1}}
        return {**start, "battery_connect": _address(demo, unit_id=1)}

    return answers


def _address(demo: Demo, unit_id: int, place: int = 0) -> Mapping[str, Json]:
    return {
        "host": "127.0.0.1",
        "port": demo.home.inverters[place].port,
        "unit_id": unit_id,
    }


async def all_registers(demo: Demo) -> object:
    """Return the settings of all inverters."""
    return [inverter.settings() for inverter in demo.home.inverters]


def sigenergy(demo: Demo) -> Answers:
    """Return the answers for the plant behind the meter."""
    return {
        "battery": {"brand": "sigenergy"},
        # The second one, where there are two.
        "battery_connect": _address(demo, unit_id=247, place=-1),
        "battery_found": {},
    }


def sigenergy_cloud(demo: Demo) -> Answers:
    """Return the answers for a station of the cloud's account."""
    cloud = demo.home.cloud
    return {
        "battery": {"brand": "sigenergy_cloud"},
        "battery_cloud": {
            "region": "eu",
            "email": cloud.email,
            "password": cloud.password,
            "advanced": {"base_url": cloud.url},
        },
        "battery_found": {"max_charge_w": 5000, "max_discharge_w": 5000},
    }


async def station(demo: Demo) -> object:
    """Return the system's mode and tariff, and the manual control that runs."""
    owned = demo.home.cloud.station
    return {
        "operating mode": owned.operating_mode,
        "manual control": owned.manual_mode,
        "tariff": deepcopy(owned.tariff),
    }


def tesla(demo: Demo) -> Answers:
    """Return the answers for a site that a token opens."""
    cloud = demo.home.tesla
    return {
        "battery": {"brand": "tesla"},
        "battery_tesla_token": {
            "token": cloud.token,
            "advanced": {"base_url": cloud.root},
        },
        "battery_found": {},
    }


async def powerwall(demo: Demo) -> object:
    """Return how the gateway is set."""
    return dict(vars(demo.home.tesla.site.gateway.told))


def simulated(_demo: Demo) -> Answers:
    """Return the answers for a battery that PowerSync works out."""
    return {
        "battery": {"brand": "simulated"},
        "battery_no_device": {"name": "Battery on trial", "capacity_kwh": 12.8},
    }


async def entities_owner(demo: Demo) -> object:
    """Return how the battery is set, as its entities show it."""
    found = {}
    for entity in (MODE, POWER):
        state = await demo.api.state(entity)
        found[entity] = None if state is None else state.state
    return found


def entities(_demo: Demo) -> Answers:
    """Return the answers for a battery of another integration."""
    return {
        "battery": {"brand": "entities"},
        "battery_entities": {
            "name": "Cellar battery",
            "soc_sensor": "sensor.cellar_battery_level",
            "power_sensor": "sensor.cellar_battery_power",
            "solar_sensor": "sensor.cellar_battery_solar_power",
            "grid_sensor": "sensor.cellar_battery_grid_power",
            "charging_positive": True,
            "capacity_kwh": 12.8,
            "max_charge_w": 6600,
            "max_discharge_w": 6600,
        },
        "battery_entities_sign": {"right": True},
    }


def mapped(mode: str, value: str, **more: Json) -> Answers:
    """Return the answers that say how one mode is told, and try it."""
    return {
        "battery_entities_modes": {"mode": mode},
        "battery_entities_mode": {"entity": MODE, "value": value, **more},
        "battery_entities_try": {"try": True},
        "battery_entities_tried": {"right": True},
    }
