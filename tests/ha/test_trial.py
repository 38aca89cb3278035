"""Trying a mode before the battery is stored: it is always given back."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.power_sync import trial
from custom_components.power_sync.bridges.access import temporary_driver
from custom_components.power_sync.bridges.storage import JournalStore
from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.stored import to_stored
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import BatteryIdentity, Command, Mode
from custom_components.power_sync.trial import (
    async_end_trial,
    async_end_trial_at_start,
    async_try,
)
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulators.octopus import OctopusSimulator
from tests.flows.dialogue import TARIFFS, ConfigDialogue

from .conftest import Wait
from .test_through_entities import HELPERS, OWNERS, sensors, shown

CHARGE = {
    "entity": "input_select.mode",
    "value": "Charge",
    "power_entity": "input_number.power",
    "power_negative": False,
}
DEVICE: dict[str, Any] = {
    **to_stored(
        BatteryConfig(
            identity=BatteryIdentity("entities", "entities-1", "Through entities"),
            rated_power_w=3000,
            capacity_kwh=10,
            max_charge_w=3000,
            max_discharge_w=3000,
            settings=frozenset(),
        )
    ),
    "soc_sensor": "sensor.soc",
    "power_sensor": "sensor.power",
    "charging_positive": False,
    "modes": {"charge": CHARGE},
}


@pytest.fixture(autouse=True)
async def house(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a battery of helpers; return what its mode has been."""
    monkeypatch.setattr(trial, "LOOK_AFTER_S", 0.01)
    for domain, config in HELPERS.items():
        assert await async_setup_component(hass, domain, {domain: config})
    sensors(hass)
    seen: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None:
            seen.append(state.state)
            kw = {"unit_of_measurement": "kW", "device_class": "power"}
            charging = state.state == "Charge"
            hass.states.async_set("sensor.power", "-1" if charging else "0.2", kw)

    async_track_state_change_event(hass, "input_select.mode", note)
    return seen


def away(hass: HomeAssistant) -> None:
    """Let the select be gone."""
    hass.states.async_set("input_select.mode", "unavailable")


def back(hass: HomeAssistant) -> None:
    """Let it be there again, as it was set last."""
    hass.states.async_set(
        "input_select.mode", "Charge", HELPERS["input_select"]["mode"]
    )


async def left_by_a_crash(hass: HomeAssistant) -> None:
    """Leave a trial as Home Assistant's death in it would."""
    book = JournalBook(JournalStore(hass, trial.TRIAL))
    async with temporary_driver(hass, DEVICE) as driver:
        executor = BatteryExecutor(
            driver, DEVICE, book, CommandLog(), Clock(dt_util.utcnow)
        )
        until = dt_util.utcnow() + timedelta(seconds=10)
        command = Command(Mode.CHARGE, 1000, until)
        await executor.carry_out(Order(command=command, master="user", reason="trial"))
    assert shown(hass) == ("Charge", "1000.0")


async def test_in_the_dialogue(
    hass: HomeAssistant, octopus: OctopusSimulator, house: list[str]
) -> None:
    """It is brought about, shown, and given back; then the next mode."""
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "entities"})
    await dialogue.submit(
        {
            "name": "Cellar",
            "soc_sensor": "sensor.soc",
            "power_sensor": "sensor.power",
            "charging_positive": False,
            "capacity_kwh": 9.6,
            "max_charge_w": 3000,
            "max_discharge_w": 2500,
        }
    )
    await dialogue.submit({"right": True})
    await dialogue.submit({"mode": "charge"})
    await dialogue.submit(CHARGE)
    assert dialogue.step == "battery_entities_try"
    await dialogue.submit({"try": True})
    assert dialogue.step == "battery_entities_tried"
    assert dialogue.result["description_placeholders"] == {
        "mode": "Charge",
        "before": "200 W 🔋 →",
        "during": "1000 W → 🔋",
    }
    assert house == ["Charge", "Eco"]
    assert shown(hass) == OWNERS
    await dialogue.submit({"right": False})
    assert dialogue.step == "battery_entities_mode"
    await dialogue.submit({**CHARGE, "value": "Rest"})
    hass.states.async_set("sensor.soc", "unavailable")
    await dialogue.submit({"try": True})
    assert dialogue.errors == {"base": "battery_unreachable"}
    sensors(hass)
    await dialogue.submit({"try": True})
    await dialogue.submit({"right": True})
    assert dialogue.step == "battery_entities_modes"
    assert shown(hass) == OWNERS


@pytest.mark.parametrize("gone", [False, True])
async def test_what_goes_wrong_is_said(
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    monkeypatch: pytest.MonkeyPatch,
    *,
    gone: bool,
) -> None:
    """A mode that is refused, and an entity that goes away in the middle."""
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "entities"})
    await dialogue.submit(
        {
            "name": "Cellar",
            **{key: DEVICE[key] for key in ("soc_sensor", "power_sensor")},
            "charging_positive": False,
            "capacity_kwh": 9.6,
            "max_charge_w": 3000,
            "max_discharge_w": 2500,
        }
    )
    await dialogue.submit({"right": True})
    await dialogue.submit({"mode": "charge"})
    if gone:
        await dialogue.submit(CHARGE)

        async def goes_away(seconds: float) -> None:
            if seconds > 0 and shown(hass)[0] == "Charge":
                away(hass)

        monkeypatch.setattr(trial, "Clock", lambda now: Clock(now, goes_away))
        await dialogue.submit({"try": True})
        assert dialogue.errors == {"base": "trial_not_given_back"}
        back(hass)
        monkeypatch.undo()
        assert await async_end_trial(hass)
    else:
        failing = [{"action": "nowhere.nothing"}]
        await dialogue.submit(
            {
                "actions": failing,
                "end_actions": [{"delay": 0}],
                "power_negative": False,
            }
        )
        await dialogue.submit({"try": True})
        assert dialogue.errors == {"base": "trial_not_followed"}
    assert shown(hass) == OWNERS
    await dialogue.submit({"try": False})
    assert dialogue.step == "battery_entities_modes"


async def test_a_crash_in_a_trial(hass: HomeAssistant, wait: Wait) -> None:
    """It is ended at the next start, as soon as the entities are there."""
    await left_by_a_crash(hass)
    away(hass)
    await async_end_trial_at_start(hass)
    with pytest.raises(DeviceUnreachableError, match="earlier trial"):
        await async_try(hass, DEVICE, Mode.CHARGE)
    back(hass)
    await wait(timedelta(seconds=61))
    assert shown(hass) == OWNERS
    assert await async_end_trial(hass)
    found = await async_try(hass, DEVICE, Mode.CHARGE)
    assert (found.outcome, found.given_back) == (Outcome.FOLLOWED, True)
    assert shown(hass) == OWNERS


async def test_a_battery_that_cannot_be_made_any_more(hass: HomeAssistant) -> None:
    """It is left for later, and nothing else fails for it."""
    await left_by_a_crash(hass)
    store = JournalStore(hass, trial.TRIAL)
    records = dict(await store.load())
    broken = {**DEVICE, "brand": "pigeon"}
    await store.save(
        {
            key: type(record)(device=broken, owner=record.owner, ours=record.ours)
            for key, record in records.items()
        }
    )
    assert not await async_end_trial(hass)


async def test_its_power_falls_silent(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the power is not known, and the battery is given back all the same."""

    async def silence(seconds: float) -> None:
        if seconds > 0 and shown(hass)[0] == "Charge":
            hass.states.async_set("sensor.power", "unavailable")

    monkeypatch.setattr(trial, "Clock", lambda now: Clock(now, silence))
    found = await async_try(hass, DEVICE, Mode.CHARGE)
    assert found.during_w is None
    assert found.given_back
    assert shown(hass) == OWNERS
