"""A Home Assistant with a recorder and the Energy dashboard."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from homeassistant.components.energy.data import SourceType, async_get_manager
from homeassistant.components.recorder.models.statistics import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load custom integrations."""
    # A recorder must be there before Home Assistant is, which the second starts.
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
async def energy(recorder_mock: object, hass: HomeAssistant) -> None:
    """Load the Energy integration."""
    assert await async_setup_component(hass, "energy", {})
    await hass.async_block_till_done()


@pytest.fixture
def first_hour() -> datetime:
    """Return an hour ten hours ago."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return now - 10 * HOUR


async def choose(hass: HomeAssistant, sources: Sequence[SourceType]) -> None:
    """Set the Energy dashboard's sources."""
    manager = await async_get_manager(hass)
    await manager.async_update(
        {**manager.default_preferences(), "energy_sources": list(sources)}
    )


async def meter(
    hass: HomeAssistant,
    statistic_id: str,
    first_hour: datetime,
    kwh: Sequence[float | None],
    unit: str = "kWh",
) -> None:
    """Record a meter that counts `kwh` (in `unit`) per hour; None is no row.

    The meter had counted 1000 the hour before.
    """
    rows = [StatisticData(start=first_hour - HOUR, sum=1000.0)]
    total = 1000.0
    for index, energy in enumerate(kwh):
        if energy is not None:
            total += energy
            rows.append(StatisticData(start=first_hour + HOUR * index, sum=total))
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source=statistic_id.split(":", maxsplit=1)[0],
        statistic_id=statistic_id,
        unit_class="energy",
        unit_of_measurement=unit,
    )
    async_add_external_statistics(hass, metadata, rows)
    await async_wait_recording_done(hass)
