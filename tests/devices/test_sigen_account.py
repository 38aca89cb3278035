"""Asking Sigenergy's cloud: who asks, tokens, waits, and answers of every kind."""

import asyncio
from dataclasses import replace
from datetime import timedelta
import gc
import logging

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.devices.batteries.cloud import Account, Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud import account
from custom_components.power_sync.devices.batteries.sigenergy_cloud.account import (
    encrypted,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.protocols import (
    DeviceAuthError,
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import BatteryIdentity
from simulators.clock import ManualClock, RealClock
from simulators.home import SimulatedHome
from simulators.profile import constant
from simulators.rest import Fault
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_station import SimulatedStation

from .sigen_account import ACCOUNT, NOON, STATION, asking, cloud
from .test_sigen_driver import CONFIG

pytestmark = pytest.mark.usefixtures("socket_enabled")
ANOTHER = "battery staple"
HOME = ("device", "owner", "station", "home")


def test_the_password_as_the_app_sends_it() -> None:
    """As public clients have captured it."""
    assert encrypted("correct horse") == "2XgqjWOYS8wesGPH8+9zTA=="
    # A block more, as padding is never left out.
    assert len(encrypted("0123456789abcdef")) == 44


@pytest.mark.parametrize("wrapped", [True, False])
async def test_one_login_for_many_requests(*, wrapped: bool) -> None:
    """The token is used again, in whatever form it came."""
    async with cloud() as sigen, asking(sigen.url) as session:
        sigen.wrapped = wrapped
        for _ in range(3):
            assert await session.get(*HOME)
        assert (sigen.logins, sigen.refreshes) == (1, 0)


async def test_a_device_id_is_sent_where_there_is_one() -> None:
    """Accounts need none."""
    for device_id in (None, "1756353655250"):
        who = Account(ACCOUNT.email, ACCOUNT.password, device_id)
        async with cloud() as sigen, asking(sigen.url, who) as session:
            await session.get(*HOME)
            assert sigen.forms[-1].get("userDeviceId") == device_id


@pytest.mark.parametrize(("refreshable", "logins"), [(True, 1), (False, 2)])
async def test_a_token_that_is_not_taken_any_more(
    *, refreshable: bool, logins: int
) -> None:
    """It is refreshed; where that is refused, PowerSync logs in again."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        sigen.forget_tokens()
        sigen.refreshable = refreshable
        assert await session.get(*HOME)
        assert (sigen.logins, sigen.refreshes) == (logins, 1)


async def test_a_token_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cloud's clock is not asked: a minute before its end it is refreshed."""
    monkeypatch.setattr(account, "_MARGIN_S", 3600.0)
    clock = ManualClock(NOON)
    async with cloud(clock) as sigen, asking(sigen.url) as session:
        sigen.expires_in = 1
        await session.get(*HOME)
        clock.advance(timedelta(seconds=2))
        await session.get(*HOME)
        assert (sigen.logins, sigen.refreshes) == (1, 1)


async def test_a_wrong_password_is_not_tried_again_and_again() -> None:
    """More tries would have the account locked."""
    async with (
        cloud() as sigen,
        asking(sigen.url, Account(ACCOUNT.email, "wrong")) as session,
    ):
        for _ in range(5):
            with pytest.raises(DeviceAuthError):
                await session.get(*HOME)
        assert sigen.logins == 1


async def test_a_password_that_was_changed() -> None:
    """The tokens go with it."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        sigen.password = ANOTHER
        sigen.refreshable = False
        sigen.forget_tokens()
        with pytest.raises(DeviceAuthError, match="e-mail or password"):
            await session.get(*HOME)


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, "{}"), (200, '{"code": 401, "msg": "token", "data": null}')],
)
async def test_a_new_token_that_is_refused_at_once(status: int, body: str) -> None:
    """Two tries, and no login without end."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        for _ in range(2):
            sigen.fail(Fault(status=status, body=body))
            sigen.fail(Fault(), times=1)
        with pytest.raises(DeviceAuthError):
            await session.get(*HOME)
        with pytest.raises(DeviceAuthError):
            await session.get(*HOME)
        assert sigen.logins + sigen.refreshes == 2


@pytest.mark.parametrize(
    "answer",
    [
        '{"code": 11002, "msg": "account or password", "data": null}',
        '{"code": 401, "msg": "who", "data": null}',
    ],
)
async def test_a_login_refused_in_an_envelope(answer: str) -> None:
    """With status 200, as its app gets it."""
    async with cloud() as sigen, asking(sigen.url) as session:
        sigen.fail(Fault(body=answer))
        with pytest.raises(DeviceAuthError):
            await session.get(*HOME)


@pytest.mark.parametrize(
    "answer",
    [
        '{"code": 0, "data": null}',
        '{"code": 0, "data": {}}',
        '{"access_token": ""}',
        '{"access_token": 5}',
        '{"portal": "please accept"}',
    ],
)
async def test_a_login_that_gives_no_token(answer: str) -> None:
    """The account is not to blame."""
    async with cloud() as sigen, asking(sigen.url) as session:
        sigen.fail(Fault(body=answer))
        with pytest.raises(DeviceUnreachableError, match=r"no token|own way"):
            await session.get(*HOME)
        assert await session.get(*HOME)


async def test_a_token_without_an_end_or_a_companion() -> None:
    """It is used for an hour, and then PowerSync logs in."""
    async with cloud() as sigen, asking(sigen.url) as session:
        sigen.fail(Fault(body='{"access_token": "unknown"}'))
        assert await session.get(*HOME)
        assert (sigen.logins, sigen.refreshes) == (1, 0)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, DeviceRefusedError),
        (403, DeviceRefusedError),
        (404, DeviceRefusedError),
        (500, DeviceUnreachableError),
        (503, DeviceUnreachableError),
    ],
)
async def test_statuses(status: int, error: type[Exception]) -> None:
    """No, and not now."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        sigen.fail(Fault(status=status, body="{}"))
        with pytest.raises(error, match=str(status)):
            await session.get(*HOME)
        assert await session.get(*HOME)


async def test_success_in_another_word() -> None:
    """Some servers say so, and no code; one that says the contrary is none."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        sigen.fail(Fault(body='{"success": true, "data": {"x": 1}}'))
        assert await session.get(*HOME) == {"x": 1}
        for body in (
            '{"success": false, "data": {"x": 1}}',
            '{"success": "yes", "data": {"x": 1}}',
        ):
            sigen.fail(Fault(body=body))
            with pytest.raises(DeviceUnreachableError):
                await session.get(*HOME)
        sigen.fail(Fault(body='{"code": 5, "success": true, "data": {"x": 1}}'))
        with pytest.raises(DeviceRefusedError):
            await session.get(*HOME)


@pytest.mark.parametrize(
    "body",
    [
        " ",
        "<html>",
        "[]",
        "{}",
        "17",
        pytest.param("[" * 100_000, id="too deep"),
        '{"code": 0, "da',
        '"\\ud800',
    ],
)
async def test_garbage(body: str) -> None:
    """It is no answer."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        sigen.fail(Fault(body=body))
        with pytest.raises(DeviceUnreachableError):
            await session.get(*HOME)


@pytest.mark.parametrize(
    ("wait", "told"), [("300", "300"), (None, "60"), ("999999", "3600"), ("?", "60")]
)
async def test_too_many_requests(wait: str | None, told: str) -> None:
    """Nothing is asked before the cloud wants to be asked again."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        sigen.fail(Fault(status=429, retry_after=wait))
        with pytest.raises(DeviceUnreachableError, match="429"):
            await session.get(*HOME)
        asked = len(sigen.requests)
        with pytest.raises(DeviceUnreachableError, match=f"for {told} s"):
            await session.get(*HOME)
        assert len(sigen.requests) == asked


async def test_too_slow_and_gone() -> None:
    """A time-out for each request; then it is reached again."""
    async with cloud() as sigen, asking(sigen.url, timeout_s=0.2) as session:
        await session.get(*HOME)
        sigen.fail(Fault(delay_s=5))
        with pytest.raises(DeviceUnreachableError, match="in time"):
            await session.get(*HOME)
        await sigen.stop()
        with pytest.raises(DeviceUnreachableError, match="cannot be reached"):
            await session.get(*HOME)
        await sigen.start()
        assert await session.get(*HOME)


async def test_the_firewall_lets_powersync_through() -> None:
    """It refuses whoever says to be aiohttp, as Home Assistant's session does."""
    async with cloud() as sigen, asking(sigen.url) as session:
        assert await session.get(*HOME)
        async with ClientSession() as other, other.get(f"{sigen.url}/x") as answer:
            assert answer.status == 404
        async with (
            ClientSession() as other,
            other.get(f"{sigen.url}/device/owner/station/home") as answer,
        ):
            assert answer.status == 403


async def test_nothing_private_is_logged_or_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither in errors nor in logs nor where an account is printed."""
    caplog.set_level(logging.DEBUG)
    texts = [repr(ACCOUNT)]
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        texts.append(repr(session._tokens))  # noqa: SLF001 - the thing to hide
        for fault in (
            Fault(status=500),
            Fault(body='{"code": 5, "msg": "owner@example.com has no station"}'),
            Fault(status=401),
        ):
            sigen.fail(fault)
            if fault.status == 401:
                sigen.password, sigen.refreshable = ANOTHER, False
            with pytest.raises(DeviceError) as caught:
                await session.get(*HOME)
            texts.append(f"{caught.value!r} {caught.value.__cause__}")
    shown = " ".join([*texts, caplog.text])
    secrets = (ACCOUNT.email, ACCOUNT.password, encrypted(ACCOUNT.password), "token-1")
    assert not [secret for secret in secrets if secret in shown]


async def test_two_requests_log_in_once() -> None:
    """At the same time."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await asyncio.gather(session.get(*HOME), session.get(*HOME))
        assert sigen.logins == 1


async def test_a_station_that_is_not_the_accounts() -> None:
    """The cloud says no with a code."""
    async with cloud() as sigen, asking(sigen.url) as session:
        with pytest.raises(DeviceRefusedError, match="code 11000"):
            await session.get(
                "device", "sigen", "station", "energyflow", query={"id": "99"}
            )


async def test_half_an_answer() -> None:
    """It is none, and the next one is."""
    async with cloud() as sigen, asking(sigen.url) as session:
        await session.get(*HOME)
        sigen.fail(Fault(torn=True))
        with pytest.raises(DeviceUnreachableError, match="cannot be reached"):
            await session.get(*HOME)
        assert await session.get(*HOME)


async def test_two_stations_of_an_account_share_what_they_are_told() -> None:
    """One login; and to wait, or that the account is refused, is said to both."""
    clock = RealClock()
    stations = [
        SimulatedStation(SimulatedHome(clock, constant(800, 0)), station_id=each)
        for each in (STATION, "5")
    ]
    async with (
        SigenCloudSimulator(clock, stations) as sigen,
        ClientSession() as web,
    ):

        def battery(key: str, account: Account = ACCOUNT) -> SigenergyCloudBattery:
            identity = BatteryIdentity("sigenergy_cloud", key, "system")
            login = Login(web, sigen.url, account)
            return SigenergyCloudBattery(login, replace(CONFIG, identity=identity))

        first, second = battery(STATION), battery("5")
        await first.read()
        await second.read()
        assert sigen.logins == 1
        sigen.fail(Fault(status=429, retry_after="300"))
        with pytest.raises(DeviceUnreachableError, match="429"):
            await first.read_settings()
        asked = len(sigen.requests)
        with pytest.raises(DeviceUnreachableError, match="for 300 s"):
            await second.read_settings()
        assert len(sigen.requests) == asked
        # So it is to whoever tries another password, and to nobody else's account.
        with pytest.raises(DeviceUnreachableError, match="for 300 s"):
            await battery(STATION, Account("Owner@example.com", "?")).read_settings()
        stranger = battery(STATION, Account("guest@example.com", "wrong"))
        with pytest.raises(DeviceAuthError):
            await stranger.read_settings()
        # It is forgotten with the last of them.
        del first, second, stranger
        gc.collect()
        await battery(STATION).read_settings()
        assert sigen.logins == 3
