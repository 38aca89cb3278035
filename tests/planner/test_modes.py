"""The plan speaks the language of the battery."""

from datetime import timedelta

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import BatterySpec, Problem, plan

from .homes import battery, home

FEW = frozenset({Mode.SELF_CONSUMPTION, Mode.CHARGE, Mode.STANDBY})


def modes(found: Plan) -> list[Mode]:
    """Return the modes of a plan, slot by slot."""
    return [slot.mode for slot in found.slots]


def test_the_home_is_followed_where_nothing_is_traded() -> None:
    """Only a trade needs a forced mode."""
    found = plan(
        home(
            [0.10, 0.30, 0.30, 0.30],
            load_kw=[0.0, 1.0, 2.0, 0.5],
            spec=battery(soc_pct=10),
        )
    )
    assert modes(found) == [Mode.CHARGE, *[Mode.SELF_CONSUMPTION] * 3]
    assert found.slots[0].power_kw == pytest.approx(3.5 / 0.81, abs=1e-3)
    assert {slot.power_kw for slot in found.slots[1:]} == {None}


def test_energy_is_kept_for_the_dear_hour() -> None:
    """Keeping is said in the best mode that the battery knows."""
    # 0.9 kWh of the 1 kWh above the reserve reach the home.
    found = plan(home([0.20, 0.40], load_kw=0.9, spec=battery(soc_pct=20)))
    assert modes(found) == [Mode.NO_DISCHARGE, Mode.SELF_CONSUMPTION]
    assert found.slots[1].battery_kw == pytest.approx(0.9)
    without = battery(soc_pct=20, modes=FEW)
    found = plan(home([0.20, 0.40], load_kw=0.9, spec=without))
    assert modes(found) == [Mode.STANDBY, Mode.SELF_CONSUMPTION]
    limited = battery(soc_pct=20, modes=frozenset({Mode.LIMIT}))
    found = plan(home([0.20, 0.40], load_kw=0.9, spec=limited))
    assert (found.slots[0].mode, found.slots[0].power_kw) == (Mode.LIMIT, 0.0)


def partly(spec: BatterySpec) -> Problem:
    """Return a home that should use 0.45 kWh now and 0.9 kWh later."""
    return home([0.20, 0.40], load_kw=0.9, spec=spec)


def test_a_part_is_delivered_by_limit() -> None:
    """A battery with LIMIT delivers a part of what the home takes."""
    found = plan(partly(battery(soc_pct=25)))
    assert modes(found) == [Mode.LIMIT, Mode.SELF_CONSUMPTION]
    assert found.slots[0].power_kw == pytest.approx(0.45, abs=1e-3)
    assert found.notes["mode_loss"] == pytest.approx(0.0, abs=1e-3)


def test_without_limit_the_better_neighbour_is_taken() -> None:
    """Without LIMIT the battery keeps or follows, and the loss is told."""
    # Keeping all 1.35 kWh: 0.9 used at 0.40, 0.45 left at nothing: 0.18 to pay.
    # Following the home: 0.9 used at 0.20, 0.45 at 0.40: 0.18 to pay. So a cent
    # of worth for what is left decides: keeping it is.
    spec = battery(soc_pct=25, modes=FEW)
    found = plan(
        home([0.20, 0.41], load_kw=0.9, spec=spec, leftover_value_per_kwh=0.01)
    )
    assert modes(found)[0] is Mode.STANDBY
    loss = found.notes["mode_loss"]
    assert isinstance(loss, float)
    assert loss == pytest.approx(0.45 * 0.20 - 0.5 * 0.01, abs=1e-3)


def test_sun_is_sold_while_it_pays_and_stored_later() -> None:
    """Sun is sold at the better price where the room is filled anyway."""
    # 4 kWh of room is filled as well in the second hour, when export pays less.
    spec = battery(soc_pct=60, max_charge_kw=5.0)
    found = plan(
        home(
            [0.30, 0.30, 0.30],
            [0.20, 0.05, 0.05],
            solar_kw=[4.0, 5.0, 0.0],
            load_kw=[0.0, 0.0, 5.0],
            spec=spec,
            battery_export=False,
            leftover_value_per_kwh=0.15,
        )
    )
    assert modes(found)[0] is Mode.STANDBY
    assert found.slots[0].grid_kw == pytest.approx(-4.0)
    assert found.slots[1].soc_pct == pytest.approx(100.0)


def test_a_power_is_what_the_battery_takes() -> None:
    """A power is a multiple of the step and not below the least."""
    spec = BatterySpec(
        capacity_kwh=10,
        max_charge_kw=5,
        max_discharge_kw=5,
        soc_pct=10,
        reserve_pct=10,
        power_step_kw=0.25,
        min_power_kw=1.0,
    )
    found = plan(home([0.1, 0.3, 0.3], load_kw=[0.0, 2.0, 0.6], spec=spec))
    power_kw = found.slots[0].power_kw
    assert power_kw is not None
    # 2.6 / 0.95 / 0.95 = 2.88 kW, rounded up so that nothing is missing later.
    assert power_kw == 3.0
    found = plan(home([0.1, 0.3], load_kw=[0.0, 0.5], spec=spec))
    assert found.slots[0].power_kw in (None, 1.0)


def test_forced_modes_are_not_used_against_the_owner() -> None:
    """Without grid charging and export no forced mode is commanded."""
    prices = [0.05, 0.60] * 4
    found = plan(
        home(
            prices,
            [0.04, 0.50] * 4,
            solar_kw=[0.0, 2.0] * 4,
            grid_charging=False,
            battery_export=False,
            leftover_value_per_kwh=None,
        )
    )
    assert not {Mode.CHARGE, Mode.DISCHARGE} & set(modes(found))
    for slot in found.slots:
        assert slot.battery_kw <= max(0.0, slot.load_kw - slot.solar_kw) + 1e-9
        assert -slot.battery_kw <= max(0.0, slot.solar_kw - slot.load_kw) + 1e-9


def test_a_full_battery_is_not_left_charging() -> None:
    """A forced charge ends when it no longer charges."""
    step = timedelta(minutes=5)
    found = plan(
        home([0.05] * 24 + [0.5] * 24, load_kw=0.5, step=step, spec=battery(soc_pct=95))
    )
    for slot in found.slots:
        if slot.mode is Mode.CHARGE:
            assert slot.battery_kw < 0


def test_few_commands_and_early() -> None:
    """Of equally cheap hours the first are taken, in one stretch."""
    # Eight equally cheap hours, two are needed: the first two, at one power.
    found = plan(
        home(
            [0.1] * 8 + [0.4] * 4,
            load_kw=[0.0] * 8 + [1.5] * 4,
            spec=battery(soc_pct=10),
        )
    )
    assert modes(found)[0] is Mode.CHARGE
    assert modes(found)[2:8] == [Mode.SELF_CONSUMPTION] * 6
    assert found.notes["commands"] == 3.0
