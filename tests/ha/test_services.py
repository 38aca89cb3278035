"""The actions: what they do to a battery, what they answer, what they refuse."""

from datetime import datetime, timedelta
from functools import partial
import json
import math
from pathlib import Path
from typing import Any

import probatio
import pytest

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.forcing import battery_name
from custom_components.power_sync.model.battery import Mode
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulators.home import Cells, InverterMode, SimulatedHome
from simulators.octopus import Fault, OctopusSimulator
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from simulators.sungrow.models import SH5K_30
from tests.common import NOON, SERIAL, HassClock

from .conftest import ENTRY_ID, SetUp, Wait, state_of, value_of

MINUTE = timedelta(minutes=1)


async def call(hass: HomeAssistant, action: str, **data: object) -> dict[str, Any]:
    """Call an action that answers."""
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    # What is answered goes over the websocket.
    plain: dict[str, Any] = json.loads(json.dumps(answer, allow_nan=False))
    return plain


async def run(hass: HomeAssistant, action: str, **data: object) -> None:
    """Call an action without asking for an answer."""
    await hass.services.async_call(DOMAIN, action, data, blocking=True)


def device_id(hass: HomeAssistant, identifier: str) -> str:
    """Return the id of a device of ours."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, identifier), ENTRY_ID
    )
    assert device is not None
    return device.id


async def test_force_charge(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator, wait: Wait
) -> None:
    """The battery charges at the power asked for, until the time is up."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up()
    answer = await call(hass, "force_charge", duration=2, power_w=3000)
    assert answer == {
        "batteries": [
            {
                "serial": SERIAL,
                "name": "Sungrow SH10RT",
                "power_w": 3000,
                "outcome": "followed",
            }
        ],
        "until": "2026-01-14T13:02:00+01:00",
    }
    assert sungrow.home.flows.battery_w == -3000
    for _ in range(13):
        await wait(timedelta(seconds=10))
    assert value_of(hass, "sensor.powersync_controlled_by") == "plan"


async def test_a_signed_power(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """Its sign is the mode, under each of its names; nothing is rest."""
    entry = await set_up()
    await hass.services.async_call(
        "switch",
        "turn_on",
        {"entity_id": "switch.powersync_export_from_the_battery"},
        blocking=True,
    )
    action = "set_power_setpoint"
    told = entry.runtime_data.readings[SERIAL].phase_voltages_v
    volts = [230.0 if each is None else each for each in told] or [230.0]
    for data, battery_w in (
        ({"power_w": -3000}, -3000),
        ({"power": 2000}, 2000),
        ({"current_a": -5, "phase": 1}, -5 * volts[0]),
        ({"current": -4}, -4 * sum(volts)),
        ({"power_w": 0}, 0),
    ):
        answer = await call(hass, action, duration=30, **data)
        assert answer["batteries"][0]["outcome"] == "followed"
        assert sungrow.home.flows.battery_w == pytest.approx(battery_w, abs=5)
    assert value_of(hass, "sensor.powersync_current_action") == "standby"
    for refused in ({}, {"power": 1000, "current": 3}):
        with pytest.raises(ServiceValidationError) as caught:
            await run(hass, action, **refused)
        assert caught.value.translation_key == "value_once"
    with pytest.raises(ServiceValidationError) as caught:
        await run(hass, action, power=-99_000)
    assert caught.value.translation_key == "power_out_of_range"


async def test_durations(hass: HomeAssistant, set_up: SetUp) -> None:
    """Whole minutes, under either name, and the select's where none is given."""
    await set_up(dry_run=True)
    for data, minutes in (
        ({}, 30),
        ({"duration": 1}, 1),
        ({"duration_minutes": "1440"}, 1440),
        ({"duration": 45.0}, 45),
    ):
        answer = await call(hass, "force_charge", **data)
        until = datetime.fromisoformat(answer["until"])
        assert until == NOON + minutes * MINUTE
        assert answer["batteries"][0]["outcome"] == "dry_run"
    for value in (0, 1441, -5, 2.5, "soon", None, True, [30], math.nan, math.inf):
        with pytest.raises(ServiceValidationError) as caught:
            await run(hass, "force_charge", duration=value)
        assert caught.value.translation_key == "duration_invalid", value
    with pytest.raises(ServiceValidationError) as caught:
        await run(hass, "force_charge", duration=30, duration_minutes=30)
    assert caught.value.translation_key == "duration_twice"


async def test_powers(hass: HomeAssistant, set_up: SetUp) -> None:
    """Without a power it is the number's, else the most; others must fit."""
    await set_up(dry_run=True)
    answer = await call(hass, "force_charge")
    assert answer["batteries"][0]["power_w"] == 10_600
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.powersync_force_power", "value": 1500},
        blocking=True,
    )
    answer = await call(hass, "force_charge")
    assert answer["batteries"][0]["power_w"] == 1500
    with pytest.raises(probatio.Invalid):
        await run(hass, "force_charge", power_w=math.nan)
    for power_w in (100, 10_601, math.inf):
        with pytest.raises(ServiceValidationError) as caught:
            await run(hass, "force_charge", power_w=power_w)
        assert caught.value.translation_key == "power_out_of_range", power_w
        assert "200 W and 10600 W" in str(caught.value)


async def test_hold(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """Without a power the battery keeps its charge, with one it gives that much."""
    await set_up()
    answer = await call(hass, "hold", duration=60)
    assert answer["batteries"][0]["power_w"] is None
    # The driver's "nothing" is a ceiling of 10 W, the lowest that it may write.
    assert sungrow.home.control.discharge_ceiling_w == 10
    assert sungrow.home.control.mode is InverterMode.SELF
    # Sun still charges.
    assert sungrow.home.flows.battery_w == -1800
    answer = await call(hass, "hold", duration=60, power_w=700)
    assert answer["batteries"][0]["power_w"] == 700
    assert sungrow.home.control.discharge_ceiling_w == 700


async def test_what_is_not_allowed(
    hass: HomeAssistant, set_up: SetUp, home: SimulatedHome
) -> None:
    """The user's limits and the battery's abilities hold for actions too."""
    # The 48 V models have no ceiling of the discharge power to hold with.
    async with SungrowSimulator(home, serial=SERIAL, model=SH5K_30) as inverter:
        entry = await set_up(inverters=[inverter], grid_charging=False)
        before = list(inverter.writes)
        for action, key, data in (
            ("force_charge", "grid_charging_not_allowed", {}),
            ("force_discharge", "battery_export_not_allowed", {}),
            ("hold", "mode_not_supported", {"power_w": 700}),
        ):
            with pytest.raises(ServiceValidationError) as caught:
                await run(hass, action, **data)
            assert caught.value.translation_key == key
        assert inverter.writes == before
        # What cannot be held with the sun's way in open rests.
        await run(hass, "hold")
        assert inverter.home.control.mode is InverterMode.FORCED_STOP
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_force_discharge(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """Where the user allows it, the battery sells; then it is given back."""
    await set_up(battery_export=True)
    await run(hass, "force_discharge", power_w=4000)
    assert sungrow.home.flows.battery_w == 4000
    # 1.2 kW of load from 3 kW of sun and 4 kW of the battery.
    assert sungrow.home.flows.grid_w == -5800
    await run(hass, "restore_normal")
    assert sungrow.settings() == sungrow.owner_defaults()


async def test_choice_of_batteries(hass: HomeAssistant, set_up: SetUp) -> None:
    """Batteries are named by their devices; the home's stands for all."""
    await set_up(dry_run=True)
    for identifier in (SERIAL, ENTRY_ID):
        answer = await call(hass, "hold", battery=device_id(hass, identifier))
        assert [battery["serial"] for battery in answer["batteries"]] == [SERIAL]
    await run(hass, "restore_normal", battery=[device_id(hass, SERIAL)])
    with pytest.raises(ServiceValidationError) as caught:
        await run(hass, "hold", battery=["nobody"])
    assert caught.value.translation_key == "not_a_battery"
    # A template that found nothing does not mean everything.
    with pytest.raises(ServiceValidationError) as caught:
        await run(hass, "hold", battery=[])
    assert caught.value.translation_key == "no_battery"


@pytest.mark.usefixtures("all_enabled")
async def test_several_batteries(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator, wait: Wait
) -> None:
    """The power is shared; the home shows the battery with the highest master."""
    cells = Cells(capacity_kwh=9.6)
    garage = SimulatedHome(HassClock(), constant(1200, 3000), cells=cells, soc_pct=75)
    async with SungrowSimulator(garage, serial="B1") as other:
        entry = await set_up(inverters=[sungrow, other])
        answer = await call(hass, "force_charge", power_w=8000)
        assert {
            battery["serial"]: battery["power_w"] for battery in answer["batteries"]
        } == {SERIAL: 4000, "B1": 4000}
        assert sungrow.home.flows.battery_w == other.home.flows.battery_w == -4000
        # The mean of 55 % and 75 % of equal batteries.
        assert value_of(hass, "sensor.powersync_battery_level") == "65.0"
        await run(hass, "restore_normal", battery=[device_id(hass, "B1")])
        assert other.settings() == other.owner_defaults()
        await wait(timedelta(seconds=10))
        mine, theirs = (
            value_of(hass, f"sensor.sungrow_sh10rt_controlled_by{number}")
            for number in ("", "_2")
        )
        assert (mine, theirs) == ("force", "plan")
        assert value_of(hass, "sensor.powersync_controlled_by") == "force"
        assert value_of(hass, "sensor.powersync_current_action") == "charge"
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_battery_that_refuses(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """The user is told which battery did what."""
    await set_up()
    await sungrow.refuse_connections()
    with pytest.raises(HomeAssistantError) as caught:
        await run(hass, "force_charge")
    assert caught.value.translation_key == "command_failed"
    assert "(Sungrow SH10RT: The battery does not answer)" in str(caught.value)
    with pytest.raises(HomeAssistantError) as caught:
        await run(hass, "restore_normal")
    assert caught.value.translation_key == "restore_failed"
    assert "(Sungrow SH10RT: The battery does not answer)" in str(caught.value)


async def test_a_force_that_something_is_in_the_way_of(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """A battery at its reserve is not sold from, and the user hears so."""
    await set_up(battery_export=True, reserve_pct=60.0)
    with pytest.raises(HomeAssistantError) as caught:
        await run(hass, "force_discharge")
    assert caught.value.translation_key == "command_failed"
    assert "(Sungrow SH10RT: The reserve has been reached)" in str(caught.value)


async def test_a_disk_that_does_not_store(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """Nothing is sent without proof that it can be undone."""
    await set_up(dry_run=True)
    # A directory in its place is something that no file can replace.
    journal = Path(hass.config.path(f".storage/{DOMAIN}.journal.{ENTRY_ID}"))
    await hass.async_add_executor_job(partial(journal.mkdir, parents=True))
    with pytest.raises(HomeAssistantError) as caught:
        await run(hass, "force_charge")
    assert caught.value.translation_key == "not_stored"
    assert sungrow.writes == []


async def test_get_plan(hass: HomeAssistant, set_up: SetUp) -> None:
    """The whole plan as plain data, with the same money as the sensors."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(dry_run=True)
    plan = await call(hass, "get_plan")
    assert plan["made_at"] == plan["start"] == "2026-01-14T13:00:00+01:00"
    assert plan["end"] == "2026-01-16T13:00:00+01:00"
    assert (plan["slot_minutes"], plan["currency"]) == (5, "GBP")
    assert plan["saving"] == pytest.approx(plan["baseline_cost"] - plan["cost"])
    saving = float(value_of(hass, "sensor.powersync_planned_saving"))
    assert saving == pytest.approx(plan["saving"], abs=5e-5)
    slots = plan["slots"]
    assert len(slots) == 576
    for slot in slots:
        assert slot["load_w"] + slot["curtailed_w"] == pytest.approx(
            slot["solar_w"] + slot["battery_w"] + slot["grid_w"], abs=1e-6
        )
        assert slot["reason"]["key"]
        if (limit := slot["reason"]["limit"]) is not None:
            assert (limit["power_w"] is None) is not (limit["level_pct"] is None)
    assert slots[1]["start"] == "2026-01-14T13:05:00+01:00"
    assert slots[0]["load_w"] == pytest.approx(1200)
    assert slots[0]["import_per_kwh"] == pytest.approx(0.1647)
    glance = plan["overview"]
    assert glance["saving"] == plan["saving"]
    assert glance["until"] == plan["end"]
    for window in (*glance["charging"], *glance["exporting"]):
        assert plan["start"] <= window["start"] < window["end"] <= plan["end"]
        assert window["energy_kwh"] > 0
    assert bool(glance["text"]) is bool(glance["charging"] or glance["exporting"])
    summary = plan["summary"]
    assert summary[0]["start"] == plan["start"]
    assert summary[0]["mode"] == slots[0]["mode"]
    assert summary[0]["text"].startswith("now")
    words = state_of(hass, "sensor.powersync_plan_in_words")
    for step in summary:
        assert step["start"] < step["end"]
        assert (
            step["text"].partition(" ")[2].rpartition(": ")[2]
            in (words.attributes["text"])
        )


async def test_get_plan_with_the_worth_of_each_mode(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """What a missing mode would cost is worked out on request."""
    await set_up(dry_run=True)
    assert "mode_losses" not in await call(hass, "get_plan")
    losses = (await call(hass, "get_plan", mode_losses=True))["mode_losses"]
    assert losses.keys() == {mode.value for mode in Mode} - {"self_consumption"}
    assert all(money >= 0 for money in losses.values())
    assert losses["charge"] > 0


async def test_get_command_log(hass: HomeAssistant, set_up: SetUp) -> None:
    """What was sent and what was read back, the newest last."""
    entry = await set_up()
    await run(hass, "force_charge", power_w=2000, duration=30)
    entries = (await call(hass, "get_command_log"))["entries"]
    last = entries[-1]
    assert last["battery"] == "Sungrow SH10RT"
    assert (last["master"], last["reason"]) == ("force", "user_request")
    assert last["command"]["mode"] == "charge"
    assert last["command"]["power_w"] == 2000
    assert {"setting": "forced_power_w", "value": 2000} in last["writes"]
    assert last["read_back"]["forced_power_w"] == 2000
    assert (last["outcome"], last["error"]) == ("followed", None)
    times = [entry["time"] for entry in entries]
    assert times == sorted(times)
    # What was sent to a battery that has left the site stays in the log.
    assert battery_name(entry.runtime_data, "X9") == "X9"


async def test_without_a_plan(
    hass: HomeAssistant, set_up: SetUp, octopus: OctopusSimulator
) -> None:
    """There is nothing to answer, and planning again says what is missing."""
    octopus.standing_fault = Fault(status=503)
    await set_up(dry_run=True)
    for action, key in (("get_plan", "no_plan"), ("replan", "no_inputs")):
        with pytest.raises(HomeAssistantError) as caught:
            await hass.services.async_call(
                DOMAIN,
                action,
                blocking=True,
                return_response=action.startswith("get"),
            )
        assert caught.value.translation_key == key


async def test_actions_exist_without_a_site(hass: HomeAssistant) -> None:
    """An automation that calls an action while no site is loaded is told so."""
    assert await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError) as caught:
        await run(hass, "force_charge")
    assert caught.value.translation_key == "service_found_no_config_entry_for_domain"


async def test_decide_once(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """What would be decided, and why; in a dry run and live, nothing is written."""
    await set_up(dry_run=True)
    writes = len(sungrow.writes)
    answer = await call(hass, "decide_once")
    (battery,) = answer["batteries"]
    assert answer["dry_run"]
    assert battery["battery"] == "Sungrow SH10RT"
    assert battery["controlled_by"] == value_of(hass, "sensor.powersync_controlled_by")
    assert battery["because"] == value_of(hass, "sensor.powersync_because")
    assert battery["while_a_car_charges"] == "no_car"
    assert battery["in_force"]
    await run(hass, "force_charge", duration=30, power_w=2000)
    named = await call(hass, "decide_once", battery=device_id(hass, SERIAL))
    (battery,) = named["batteries"]
    assert (battery["controlled_by"], battery["because"]) == ("force", "user_request")
    assert (battery["command"]["mode"], battery["command"]["power_w"]) == (
        *("charge", 2000),
    )
    assert (battery["outcome"], len(sungrow.writes)) == ("dry_run", writes)


async def test_a_force_that_the_limits_cut(hass: HomeAssistant, set_up: SetUp) -> None:
    """It is no failure: the answer has what is left, and *because* says why."""
    await set_up(import_limit_w=2500.0)
    answer = await call(hass, "force_charge", duration=30, power_w=5000)
    (battery,) = answer["batteries"]
    assert 0 < battery["power_w"] < 5000
    assert value_of(hass, "sensor.powersync_because") == "no_room"
