"""The homes that the demo knows: each one definition, and one line in `HOMES`."""

from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from custom_components.power_sync.model.battery import Mode
from simulators.home import SimulatedHome
from simulators.sungrow import (
    SH5K_30,
    SH10RS,
    SH10RS_WINET,
    SH10RT,
    SH10T,
    SungrowModel,
)

from .check_plant import check_plant, enable_phases
from .check_quality import check_quality, enable_quality
from .home import Inverter, sigenergy, sungrow
from .mains import connect_phases
from .providers import GLOBIRD, OCTOPUS, PROVIDERS, Answers, Provider
from .self_planning import SelfPlanning, powerwall, station

if TYPE_CHECKING:
    from .json_values import Json
    from .report import Report
    from .run import Demo


MODE: Final = "select.cellar_battery_mode"
POWER: Final = "number.cellar_battery_forced_power"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home to show: its battery and provider, and what can be seen of it."""

    key: str
    title: str
    battery: Callable[[Demo], Answers]
    """The answers from the choice of the brand on."""
    owner: Callable[[Demo], Awaitable[object]]
    """What the owner has set, as it is seen without PowerSync."""
    beside: tuple[str, ...] = ()
    """Further integrations without questions, which make the battery known."""
    modes: tuple[Mapping[str, Mapping[str, Json]], ...] = ()
    """The answers to steps that come several times, in their order."""
    inverter: Callable[[SimulatedHome], Inverter] = sungrow
    """Makes the inverter, which there is whether or not PowerSync knows it."""
    seen_inside: bool = False
    """Whether PowerSync's battery is that inverter, which a check can look into."""
    second: Callable[[SimulatedHome], Inverter] | None = None
    """Makes the inverter of a second battery, behind the same meter."""
    second_battery: Callable[[Demo], Answers] | None = None
    """The answers that add it to the home."""
    provider: Provider = OCTOPUS
    """Whom it buys electricity of."""
    phased: bool = False
    """Whether its phases are looked at, and the main fuse before them."""
    car: bool = False
    """Whether its Zappi is added, and the car at it lives."""
    late_s: float = 0.0
    """How much later than one that is polled every ten seconds it is seen to act."""
    rated_w: float = 10_000
    """What the inverter can give at most."""
    serial: bool = False
    """Whether the inverter is at a serial port instead of the network."""
    plans_itself: Callable[[Demo], SelfPlanning] | None = None
    """What is seen of its battery where that can plan for itself."""
    islands: bool = False
    """Whether its battery serves the home in a power cut, and says so."""
    prepare: Callable[[Demo], Awaitable[None]] | None = None
    """Enables what Home Assistant does not show by itself."""
    shows: Callable[[Demo, Report], Awaitable[None]] | None = None
    """Looks at what only this home shows."""
    cheap_hour: Mode = Mode.CHARGE
    """What a plan makes of an hour that is cheaper than any other."""


async def _nothing(_demo: Demo) -> object:
    """Return nothing: there is nothing of the owner's."""
    return None


async def _registers(demo: Demo) -> object:
    """Return the inverter's settings."""
    return demo.home.inverter.settings()


def _sungrow(link: str) -> Callable[[Demo], Answers]:
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


async def _all_registers(demo: Demo) -> object:
    """Return the settings of all inverters."""
    return [inverter.settings() for inverter in demo.home.inverters]


def _sigenergy(demo: Demo) -> Answers:
    return {
        "battery": {"brand": "sigenergy"},
        # The second one, where there are two.
        "battery_connect": _address(demo, unit_id=247, place=-1),
        "battery_found": {},
    }


def _sigenergy_cloud(demo: Demo) -> Answers:
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


async def _station(demo: Demo) -> object:
    """Return the system's mode and tariff, and the manual control that runs."""
    owned = demo.home.cloud.station
    return {
        "operating mode": owned.operating_mode,
        "manual control": owned.manual_mode,
        "tariff": deepcopy(owned.tariff),
    }


def _tesla(demo: Demo) -> Answers:
    cloud = demo.home.tesla
    return {
        "battery": {"brand": "tesla"},
        "battery_tesla_token": {
            "token": cloud.token,
            "advanced": {"base_url": cloud.root},
        },
        "battery_found": {},
    }


async def _powerwall(demo: Demo) -> object:
    """Return how the gateway is set."""
    return dict(vars(demo.home.tesla.site.gateway.told))


def _simulated(_demo: Demo) -> Answers:
    return {
        "battery": {"brand": "simulated"},
        "battery_no_device": {"name": "Battery on trial", "capacity_kwh": 12.8},
    }


async def _entities_owner(demo: Demo) -> object:
    """Return how the battery is set, as its entities show it."""
    found = {}
    for entity in (MODE, POWER):
        state = await demo.api.state(entity)
        found[entity] = None if state is None else state.state
    return found


def _entities(_demo: Demo) -> Answers:
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


def _mapped(mode: str, value: str, **more: Json) -> Answers:
    return {
        "battery_entities_modes": {"mode": mode},
        "battery_entities_mode": {"entity": MODE, "value": value, **more},
        "battery_entities_try": {"try": True},
        "battery_entities_tried": {"right": True},
    }


_REACHED: Final = {
    "lan": "over Modbus TCP",
    "winet": "behind a WiNet-S",
    "rtu_over_tcp": "behind a gateway that passes the frames of a serial line on",
    "serial": "at a serial port",
}


def _sungrow_home(key: str, model: SungrowModel, link: str = "lan") -> Home:
    """Return the home of a model and a way to it.

    A model that does not tell how it is controlled is never forced: it can only
    be held back.
    """

    def inverter(home: SimulatedHome) -> Inverter:
        return sungrow(
            home, model, rtu=link == "rtu_over_tcp", single_client=link == "winet"
        )

    return Home(
        key=key,
        title=f"a Sungrow {model.name} {_REACHED[link]}",
        battery=_sungrow(link),
        owner=_registers,
        inverter=inverter,
        rated_w=5000 if model is SH5K_30 else 10_000,
        serial=link == "serial",
        seen_inside=True,
        cheap_hour=Mode.CHARGE if model.tells_control else Mode.NO_DISCHARGE,
    )


SUNGROW: Final = _sungrow_home("sungrow", SH10RT)
SUNGROWS: Final = (
    SUNGROW,
    _sungrow_home("sungrow-sh10rs", SH10RS),
    _sungrow_home("sungrow-sh10t", SH10T, "winet"),
    _sungrow_home("sungrow-sh5k", SH5K_30),
    _sungrow_home("sungrow-winet", SH10RS_WINET, "winet"),
    _sungrow_home("sungrow-rtu", SH10RT, "rtu_over_tcp"),
    _sungrow_home("sungrow-serial", SH10RT, "serial"),
)
PHASES: Final = replace(
    _sungrow_home("phases", SH10RS),
    title="a Sungrow SH10RS on one of three phases behind a main fuse",
    prepare=connect_phases,
    phased=True,
)
SIGENERGY: Final = Home(
    key="sigenergy",
    title="a Sigenergy plant over Modbus TCP",
    battery=_sigenergy,
    owner=_registers,
    inverter=sigenergy,
    seen_inside=True,
    prepare=enable_phases,
    shows=check_plant,
)
ZAPPI: Final = replace(
    SIGENERGY,
    prepare=None,
    key="zappi",
    title="a Sigenergy plant, and a Zappi with a car that starts and stops by itself",
    car=True,
)
SIGENERGY_CLOUD: Final = Home(
    key="sigenergy-cloud",
    title="a Sigenergy system through its cloud",
    battery=_sigenergy_cloud,
    owner=_station,
    # Read and told once a minute.
    late_s=65.0,
    plans_itself=lambda demo: station(demo, OCTOPUS.place.time_zone),
    islands=True,
)
TESLA: Final = Home(
    key="tesla",
    title="a Tesla Powerwall through Tesla's cloud",
    battery=_tesla,
    owner=_powerwall,
    # Told once in five minutes, also across a restart; read once a minute, before it
    # is told and after.
    late_s=420.0,
    plans_itself=powerwall,
    islands=True,
)
SIMULATED: Final = Home(
    key="simulated",
    title="a simulated battery, without hardware",
    battery=_simulated,
    owner=_nothing,
)
ENTITIES: Final = Home(
    key="entities",
    title="a battery that is known through its entities only",
    battery=_entities,
    owner=_entities_owner,
    beside=("entity_battery",),
    prepare=enable_quality,
    shows=check_quality,
    modes=(
        _mapped("charge", "charge", power_entity=POWER),
        _mapped("discharge", "discharge", power_entity=POWER),
        _mapped("standby", "rest"),
        {"battery_entities_modes": {"mode": "done"}},
    ),
)
TWO_BRANDS: Final = Home(
    key="two-brands",
    title="a Sungrow SH10RT and a Sigenergy plant behind one meter",
    battery=_sungrow("lan"),
    owner=_all_registers,
    second=sigenergy,
    second_battery=_sigenergy,
    seen_inside=True,
)
BRANDS: Final = (
    *SUNGROWS,
    *(PHASES, SIGENERGY, ZAPPI, SIGENERGY_CLOUD, TESLA, SIMULATED, ENTITIES),
    TWO_BRANDS,
)


def _elsewhere(provider: Provider) -> Home:
    """Return a provider's home; its battery matters where the market is answered."""
    home, battery = SIMULATED, "a simulated battery"
    if provider is GLOBIRD:
        home, battery = SUNGROW, "a Sungrow SH10RT"
    return replace(
        home,
        key=f"prices_{provider.key}",
        title=f"{provider.title}; {battery}",
        provider=provider,
    )


ELSEWHERE: Final = tuple(map(_elsewhere, PROVIDERS))
"""A home of each provider."""
HOMES: Final[Mapping[str, Home]] = MappingProxyType(
    {home.key: home for home in (*BRANDS, *ELSEWHERE)}
)
