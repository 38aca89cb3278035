"""A home of three phases: what is switched on at each, and the meter that tells it."""

from collections.abc import Iterable, Sequence
from typing import Final, override

from aiohttp import web

from .clock import Clock
from .home import SimulatedHome
from .profile import WithAppliances
from .rest import Handler, RestSimulator

COUNT: Final = 3
NOTHING: Final = (0.0,) * COUNT


class Phases:
    """The phases of a home, with an inverter on some of them.

    What the home draws by itself is spread over all; an appliance is on one.
    """

    def __init__(self, home: SimulatedHome, inverter_on: Sequence[int]) -> None:
        """Take a home whose appliances are all off, and the inverter's phases."""
        self._home = home
        self._profile = home.profile
        self._inverter_on = tuple(inverter_on)
        self._appliances: tuple[float, ...] = NOTHING

    def switch(self, *watts: float) -> None:
        """Have appliances draw so much on each phase."""
        self._appliances = watts
        self._home.profile = WithAppliances(self._profile, sum(watts))

    @property
    def without_battery_w(self) -> tuple[float, ...]:
        """What each phase would take from the grid if the battery were at rest."""
        flows = self._home.flows
        return self._taken(flows.load_w, flows.solar_w)

    @property
    def grid_w(self) -> tuple[float, ...]:
        """What each phase takes from the grid in W, + importing."""
        flows = self._home.flows
        return self._taken(flows.load_w, flows.solar_w + flows.battery_w)

    def _taken(self, load_w: float, given_w: float) -> tuple[float, ...]:
        spread_w = (load_w - sum(self._appliances)) / COUNT
        own_w = given_w / len(self._inverter_on)
        return tuple(
            spread_w + watts - (own_w if place in self._inverter_on else 0.0)
            for place, watts in enumerate(self._appliances)
        )


class PhaseMeter(RestSimulator):
    """The meter in the fuse box, on a loopback port."""

    BASE_PATH = "/api/v1"

    def __init__(self, clock: Clock, phases: Phases) -> None:
        """Measure these phases."""
        super().__init__(clock)
        self.phases = phases

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return the path of what it measures."""
        yield "/data", self._get_data

    @override
    def empty(self) -> web.Response:
        """Return a measurement without values."""
        return web.json_response({})

    @override
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""
        return web.json_response({"error": "not found"}, status=404)

    async def _get_data(self, _request: web.Request) -> web.Response:
        powers = self.phases.grid_w
        by_phase = {f"active_power_l{n}_w": w for n, w in enumerate(powers, start=1)}
        return web.json_response({"active_power_w": sum(powers), **by_phase})
