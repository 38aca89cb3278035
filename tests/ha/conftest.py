"""A site in a Home Assistant, at a simulated inverter and provider."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
import logging
from unittest.mock import PropertyMock, patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.syrupy import (  # type: ignore[import-untyped]  # has no type marker
    HomeAssistantSnapshotExtension,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.power_sync.bridges import access
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.modbus import LinkOptions
from homeassistant.core import HomeAssistant, State
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import LOOPBACK, brand_on, site_entry

ENTRY_ID = "01KF00000000000000000SITE0"
type SetUp = Callable[..., Awaitable[MockConfigEntry]]
type Wait = Callable[[timedelta], Awaitable[None]]


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that exists."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


def value_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity as text."""
    return state_of(hass, entity_id).state


@pytest.fixture
def enable_event_loop_debug() -> None:
    """Leave the loop's debug mode off: it takes its time of every step."""


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give Home Assistant a directory of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let it store for real: nothing is sent to a battery without proof of that."""
    return {}


@pytest.fixture(autouse=True)
def with_custom_integrations(
    recorder_mock: object,
    frozen_time: FrozenDateTimeFactory,
    enable_custom_integrations: None,
) -> None:
    """Have a recorder first, then stop the clock, then allow custom integrations."""


@pytest.fixture(autouse=True, scope="session")
def quiet_database() -> Iterator[None]:
    """Keep the recorder's every statement out of the logs: it takes its time."""
    logger = logging.getLogger("sqlalchemy.engine")
    level = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(level)


@pytest.fixture
def recorder_config() -> dict[str, object]:
    """Let the recorder store each second's events at once, as it does in a home."""
    return {"commit_interval": 1}


@pytest.fixture
def link() -> LinkOptions:
    """Return how to treat the link to the inverter."""
    return LOOPBACK


@pytest.fixture(autouse=True)
def fast_link(link: LinkOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the driver as fast as loopback allows."""
    brand = brand_on(link)
    monkeypatch.setattr(access, "BRANDS", {**BRANDS, brand.key: brand})


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return a snapshot that leaves out what differs between runs."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def all_enabled() -> Iterator[None]:
    """Enable the entities that are disabled by default."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    ):
        yield


@pytest.fixture
async def set_up(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> AsyncIterator[SetUp]:
    """Yield what sets up a site and waits for its first plan.

    Its battery is an SH10RT unless other `inverters` are given. It is unloaded
    before its devices go: to give back without them takes several tries.
    """

    async def async_set_up(
        *,
        dry_run: bool = False,
        inverters: Sequence[SungrowSimulator] = (sungrow,),
        **options: object,
    ) -> MockConfigEntry:
        every = [
            site_entry(inverter, octopus, dry_run=dry_run, **options)
            for inverter in inverters
        ]
        made = every[0]
        entry = MockConfigEntry(
            domain=made.domain,
            entry_id=ENTRY_ID,
            title=made.title,
            version=made.version,
            minor_version=made.minor_version,
            data=made.data,
            options=made.options,
            subentries_data=[
                subentry.as_dict()
                for each in every
                for subentry in each.subentries.values()
            ],
        )
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        return entry

    yield async_set_up
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def wait(hass: HomeAssistant, frozen_time: FrozenDateTimeFactory) -> Wait:
    """Return what lets time go by, and has everything done that falls due."""

    async def async_wait(by: timedelta) -> None:
        frozen_time.tick(by)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    return async_wait
