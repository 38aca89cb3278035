"""The actions under Sungrow's names: what they set for good, and what they refuse."""

from dataclasses import replace
from datetime import datetime, timedelta

import probatio
from pymodbus.constants import ExcCodes
import pytest

from custom_components.power_sync import brand_services, entity
from custom_components.power_sync.bridges import access
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulators.home import SimulatedHome
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from simulators.sungrow.models import SH5K_30
from tests.common import LOOPBACK, NOON, SERIAL, HassClock, brand_on

from .conftest import SetUp, Wait, state_of, value_of
from .test_services import call, device_id, run

RESERVE, MAX_CHARGE, MAX_DISCHARGE = 13099, 33046, 33047
EXPORT_LIMIT, EXPORT_SWITCH = 13073, 13086
POLL = timedelta(seconds=10)


def second_inverter() -> SungrowSimulator:
    """Return another inverter on the same home's grid."""
    home = SimulatedHome(HassClock(), constant(0), soc_pct=70)
    return SungrowSimulator(home, serial="B1")


async def refused(
    hass: HomeAssistant, action: str, **data: object
) -> ServiceValidationError:
    """Call an action that must be refused; return why it is."""
    with pytest.raises(ServiceValidationError) as caught:
        await run(hass, action, **data)
    return caught.value


async def by_hand(hass: HomeAssistant) -> None:
    """Leave the batteries to their owner."""
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": "switch.powersync_automatic_control"},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_force(hass: HomeAssistant, set_up: SetUp) -> None:
    """For an hour where no duration is given, under either name else."""
    await set_up(battery_export=True)
    for action, power_w in (("charge", -2000), ("discharge", 2000)):
        for data, minutes in (
            ({}, 60),
            ({"duration": 5}, 5),
            ({"duration_minutes": 90}, 90),
        ):
            answer = await call(
                hass, f"sungrow_force_{action}", power_w=abs(power_w), **data
            )
            until = datetime.fromisoformat(answer["until"])
            assert until == NOON + timedelta(minutes=minutes)
        assert value_of(hass, "sensor.powersync_current_action") == action
    error = await refused(hass, "sungrow_force_charge", duration=0)
    assert error.translation_key == "duration_invalid"
    await run(hass, "sungrow_restore_normal")
    assert value_of(hass, "sensor.powersync_controlled_by") == "plan"


async def test_settings_are_written_for_good(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """Each in the inverter's own unit, also without automatic control."""
    entry = await set_up()
    await by_hand(hass)
    answer = await call(hass, "sungrow_set_backup_reserve", percent=25)
    assert answer == {
        "batteries": [
            {
                "serial": SERIAL,
                "name": "Sungrow SH10RT",
                "setting": "backup_reserve_pct",
                "value": 25,
                "outcome": "followed",
            }
        ]
    }
    assert sungrow.settings()[RESERVE] == 25
    await run(hass, "sungrow_set_backup_reserve", backup_reserve="30")
    assert sungrow.settings()[RESERVE] == 30
    await run(hass, "sungrow_set_charge_rate", kw=4.5)
    await run(hass, "sungrow_set_discharge_rate", kw=0)
    assert sungrow.settings()[MAX_CHARGE] == 450
    assert sungrow.settings()[MAX_DISCHARGE] == 1
    await run(hass, "sungrow_set_export_limit", watts=5000)
    assert sungrow.settings()[EXPORT_LIMIT] == 5000
    assert sungrow.settings()[EXPORT_SWITCH] == 0xAA
    await run(hass, "sungrow_set_export_limit", watts=0)
    assert sungrow.settings()[EXPORT_SWITCH] == 0x55
    log = (await call(hass, "get_command_log"))["entries"]
    assert [
        (each["owner_setting"]["setting"], each["owner_setting"]["value"])
        for each in log
        if each["master"] == "owner"
    ] == [
        ("backup_reserve_pct", 25),
        ("backup_reserve_pct", 30),
        ("max_charge_w", 4500),
        ("max_discharge_w", 10),
        ("export_limit_w", 5000),
        ("export_limit_w", None),
    ]
    # On the battery's own page, too.
    reserve = "number.sungrow_sh10rt_backup_reserve"
    assert float(value_of(hass, reserve)) == 30
    await hass.services.async_call(
        "number", "set_value", {"entity_id": reserve, "value": 35}, blocking=True
    )
    assert sungrow.settings()[RESERVE] == float(value_of(hass, reserve)) == 35
    # What is the owner's stays when PowerSync goes.
    before = sungrow.settings()
    await hass.config_entries.async_remove(entry.entry_id)
    assert sungrow.settings() == before


async def set_number(hass: HomeAssistant, name: str, value: float) -> None:
    """Set a number of the inverter's own."""
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": f"number.sungrow_sh10rt_{name}", "value": value},
        blocking=True,
    )


def number_of(hass: HomeAssistant, name: str) -> float:
    """Return a number of the inverter's own."""
    return float(value_of(hass, f"number.sungrow_sh10rt_{name}"))


async def test_rates_are_numbers(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator, wait: Wait
) -> None:
    """They set the same as the actions, and follow the maker's app."""
    entry = await set_up(battery_export=True)
    await by_hand(hass)
    await wait(POLL)
    rate = state_of(hass, "number.sungrow_sh10rt_charge_rate")
    assert [rate.attributes[key] for key in ("min", "max", "step")] == [10, 10600, 10]
    await set_number(hass, "charge_rate", 4500)
    await set_number(hass, "discharge_rate", 3000)
    assert sungrow.settings()[MAX_CHARGE] == 450
    assert sungrow.settings()[MAX_DISCHARGE] == 300
    assert number_of(hass, "charge_rate") == 4500
    await hass.async_block_till_done(wait_background_tasks=True)
    planned = entry.runtime_data.coordinators.plan.data.plan
    assert planned.made_at == NOON + POLL
    sungrow.owner_writes(MAX_CHARGE, 200)
    for _ in range(7):
        await wait(POLL)
    assert number_of(hass, "charge_rate") == 2000
    await run(hass, "force_charge", power_w=5000, duration=30)
    charge = state_of(hass, "sensor.powersync_current_action")
    assert charge.attributes["power_w"] == 2000
    assert sungrow.home.control.forced_power_w == 2000
    await run(hass, "restore_normal")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(3):
        await wait(POLL)
    assert number_of(hass, "charge_rate") == 2000
    assert number_of(hass, "discharge_rate") == 3000
    # As little as it takes is a word: nothing is sold from the battery.
    await set_number(hass, "discharge_rate", 10)
    error = await refused(hass, "force_discharge", duration=30)
    assert error.translation_key == "owner_forbids"
    await set_number(hass, "discharge_rate", 10600)
    await run(hass, "force_discharge", duration=30)


async def test_the_top_of_the_export_limit_is_none(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """And says so; 0 is no feed-in at all."""
    await set_up()
    entity_id = "number.sungrow_sh10rt_export_limit"
    for value, switch in ((5000, 0xAA), (0, 0xAA), (10_000, 0x55)):
        await set_number(hass, "export_limit", value)
        assert sungrow.settings()[EXPORT_SWITCH] == switch
        assert number_of(hass, "export_limit") == value
        assert state_of(hass, entity_id).attributes["no_limit"] is (switch == 0x55)
        if switch == 0xAA:
            assert sungrow.settings()[EXPORT_LIMIT] == value
    with pytest.raises(ServiceValidationError) as caught:
        await set_number(hass, "export_limit", 5)
    assert caught.value.translation_key == "export_limit_too_low"


async def test_while_a_command_overrides_it(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator, wait: Wait
) -> None:
    """The answer says when it will be so; giving back puts the new value."""
    await set_up()
    await run(hass, "hold", duration=60)
    assert sungrow.settings()[MAX_DISCHARGE] == 1
    answer = await call(hass, "sungrow_set_discharge_rate", kw=3)
    assert answer["batteries"][0]["outcome"] == "when_given_back"
    assert sungrow.settings()[MAX_DISCHARGE] == 1
    assert number_of(hass, "discharge_rate") == 3000
    await wait(timedelta(seconds=1))
    await run(hass, "sungrow_restore_normal")
    assert sungrow.settings()[MAX_DISCHARGE] == 300
    # At once, though the inverter was last read while PowerSync held it.
    assert number_of(hass, "discharge_rate") == 3000


async def test_a_dry_run_writes_nothing(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """And says so."""
    await set_up(dry_run=True)
    answer = await call(hass, "sungrow_set_charge_rate", kw=3)
    assert answer["batteries"][0]["outcome"] == "dry_run"
    assert sungrow.writes == []


async def test_values(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """What cannot be is refused before anything is written."""
    await set_up()
    error = await refused(hass, "sungrow_set_backup_reserve", percent=101)
    assert error.translation_key == "owner_value_out_of_range"
    assert "between 0 and 100" in str(error)
    error = await refused(hass, "sungrow_set_charge_rate", kw=50)
    assert "between 0.01 and 10.6" in str(error)
    for data in ({}, {"percent": 5, "backup_reserve": 5}):
        error = await refused(hass, "sungrow_set_backup_reserve", **data)
        assert error.translation_key == "value_once"
    for value in (-1, "much", None):
        with pytest.raises(probatio.Invalid):
            await run(hass, "sungrow_set_charge_rate", kw=value)
    # What was meant as kW would all but end the feed-in.
    error = await refused(hass, "sungrow_set_export_limit", watts=5)
    assert error.translation_key == "export_limit_too_low"
    written = {write.register for write in sungrow.writes}
    assert not written & {RESERVE, MAX_CHARGE, EXPORT_LIMIT}


async def test_the_export_limit_found_is_the_ceiling(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """What the grid agreement allows is changed in the options only."""
    await set_up(export_ceiling_w=5000)
    for watts in (0, 5001):
        error = await refused(hass, "set_export_limit", watts=watts)
        assert error.translation_key == "export_above_ceiling"
        assert "5000 W" in str(error)
    await run(hass, "sungrow_set_export_limit", watts=5000)
    assert sungrow.settings()[EXPORT_LIMIT] == 5000


async def test_a_setting_that_an_inverter_lacks(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Older models have no ceilings and no export switch."""
    home = SimulatedHome(HassClock(), constant(0), soc_pct=70)
    async with SungrowSimulator(home, model=SH5K_30) as old:
        await set_up(inverters=[old])
        error = await refused(hass, "sungrow_set_charge_rate", kw=2)
        assert error.translation_key == "owner_setting_missing"
        error = await refused(hass, "set_grid_export_auto")
        assert error.translation_key == "owner_setting_missing"


async def test_an_inverter_that_refuses(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """The user is told, with what came of it."""
    await set_up()
    sungrow.faults.refuse_all_writes = ExcCodes.DEVICE_FAILURE
    with pytest.raises(HomeAssistantError) as caught:
        await run(hass, "sungrow_set_backup_reserve", percent=25)
    assert caught.value.translation_key == "setting_failed"
    assert "Sungrow SH10RT: Refused" in str(caught.value)


async def test_two_batteries(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """A power is shared; a level and a limit are each one's own."""
    async with second_inverter() as second:
        await set_up(inverters=[sungrow, second])
        answer = await call(hass, "sungrow_set_charge_rate", kw=6)
        assert [each["value"] for each in answer["batteries"]] == [3000, 3000]
        await run(hass, "sungrow_set_backup_reserve", percent=35)
        assert sungrow.settings()[RESERVE] == second.settings()[RESERVE] == 35
        await run(
            hass,
            "sungrow_set_backup_reserve",
            percent=40,
            battery=device_id(hass, "B1"),
        )
        assert sungrow.settings()[RESERVE] == 35
        assert second.settings()[RESERVE] == 40


async def test_batteries_of_another_brand(
    hass: HomeAssistant,
    set_up: SetUp,
    sungrow: SungrowSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are refused where they are named, and left out where none is."""
    quick = brand_on(LOOPBACK)
    brands = {
        "sungrow": quick,
        "other": replace(quick, key="other", manufacturer="Other", actions=()),
    }
    for module in (access, entity, brand_services):
        monkeypatch.setattr(module, "BRANDS", brands)
    entry = await set_up()
    identity = replace(
        entry.runtime_data.controller.batteries[SERIAL].executor.driver.identity,
        brand="other",
    )
    (battery,) = entry.runtime_data.controller.batteries.values()
    monkeypatch.setattr(
        type(battery.executor.driver), "identity", property(lambda _: identity)
    )
    error = await refused(hass, "sungrow_restore_normal")
    assert error.translation_key == "no_battery_of_brand"
    error = await refused(
        hass,
        "sungrow_set_charge_rate",
        kw=3,
        battery=device_id(hass, SERIAL),
    )
    assert error.translation_key == "other_brand"
    assert "batteries of Sungrow only" in str(error)
