"""A Sigenergy system that plans for itself by our prices, and its owner's tariff."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Any

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.devices.batteries.cloud import Login, cloud_access
from custom_components.power_sync.devices.batteries.sigenergy_cloud import (
    SIGENERGY_CLOUD,
    tariff,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.batteries.tariff_text import prices_of
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import Command, Mode
from custom_components.power_sync.model.tariff import DayTariff
from simulators.rest import Fault
from simulators.sigen_prices import owners_tariff, static_price

from .sigen_account import ACCOUNT, STATION
from .test_sigen_driver import CONFIG, World, world

__all__ = ["world"]

pytestmark = pytest.mark.usefixtures("socket_enabled")
PRICES = DayTariff(
    date(2026, 6, 15),
    "AUD",
    tuple(round(0.1 + slot / 1000, 4) for slot in range(48)),
    tuple(-0.0512 if slot == 47 else 0.02 for slot in range(48)),
)
SERVED = replace(
    CONFIG, settings=frozenset({"manual_control", "tariff", "operating_mode"})
)


def battery(world: World) -> SigenergyCloudBattery:
    """Start the driver of a station that can plan for itself."""
    login = Login(world.session, world.sigen.url, ACCOUNT)
    return SigenergyCloudBattery(
        login, SERVED, now=world.clock.now, settle=timedelta(0), zone=UTC
    )


async def executor(world: World) -> BatteryExecutor:
    """Start control, from what the journal holds."""
    book = JournalBook(world.journal)
    await book.load()
    return BatteryExecutor(battery(world), {}, book, CommandLog(), world.time.clock())


def order(
    world: World, mode: Mode | None, prices: DayTariff | None = None, **more: Any
) -> Order:
    """Return an order for an hour; None gives the battery back."""
    until = world.clock.now() + timedelta(hours=1)
    command = None if mode is None else Command(mode, None, until, prices)
    return Order(command=command, master="tariff", reason="test", **more)


def by_prices(world: World, prices: DayTariff = PRICES) -> Order:
    """Return the order to plan by prices."""
    return order(world, Mode.SELF_CONSUMPTION, prices)


def as_set(world: World) -> tuple[object, ...]:
    """Return all that is the owner's."""
    station = world.sigen.station
    return station.tariff, station.operating_mode, station.profile, station.manual


def rows(side: object) -> list[dict[str, Any]]:
    """Return the half hours of a price."""
    assert isinstance(side, dict)
    (months,) = side["staticPricing"]["combinedPrices"]
    (week,) = months["weekPrices"]
    found = week["timeRange"]
    assert isinstance(found, list)
    return found


def test_row_20_the_shape_that_the_cloud_takes() -> None:
    """48 half hours in cents, the last to "24:00"; negatives are kept."""
    content = tariff.content_of(tariff.value_for(PRICES))
    assert content["priceMode"] == 1
    bought, sold = rows(content["buyPrice"]), rows(content["sellPrice"])
    assert len(bought) == len(sold) == 48
    assert bought[0] == {"timeRange": "00:00-00:30", "price": 10.0}
    assert bought[29] == {"timeRange": "14:30-15:00", "price": 12.9}
    assert sold[47] == {"timeRange": "23:30-24:00", "price": -5.12}


def test_a_tariff_as_a_value_and_back() -> None:
    """Ours by its prices, any other with all of it; what cannot be saved is none."""
    ours = tariff.value_for(PRICES)
    assert tariff.is_ours(ours)
    assert prices_of(ours) == PRICES
    assert tariff.value_of(dict(tariff.content_of(ours))) == ours
    theirs = tariff.value_of({"stationId": 5, **owners_tariff()})
    assert theirs is not None
    assert theirs.startswith("Energy plan\t")
    assert not tariff.is_ours(theirs)
    assert tariff.content_of(theirs) == owners_tariff()
    dynamic = {"dynamicPricing": {"area": "SE3"}, "staticPricing": None}
    for wrong in (
        None,
        {},
        {**owners_tariff(), "priceMode": 2},
        {**owners_tariff(), "buyPrice": None},
        {**owners_tariff(), "sellPrice": dynamic},
        {**owners_tariff(), "sellPrice": {"staticPricing": {"combinedPrices": []}}},
    ):
        assert tariff.value_of(wrong) is None
    # One of ours that was changed in the app is its owner's.
    for plan in ("Prices 2026-06-15", "Prices 2026-06-15 AUD", "Prices 2026-13-01 AUD"):
        edited = static_price("PowerSync", 28.5)
        edited["staticPricing"]["planName"] = plan  # type: ignore[index]  # JSON
        value = tariff.value_of({**owners_tariff(), "buyPrice": edited})
        assert not tariff.is_ours(value)
    with pytest.raises(DeviceRefusedError):
        tariff.content_of("Energy plan")


@pytest.mark.parametrize(("mode", "profile"), [(0, -1), (2, -1), (9, 4711)])
async def test_planned_by_prices_and_given_back(
    world: World, mode: int, profile: int
) -> None:
    """The owner's tariff is proven first; both are back as they were, a profile too."""
    station = world.sigen.station
    station.operating_mode, station.profile = mode, profile
    before = as_set(world)
    control = await executor(world)
    able = control.driver.capabilities
    assert able.plans_itself
    assert (able.tariff_zone, able.min_interval) == (UTC, timedelta(minutes=1))
    assert await control.carry_out(by_prices(world)) is Outcome.FOLLOWED
    plan = "tariff Prices 2026-06-15 AUD"
    assert world.sigen.told == ["tariff Energy plan", plan, "mode 1"]
    assert rows(station.tariff["sellPrice"])[47]["price"] == -5.12
    # Looked at again and again, nothing is sent; news wait for five minutes.
    for _ in range(4):
        world.pass_by(minutes=1)
        assert await control.carry_out(by_prices(world)) is Outcome.ALREADY
    news = replace(PRICES, bought=(0.2,) * 48)
    assert await control.carry_out(by_prices(world, news)) is Outcome.TOO_SOON
    world.pass_by(minutes=1)
    assert await control.carry_out(by_prices(world, news)) is Outcome.FOLLOWED
    # The owner's is known to be taken: it is not tried again.
    assert world.sigen.told[3:] == [plan]
    assert await control.carry_out(order(world, None)) is Outcome.FOLLOWED
    assert world.sigen.told[4:] == [f"mode {mode}", "tariff Energy plan"]
    assert as_set(world) == before
    assert not control.held


async def test_a_force_comes_first(world: World) -> None:
    """Both are the owner's while it lasts; after a crash, too."""
    before = as_set(world)
    control = await executor(world)
    assert (await control.carry_out(by_prices(world))).good
    charge = order(world, Mode.CHARGE, by_user=True)
    assert await control.carry_out(charge) is Outcome.FOLLOWED
    assert as_set(world)[:3] == before[:3]
    assert world.sigen.station.manual["mode"] == "0"
    world.pass_by(minutes=6)
    assert (await control.carry_out(by_prices(world))).good
    assert not world.sigen.station.manual
    world.pass_by(minutes=20)
    again = await executor(world)
    world.sigen.standing_fault = Fault(status=503)
    assert await again.carry_out(order(world, None)) is Outcome.UNREACHABLE
    world.sigen.heal()
    assert await again.carry_out(order(world, None)) is Outcome.FOLLOWED
    assert as_set(world) == before


async def test_prices_are_not_sent_again(world: World) -> None:
    """They do not lapse, unlike a manual control; and they outlast a crash."""
    control = await executor(world)
    assert (await control.carry_out(by_prices(world))).good
    told = list(world.sigen.told)
    world.pass_by(minutes=2)
    again = await executor(world)
    for _ in range(20):
        assert await again.carry_out(by_prices(world)) is Outcome.ALREADY
        world.pass_by(minutes=2)
    assert world.sigen.told == told


async def test_a_tariff_that_the_cloud_does_not_keep(world: World) -> None:
    """That shows before the owner's is replaced: it is left, and said."""
    station = world.sigen.station
    control = await executor(world)
    assert await control.driver.read_settings()
    station.tariff["extra"] = "not told"
    before = dict(station.tariff)
    await control.driver.read_settings()
    # What is saved comes out as something else.
    world.sigen.spoil = _renamed
    assert await control.carry_out(by_prices(world)) is Outcome.REFUSED
    world.sigen.spoil = None
    assert control.last_run is not None
    assert "does not keep" in str(control.last_run.error)
    assert not any("Prices" in each for each in world.sigen.told)
    assert station.tariff["buyPrice"] == before["buyPrice"]


def _renamed(answer: object) -> object:
    """Change the name of each tariff that is read."""
    if isinstance(answer, dict) and isinstance(answer.get("data"), dict):
        data = answer["data"]
        if "buyPrice" in data:
            static = data["buyPrice"]["staticPricing"]
            _renamed.count = getattr(_renamed, "count", 0) + 1  # type: ignore[attr-defined]  # counted here
            static["planName"] = f"Plan {_renamed.count}"  # type: ignore[attr-defined]  # as above
    return answer


async def test_the_owner_changes_it_meanwhile(world: World) -> None:
    """In the app, before it is replaced: nothing is written over it."""
    control = await executor(world)
    await control.driver.read_settings()
    world.pass_by(minutes=1)
    world.sigen.station.tariff["buyPrice"] = static_price("Other", 30.0)
    assert await control.carry_out(by_prices(world)) is Outcome.UNREACHABLE
    assert (await control.carry_out(order(world, None))).good
    assert world.sigen.told == []
    assert (await control.carry_out(by_prices(world))).good
    assert world.sigen.told[0] == "tariff Other plan"
    # And while it has ours: that stays as it is set now.
    world.sigen.station.tariff["buyPrice"] = static_price("Third", 31.0)
    world.pass_by(minutes=11)
    await control.carry_out(order(world, None))
    assert tariff.value_of(world.sigen.station.tariff) is not None
    assert world.sigen.told[-1] == "mode 0"
    assert rows(world.sigen.station.tariff["buyPrice"])[0]["price"] == 31.0


async def test_ours_without_a_journal_is_nobodys(world: World) -> None:
    """It is never taken for the owner's, and not replaced by another one of ours."""
    control = await executor(world)
    assert (await control.carry_out(by_prices(world))).good
    world.journal.text = None
    world.pass_by(minutes=6)
    again = await executor(world)
    found = await again.driver.read_settings()
    assert again.driver.owner_settings(found)["tariff"] is None
    other = replace(by_prices(world, replace(PRICES, currency="NZD")), by_user=True)
    assert await again.carry_out(other) is Outcome.REFUSED
    assert again.last_run is not None
    assert "no tariff in the app" in str(again.last_run.error)


@pytest.mark.parametrize("why", ["none", "dynamic", "no AI", "refused", "fine"])
async def test_what_a_station_is_found_to_serve(world: World, why: str) -> None:
    """Where the tariff could not be put back, it does not plan for itself."""
    sigen = world.sigen
    match why:
        case "none":
            sigen.station.tariff = {}
        case "dynamic":
            sigen.station.tariff["priceMode"] = 2
        case "no AI":
            sigen.spoil = _without_modes
        case "refused":
            sigen.refused = frozenset({"stationelecsetprice"})
    async with ClientSession() as session:
        login = Login(session, sigen.url, ACCOUNT)
        found = await cloud_access(SIGENERGY_CLOUD).probe(login, STATION)
    assert ("tariff" in found.config.settings) is (why == "fine")
    driver = SigenergyCloudBattery(None, found.config, zone=UTC)
    assert driver.capabilities.plans_itself is (why == "fine")
    assert not SigenergyCloudBattery(None, found.config).capabilities.plans_itself


def _without_modes(answer: object) -> object:
    """Leave the list of operating modes out."""
    if isinstance(answer, dict) and isinstance(answer.get("data"), dict):
        answer["data"].pop("defaultWorkingModes", None)
    return answer


async def test_modes_that_cannot_be_set_again(world: World) -> None:
    """An unknown one, or a profile without a number, keeps it from planning itself."""
    control = await executor(world)
    for told in ({}, {"currentMode": 9, "currentProfileId": None}):
        world.pass_by(minutes=11)
        world.sigen.spoil = lambda answer, told=told: (
            {**answer, "data": told}
            if isinstance(answer, dict) and "currentMode" in (answer["data"] or ())
            else answer
        )
        found = await control.driver.read_settings()
        assert found["operating_mode"] is None
        assert await control.carry_out(by_prices(world)) is Outcome.REFUSED
        world.sigen.spoil = None
