"""The kinds of access: each has a bridge and a dialogue, and brands only these."""

from dataclasses import replace

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import access
from custom_components.power_sync.bridges.access import (
    BRIDGES,
    battery_driver,
    temporary_driver,
)
from custom_components.power_sync.config_flow import PowerSyncConfigFlow
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import (
    AccessKind,
    BatteryConfig,
)
from custom_components.power_sync.devices.batteries.modbus import modbus_access
from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    to_stored,
)
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from custom_components.power_sync.flows.battery import FIRST_STEPS
from custom_components.power_sync.flows.battery_subentry import BatterySubentryFlow
from custom_components.power_sync.model.battery import BatteryIdentity
from homeassistant.core import HomeAssistant


class Nowhere:
    """A kind of access that exists for its name only."""

    kind = AccessKind.MODBUS

    def offline(self, config: BatteryConfig) -> None:
        """Return no driver."""


STRANGE = replace(SUNGROW, key="strange", access=Nowhere())


def stored(brand: str) -> dict[str, object]:
    """Return what a dialogue would store of a battery, its address left out."""
    return to_stored(
        BatteryConfig(
            identity=BatteryIdentity(brand, "S1", "M1"),
            rated_power_w=5000,
            capacity_kwh=10,
            max_charge_w=5000,
            max_discharge_w=5000,
            settings=frozenset(),
        )
    )


def test_each_kind_is_complete() -> None:
    """A kind of access has a bridge and a first step, in both dialogues."""
    assert set(BRIDGES) == set(FIRST_STEPS)
    for step in FIRST_STEPS.values():
        for flow in (PowerSyncConfigFlow, BatterySubentryFlow):
            assert callable(getattr(flow, f"async_step_{step}"))


def test_each_brand_has_a_kind() -> None:
    """Each brand is reached in a way that is known."""
    assert {brand.access.kind for brand in BRANDS.values()} <= set(BRIDGES)


async def test_unknown_brand(hass: HomeAssistant) -> None:
    """What is stored by a newer version is not guessed at."""
    entry = MockConfigEntry()
    with pytest.raises(StoredConfigError, match="unknown brand pigeon"):
        battery_driver(hass, entry, stored("pigeon"))
    with pytest.raises(StoredConfigError, match="unknown brand pigeon"):
        async with temporary_driver(hass, stored("pigeon")):
            raise AssertionError("there is a driver")


async def test_the_wrong_kind(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A brand that only says that it speaks Modbus is a mistake of its module."""
    with pytest.raises(TypeError, match="strange is not reached over Modbus"):
        modbus_access(STRANGE)
    monkeypatch.setattr(access, "BRANDS", {"strange": STRANGE})
    with pytest.raises(TypeError):
        async with temporary_driver(hass, {**stored("strange"), "unit_id": 1}):
            raise AssertionError("there is a driver")
