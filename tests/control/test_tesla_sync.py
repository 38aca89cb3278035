"""A Powerwall that plans itself from our prices, under one master at all times."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from custom_components.power_sync.control.controlled import Controlled
from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.view import Master, PlannedBy, SiteLimits
from custom_components.power_sync.devices.batteries.tariff_text import prices_of
from custom_components.power_sync.devices.batteries.tesla import tariff
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.tariff import DayTariff
from simulators.tesla.tariff import prices_at, season_at
from tests.devices.tesla_site import SITE_ID, Account, owners, tesla, told_of

pytestmark = pytest.mark.usefixtures("socket_enabled")
TODAY = date(2026, 11, 26)
PRICES = DayTariff(
    TODAY,
    "GBP",
    tuple(round(0.1 + slot / 1000, 4) for slot in range(48)),
    tuple(-0.05 if slot == 30 else slot / 1000 for slot in range(48)),
)


async def planning_itself(
    account: Account, prices: DayTariff | None = PRICES
) -> tuple[Controller, Controlled]:
    """Start the control of a Powerwall that plans itself."""
    driver = await account.driver()
    controller = Controller(
        [Member(driver, {})], account.journal, account.time.clock(), SiteLimits()
    )
    controller.automatic, controller.dry_run = True, False
    await controller.start()
    battery = controller.batteries[SITE_ID]
    battery.planned_by, battery.tariff = PlannedBy.ITSELF, prices
    controller.read(SITE_ID, await driver.read())
    await controller.tick()
    return controller, battery


def code(account: Account) -> object:
    """Return which tariff the gateway has."""
    return account.set_by().tariff["code"]


async def minutes(account: Account, controller: Controller, count: int) -> None:
    """Let time pass, with a reading and a tick a minute."""
    for _ in range(count):
        account.pass_by(minutes=1)
        driver = controller.batteries[SITE_ID].executor.driver
        controller.read(SITE_ID, await driver.read())
        await controller.tick()


async def test_prices_are_uploaded_and_the_owners_tariff_is_put_back() -> None:
    """All else stays the owner's; the mode is the one that heeds prices."""
    async with tesla(told=owners(reserve_pct=35)) as account:
        before = told_of(account)
        controller, battery = await planning_itself(account)
        lease = battery.lease
        assert (lease.master, lease.reason) == (Master.TARIFF, "plans_itself")
        assert lease.until == datetime(2026, 11, 27, tzinfo=UTC)
        assert battery.outcome is Outcome.FOLLOWED
        assert battery.tariff_since == account.time.now
        told = account.set_by()
        assert told.tariff["code"] == "POWER_SYNC:PRICES:2026-11-26"
        assert (told.mode, told.reserve_pct) == ("autonomous", 35)
        at = datetime(2026, 11, 26, 15, 10, tzinfo=UTC)
        assert prices_at(told.tariff, at) == (0.13, 0.0)
        assert prices_at(told.tariff, at + timedelta(hours=1)) == (0.132, 0.032)
        # Nothing of it is in force on any other day.
        assert season_at(told.tariff, date(2026, 11, 27)) is None
        # Looked at again and again, nothing is sent.
        sent = account.cloud.commands_taken
        await minutes(account, controller, 40)
        assert account.cloud.commands_taken == sent
        assert await controller.stop()
        assert told_of(account) == before


async def test_new_prices_wait_for_their_turn() -> None:
    """Not two uploads within five minutes; what is the same is not sent."""
    async with tesla() as account:
        controller, battery = await planning_itself(account)
        await minutes(account, controller, 2)
        battery.tariff = replace(PRICES, bought=(*PRICES.bought[:47], 0.5))
        await minutes(account, controller, 2)
        assert battery.outcome is Outcome.TOO_SOON
        await minutes(account, controller, 2)
        assert battery.outcome is not None
        assert battery.outcome.good
        at = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
        assert prices_at(account.set_by().tariff, at).buy == 0.5
        assert (account.cloud.refused, len(account.cloud.written)) == (0, 3)


async def test_a_force_comes_first_and_the_prices_come_back() -> None:
    """Nothing is uploaded while it lasts; the first owner's settings are put back."""
    async with tesla(told=owners(reserve_pct=0, mode="backup")) as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        controller, battery = await planning_itself(account)
        await minutes(account, controller, 6)
        await controller.force(
            Mode.CHARGE, power_w=None, duration=timedelta(minutes=30)
        )
        assert battery.lease.master is Master.FORCE
        battery.tariff = replace(PRICES, bought=(0.2,) * 48)
        await minutes(account, controller, 29)
        assert str(code(account)).startswith("POWER_SYNC:CHARGE")
        assert battery.tariff_since is None
        await minutes(account, controller, 2)
        assert code(account) == "POWER_SYNC:PRICES:2026-11-26"
        told = account.set_by()
        assert (told.reserve_pct, told.grid_charging_off) == (0, True)
        battery.planned_by = PlannedBy.OWNER
        await minutes(account, controller, 6)
        assert battery.lease.reason == "left_to_owner"
        assert told_of(account) == before
        assert not battery.executor.held


async def test_a_short_force_does_not_outlast_its_end() -> None:
    """The next upload has to wait, so the battery is its owner's meanwhile."""
    async with tesla() as account:
        account.cloud.tariff_every = timedelta(0)
        controller, _battery = await planning_itself(account)
        await minutes(account, controller, 6)
        await controller.force(Mode.CHARGE, power_w=None, duration=timedelta(minutes=2))
        await minutes(account, controller, 2)
        assert code(account) == "GO"
        assert account.site.home.flows.battery_w >= 0
        await minutes(account, controller, 6)
        assert code(account) == "POWER_SYNC:PRICES:2026-11-26"


@pytest.mark.parametrize("planner", [PlannedBy.POWERSYNC, PlannedBy.OWNER])
async def test_another_planner(planner: PlannedBy) -> None:
    """Who takes over finds the battery as its owner has it."""
    async with tesla() as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        controller, battery = await planning_itself(account)
        battery.planned_by = planner
        await minutes(account, controller, 5)
        assert told_of(account) == before
        assert battery.lease.master is Master.NORMAL


async def test_what_ends_it() -> None:
    """Automatic control off, a dry run, no prices: the owner's tariff is back."""
    async with tesla() as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        controller, battery = await planning_itself(account)
        await controller.set_automatic(on=False)
        assert (told_of(account), battery.lease.reason) == (before, "owner")
        await minutes(account, controller, 6)
        await controller.set_automatic(on=True)
        assert code(account) == "POWER_SYNC:PRICES:2026-11-26"
        await controller.set_dry_run(on=True)
        assert told_of(account) == before
        assert battery.outcome is Outcome.DRY_RUN
        sent = controller.log.last
        assert sent is not None
        assert ("tariff", "PowerSync prices 2026-11-26 GBP") in [
            (write.setting, write.value) for write in sent.writes
        ]
        await minutes(account, controller, 6)
        await controller.set_dry_run(on=False)
        battery.tariff = None
        await minutes(account, controller, 1)
        assert (told_of(account), battery.lease.reason) == (before, "no_tariff")


async def test_past_midnight() -> None:
    """Yesterday's prices are nobody's: with us they are gone, without us, too."""
    at = datetime(2026, 11, 26, 23, 50, tzinfo=UTC)
    async with tesla(at=at) as account:
        before = told_of(account)
        controller, battery = await planning_itself(account)
        # A crash, and nobody there at midnight.
        account.pass_by(minutes=20)
        assert prices_at(account.set_by().tariff, account.time.now) == (None, None)
        controller.read(SITE_ID, await battery.executor.driver.read())
        await controller.tick()
        assert (told_of(account), battery.lease.reason) == (before, "no_tariff")


async def test_a_crash_and_a_start() -> None:
    """The journal has the owner's tariff; our own prices are never taken for it."""
    async with tesla() as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        await planning_itself(account)
        account.pass_by(minutes=6)
        controller, _ = await planning_itself(account, None)
        assert told_of(account) == before
        await controller.stop()
        # A start keeps to the interval since the battery was told last, too.
        account.pass_by(minutes=6)
        # Where even the journal is lost, a tariff without hours is left.
        await planning_itself(account)
        account.pass_by(minutes=6)
        account.journal.text = None
        controller, battery = await planning_itself(account)
        battery.planned_by = PlannedBy.OWNER
        await controller.force(
            Mode.CHARGE, power_w=None, duration=timedelta(minutes=10)
        )
        await minutes(account, controller, 11)
        assert code(account) == "FLAT"


async def test_without_a_tariff_to_put_back() -> None:
    """Nothing is uploaded over nothing."""
    told = owners()
    told.tariff = {}
    async with tesla(told=told) as account:
        _, battery = await planning_itself(account)
        assert battery.outcome in (None, Outcome.ALREADY, Outcome.REFUSED)
        assert account.set_by().tariff == {}
        assert account.cloud.commands_taken == 0


def test_prices_as_a_setting() -> None:
    """Read back from the device they are the same; what was edited is not ours."""
    text = tariff.prices_text(PRICES)
    assert prices_of(text) == replace(
        PRICES, sold=tuple(max(0.0, each) for each in PRICES.sold)
    )
    content = tariff.content_of(text, "AUD")
    assert content["currency"] == "GBP"
    assert tariff.value_of(content) == text
    assert tariff.forces(text)
    edited = {**content, "currency": None}
    assert tariff.value_of(edited) != text
    assert tariff.forces(tariff.value_of(edited))
    for wrong in ("PowerSync prices 2026-11-26 GBP\t[[1],[2]]", "x", 3, None):
        assert prices_of(wrong) is None
    assert tariff.value_of({**content, "sell_tariff": 1}) != text
    assert tariff.value_of({**content, "energy_charges": {}}) != text
