"""The homes that the demo knows: each one definition, and one line in `HOMES`."""

from collections.abc import Awaitable, Callable, Mapping
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

from . import batteries
from .check_plant import check_plant, enable_phases
from .check_quality import check_quality, enable_quality
from .home import Inverter, sigenergy, sungrow
from .mains import connect_phases
from .providers import AMBER, GLOBIRD, OCTOPUS, PROVIDERS, Answers, Provider
from .self_planning import SelfPlanning, powerwall, station

if TYPE_CHECKING:
    from .json_values import Json
    from .report import Report
    from .run import Demo


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
        battery=batteries.sungrow(link),
        owner=batteries.registers,
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
)
SIGENERGY: Final = Home(
    key="sigenergy",
    title="a Sigenergy plant over Modbus TCP",
    battery=batteries.sigenergy,
    owner=batteries.registers,
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
    battery=batteries.sigenergy_cloud,
    owner=batteries.station,
    # Read and told once a minute.
    late_s=65.0,
    plans_itself=lambda demo: station(demo, OCTOPUS.place.time_zone),
    islands=True,
)
TESLA: Final = Home(
    key="tesla",
    title="a Tesla Powerwall through Tesla's cloud",
    battery=batteries.tesla,
    owner=batteries.powerwall,
    # Told once in five minutes, also across a restart; read once a minute, before it
    # is told and after.
    late_s=420.0,
    plans_itself=powerwall,
    islands=True,
)
SIMULATED: Final = Home(
    key="simulated",
    title="a simulated battery, without hardware",
    battery=batteries.simulated,
    owner=batteries.nothing,
)
ENTITIES: Final = Home(
    key="entities",
    title="a battery that is known through its entities only",
    battery=batteries.entities,
    owner=batteries.entities_owner,
    beside=("entity_battery",),
    prepare=enable_quality,
    shows=check_quality,
    modes=(
        batteries.mapped("charge", "charge", power_entity=batteries.POWER),
        batteries.mapped("discharge", "discharge", power_entity=batteries.POWER),
        batteries.mapped("standby", "rest"),
        {"battery_entities_modes": {"mode": "done"}},
    ),
)
TWO_BRANDS: Final = Home(
    key="two-brands",
    title="a Sungrow SH10RT and a Sigenergy plant behind one meter",
    battery=batteries.sungrow("lan"),
    owner=batteries.all_registers,
    second=sigenergy,
    second_battery=batteries.sigenergy,
    seen_inside=True,
)
HOLDS: Final = replace(
    SUNGROW,
    key="zappi-sungrow",
    title="a Sungrow SH10RT, and a car: each way to hold the battery for it",
    car=True,
)
TARIFF: Final = replace(
    SIGENERGY_CLOUD,
    key="sigenergy-cloud-amber",
    title="a Sigenergy system through its cloud with Amber, where spikes may come",
    provider=AMBER,
    plans_itself=lambda demo: station(demo, AMBER.place.time_zone),
)
WISHES: Final = replace(
    SUNGROW,
    key="wishes",
    title="a Sungrow SH10RT with Amber: prices as you want them counted, and a peak",
    provider=AMBER,
)
BRANDS: Final = (
    *SUNGROWS,
    *(PHASES, SIGENERGY, ZAPPI, SIGENERGY_CLOUD, TESLA, SIMULATED, ENTITIES),
    TWO_BRANDS,
    HOLDS,
    TARIFF,
    WISHES,
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
