"""Octopus Energy's interfaces to an account: agreements, dispatches, saving sessions.

Sources: developer.octopus.energy. The REST interface takes the account's key as a user
name. GraphQL takes a token that is had for the key and lasts an hour; its answers may
lack parts, which then are null, with the reason beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import re

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import JsonObject

from .protocols import (
    Now,
    OtherAccountError,
    PriceAnswerError,
    UnknownTariffError,
)
from .rest import REQUEST_TIMEOUT_S, Fields, RestClient, basic

TOKEN_LASTS = timedelta(minutes=50)
"""Ten minutes less than it does."""
POINTS_PER_POUND = 800

_TARIFF = re.compile(r"E-(?P<registers>[12])R-(?P<product>.+)-(?P<region>[A-Z])")
_BOOSTS = frozenset({"BOOST", "bump-charge"})
"""A charge that the user asked for at once costs what the hour costs."""

TOKEN = """mutation Token($key: String!) {
  obtainKrakenToken(input: {APIKey: $key}) { token }
}"""  # noqa: S105 - a query
DEVICES = """query Devices($account: String!) {
  devices(accountNumber: $account) { id }
}"""
DISPATCHES = """query Dispatches($account: String!, $device: String!) {
  flexPlannedDispatches(deviceId: $device) { start end type }
  completedDispatches(accountNumber: $account) { start end meta { source } }
}"""
SESSIONS = """query Sessions($account: String!) {
  savingSessions {
    account(accountNumber: $account) { joinedEvents { eventId } }
    events { id startAt endAt rewardPerKwhInOctoPoints }
  }
}"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A tariff that an electricity meter of the account has, or had.

    `home` tells homes of the account apart; `address` is its first line, for the
    account's owner alone.
    """

    product: str
    region: str
    registers: int
    export: bool
    start: datetime
    end: datetime | None
    home: str
    address: str | None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at a moment."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Session:
    """A saving session that the account has joined, and what a kWh less earns."""

    start: datetime
    end: datetime
    gbp_per_kwh: float


type Slot = tuple[datetime, datetime]


class KrakenClient:
    """Reads one account. Methods raise PriceError and nothing else.

    An account's number and key are in no error.
    """

    def __init__(  # noqa: PLR0913 - what an account is reached with
        self,
        session: ClientSession,
        base_url: str,
        account: str,
        key: str,
        *,
        now: Now,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Ask for the account `account` with its `key`."""
        self._rest = RestClient(
            session, base_url, credentials=basic(key), timeout_s=timeout_s
        )
        # Without the basic credentials: GraphQL would take them for a token.
        self._graph = RestClient(session, base_url, timeout_s=timeout_s)
        self._account, self._key, self._now = account, key, now
        self._token: str | None = None
        self._token_until = now()
        self._devices: list[str] = []

    async def agreements(self) -> list[Agreement]:
        """Return all agreements on electricity, of homes not moved out of."""
        try:
            account = await self._rest.get(
                "accounts", self._account, query={}, called="the account"
            )
        except UnknownTariffError as err:
            raise OtherAccountError("the key is not of this account") from err
        found: list[Agreement] = []
        for place, home in enumerate(account.rows("properties")):
            if home.optional_moment("moved_out_at") is not None:
                continue
            where = (
                home.identity("id") if "id" in home else f"{place}",
                home.optional_text("address_line_1"),
            )
            for meter in home.rows("electricity_meter_points"):
                export = "is_export" in meter and meter.flag("is_export")
                found += [
                    agreement
                    for row in meter.rows("agreements")
                    if (agreement := _read_agreement(row, where, export=export))
                    is not None
                ]
        return found

    async def dispatches(self) -> list[Slot] | None:
        """Return when a car is, was or will be charged for the grid's sake.

        None where that cannot be had just now, or no device is charged so.
        """
        if not self._devices:
            listed = (await self._ask(DEVICES, {})).optional_rows("devices")
            self._devices = [row.text("id") for row in listed or ()]
        found: dict[Slot, None] = {}
        known = False
        for device in self._devices:
            answer = await self._ask(DISPATCHES, {"device": device})
            planned = answer.optional_rows("flexPlannedDispatches")
            done = answer.optional_rows("completedDispatches")
            known = known or planned is not None or done is not None
            for row in planned or ():
                if row.optional_text("type") not in _BOOSTS:
                    found[_slot(row)] = None
            for row in done or ():
                if not _boosted(row):
                    found[_slot(row)] = None
        return list(found) if known else None

    async def sessions(self) -> list[Session] | None:
        """Return the saving sessions that were joined; None where they are unknown."""
        answer = (await self._ask(SESSIONS, {})).optional_object("savingSessions")
        account = None if answer is None else answer.optional_object("account")
        if answer is None or account is None:
            return None
        joined = {row.identity("eventId") for row in account.rows("joinedEvents")}
        return [
            Session(
                row.moment("startAt"),
                row.moment("endAt"),
                float(row.number("rewardPerKwhInOctoPoints") / POINTS_PER_POUND),
            )
            for row in answer.rows("events")
            if row.identity("id") in joined
        ]

    async def _ask(self, query: str, variables: Mapping[str, str]) -> Fields:
        """Return the data of a query; a token that is refused is replaced once."""
        for fresh in (False, True):
            token = await self._valid_token(fresh=fresh)
            answer = await self._post(
                query, {"account": self._account, **variables}, token
            )
            if answer is not None:
                return answer
        # What the refusal means, the other interface says by its status.
        await self.agreements()
        raise PriceAnswerError("the account's query was refused")

    async def _valid_token(self, *, fresh: bool) -> str:
        """Return a token. Raises PriceAuthError where the key is good for none."""
        now = self._now()
        if self._token is None or fresh or now >= self._token_until:
            answer = await self._post(TOKEN, {"key": self._key}, None)
            made = (
                None if answer is None else answer.optional_object("obtainKrakenToken")
            )
            if made is None:
                await self.agreements()
                raise PriceAnswerError("there is no token for the account")
            self._token, self._token_until = made.text("token"), now + TOKEN_LASTS
        return self._token

    async def _post(
        self, query: str, variables: JsonObject, token: str | None
    ) -> Fields | None:
        """Return the data of an answer; None where there is none at all."""
        headers = {} if token is None else {"Authorization": token}
        body: JsonObject = {"query": query, "variables": dict(variables)}
        answer = await self._graph.post("graphql", body=body, headers=headers)
        return answer.optional_object("data")


def _read_agreement(
    row: Fields, where: tuple[str, str | None], *, export: bool
) -> Agreement | None:
    match = _TARIFF.fullmatch(row.text("tariff_code"))
    if match is None:
        return None
    return Agreement(
        match["product"],
        match["region"],
        int(match["registers"]),
        export,
        row.moment("valid_from"),
        row.optional_moment("valid_to"),
        *where,
    )


def _slot(row: Fields) -> Slot:
    return row.moment("start"), row.moment("end")


def _boosted(row: Fields) -> bool:
    meta = row.optional_object("meta")
    return meta is not None and meta.optional_text("source") in _BOOSTS
