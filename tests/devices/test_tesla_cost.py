"""What asking for a day costs, on the simulator's own counter."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.tariff import HALF_HOUR, DayTariff, slot_of
from custom_components.power_sync.planner.half_hours import day_tariff
from custom_components.power_sync.planner.shaping import TRUE_PRICES
from simulators.rest import Fault

from .tesla_site import tesla

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_day() -> None:
    """A reading each minute and a look at the settings each quarter of an hour."""
    async with tesla() as account:
        cloud = account.cloud
        driver = await account.driver()
        cloud.reads = 0
        for _ in range(24 * 60):
            await driver.read()
            account.pass_by(minutes=1)
        assert (cloud.reads, cloud.commands_taken, cloud.refused) == (1440 + 96, 0, 0)
        assert cloud.dollars == pytest.approx(3.072)
        cloud.reads = 0
        executor = await account.executor(driver)
        for mode in (Mode.CHARGE, Mode.DISCHARGE):
            assert await executor.carry_out(account.order(mode)) is Outcome.FOLLOWED
            for left in range(59, 0, -1):
                account.pass_by(minutes=1)
                await executor.carry_out(account.order(mode, minutes=left))
            account.pass_by(minutes=1)
            assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
            account.pass_by(minutes=6)
        assert (cloud.reads, cloud.commands_taken, cloud.refused) == (14, 16, 0)


@pytest.mark.parametrize(
    ("fault", "billed"),
    [
        (Fault(status=429, retry_after="600"), 1),
        (Fault(status=402), 1),
        (Fault(status=503), 0),
    ],
)
async def test_what_is_refused_costs_once(fault: Fault, billed: int) -> None:
    """It is not asked for again within minutes; what failed at Tesla costs nothing."""
    async with tesla() as account:
        driver = await account.driver()
        await driver.read()
        account.cloud.reads = 0
        account.cloud.standing_fault = fault
        for _ in range(5):
            account.pass_by(minutes=1)
            with pytest.raises(DeviceUnreachableError):
                await driver.read()
        assert account.cloud.refused == billed
        assert account.cloud.dollars == billed / 500


LONDON = ZoneInfo("Europe/London")
FIRST = datetime(2026, 11, 25, tzinfo=UTC)


def half_hour(number: int, extra: float = 0.0) -> PriceSlot:
    """Return a price of the days from the 25th on; no two are alike."""
    start = FIRST + number * HALF_HOUR
    price = 0.1 + number % 48 / 100 + number // 48 / 50 + extra
    return PriceSlot(start, start + HALF_HOUR, price, price / 2)


def day_ahead(now: datetime) -> PriceCurve:
    """Return prices as of Octopus Agile: until 23:00, from 16:00 on tomorrow's."""
    days = (now.date() - FIRST.date()).days + (2 if now.hour >= 16 else 1)
    slots = (half_hour(number) for number in range(48 * days - 2))
    return PriceCurve("GBP", "Europe/London", tuple(slots))


def restless(now: datetime) -> PriceCurve:
    """Return prices that all move by a cent, up and down, every five minutes."""
    up = 0.01 * (now.minute // 5 % 2)
    slots = (half_hour(number, up) for number in range(48 * 5))
    return PriceCurve("GBP", "Europe/London", tuple(slots))


@pytest.mark.parametrize(
    ("prices", "every_min", "hours", "uploads"),
    [
        # When the rest of the day is published, and at midnight.
        pytest.param(day_ahead, 30, 24, 2, id="known a day ahead"),
        pytest.param(restless, 5, 2, 24, id="never the same"),
    ],
)
async def test_planning_itself(
    prices: Callable[[datetime], PriceCurve], every_min: int, hours: int, uploads: int
) -> None:
    """Uploads and readings of a battery that plans itself, after the first."""
    at = datetime(2026, 11, 26, 14, 10, 1, tzinfo=UTC)
    async with tesla(at=at) as account:
        executor = await account.executor(await account.driver())
        cloud, first = account.cloud, 0
        has: DayTariff | None = None
        for step in range(hours * 60 // every_min + 1):
            now = account.time.now
            made = day_tariff(prices(now), now, LONDON, TRUE_PRICES, LONDON)
            assert made is not None
            if made.is_news(has, slot_of(now)):
                has = made
                order = account.order(None, tariff=has, by_user=False)
                assert (await executor.carry_out(order)).good
            if not step:
                first = cloud.commands_taken
                cloud.reads = 0
            account.pass_by(minutes=every_min)
        assert (first, cloud.commands_taken - first) == (2, uploads)
        assert cloud.refused == 0
        assert cloud.reads == 2 * uploads
