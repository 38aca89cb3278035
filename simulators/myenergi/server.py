"""The myenergi cloud as its app uses it: a director, a hub, and its Zappis.

Everything is GET. An answer names the server to ask in `X_MYENERGI-asn`. A status is
what the hub last reported, up to `lag` ago; numbers that are zero are left out. A
command is acknowledged at once and carried out after `command_delay`.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import re
from typing import override

from aiohttp import web

from simulators.car import SimulatedCar
from simulators.clock import Clock
from simulators.home import SimulatedHome
from simulators.rest import Handler, RestSimulator
from simulators.tls import TestAuthority

from .digest import Digest

ASN = "X_MYENERGI-asn"
API_KEY = "aBcDeFgHiJkLmNoPqRsTuVwX"
FAST, ECO, ECO_PLUS, STOPPED = 1, 2, 3, 4
NOTHING_FOLLOWS_ECO_W = 100.0
_MODE = re.compile(r"Z(\d+)-(\d)-0-0-0000")
_KEPT = 1000

type Status = dict[str, object]


@dataclass
class SimulatedZappi:
    """A Zappi, the home that it is in, and the car that may be there."""

    home: SimulatedHome
    car: SimulatedCar
    serial: int = 16012345
    mode: int = ECO_PLUS
    says: dict[str, object] = field(default_factory=dict)
    """What its status says instead: faults of firmware and cloud."""
    leaves_out: frozenset[str] = frozenset()
    """What its status lacks."""
    takes: bool = True
    """Whether commands are carried out; they are acknowledged all the same."""

    def set_mode(self, mode: int) -> None:
        """Change how the car is charged."""
        self.mode = mode
        self.follow()

    def follow(self) -> None:
        """Give the car power where the mode has some for it."""
        spare_w = -self.home.flows.grid_w
        spare = spare_w + self.car.drawn_w > NOTHING_FOLLOWS_ECO_W
        allowed = self.mode in (FAST, ECO) or (self.mode == ECO_PLUS and spare)
        if allowed is not self.car.allowed:
            self.car.allow(allowed=allowed)

    def status(self) -> Status:
        """Return its status now."""
        drawn_w = round(self.car.drawn_w)
        flows, now = self.home.flows, self.home.clock.now()
        every: Status = {
            "sno": self.serial,
            "dat": f"{now:%d-%m-%Y}",
            "tim": f"{now:%H:%M:%S}",
            "ectp1": drawn_w,
            "ectt1": "Internal Load",
            "ectp2": round(flows.grid_w),
            "ectt2": "Grid",
            "ectt3": "None",
            "frq": 50.01,
            "vol": 2391,
            "grd": round(flows.grid_w),
            "gen": round(flows.solar_w),
            "pha": 1,
            "pri": 1,
            "cmt": 254,
            "lck": 16,
            "mgl": 100,
            "zmo": self.mode,
            "sta": 3 if drawn_w else 1,
            "div": drawn_w,
            "che": round(self.car.session_kwh, 2),
            "pst": self._plug(),
            "fwv": "3560S5.408",
            **self.says,
        }
        # Zeros are left out, and nothing else is.
        return {
            key: value
            for key, value in every.items()
            if value != 0 and key not in self.leaves_out
        }

    def _plug(self) -> str:
        if not self.car.plugged:
            return "A"
        return "C2" if self.car.drawn_w else "B2"


class MyenergiSimulator(RestSimulator):
    """Serves one hub over HTTPS; it is its own director."""

    BASE_PATH = ""

    def __init__(
        self,
        clock: Clock,
        zappis: Iterable[SimulatedZappi],
        *,
        hub: str = "12345678",
        port: int = 0,
        authority: TestAuthority | None = None,
    ) -> None:
        """Let the owner of `hub` in, with the key `API_KEY`."""
        super().__init__(clock, port=port)
        self.authority = authority or TestAuthority.make()
        self.tls = self.authority.server_context()
        self.zappis = {str(zappi.serial): zappi for zappi in zappis}
        self.digest = Digest("MyEnergi Telemetry", hub, API_KEY)
        self.lag = timedelta(0)
        self.command_delay = timedelta(0)
        self.refuses: int | None = None
        """The status with which commands are refused."""
        self.names_server = True
        """Whether answers name the server to ask."""
        self._past: deque[tuple[datetime, dict[str, Status]]] = deque(maxlen=_KEPT)
        self._due: list[tuple[datetime, str, int]] = []
        self.commands_taken: list[tuple[str, int]] = []

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return the paths that a hub has."""
        return (
            ("/cgi-jstatus-E", self._director),
            ("/cgi-jstatus-*", self._all),
            (r"/cgi-jstatus-Z{serial:\d+}", self._one),
            ("/cgi-zappi-mode-{what}", self._mode),
            ("/cgi-get-app-key-", self._names),
            (r"/cgi-boost-time-Z{serial:\d+}", self._boosts),
        )

    @override
    def empty(self) -> web.Response:
        """Return a hub without devices."""
        return web.json_response([], headers=self._headers)

    @override
    def not_found(self) -> web.Response:
        """Return what a wrong path gets."""
        return web.Response(status=404, headers=self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        if not self.names_server:
            return {}
        return {ASN: f"{self._host}:{self._port}"}

    def report(self) -> None:
        """Let the hub report its devices to the cloud, as it does all the time."""
        now = self._clock.now()
        for due in [each for each in self._due if each[0] <= now]:
            self._due.remove(due)
            self.zappis[due[1]].set_mode(due[2])
        for zappi in self.zappis.values():
            zappi.follow()
        self._past.append(
            (now, {serial: each.status() for serial, each in self.zappis.items()})
        )

    def _reported(self) -> dict[str, Status]:
        """Return what the cloud knows: what was reported `lag` ago, or first."""
        self.report()
        known_by = self._clock.now() - self.lag
        known = [what for when, what in self._past if when <= known_by]
        return known[-1] if known else self._past[0][1]

    def _answer(self, request: web.Request, content: object) -> web.Response:
        if not self.digest.admits("GET", request.headers.get("Authorization")):
            return web.Response(
                status=401, headers={"WWW-Authenticate": self.digest.challenge}
            )
        return web.json_response(content, headers=self._headers)

    async def _director(self, request: web.Request) -> web.Response:
        return self._answer(request, [])

    async def _all(self, request: web.Request) -> web.Response:
        groups = [
            {"eddi": []},
            {"zappi": list(self._reported().values())},
            {"harvi": []},
            {"asn": self._headers.get(ASN, ""), "fwv": "3402S5.433"},
        ]
        return self._answer(request, groups)

    async def _one(self, request: web.Request) -> web.Response:
        status = self._reported().get(request.match_info["serial"])
        return self._answer(request, {"zappi": [] if status is None else [status]})

    async def _names(self, request: web.Request) -> web.Response:
        names = [{"key": "siteName", "val": "Home"}]
        names += [{"key": f"Z{serial}", "val": "Drive"} for serial in self.zappis]
        return self._answer(request, {self.digest.user: names})

    async def _boosts(self, request: web.Request) -> web.Response:
        return self._answer(request, {"boost_times": []})

    async def _mode(self, request: web.Request) -> web.Response:
        asked = _MODE.fullmatch(request.match_info["what"])
        if asked is None or asked[1] not in self.zappis:
            raise web.HTTPNotFound
        answer = self._answer(
            request, {"status": self.refuses or 0, "statustext": "", "asn": ""}
        )
        if answer.status == 200 and self.refuses is None:
            serial, mode = asked[1], int(asked[2])
            self.commands_taken.append((serial, mode))
            if self.zappis[serial].takes:
                when = self._clock.now() + self.command_delay
                self._due.append((when, serial, mode))
                self.report()
        return answer
