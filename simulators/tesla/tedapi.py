"""A Powerwall's gateway in the home's network, for who is paired with it.

It takes requests that are signed with a key it knows, and does what they say of the
battery's power for as long as they say. All else it leaves to the cloud.

Source: the public package `aiopowerwall` and the messages of `tesla-protocol`.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, override

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tesla_protocol.energy_device import signed_message_pb2, transport_pb2

from simulators.rest import Handler, RestSimulator

from .gateway import TeslaSite

DIN: Final = "1707000-11-J--TG1200000000"
PASSWORD: Final = "GATEWAYPASSWORD"  # noqa: S105 - that of the simulation
CUSTOMER: Final = PASSWORD[-5:]
"""The login takes the end of the password alone."""


class GatewaySimulator(RestSimulator):
    """Serves one site's gateway over HTTPS, and lets `keys` tell it powers."""

    BASE_PATH = ""

    def __init__(self, site: TeslaSite) -> None:
        """Be paired with nobody yet."""
        super().__init__(site.home.clock)
        self.site = site
        self.keys: list[rsa.RSAPublicKey] = []
        self.dispatched: list[tuple[float, int] | None] = []
        """What it was told: power (+ discharging) and seconds; None to resume."""

    @property
    def address(self) -> str:
        """What a client is given for its host."""
        return f"{self._host}:{self._port}"

    def pair(self, private_key_pem: bytes) -> None:
        """Know a key from now on."""
        key = serialization.load_pem_private_key(private_key_pem, password=None)
        public = key.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise TypeError("no RSA key")
        self.keys.append(public)

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return what is read."""
        yield "/tedapi/din", self._get_din
        yield "/api/meters/aggregates", self._get_meters
        yield "/api/system_status/grid_status", self._get_grid

    @override
    def commands(self) -> Iterable[tuple[str, str, Handler]]:
        """Return the login, and what is signed."""
        yield "POST", "/api/login/Basic", self._post_login
        yield "POST", "/tedapi/v1r", self._post_signed

    @override
    def empty(self) -> web.Response:
        """Return an answer with nothing in it."""
        return web.json_response({})

    @override
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""
        return web.json_response({"code": 404}, status=404)

    async def _post_login(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("password") != CUSTOMER:
            return web.json_response({"code": 401}, status=401)
        return web.json_response({"token": "of-the-gateway"})

    async def _get_din(self, _request: web.Request) -> web.Response:
        return web.Response(text=DIN)

    async def _get_meters(self, _request: web.Request) -> web.Response:
        live = self.site.live()
        return web.json_response(
            {
                name: {"instant_power": live[f"{told}_power"]}
                for name, told in (
                    ("site", "grid"),
                    ("battery", "battery"),
                    ("load", "load"),
                    ("solar", "solar"),
                )
            }
        )

    async def _get_grid(self, _request: web.Request) -> web.Response:
        on = not self.site.home.islanded
        told = "SystemGridConnected" if on else "SystemIslandedActive"
        return web.json_response({"grid_status": told})

    async def _post_signed(self, request: web.Request) -> web.Response:
        asked = signed_message_pb2.RoutableMessage()
        asked.ParseFromString(await request.read())
        answer = signed_message_pb2.RoutableMessage()
        if not self._knows(asked):
            answer.signed_message_status.message_fault = (
                signed_message_pb2.MESSAGEFAULT_ERROR_UNKNOWN_KEY_ID
            )
            return web.Response(body=answer.SerializeToString())
        told = transport_pb2.MessageEnvelope()
        told.ParseFromString(asked.protobuf_message_as_bytes)
        if told.HasField("teg") and told.teg.HasField("dispatch_battery_power_request"):
            self._dispatch(told.teg.dispatch_battery_power_request)
            done = transport_pb2.MessageEnvelope()
            done.teg.dispatch_battery_power_response.SetInParent()
            answer.protobuf_message_as_bytes = done.SerializeToString()
        else:
            answer.signed_message_status.message_fault = (
                signed_message_pb2.MESSAGEFAULT_ERROR_INVALID_COMMAND
            )
        return web.Response(body=answer.SerializeToString())

    def _knows(self, asked: signed_message_pb2.RoutableMessage) -> bool:
        """Whether one of its keys signed this, for this gateway, not long ago."""
        until = asked.signature_data.rsa_data.expires_at
        signed = b"".join(
            (
                _tlv(
                    signed_message_pb2.TAG_SIGNATURE_TYPE,
                    bytes([signed_message_pb2.SIGNATURE_TYPE_RSA]),
                ),
                _tlv(
                    signed_message_pb2.TAG_DOMAIN,
                    bytes([signed_message_pb2.DOMAIN_ENERGY_DEVICE]),
                ),
                _tlv(signed_message_pb2.TAG_PERSONALIZATION, DIN.encode()),
                _tlv(signed_message_pb2.TAG_EXPIRES_AT, until.to_bytes(4, "big")),
                bytes([signed_message_pb2.TAG_END]),
                asked.protobuf_message_as_bytes,
            )
        )
        for key in self.keys:
            try:
                key.verify(
                    asked.signature_data.rsa_data.signature,
                    signed,
                    padding.PKCS1v15(),
                    hashes.SHA512(),
                )
            except InvalidSignature:
                continue
            return True
        return False

    def _dispatch(self, asked: object) -> None:
        gateway = self.site.gateway
        if asked.HasField("resume_device_mode"):  # type: ignore[attr-defined]  # made at run time
            self.dispatched.append(None)
            gateway.dispatch(None)
            return
        power = asked.real_power  # type: ignore[attr-defined]  # made at run time
        self.dispatched.append((power.power_watts, power.duration_seconds))
        gateway.dispatch(
            power.power_watts, for_=timedelta(seconds=power.duration_seconds)
        )


def _tlv(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value
