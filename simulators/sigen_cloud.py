"""Sigenergy's cloud as its app uses it, with a home behind each station.

Every answer is `{"code": 0, "msg": "success", "data": ...}`; an error is another code,
mostly with HTTP status 200. Powers are in kW, the battery's positive while it charges,
that of the grid while it exports. A manual control ends by itself.
"""

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta
import json
from typing import override

from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .clock import Clock
from .rest import Fault, Handler, RestSimulator
from .sigen_station import SimulatedStation

WRONG_STATION = 11000
NO_PERMISSION = 401
PRICES = "/device/stationelecsetprice"

_KEY = b"sigensigensigenp"
_CUSTOM = 9


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
