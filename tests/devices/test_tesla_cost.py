"""What asking for a day costs, on the simulator's own counter."""

import pytest

from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.model.battery import Mode

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
