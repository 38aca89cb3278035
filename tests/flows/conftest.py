"""The integration as dialogues see it: what they make is not set up."""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from unittest.mock import AsyncMock, patch

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from custom_components.power_sync.devices.batteries.sungrow.link import LAN
from homeassistant.core import HomeAssistant
from tests.common import brand_on
from tests.ha.conftest import enable_event_loop_debug  # noqa: F401 - a fixture

from .dialogue import ConfigDialogue

QUICK_LINK = replace(LAN, spacing_s=0, connect_delay_s=0)
QUICK_BRAND = brand_on(QUICK_LINK)


@pytest.fixture
def no_setup() -> Iterator[AsyncMock]:
    """Leave entries at that: whole sites are set up in `test_site.py`."""
    with patch(
        "custom_components.power_sync.async_setup_entry", return_value=True
    ) as setup:
        yield setup


@pytest.fixture
def quick_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the pauses that a real inverter needs around its answers."""
    monkeypatch.setattr(
        "custom_components.power_sync.flows.battery.BRANDS",
        MappingProxyType({QUICK_BRAND.key: QUICK_BRAND}),
    )


@pytest.fixture
def second_brand(quick_link: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another brand to choose from."""
    second = replace(SUNGROW, key="second", name="Second")
    monkeypatch.setattr(
        "custom_components.power_sync.flows.battery.BRANDS",
        MappingProxyType({brand.key: brand for brand in (QUICK_BRAND, second)}),
    )


@pytest.fixture
def dialogue(
    frozen_time: FrozenDateTimeFactory,
    no_setup: AsyncMock,
    quick_link: None,
    hass: HomeAssistant,
    enable_custom_integrations: None,
) -> ConfigDialogue:
    """Return a user at the set-up dialogue."""
    return ConfigDialogue(hass)
