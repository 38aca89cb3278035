"""What goes wrong at a Powerwall and in its cloud, and where that ends.

Each over a real socket, in the middle of a forced charge or at its beginning; and
each with what the user is told.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import override

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.owner_rules import forbidden
from custom_components.power_sync.control.problems import ProblemKey
from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.devices.batteries.tesla.client import (
    TeslaAccount,
    TeslaTokenSite,
)
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.model.battery import Mode
from simulators.clock import ManualClock
from simulators.rest import Fault
from simulators.tesla.server import READ
from tests.devices.tesla_site import (
    AFTERNOON,
    OWNERS,
    SITE_ID,
    Account,
    tesla,
    told_of,
)

from .test_brand_faults import Home

pytestmark = pytest.mark.usefixtures("socket_enabled")


@dataclass
class Powerwall(Home):
    """A Powerwall through its cloud, with a token."""

    account: Account = field(kw_only=True)

    @property
    @override
    def settings(self) -> object:
        return told_of(self.account)

    @property
    @override
    def charges(self) -> bool:
        self.account.site.gateway.act()
        return self.account.site.home.flows.battery_w == -5000


@asynccontextmanager
async def powerwall() -> AsyncIterator[Powerwall]:
    """Run a cloud that takes tariffs as often as it is told, and control a site."""
    clock = ManualClock(AFTERNOON)
    async with tesla(now=clock.now) as account, ClientSession() as web:
        account.cloud.tariff_every = timedelta(0)
        found = await account.driver()
        asked = TeslaAccount(
            web, account.cloud.root, account.cloud.token, timeout_s=0.3
        )

        async def wait(seconds: float) -> None:
            clock.advance(timedelta(seconds=seconds))

        battery = TeslaBattery(
            TeslaTokenSite(asked, SITE_ID),
            found._config,  # noqa: SLF001 - what is stored of it
            now=clock.now,
            settle=timedelta(0),
            sleep=wait,
        )
        home = Powerwall(battery, clock, account=account)
        await home.start()
        yield home


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(delay_s=9), "the cloud did not answer in time"),
        (Fault(body="<html>"), "the cloud did not answer with an object"),
        (Fault(torn=True), "the cloud cannot be reached"),
        (Fault(status=503), "the cloud answered 503"),
        (Fault(empty=True), "the cloud answered nothing"),
        (Fault(status=404), "the cloud answered 404"),
        (Fault(body='{"response": null, "error": "x"}'), "the cloud answered with"),
        (Fault(body='{"response": [1]}'), "the cloud did not answer what was asked"),
    ],
)
async def test_while_it_lasts_it_is_silent(fault: Fault, told: str) -> None:
    """The user is told; the force goes on after it, and the owner's comes back."""
    async with powerwall() as home:
        owners = home.settings
        assert await home.force() is Outcome.FOLLOWED
        assert home.charges
        home.account.cloud.standing_fault = fault
        said = str(await home.polls(3))
        assert said.startswith(told)
        assert home.because == Trouble.UNREADABLE
        await home.polls(4)
        assert home.problems == {ProblemKey.RESTORE_FAILING}
        assert home.held
        home.account.cloud.heal()
        assert await home.polls(9) is None
        assert home.problems == set()
        assert home.because == ControlReason.USER_REQUEST
        assert home.charges
        await home.controller.restore_normal()
        assert (home.settings, home.held) == (owners, False)


@pytest.mark.parametrize("name", ["mode", "tariff", "grid_charging_off"])
async def test_acknowledged_and_ignored(name: str) -> None:
    """It is found out, given back, and told."""
    async with powerwall() as home:
        owners = home.settings
        home.account.site.gateway.ignores = {name}
        assert await home.force() is Outcome.NOT_FOLLOWED
        assert home.settings == owners
        await home.polls(12)
        assert home.problems == {ProblemKey.COMMAND_NOT_FOLLOWED}
        assert home.settings == owners


async def test_a_token_that_may_only_read() -> None:
    """No command is taken: nothing of ours stays, and the user is told why."""
    async with powerwall() as home:
        owners = home.settings
        home.account.cloud.scopes = {READ}
        assert await home.force() is Outcome.REFUSED
        await home.polls(12)
        assert home.problems == {ProblemKey.ACCOUNT_LACKS_RIGHTS}
        assert home.settings == owners


async def test_a_token_that_may_only_read_any_more() -> None:
    """In the middle of a force, that it cannot be given back is told as well."""
    async with powerwall() as home:
        owners, rights = home.settings, home.account.cloud.scopes
        assert await home.force() is Outcome.FOLLOWED
        home.account.cloud.scopes = {READ}
        await home.controller.restore_normal()
        await home.polls(12)
        assert home.problems == {
            ProblemKey.ACCOUNT_LACKS_RIGHTS,
            ProblemKey.RESTORE_FAILING,
        }
        assert home.held
        home.account.cloud.scopes = rights
        await home.polls(9)
        assert home.problems == set()
        assert (home.settings, home.held) == (owners, False)


async def test_a_token_that_is_refused() -> None:
    """In the middle of a force; with a good one all is put back."""
    async with powerwall() as home:
        owners, token = home.settings, home.account.cloud.token
        assert await home.force() is Outcome.FOLLOWED
        home.account.cloud.token = "another"  # noqa: S105 - that of the simulation
        assert await home.polls(7) == "the token is not accepted"
        assert home.because == Trouble.UNREADABLE
        assert home.problems == {ProblemKey.RESTORE_FAILING}
        home.account.cloud.token = token
        # A tariff of ours ends at midnight, whatever becomes of it.
        await home.controller.restore_normal()
        await home.polls(9)
        assert home.problems == set()
        assert (home.settings, home.held) == (owners, False)


async def test_a_gateway_that_the_cloud_has_lost() -> None:
    """It goes on telling the last it heard: that counts as silence after a while."""
    async with powerwall() as home:
        assert await home.force() is Outcome.FOLLOWED
        last = home.account.site.live()

        def stuck(answer: object) -> object:
            live = isinstance(answer, dict) and "solar_power" in answer["response"]
            return {"response": last} if live else answer

        home.account.cloud.spoil = stuck
        assert await home.polls(9) is None
        said = await home.polls(5)
        assert said == "the gateway has not been heard of for a while"
        assert home.because == Trouble.UNREADABLE
        home.account.cloud.heal()
        assert await home.polls(9) is None
        assert home.charges


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reserve_pct", 35),
        ("mode", "backup"),
        ("grid_charging_off", False),
        ("export_rule", "never"),
        ("tariff", {**OWNERS, "code": "NEW", "name": "Another contract"}),
    ],
)
@pytest.mark.parametrize("mode", [Mode.CHARGE, Mode.DISCHARGE])
async def test_its_owner_sets_something_meanwhile(
    mode: Mode, name: str, value: object
) -> None:
    """In the app, in the middle of a force: that is what is there after it."""
    async with powerwall() as home:
        gateway = home.account.site.gateway
        done = await home.controller.force(
            mode, power_w=None, duration=timedelta(hours=3)
        )
        assert done[SITE_ID][1] is Outcome.FOLLOWED
        await home.polls(5)
        if getattr(gateway.told, name) == value:
            # What a command has set already is nobody's to tell apart.
            return
        gateway.tell(name, value)
        await home.polls(40)
        await home.controller.restore_normal()
        await home.polls(9)
        assert not home.held
        assert getattr(gateway.told, name) == value
        assert home.problems == set()


@pytest.mark.parametrize("rule", ["never", "pv_only", "battery_ok", None])
async def test_an_agreement_to_feed_nothing_in(rule: str | None) -> None:
    """No command breaks it, so nothing is planned or forced that would have to."""
    async with powerwall() as home:
        home.account.site.gateway.tell("export_rule", rule)
        await home.polls(16)
        battery = home.controller.batteries[SITE_ID]
        expected = {Mode.DISCHARGE} if rule == "never" else set()
        assert forbidden(battery) == expected
        await home.controller.force(
            Mode.DISCHARGE, power_w=None, duration=timedelta(hours=1)
        )
        await home.polls(2)
        assert home.held is (rule != "never")
        assert home.account.site.gateway.told.export_rule == (
            "battery_ok" if rule == "pv_only" else rule
        )


async def test_a_home_that_has_no_grid_at_all() -> None:
    """It is watched, and told nothing, whatever is wanted; nor is that a fault."""
    async with powerwall() as home:
        home.account.site.home.islanded = True
        await home.polls()
        outcome = await home.force()
        await home.polls(30)
        assert home.because == Trouble.ISLANDED
        assert outcome in (None, Outcome.ALREADY)
        assert home.account.cloud.written == []
        assert (home.problems, home.held) == (set(), False)


async def test_a_storm_is_on_its_way() -> None:
    """Storm Watch has it fill up: it is left alone, and forced again after that."""
    async with powerwall() as home:
        gateway = home.account.site.gateway
        gateway.tell("storm_mode", True)  # noqa: FBT003 - in the app
        await home.polls(16)
        owners = home.settings
        done = await home.controller.force(
            Mode.DISCHARGE, power_w=None, duration=timedelta(hours=3)
        )
        assert done[SITE_ID][1] is Outcome.FOLLOWED
        gateway.storm = True
        await home.polls(2)
        assert home.because == Trouble.STORM
        assert (home.settings, home.held) == (owners, False)
        gateway.act()
        assert home.account.site.home.flows.battery_w < 0
        sent = home.account.cloud.commands_taken
        await home.polls(10)
        assert home.account.cloud.commands_taken == sent
        gateway.storm = False
        await home.polls(2)
        assert home.because == ControlReason.USER_REQUEST
        assert home.account.site.home.flows.battery_w > 0
        await home.controller.restore_normal()
        assert (home.settings, home.held) == (owners, False)


async def test_the_grid_fails() -> None:
    """An islanded home is left to the Powerwall, and forced again when that is over."""
    async with powerwall() as home:
        owners = home.settings
        assert await home.force() is Outcome.FOLLOWED
        home.account.site.home.islanded = True
        await home.polls(2)
        assert home.because == Trouble.ISLANDED
        assert (home.settings, home.held) == (owners, False)
        home.account.site.home.islanded = False
        await home.polls(2)
        assert home.because == Trouble.GRID_RETURNING
        await home.polls(6)
        assert home.because == ControlReason.USER_REQUEST
