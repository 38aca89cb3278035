"""A Powerwall that is forced, held and given back, through a gateway that is slow."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.devices.batteries.tesla import settings, tariff
from custom_components.power_sync.devices.batteries.tesla.content import tariff_of
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import Command, Mode, Settings, Write
from simulators.rest import Fault
from simulators.tesla.gateway import Told

from .tesla_site import OWNERS, Account, owners, tesla, told_of

pytestmark = pytest.mark.usefixtures("socket_enabled")
CHEAP = tariff_of(
    code="",
    name="",
    utility="",
    currency="GBP",
    bought=[0.28] * 48,
    sold=[0.05] * 48,
)
UNTIL = datetime(2026, 11, 26, 15, 10, tzinfo=UTC)


def said(account: Account) -> list[object]:
    """Return what was told, tariffs by their code."""
    found: list[object] = []
    for _, body in account.cloud.written:
        for value in body.values():
            is_tariff = isinstance(value, dict)
            found.append(value["tariff_content_v2"]["code"] if is_tariff else value)  # type: ignore[index]  # JSON
    account.cloud.written.clear()
    return found


async def test_charged_in_the_facts_order_and_given_back() -> None:
    """Grid charging, mode, tariff, reserve last; and all of it back."""
    async with tesla() as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        assert await executor.carry_out(account.order(Mode.CHARGE)) is Outcome.FOLLOWED
        code = "POWER_SYNC:CHARGE:2026-11-26:1400-1530"
        assert said(account) == [False, "autonomous", code, 100]
        assert account.site.home.flows.battery_w == -5000
        account.pass_by(minutes=60)
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        # The flow is stopped first.
        assert said(account) == ["self_consumption", 20, True, "GO"]
        assert told_of(account) == before
        assert not executor.held


async def test_discharged_with_a_pulse_and_given_back() -> None:
    """The owner's reserve stays, and changes for a moment so that the gateway acts."""
    async with tesla() as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        order = account.order(Mode.DISCHARGE)
        assert await executor.carry_out(order) is Outcome.FOLLOWED
        code = "POWER_SYNC:DISCHARGE:2026-11-26:1400-1530"
        assert said(account) == ["battery_ok", "autonomous", code, 21, 20]
        assert account.site.home.flows.battery_w == 5000
        # Looked at again, nothing is sent, even half an hour later.
        account.pass_by(minutes=31)
        order = account.order(Mode.DISCHARGE, minutes=29)
        assert await executor.carry_out(order) is Outcome.ALREADY
        account.pass_by(minutes=29)
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


async def test_row_11_charge_after_discharge_and_the_first_baseline() -> None:
    """What is put back is what was before both; a reserve of 0 is put back as 0."""
    async with tesla(told=owners(reserve_pct=0, mode="autonomous")) as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        for mode in (Mode.DISCHARGE, Mode.CHARGE, Mode.NO_DISCHARGE):
            assert await executor.carry_out(account.order(mode)) is Outcome.FOLLOWED
            account.pass_by(minutes=6)
        told = account.set_by()
        assert (told.reserve_pct, told.grid_charging_off) == (100, True)
        assert account.site.home.flows.battery_w == 0
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


@pytest.mark.parametrize(
    ("reserve", "pulse"),
    [(0, [1, 0]), (20, [21, 20]), (79, [80, 79]), (80, [100, 80])],
)
async def test_the_pulse(reserve: int, pulse: list[int]) -> None:
    """Never to what cannot be set, nor to a weaker reserve."""
    async with tesla(told=owners(reserve_pct=reserve)) as account:
        executor = await account.executor(await account.driver())
        order = account.order(Mode.DISCHARGE)
        assert await executor.carry_out(order) is Outcome.FOLLOWED
        assert said(account)[-2:] == pulse


async def test_what_cannot_be_forced() -> None:
    """It is said why, and nothing is written."""
    for told, solar, mode in (
        (owners(reserve_pct=100), True, Mode.DISCHARGE),
        (owners(reserve_pct=90), True, Mode.NO_DISCHARGE),
        (owners(tariff={}), True, Mode.CHARGE),
        (owners(), False, Mode.NO_DISCHARGE),
    ):
        async with tesla(told=told, solar=solar) as account:
            driver = await account.driver()
            able = driver.capabilities.modes
            assert mode not in able or told.reserve_pct >= 90
            executor = await account.executor(driver)
            assert await executor.carry_out(account.order(mode)) is Outcome.REFUSED
            assert said(account) == []
            assert executor.last_run is not None
            assert executor.last_run.error


@pytest.mark.parametrize(
    ("mode", "missing", "why"),
    [
        (Mode.CHARGE, "zone_told", "what time"),
        (Mode.DISCHARGE, "zone_told", "what time"),
        (Mode.CHARGE, "reserve_told", "not known how"),
        (Mode.DISCHARGE, "reserve_told", "not known how"),
        (Mode.NO_DISCHARGE, "reserve_told", "not known how"),
    ],
)
async def test_what_is_not_told_at_the_moment(
    mode: Mode, missing: str, why: str
) -> None:
    """Of what could not be put back, or is not known when, nothing is begun."""
    async with tesla() as account:
        before = told_of(account)
        driver = await account.driver()
        setattr(account.site, missing, False)
        executor = await account.executor(driver)
        if missing == "reserve_told":
            # An answer now and then is no word on it.
            for _ in range(3):
                outcome = await executor.carry_out(account.order(mode))
                assert outcome is Outcome.UNREACHABLE
        assert await executor.carry_out(account.order(mode)) is Outcome.REFUSED
        assert said(account) == []
        assert executor.last_run is not None
        assert why in str(executor.last_run.error)
        setattr(account.site, missing, True)
        account.pass_by(minutes=16)
        assert (await executor.carry_out(account.order(mode))).good
        account.pass_by(minutes=6)
        assert (await executor.carry_out(account.order(None))).good
        assert told_of(account) == before


async def test_without_solar() -> None:
    """No rule says whether the grid may charge: it always may, so none is written."""
    async with tesla(solar=False) as account:
        before = told_of(account)
        driver = await account.driver()
        assert driver.capabilities.modes == {
            Mode.SELF_CONSUMPTION,
            Mode.CHARGE,
            Mode.DISCHARGE,
        }
        executor = await account.executor(driver)
        for mode, power_w in ((Mode.CHARGE, -5000), (Mode.DISCHARGE, 5000)):
            outcome = await executor.carry_out(account.order(mode))
            assert outcome is Outcome.FOLLOWED
            assert account.site.home.flows.battery_w == power_w
            assert not any(isinstance(each, bool) for each in said(account))
            account.pass_by(minutes=6)
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


async def test_a_tariff_in_its_oldest_form() -> None:
    """It is put back in the present one, the only one that is taken."""
    async with tesla(old_tariff=True) as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        for mode in (Mode.CHARGE, Mode.DISCHARGE):
            assert (await executor.carry_out(account.order(mode))).good
            account.pass_by(minutes=6)
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


@pytest.mark.parametrize("off", [False, True])
async def test_a_rule_that_goes_without_saying(*, off: bool) -> None:
    """A site with solar that does not tell that rule lets the grid charge."""
    told = owners(grid_charging_off=off)
    async with tesla(told=told, grid_charging_known=False) as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        for mode in (Mode.CHARGE, Mode.NO_DISCHARGE, Mode.DISCHARGE):
            assert (await executor.carry_out(account.order(mode))).good
            assert account.set_by().grid_charging_off is (mode is not Mode.CHARGE)
            account.pass_by(minutes=6)
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


@pytest.mark.parametrize(
    ("mode", "power_w"), [(Mode.CHARGE, -5000), (Mode.DISCHARGE, 5000)]
)
async def test_a_reserve_that_could_not_be_set_again(mode: Mode, power_w: int) -> None:
    """It may be there from earlier times: it is left alone, and all else is ours."""
    async with tesla(told=owners(reserve_pct=85)) as account:
        account.site.home.soc_pct = 90
        before = told_of(account)
        executor = await account.executor(await account.driver())
        assert await executor.carry_out(account.order(mode)) is Outcome.FOLLOWED
        assert account.set_by().reserve_pct == 85
        account.pass_by(minutes=6)
        assert account.site.home.flows.battery_w == power_w
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        pytest.param(owners(export_rule=None), None, id="none"),
        pytest.param(owners(export_rule="never"), "never", id="never"),
    ],
)
async def test_the_owners_export_rule_is_left(told: Told, rule: str | None) -> None:
    """Where there is none a programme decides; and *never* is agreed with the grid."""
    async with tesla(told=told) as account:
        executor = await account.executor(await account.driver())
        order = account.order(Mode.DISCHARGE)
        assert await executor.carry_out(order) is Outcome.FOLLOWED
        assert account.set_by().export_rule == rule
        assert "battery_ok" not in said(account)


async def test_over_midnight() -> None:
    """The tariff of one day ends with it; the next day has one of its own."""
    late = datetime(2026, 11, 26, 23, 40, tzinfo=UTC)
    async with tesla(at=late) as account:
        executor = await account.executor(await account.driver())
        order = account.order(Mode.CHARGE)
        until = late + timedelta(minutes=60)
        assert await executor.carry_out(order) is Outcome.FOLLOWED
        assert said(account)[2] == "POWER_SYNC:CHARGE:2026-11-26:2330-2400"
        # Home Assistant is gone: at midnight the tariff is in force no more.
        account.pass_by(minutes=21)
        assert account.site.gateway.told.reserve_pct == 100
        rest = (until - account.time.now).total_seconds() / 60
        order = account.order(Mode.CHARGE, minutes=rest)
        assert await executor.carry_out(order) is Outcome.FOLLOWED
        # The reserve is what the gateway wakes up for; here it is at its highest.
        assert said(account) == ["POWER_SYNC:CHARGE:2026-11-27:0000-0100"]


@pytest.mark.parametrize(
    ("at", "first", "again"),
    [
        # 01:00 comes twice; what was 03:10 by the old clock is 02:10 by the new one.
        pytest.param(
            datetime(2026, 10, 25, 0, 10, tzinfo=UTC),
            "0100-0330",
            "0100-0230",
            id="clocks go back",
        ),
        # There is no 01:30; what was 02:10 by the old clock is 03:10 by the new one.
        pytest.param(
            datetime(2026, 3, 29, 0, 10, tzinfo=UTC),
            "0000-0230",
            "0200-0330",
            id="clocks go forward",
        ),
    ],
)
async def test_a_night_in_which_the_clocks_change(
    at: datetime, first: str, again: str
) -> None:
    """The gateway goes by the wall clock: it is told anew, and stops when asked."""
    async with tesla(at=at) as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        account.site.home.soc_pct = 5
        until = at + timedelta(hours=2)
        day = at.date()
        for passed in range(0, 120, 10):
            order = account.order(Mode.CHARGE, minutes=120 - passed)
            assert (await executor.carry_out(order)).good
            assert account.site.home.flows.battery_w < 0
            code = f"POWER_SYNC:CHARGE:{day}:{first if passed < 50 else again}"
            assert account.set_by().tariff["code"] == code
            account.pass_by(minutes=10)
        assert account.time.now == until
        assert (await executor.carry_out(account.order(None))).good
        assert told_of(account) == before
        assert account.cloud.refused == 0


async def test_row_12_a_restart_and_an_end_that_was_missed() -> None:
    """What the journal holds is put back, again and again until it is."""
    async with tesla() as account:
        before = told_of(account)
        driver = await account.driver()
        executor = await account.executor(driver)
        await executor.carry_out(account.order(Mode.DISCHARGE))
        account.pass_by(hours=3)
        again = await account.executor(account.again(driver))
        account.cloud.standing_fault = Fault(status=503)
        assert await again.carry_out(account.order(None)) is Outcome.UNREACHABLE
        assert again.held
        account.cloud.heal()
        account.pass_by(minutes=1)
        assert await again.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


async def test_given_back_within_minutes() -> None:
    """The cloud takes no second tariff yet; the rest is stopped, and it comes later."""
    async with tesla() as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        await executor.carry_out(account.order(Mode.DISCHARGE))
        account.pass_by(minutes=2)
        assert await executor.carry_out(account.order(None)) is Outcome.UNREACHABLE
        assert account.set_by().mode == "self_consumption"
        assert account.site.home.flows.battery_w == 800
        refused = account.cloud.refused
        assert await executor.carry_out(account.order(None)) is Outcome.UNREACHABLE
        # It was not asked again while it wants to be left alone.
        assert account.cloud.refused == refused
        assert executor.held
        account.pass_by(minutes=3)
        restarted = await account.executor(account.again(await account.driver()))
        assert await restarted.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


async def test_our_tariff_left_without_a_journal_is_nobodys() -> None:
    """It is not taken for the owner's: a flat rate stands for what is not known."""
    async with tesla() as account:
        driver = await account.driver()
        executor = await account.executor(driver)
        await executor.carry_out(account.order(Mode.DISCHARGE))
        account.journal.text = None
        account.pass_by(minutes=10)
        fresh = await account.executor(account.again(driver))
        order = account.order(Mode.CHARGE)
        assert await fresh.carry_out(order) is Outcome.FOLLOWED
        account.pass_by(minutes=10)
        assert await fresh.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert account.set_by().tariff == tariff.flat_tariff("GBP")


async def test_what_shows_late_is_not_sent_twice() -> None:
    """The cloud is asked until it shows it."""
    async with tesla() as account:
        gateway = account.site.gateway
        gateway.delay = gateway.shown_after = timedelta(seconds=25)
        executor = await account.executor(await account.driver())
        assert await executor.carry_out(account.order(Mode.CHARGE)) is Outcome.FOLLOWED
        assert len(said(account)) == 4


@pytest.mark.parametrize("mode", [Mode.CHARGE, Mode.DISCHARGE])
async def test_a_tariff_that_is_not_told_in_between(mode: Mode) -> None:
    """It is not taken for one that its owner has deleted: theirs is put back."""
    async with tesla() as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        assert (await executor.carry_out(account.order(mode, minutes=90))).good
        account.pass_by(minutes=16)
        said(account)
        account.site.tariff_told = False
        outcome = await executor.carry_out(account.order(mode, minutes=74))
        assert (outcome, said(account)) == (Outcome.UNREACHABLE, [])
        account.site.tariff_told = True
        account.pass_by(minutes=16)
        assert (await executor.carry_out(account.order(mode, minutes=58))).good
        assert abs(account.site.home.flows.battery_w) == 5000
        account.pass_by(minutes=16)
        account.site.tariff_told = False
        await executor.carry_out(account.order(None))
        assert executor.held
        account.site.tariff_told = True
        account.pass_by(minutes=6)
        assert (await executor.carry_out(account.order(None))).good
        assert told_of(account) == before


@pytest.mark.parametrize("mode", [Mode.CHARGE, Mode.DISCHARGE])
async def test_the_flow_ends_with_the_force(mode: Mode) -> None:
    """Though the owner's own mode heeds tariffs, and the half hour is not over."""
    told = owners(mode="autonomous", grid_charging_off=False, export_rule="battery_ok")
    # It sells for nothing that would move the gateway.
    told.tariff = {**OWNERS, "sell_tariff": CHEAP["sell_tariff"]}
    async with tesla(told=told) as account:
        before = told_of(account)
        executor = await account.executor(await account.driver())
        assert (await executor.carry_out(account.order(mode))).good
        account.pass_by(minutes=6)
        assert abs(account.site.home.flows.battery_w) == 5000
        assert (await executor.carry_out(account.order(None))).good
        account.site.gateway.act()
        assert account.site.home.flows.battery_w == 800
        assert told_of(account) == before


@pytest.mark.parametrize("mode", [Mode.CHARGE, Mode.DISCHARGE])
async def test_a_tariff_that_cannot_be_put_back(mode: Mode) -> None:
    """The mode that heeds ours is not put back either: nothing flows by it."""
    async with tesla(told=owners(mode="autonomous")) as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        executor = await account.executor(await account.driver())
        await executor.carry_out(account.order(mode))
        account.cloud.refused_codes = {OWNERS["code"]}
        sent = account.cloud.commands_taken
        for _ in range(3):
            outcome = await executor.carry_out(account.order(None))
            assert outcome is Outcome.REFUSED
            told = account.set_by()
            assert (told.mode, told.reserve_pct) == ("self_consumption", 20)
            assert account.site.home.flows.battery_w == 800
            account.pass_by(minutes=1)
        # Nor is anything told over and over.
        assert account.cloud.commands_taken - sent <= 4
        account.cloud.refused_codes = set()
        assert (await executor.carry_out(account.order(None))).good
        assert told_of(account) == before


async def test_a_tariff_that_is_lost_on_the_way() -> None:
    """It is uploaded again with the next try, not only after some minutes."""
    async with tesla() as account:
        executor = await account.executor(await account.driver())
        account.cloud.tariff_every = timedelta(0)
        account.site.gateway.ignores = {"tariff"}
        order = account.order(Mode.CHARGE)
        assert await executor.carry_out(order) is Outcome.NOT_FOLLOWED
        account.site.gateway.ignores = set()
        assert await executor.carry_out(order) is Outcome.FOLLOWED
        assert account.site.home.flows.battery_w == -5000


async def test_put_back_though_nobody_knows_what_is_there() -> None:
    """An upload that failed may have been done: the one before it is sent again."""
    async with tesla() as account:
        account.cloud.tariff_every = timedelta(0)
        before = told_of(account)
        executor = await account.executor(await account.driver())
        await executor.carry_out(account.order(Mode.CHARGE))
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED

        def lost(answer: object) -> object:
            tariff = account.cloud.written[-1][0] == "time_of_use_settings"
            return [1] if tariff else answer

        account.cloud.spoil = lost
        order = account.order(Mode.CHARGE)
        assert await executor.carry_out(order) is Outcome.UNREACHABLE
        account.cloud.heal()
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert told_of(account) == before


async def test_a_charge_that_is_ended_at_once() -> None:
    """Though the cloud takes no tariff yet, the grid charges it no more."""
    for told in (owners(), owners(mode="autonomous"), owners(grid_charging_off=False)):
        async with tesla(told=told) as account:
            before = told_of(account)
            executor = await account.executor(await account.driver())
            await executor.carry_out(account.order(Mode.CHARGE))
            account.pass_by(minutes=1)
            outcome = await executor.carry_out(account.order(None))
            assert outcome is Outcome.UNREACHABLE
            account.pass_by(seconds=10)
            assert account.site.home.flows.battery_w == 800
            account.pass_by(minutes=4)
            again = await account.executor(account.again(await account.driver()))
            assert await again.carry_out(account.order(None)) is Outcome.FOLLOWED
            assert told_of(account) == before


async def test_a_reserve_that_is_ignored() -> None:
    """It is sent once more; then the battery is given back and the error names it."""
    async with tesla() as account:
        executor = await account.executor(await account.driver())
        account.site.gateway.ignores = {"tariff"}
        account.cloud.tariff_every = timedelta(0)
        outcome = await executor.carry_out(account.order(Mode.CHARGE))
        assert outcome is Outcome.NOT_FOLLOWED
        assert executor.last_run is not None
        assert executor.last_run.error is not None
        assert "tariff" in executor.last_run.error
        told = account.set_by()
        assert (told.mode, told.reserve_pct) == ("self_consumption", 20)
        assert (told.grid_charging_off, told.tariff) == (True, OWNERS)


async def test_what_the_owner_changes_meanwhile_is_kept() -> None:
    """It is seen before anything is written over it."""
    async with tesla() as account:
        executor = await account.executor(await account.driver())
        await executor.carry_out(account.order(Mode.CHARGE))
        account.pass_by(minutes=5)
        account.site.gateway.tell("reserve_pct", 35)
        outcome = await executor.carry_out(account.order(None))
        assert outcome is Outcome.UNREACHABLE
        assert executor.last_run is not None
        assert executor.last_run.error == "something was changed in the meantime"
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        told = account.set_by()
        assert (told.reserve_pct, told.mode) == (35, "self_consumption")
        assert told.tariff == OWNERS


def test_modes_that_a_powerwall_has_not() -> None:
    """They are refused, and a clock that is not known refuses a tariff."""
    now: Settings = {settings.GRID_CHARGING: True, settings.TARIFF: "X\ty"}
    for mode in (Mode.STANDBY, Mode.LIMIT, Mode.CHARGE):
        with pytest.raises(DeviceRefusedError):
            settings.writes_for(Command(mode, None, UNTIL), now, now, 5000)
    assert settings.parsed_slot("2026-11-26T14:00") is None


def test_with_the_gateway_at_hand() -> None:
    """A power is set, and all else that was ours goes back."""
    owner: Settings = {
        settings.MODE: "self_consumption",
        settings.RESERVE: 20,
        settings.GRID_CHARGING: True,
        settings.EXPORT_RULE: "pv_only",
        settings.TARIFF: "none",
        settings.DISPATCH: "off",
    }
    held = {**owner, settings.RESERVE: 100, settings.GRID_CHARGING: False}
    writes = settings.writes_for(
        Command(Mode.DISCHARGE, 3210.4, UNTIL), owner, held, 5000
    )
    assert writes == (
        Write(settings.RESERVE, 20),
        Write(settings.GRID_CHARGING, True),  # noqa: FBT003 - a setting's value
        Write(settings.DISPATCH, "discharge 3210"),
    )
    told = {**owner, settings.DISPATCH: "discharge 3210"}
    writes = settings.writes_for(Command(Mode.CHARGE, None, UNTIL), owner, told, 5000)
    assert writes == (Write(settings.DISPATCH, "charge 5000"),)
    writes = settings.writes_for(
        Command(Mode.NO_DISCHARGE, None, UNTIL), owner, told, 5000
    )
    assert writes[0] == Write(settings.DISPATCH, "off")
    assert settings.dispatched_w("charge 5000") == -5000
    assert settings.dispatched_w("discharge 3210") == 3210
    for wrong in ("off", "charge", "rest 5"):
        with pytest.raises(DeviceRefusedError):
            settings.dispatched_w(wrong)
