"""An account at Octopus Energy, as its REST and GraphQL interfaces show it."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from simulators.clock import Clock

from .rates import json_time

NUMBER: Final = "A-1B2C3D4E"
KEY: Final = "sk_live_0123456789abcdefghijklmn"
TOKEN_LASTS: Final = timedelta(minutes=60)
BEGAN: Final = datetime(2024, 11, 1, tzinfo=UTC)

type Json = dict[str, object]


@dataclass(slots=True)
class Meter:
    """A meter point with its tariffs: code, start, end."""

    mpan: str
    agreements: list[tuple[str, datetime, datetime | None]]
    is_export: bool = False


@dataclass(slots=True)
class Dispatch:
    """A time in which a car is charged; `kind` and `source` say for whom."""

    start: datetime
    end: datetime
    kind: str = "SMART"
    source: str | None = None


@dataclass(slots=True)
class Session:
    """A saving session, and whether the account has joined it."""

    start: datetime
    end: datetime
    points: int
    joined: bool = True


@dataclass(slots=True)
class Account:
    """What an account has. `unavailable` are parts that GraphQL cannot have."""

    number: str = NUMBER
    key: str = KEY
    meters: list[Meter] = field(
        default_factory=lambda: [
            Meter(
                "1012345678901",
                [
                    ("E-1R-VAR-22-11-01-C", BEGAN - timedelta(days=300), BEGAN),
                    ("E-1R-INTELLI-VAR-24-10-29-C", BEGAN, None),
                ],
            ),
            Meter(
                "1098765432109",
                [("E-1R-OUTGOING-VAR-24-10-26-C", BEGAN, None)],
                is_export=True,
            ),
        ]
    )
    devices: list[str] = field(default_factory=lambda: ["00000000-0002-4000-8000-01"])
    planned: list[Dispatch] = field(default_factory=list)
    completed: list[Dispatch] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    unavailable: set[str] = field(default_factory=set)
    moved_out_at: datetime | None = None
    elsewhere: dict[str, list[Meter]] = field(default_factory=dict)
    """The meters of further homes, by the first line of their address."""

    def described(self) -> Json:
        """Return the REST interface's answer."""
        homes = [
            ("1 Example Street", self.meters, self.moved_out_at),
            *((address, meters, None) for address, meters in self.elsewhere.items()),
        ]
        return {
            "number": self.number,
            "properties": [
                {
                    "id": number,
                    "moved_in_at": json_time(BEGAN),
                    "moved_out_at": _time(moved_out_at),
                    "address_line_1": address,
                    "postcode": "SW1A 1AA",
                    "electricity_meter_points": [
                        {
                            "mpan": meter.mpan,
                            "is_export": meter.is_export,
                            "meters": [{"serial_number": "S1"}],
                            "agreements": [
                                {
                                    "tariff_code": code,
                                    "valid_from": json_time(start),
                                    "valid_to": _time(end),
                                }
                                for code, start, end in meter.agreements
                            ],
                        }
                        for meter in meters
                    ],
                    "gas_meter_points": [],
                }
                for number, (address, meters, moved_out_at) in enumerate(homes, 1)
            ],
        }


class AccountServer:
    """Answers for one account."""

    def __init__(self, clock: Clock) -> None:
        """Serve the usual account."""
        self._clock = clock
        self.account = Account()
        self._tokens: dict[str, datetime] = {}
        self.tokens_made = 0
        self.asked: list[str] = []
        """The names of the queries."""

    def forget_tokens(self) -> None:
        """Take every token back before its time."""
        self._tokens.clear()

    async def get_account(self, request: web.Request) -> web.Response:
        """Describe the account to who has its key."""
        word = b64encode(f"{self.account.key}:".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {word}":
            return web.json_response(
                {"detail": "Authentication credentials were not provided."}, status=401
            )
        if request.match_info["account"] != self.account.number:
            return web.json_response({"detail": "Not found."}, status=404)
        return web.json_response(self.account.described())

    async def post_graphql(self, request: web.Request) -> web.Response:
        """Answer a query as GraphQL does: with status 200, errors beside the data."""
        asked = await request.json()
        variables = asked["variables"]
        name = asked["query"].split("(")[0].split()[-1]
        self.asked.append(name)
        if name == "Token":
            return self._make_token(variables)
        token = request.headers.get("Authorization", "")
        if self._tokens.get(token, self._clock.now()) <= self._clock.now():
            return _refused("KT-CT-1124", "Signature of the JWT has expired.")
        if variables["account"] != self.account.number:
            return _refused("KT-CT-1111", "Unauthorized.")
        parts: Mapping[str, Mapping[str, Callable[[], object]]] = {
            "Devices": {
                "devices": lambda: [{"id": id_} for id_ in self.account.devices]
            },
            "Dispatches": {
                "flexPlannedDispatches": self._planned,
                "completedDispatches": self._completed,
            },
            "Sessions": {"savingSessions": self._sessions},
        }
        gone = self.account.unavailable
        data = {
            key: None if key in gone else part() for key, part in parts[name].items()
        }
        errors = [
            {"message": "Unable to fetch.", "path": [key]}
            for key in data
            if key in gone
        ]
        return web.json_response(
            {"data": data} | ({"errors": errors} if errors else {})
        )

    def _make_token(self, variables: Mapping[str, str]) -> web.Response:
        if variables["key"] != self.account.key:
            return _refused("KT-CT-1139", "Authentication failed.")
        self.tokens_made += 1
        token = f"eyJ.{self.tokens_made}.secret"
        self._tokens[token] = self._clock.now() + TOKEN_LASTS
        return web.json_response({"data": {"obtainKrakenToken": {"token": token}}})

    def _planned(self) -> list[Json]:
        return [_dispatch(each) | {"type": each.kind} for each in self.account.planned]

    def _completed(self) -> list[Json]:
        return [
            _dispatch(each) | {"meta": {"source": each.source}}
            for each in self.account.completed
        ]

    def _sessions(self) -> Json:
        every = list(enumerate(self.account.sessions, 100))
        return {
            "account": {
                "joinedEvents": [{"eventId": id_} for id_, each in every if each.joined]
            },
            "events": [
                {
                    "id": str(id_),
                    "startAt": each.start.isoformat(),
                    "endAt": each.end.isoformat(),
                    "rewardPerKwhInOctoPoints": each.points,
                }
                for id_, each in every
            ],
        }


def _dispatch(dispatch: Dispatch) -> Json:
    return {
        "start": dispatch.start.isoformat(),
        "end": dispatch.end.isoformat(),
    }


def _refused(code: str, message: str) -> web.Response:
    error = {"message": message, "extensions": {"errorCode": code}}
    return web.json_response({"data": None, "errors": [error]})


def _time(when: datetime | None) -> str | None:
    return None if when is None else json_time(when)
