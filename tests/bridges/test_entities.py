"""Entities of Home Assistant's own, set and read back as a battery's."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    async_mock_service,
)

from custom_components.power_sync.bridges import entities as bridge
from custom_components.power_sync.bridges.entities import HassEntities
from custom_components.power_sync.bridges.measured import number
from custom_components.power_sync.devices.protocols import (
    DeviceNotReadyError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import SettingValue
from custom_components.power_sync.model.plain import Json
from homeassistant.core import CoreState, HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component

HELPERS: dict[str, dict[str, Any]] = {
    "input_number": {
        "power": {
            "min": -3000,
            "max": 5000,
            "step": 50,
            "initial": 100,
            "unit_of_measurement": "W",
        },
        "kilo": {"min": 0, "max": 5, "step": 0.1, "unit_of_measurement": "kW"},
        "amps": {"min": 0, "max": 32, "step": 1, "unit_of_measurement": "A"},
    },
    "input_select": {"mode": {"options": ["Auto", "Charge"], "initial": "Auto"}},
    "input_boolean": {"rest": {"initial": False}},
}


@pytest.fixture
async def house(hass: HomeAssistant) -> HassEntities:
    """Have helpers, as a user makes them."""
    for domain, config in HELPERS.items():
        assert await async_setup_component(hass, domain, {domain: config})
    await hass.async_block_till_done()
    return HassEntities(hass)


@pytest.mark.parametrize(
    ("entity", "before", "value"),
    [
        ("input_number.power", 100.0, 2500.0),
        ("input_select.mode", "Auto", "Charge"),
        ("input_boolean.rest", False, True),
    ],
)
async def test_set_and_set_back(
    house: HassEntities, entity: str, before: SettingValue, value: SettingValue
) -> None:
    """Each kind of entity takes a value, and its own again."""
    assert house.setting(entity) == before
    await house.set(entity, value)
    assert house.setting(entity) == value
    await house.set(entity, before)
    assert house.setting(entity) == before
    assert house.told_at(entity) is not None


async def test_what_is_not_there(house: HassEntities, hass: HomeAssistant) -> None:
    """It has no value; and what cannot be set is refused."""
    assert house.setting("input_number.gone") is None
    assert house.told_at("input_number.gone") is None
    assert house.fitting("input_number.gone", 100) is None
    assert house.percent("sensor.soc") is None
    hass.states.async_set("sensor.soc", "55", {"unit_of_measurement": "%"})
    assert house.percent("sensor.soc") == 55
    assert house.power_w("sensor.soc") is None
    hass.states.async_set("sensor.power", "inf", {"unit_of_measurement": "W"})
    assert number(hass, "sensor.power") is None
    with pytest.raises(DeviceRefusedError, match="a sensor cannot be set"):
        await house.set("sensor.soc", 60)
    with pytest.raises(DeviceRefusedError):
        await house.set("input_number.power", 9999.0)
    with pytest.raises(DeviceRefusedError):
        await house.set("select.gone", "Auto")


async def test_what_is_not_there_yet(house: HassEntities, hass: HomeAssistant) -> None:
    """Nor need an action be there while Home Assistant is starting."""
    assert not house.starting
    hass.set_state(CoreState.not_running)
    with pytest.raises(DeviceNotReadyError):
        await house.set("select.gone", "Auto")
    hass.set_state(CoreState.stopping)
    assert not house.starting


@pytest.mark.parametrize(
    ("entity", "watts", "value"),
    [
        ("input_number.power", 1234, 1200),
        ("input_number.power", -1234, -1200),
        ("input_number.power", 9000, 5000),
        ("input_number.power", -9000, -3000),
        ("input_number.kilo", 2345, 2.3),
        ("input_number.amps", 2345, None),
    ],
)
async def test_fitting(
    house: HassEntities, entity: str, watts: float, value: float | None
) -> None:
    """In the number's unit and step, and never more than was asked."""
    assert house.fitting(entity, watts) == value


async def test_slow(
    house: HassEntities, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What never shows is no error here; what never ends is."""
    monkeypatch.setattr(bridge, "SHOWN_WITHIN_S", 0.05)
    async_mock_service(hass, "select", "select_option")
    hass.states.async_set("select.mode", "Auto")
    await house.set("select.mode", "Charge")
    assert house.setting("select.mode") == "Auto"

    async def answers_late(call: ServiceCall) -> None:
        async def later() -> None:
            hass.states.async_set("select.mode", call.data["option"])

        hass.async_create_task(later())

    hass.services.async_register("select", "select_option", answers_late)
    await house.set("select.mode", "Charge")
    assert house.setting("select.mode") == "Charge"
    monkeypatch.setattr(bridge, "CALL_WITHIN_S", 0.05)
    with pytest.raises(DeviceUnreachableError):
        await house.run([{"delay": 5}], {})


async def test_actions(house: HassEntities) -> None:
    """They run to their end, with the power as a variable."""
    to_power: Json = {
        "action": "input_number.set_value",
        "target": {"entity_id": "input_number.power"},
        "data": {"value": "{{ power_w }}"},
    }
    await house.run([to_power], {"power_w": 2350.0, "mode": "charge"})
    assert house.setting("input_number.power") == 2350
    for bad in ({"action": "nowhere.nothing"}, {"dance": 1}):
        with pytest.raises(DeviceRefusedError):
            await house.run([bad], {})
