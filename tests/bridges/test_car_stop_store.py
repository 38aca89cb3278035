"""What was stopped for a sale, on the disk: proven, or nothing is sent."""

from pathlib import Path

import pytest

from custom_components.power_sync.bridges.car_stop_store import CarStopStore
from custom_components.power_sync.control.car_stop import StopNotStoredError, Stopped
from custom_components.power_sync.model.charger import ChargeMode
from homeassistant.core import CoreState, HomeAssistant

ECO = {"Z": Stopped(ChargeMode.ECO, seen=True)}
NOT_STORED = "(?i)stored|directory"


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give Home Assistant a directory of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let it store for real."""
    return {}


def path_of(hass: HomeAssistant) -> Path:
    """Return where it is; its folder exists."""
    path = Path(hass.config.path(".storage", "power_sync.chargers.home"))
    path.parent.mkdir(exist_ok=True)
    return path


async def test_kept_and_removed(hass: HomeAssistant) -> None:
    """The next run finds it, until it is removed."""
    store = CarStopStore(hass, "home")
    assert await store.load() == {}
    await store.save(ECO)
    assert await CarStopStore(hass, "home").load() == ECO
    await store.remove()
    assert await CarStopStore(hass, "home").load() == {}


async def test_a_place_that_cannot_be_written(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """It is an error to store, and nothing known to load."""
    path_of(hass).mkdir()
    with pytest.raises(StopNotStoredError, match=NOT_STORED):
        await CarStopStore(hass, "home").save(ECO)
    assert await CarStopStore(hass, "home").load() == {}
    assert "What was stored of stopped chargers is lost" in caplog.text


async def test_what_is_put_off_is_not_stored(hass: HomeAssistant) -> None:
    """While Home Assistant stops its store waits, and a crash would lose it."""
    await CarStopStore(hass, "home").save({})
    hass.set_state(CoreState.stopping)
    with pytest.raises(StopNotStoredError, match=NOT_STORED):
        await CarStopStore(hass, "home").save(ECO)
    hass.set_state(CoreState.running)
