"""Sigenergy's cloud as its app uses it, with a home behind each station.

Every answer is `{"code": 0, "msg": "success", "data": ...}`; an error is another code,
mostly with HTTP status 200. Powers are in kW, the battery's positive while it charges,
that of the grid while it exports. A manual control ends by itself.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import json
from typing import override

from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .clock import Clock
from .home import InverterMode, SimulatedHome
from .rest import Fault, Handler, RestSimulator
from .sigen_prices import owners_tariff

NO_LIMIT = "4294967.295"
WRONG_STATION = 11000
NO_PERMISSION = 401
PRICES = "/device/stationelecsetprice"

_KEY = b"sigensigensigenp"
_DEFAULT_MODES = {
    "0": "Maximum Self-Powered",
    "1": "Sigen AI Mode",
    "2": "TOU",
    "5": "Fully Fed to Grid",
}
_CUSTOM = 9
_MODES = {
    "0": InverterMode.FORCED_CHARGE,
    "1": InverterMode.FORCED_DISCHARGE,
    "2": InverterMode.FORCED_STOP,
    "3": InverterMode.SELF,
}


@dataclass
class SimulatedStation:
    """A station of the account: its home, and how it is set."""

    home: SimulatedHome
    station_id: str = "12025061000219"
    name: str = "Home"
    operating_mode: int = 0
    profile: int = -1
    offered: dict[str, str] = field(default_factory=_DEFAULT_MODES.copy)
    """The operating modes to choose from, by their value."""
    tariff: dict[str, object] = field(default_factory=owners_tariff)
    """The prices in the app: `priceMode`, `buyPrice` and `sellPrice`."""
    keeps_tariffs: bool = True
    """Whether what is saved is read back as it was sent."""
    charge_limit_kw: str = NO_LIMIT
    discharge_limit_kw: str = NO_LIMIT
    manual: dict[str, str] = field(default_factory=dict)
    """What was asked for last; nothing once it was cancelled."""
    tells_power: bool = False
    """Whether reading a manual control back tells its power, too."""
    ignores: bool = False
    """Whether what is asked for is acknowledged, and nothing else done."""
    late: int = 0
    """So many reads still show what ran before the last request."""
    _before: tuple[str | None, datetime | None] = (None, None)
    _late: int = 0

    def shown(self) -> tuple[str | None, datetime | None]:
        """Return the manual control as reading it back shows it, and its end."""
        if self._late:
            self._late -= 1
            return self._before
        return self.manual_mode, self.home.control.forced_until

    @property
    def manual_mode(self) -> str | None:
        """The manual control that runs now."""
        end = self.home.control.forced_until
        if not self.manual or end is None or self.home.clock.now() >= end:
            return None
        return self.manual["mode"]

    def take(self, body: dict[str, object]) -> None:
        """Begin a manual control, or end the one that runs."""
        if self.ignores:
            return
        self._before = self.manual_mode, self.home.control.forced_until
        self._late = self.late
        if not body["enable"]:
            self.manual = {}
            self.home.control = replace(
                self.home.control, mode=InverterMode.SELF, forced_until=None
            )
            return
        asked = {key: str(body[key]) for key in ("mode", "duration", "powerLimitation")}
        minutes = int(asked["duration"])
        if asked["mode"] not in _MODES or not 1 <= minutes <= 1440:
            raise ValueError("no such control")
        power_kw = float(asked["powerLimitation"] or 0)
        self.manual = asked
        self.home.control = replace(
            self.home.control,
            mode=_MODES[asked["mode"]],
            forced_power_w=min(1000 * power_kw, self.home.rated_w),
            forced_until=self.home.clock.now() + timedelta(minutes=minutes),
        )


class SigenCloudSimulator(RestSimulator):
    """Serves one account's stations, the first being its home.

    Tokens last for `expires_in` seconds. With `web_firewall` a client that says it is
    aiohttp is refused with 403, as the real one does.
    """

    BASE_PATH = ""

    def __init__(
        self,
        clock: Clock,
        stations: Iterable[SimulatedStation],
        *,
        email: str = "owner@example.com",
        password: str = "correct horse",  # noqa: S107 - that of the simulation
    ) -> None:
        """Let `email` log in with `password`."""
        super().__init__(clock)
        self.stations = {station.station_id: station for station in stations}
        self.email = email
        self.password = password
        self.expires_in = 3600
        self.wrapped = True
        """Whether the token comes within "data", as from newer servers."""
        self.refreshable = True
        self.lists = True
        """Whether there is a list of stations."""
        self.web_firewall = True
        self.refused: frozenset[str] = frozenset()
        """Parts of paths that the account may not read."""
        self.forms: list[dict[str, str]] = []
        """What was logged in with."""
        self.logins = 0
        self.refreshes = 0
        self.commands_taken = 0
        self.told: list[str] = []
        """Operating modes and tariffs that were set, in their order."""
        self._tokens: dict[str, datetime] = {}

    @property
    def station(self) -> SimulatedStation:
        """The first station."""
        return next(iter(self.stations.values()))

    def answer(self, data: object) -> None:
        """Answer the next request with these data, whatever it asks for."""
        body = {"code": 0, "msg": "success", "data": data}
        self.fail(Fault(body=json.dumps(body)))

    def forget_tokens(self) -> None:
        """Let no token given out be valid any more."""
        self._tokens.clear()

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return what is read."""
        yield "/device/owner/station/home", self._get_home
        yield "/device/station/list", self._get_list
        yield "/device/sigen/station/energyflow", self._get_flow
        profile = "/device/energy-profile/"
        yield profile + "mode/current/{station}", self._get_mode
        yield profile + "mode/all/{station}", self._get_modes
        yield PRICES + "/latest/static/price", self._get_tariff
        yield profile + "battery/limit/{station}", self._get_limits
        yield profile + "battery/level/{station}", self._get_levels
        yield profile + "instant/manunal/{station}", self._get_manual

    @override
    def commands(self) -> Iterable[tuple[str, str, Handler]]:
        """Return what is logged in with, and what changes anything."""
        yield "POST", "/auth/oauth/token", self._post_token
        yield "PUT", "/device/energy-profile/instant/manunal", self._put_manual
        yield "PUT", "/device/energy-profile/mode", self._put_mode
        yield "POST", PRICES + "/save", self._post_tariff

    @override
    def empty(self) -> web.Response:
        """Return no data."""
        return _good(None)

    @override
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""
        return web.json_response({"code": 404, "msg": "not found"}, status=404)

    # -- who asks ----------------------------------------------------------------

    async def _post_token(self, request: web.Request) -> web.Response:
        """Give a token for a password or an older token's companion."""
        self._check_client(request)
        if request.headers.get("Authorization") != "Basic c2lnZW46c2lnZW4=":
            return web.json_response({"code": 401, "msg": "client"}, status=401)
        form = await request.post()
        self.forms.append({key: str(value) for key, value in form.items()})
        match form.get("grant_type"):
            case "password":
                self.logins += 1
                known = form.get("username") == self.email
                right = known and _decrypted(str(form["password"])) == self.password
            case "refresh_token":
                self.refreshes += 1
                right = self.refreshable and form.get("refresh_token") == "refresh"
            case _:
                right = False
        if not right:
            return web.json_response({"code": 11002, "msg": "refused"}, status=400)
        token = f"token-{self.logins}-{self.refreshes}"
        self._tokens[token] = self._clock.now() + timedelta(seconds=self.expires_in)
        answer = {
            "access_token": token,
            "refresh_token": "refresh",
            "expires_in": self.expires_in,
        }
        return _good(answer) if self.wrapped else web.json_response(answer)

    def _check_client(self, request: web.Request) -> None:
        if self.web_firewall and "aiohttp" in request.headers.get("User-Agent", ""):
            raise web.HTTPForbidden

    def _check_token(self, request: web.Request) -> None:
        self._check_client(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, self._clock.now()) <= self._clock.now():
            raise web.HTTPUnauthorized

    def _station(self, request: web.Request, station_id: object) -> SimulatedStation:
        self._check_token(request)
        if any(part in request.path for part in self.refused):
            raise web.HTTPForbidden
        station = self.stations.get(str(station_id))
        if station is None:
            raise web.HTTPOk(
                text='{"code": 11000, "msg": "no such station", "data": null}',
                content_type="application/json",
            )
        return station

    # -- what is read ------------------------------------------------------------

    async def _get_home(self, request: web.Request) -> web.Response:
        self._check_token(request)
        return _good(_told(self.station) if self.stations else None)

    async def _get_list(self, request: web.Request) -> web.Response:
        self._check_token(request)
        if not self.lists:
            raise web.HTTPNotFound
        return _good(
            [
                {"stationId": int(each.station_id), "stationName": each.name}
                if each.station_id.isdecimal()
                else {"stationId": each.station_id, "stationName": each.name}
                for each in self.stations.values()
            ]
        )

    async def _get_flow(self, request: web.Request) -> web.Response:
        station = self._station(request, request.query["id"])
        flows = station.home.flows
        return _good(
            {
                "pvDayNrg": round(station.home.today.solar_kwh, 2),
                "pvPower": _kw(flows.solar_w),
                "buySellPower": _kw(-flows.grid_w),
                "evPower": 0.0,
                "acPower": 0.0,
                "loadPower": _kw(flows.load_w),
                "batteryPower": _kw(-flows.battery_w),
                "batterySoc": None
                if station.home.cells is None
                else round(station.home.soc_pct, 1),
                "onGrid": not station.home.islanded,
            }
        )

    async def _get_mode(self, request: web.Request) -> web.Response:
        station = self._station(request, request.match_info["station"])
        mode, profile = station.operating_mode, station.profile
        return _good({"currentMode": mode, "currentProfileId": profile})

    async def _get_modes(self, request: web.Request) -> web.Response:
        station = self._station(request, request.match_info["station"])
        modes = [{"label": v, "value": k} for k, v in station.offered.items()]
        return _good({"defaultWorkingModes": modes, "energyProfileItems": []})

    async def _get_tariff(self, request: web.Request) -> web.Response:
        station = self._station(request, request.query["stationId"])
        return _good({"stationId": int(station.station_id), **station.tariff})

    async def _get_limits(self, request: web.Request) -> web.Response:
        station = self._station(request, request.match_info["station"])
        return _good(
            {
                "batteryMaxChargingPower": station.charge_limit_kw,
                "batteryMaxDischargingPower": station.discharge_limit_kw,
            }
        )

    async def _get_levels(self, request: web.Request) -> web.Response:
        control = self._station(request, request.match_info["station"]).home.control
        return _good(
            {
                "chargeSOC": f"{control.max_soc_pct:.0f}",
                "dischargeSOC": f"{control.min_soc_pct:.0f}",
                "peakShavingSOC": "0",
                "backupSOC": "0",
            }
        )

    async def _get_manual(self, request: web.Request) -> web.Response:
        station = self._station(request, request.match_info["station"])
        mode, end = station.shown()
        if mode is None or end is None:
            return _good({"enable": False, "mode": "", "endTime": ""})
        power = {"powerLimitation": station.manual.get("powerLimitation", "")}
        return _good(
            {"enable": True, "mode": mode, "endTime": str(int(end.timestamp()))}
            | (power if station.tells_power else {})
        )

    # -- what is changed -----------------------------------------------------------

    async def _put_manual(self, request: web.Request) -> web.Response:
        body = await request.json()
        station = self._station(request, body["stationId"])
        try:
            station.take(body)
        except KeyError, ValueError:
            return web.json_response({"code": 1, "msg": "parameter", "data": None})
        self.commands_taken += 1
        return _good(data=True)

    async def _put_mode(self, request: web.Request) -> web.Response:
        body = await request.json()
        station = self._station(request, body["stationId"])
        if (body["profileId"] == -1) == (body["operationMode"] == _CUSTOM):
            return web.json_response({"code": 1, "msg": "parameter", "data": None})
        if station.ignores:
            return _good(data=True)
        station.operating_mode = body["operationMode"]
        station.profile = body["profileId"]
        self.told.append(f"mode {station.operating_mode}")
        return _good(data=True)

    async def _post_tariff(self, request: web.Request) -> web.Response:
        body = await request.json()
        station = self._station(request, body.pop("stationId"))
        self.told.append(f"tariff {body['buyPrice']['staticPricing']['planName']}")
        if station.keeps_tariffs:
            station.tariff = body
        return _good(data=True)


def _good(data: object) -> web.Response:
    return web.json_response({"code": 0, "msg": "success", "data": data})


def _told(station: SimulatedStation) -> dict[str, object]:
    cells = station.home.cells
    return {
        "stationId": int(station.station_id)
        if station.station_id.isdecimal()
        else station.station_id,
        "hasPv": True,
        "hasEv": False,
        "onGrid": not station.home.islanded,
        "pvCapacity": 10.3,
        "batteryCapacity": 0 if cells is None else cells.capacity_kwh,
        "hasAcCharger": False,
        "acSnList": [],
        "dcSnList": [],
    }


def _kw(watts: float) -> float:
    return round(watts / 1000, 3) + 0.0


def _decrypted(password: str) -> str | None:
    """Return the password that was sent; None where it was sent otherwise."""
    try:
        sent = base64.b64decode(password, validate=True)
        cipher = Cipher(algorithms.AES(_KEY), modes.CBC(_KEY)).decryptor()
        padded = cipher.update(sent) + cipher.finalize()
    except ValueError:
        return None
    return padded[: -padded[-1]].decode()
