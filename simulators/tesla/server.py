"""The API over HTTP: who may ask, what an answer costs, and what goes wrong.

Every answer below status 500 is billed: 500 reads and 1000 commands make a dollar.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
import json
from typing import Final, override

from aiohttp import web

from simulators.clock import Clock
from simulators.rest import Fault, Handler, RestSimulator

from .gateway import MODES, RULES, TeslaSite
from .history import energy_history
from .sign_in import TeslaSignIn
from .tariff import uncovered

READ: Final = "energy_device_data"
COMMAND: Final = "energy_cmds"
TOKEN: Final = "token-of-the-owner"  # noqa: S105 - that of the simulation
READS_PER_DOLLAR: Final = 500
COMMANDS_PER_DOLLAR: Final = 1000
TARIFF_EVERY: Final = timedelta(minutes=4)
SITE: Final = "/energy_sites/{site}"


class TeslaSimulator(RestSimulator):
    """Serves one account's sites to who shows its token."""

    BASE_PATH = "/api/1"

    def __init__(
        self, clock: Clock, sites: Iterable[TeslaSite], *, token: str = TOKEN
    ) -> None:
        """Let `token` in, with all scopes."""
        super().__init__(clock)
        self.sites = {site.site_id: site for site in sites}
        self.token = token
        self.scopes = {READ, COMMAND}
        self.sign_in: TeslaSignIn | None = None
        """Who gives the tokens out, in place of the one that is good for ever."""
        self.tariff_every = TARIFF_EVERY
        self.reads = 0
        self.commands_taken = 0
        self.refused = 0
        """Answers that were billed and were none."""
        self.written: list[tuple[str, dict[str, object]]] = []
        """What was told, in its order."""
        self.asked: dict[str, str] = {}
        """What of its calendar was asked for last."""
        self.acknowledges = 200, '{"response": {"code": 201, "message": "Updated"}}'
        """With what it says that a command was taken."""
        self.refused_codes: set[object] = set()
        """Tariffs that are not taken, by their code."""
        self._last_tariff: datetime | None = None

    def answer_info(self, info: dict[str, object]) -> None:
        """Answer the next two requests with a site that tells only this."""
        self.fail(Fault(body=json.dumps({"response": info})), times=2)

    @property
    def root(self) -> str:
        """The address that a client puts its paths behind."""
        return self.url.removesuffix(self.BASE_PATH)

    @property
    def site(self) -> TeslaSite:
        """The first site."""
        return next(iter(self.sites.values()))

    @property
    def dollars(self) -> float:
        """What the answers so far cost."""
        reads = self.reads + self.refused
        return reads / READS_PER_DOLLAR + self.commands_taken / COMMANDS_PER_DOLLAR

    @override
    def note_fault(self, status: int) -> None:
        """Count what is billed: all below 500."""
        super().note_fault(status)
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self.refused += 1

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return what is read."""
        yield "/products", self._get_products
        yield SITE + "/live_status", self._get_live
        yield SITE + "/site_info", self._get_info
        yield SITE + "/calendar_history", self._get_history

    @override
    def commands(self) -> Iterable[tuple[str, str, Handler]]:
        """Return what changes anything."""
        yield "POST", SITE + "/operation", self._post_operation
        yield "POST", SITE + "/backup", self._post_backup
        yield "POST", SITE + "/grid_import_export", self._post_grid
        yield "POST", SITE + "/storm_mode", self._post_storm
        yield "POST", SITE + "/time_of_use_settings", self._post_tariff

    @override
    def empty(self) -> web.Response:
        """Return an answer with nothing in it."""
        return web.json_response({"response": None})

    @override
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""
        return _error(404, "not_found")

    # -- who asks ----------------------------------------------------------------

    def rights_of(self, token: str) -> Collection[str] | None:
        """Return what a token gives the right to; None for one that opens nothing."""
        if self.sign_in is not None:
            return self.sign_in.rights_of(token)
        return self.scopes if token == self.token else None

    def _check(self, request: web.Request, scope: str | None = None) -> Collection[str]:
        """Return what who asks may do; raise what the cloud answers to who may not."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        rights = self.rights_of(token)
        if rights is None:
            self.refused += 1
            raise web.HTTPUnauthorized(
                text='{"response": null, "error": "invalid bearer token"}',
                content_type="application/json",
            )
        if scope is not None and scope not in rights:
            self.refused += 1
            raise web.HTTPForbidden(
                text='{"response": null, "error": "Unauthorized missing scopes"}',
                content_type="application/json",
            )
        return rights

    def _site(self, request: web.Request, scope: str) -> TeslaSite:
        self._check(request, scope)
        site = self.sites.get(int(request.match_info["site"]))
        if site is None:
            self.refused += 1
            raise web.HTTPNotFound
        if site.removed:
            raise web.HTTPInternalServerError(
                text='{"response": null, "error": "upstream internal error"}',
                content_type="application/json",
            )
        return site

    # -- what is read ------------------------------------------------------------

    async def _get_products(self, request: web.Request) -> web.Response:
        # Cars are among them, so another right will do.
        self._check(request)
        self.reads += 1
        products = [
            {
                "energy_site_id": site.site_id,
                "device_type": "energy",
                "resource_type": "battery",
                "site_name": site.name,
                "id": f"STE{site.site_id}",
                "components": {
                    "battery": site.home.cells is not None,
                    "solar": True,
                    "grid": True,
                },
            }
            for site in self.sites.values()
        ]
        return web.json_response({"response": products, "count": len(products)})

    async def _get_live(self, request: web.Request) -> web.Response:
        site = self._site(request, READ)
        self.reads += 1
        return web.json_response({"response": site.live()})

    async def _get_info(self, request: web.Request) -> web.Response:
        site = self._site(request, READ)
        self.reads += 1
        return web.json_response({"response": site.info()})

    async def _get_history(self, request: web.Request) -> web.Response:
        site = self._site(request, READ)
        self.reads += 1
        query = request.query
        self.asked = dict(query)
        if query.get("kind") not in {"energy", "backup"} or "period" not in query:
            return _error(400, "kind and period are needed")
        if query["kind"] == "backup":
            return web.json_response({"response": {"events": []}})
        return web.json_response({"response": energy_history(site, query["period"])})

    # -- what is changed -----------------------------------------------------------

    async def _body(self, request: web.Request) -> tuple[TeslaSite, dict[str, object]]:
        site = self._site(request, COMMAND)
        body = await request.json()
        self.written.append((request.path.rsplit("/", 1)[-1], body))
        return site, body

    def _done(self) -> web.Response:
        self.commands_taken += 1
        status, text = self.acknowledges
        return web.Response(status=status, text=text, content_type="application/json")

    def _no(self, why: str) -> web.Response:
        self.refused += 1
        return _error(400, why)

    async def _post_operation(self, request: web.Request) -> web.Response:
        site, body = await self._body(request)
        if body.get("default_real_mode") not in MODES:
            return self._no("invalid default_real_mode")
        site.gateway.tell("mode", body["default_real_mode"])
        return self._done()

    async def _post_backup(self, request: web.Request) -> web.Response:
        site, body = await self._body(request)
        percent = body.get("backup_reserve_percent")
        if not isinstance(percent, int) or not (0 <= percent <= 80 or percent == 100):
            return self._no("invalid backup_reserve_percent")
        site.gateway.tell("reserve_pct", percent)
        return self._done()

    async def _post_grid(self, request: web.Request) -> web.Response:
        site, body = await self._body(request)
        rule = body.get("customer_preferred_export_rule")
        off = body.get("disallow_charge_from_grid_with_solar_installed")
        if (rule is None and off is None) or rule not in (None, *RULES):
            return self._no("invalid grid_import_export")
        if rule is not None and site.gateway.told.export_rule is None:
            return self._no("export rule is managed by a programme")
        if rule is not None:
            site.gateway.tell("export_rule", rule)
        if isinstance(off, bool):
            site.gateway.tell("grid_charging_off", off)
        return self._done()

    async def _post_storm(self, request: web.Request) -> web.Response:
        site, body = await self._body(request)
        if not isinstance(body.get("enabled"), bool):
            return self._no("invalid storm_mode")
        site.gateway.tell("storm_mode", body["enabled"])
        return self._done()

    async def _post_tariff(self, request: web.Request) -> web.Response:
        site, body = await self._body(request)
        settings = body.get("tou_settings")
        tariff = settings.get("tariff_content_v2") if isinstance(settings, dict) else 0
        wrong = uncovered(tariff) if isinstance(tariff, dict) else "no tariff"
        if isinstance(tariff, dict) and tariff.get("code") in self.refused_codes:
            wrong = "invalid tariff"
        if wrong is not None:
            return self._no(wrong)
        now, last = self._clock.now(), self._last_tariff
        if last is not None and now - last < self.tariff_every:
            self.refused += 1
            wait = (last + self.tariff_every - now).total_seconds()
            return web.json_response(
                {"response": None, "error": "rate limited"},
                status=429,
                headers={"Retry-After": str(int(wait) + 1)},
            )
        self._last_tariff = now
        site.gateway.tell("tariff", tariff)
        return self._done()


def _error(status: int, error: str) -> web.Response:
    return web.json_response({"response": None, "error": error}, status=status)
