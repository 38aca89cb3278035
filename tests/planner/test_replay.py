"""What each mode does to the battery, the meter and the roof."""

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.planner.home import Home, Order
from custom_components.power_sync.planner.problem import Problem
from custom_components.power_sync.planner.replay import Replay, replay_orders

from .homes import battery, home


def one(problem: Problem, mode: Mode, power_kw: float | None = None) -> Replay:
    """Execute one order in the only slot of a problem."""
    return replay_orders(Home(problem), [Order(mode, power_kw)])


@pytest.mark.parametrize(
    ("mode", "power_kw", "short_kw", "sunny_kw"),
    [
        (Mode.SELF_CONSUMPTION, None, 2.0, -3.0),
        (Mode.CHARGE, 1.5, -1.5, -1.5),
        (Mode.CHARGE, None, -5.0, -5.0),
        (Mode.DISCHARGE, 3.0, 3.0, 3.0),
        (Mode.NO_DISCHARGE, None, 0.0, -3.0),
        (Mode.STANDBY, None, 0.0, 0.0),
        (Mode.LIMIT, 0.8, 0.8, -3.0),
        (Mode.LIMIT, 4.0, 2.0, -3.0),
    ],
)
def test_battery_power(
    mode: Mode, power_kw: float | None, short_kw: float, sunny_kw: float
) -> None:
    """Each mode moves the battery as an inverter would."""
    short = one(home([0.3], load_kw=2.0), mode, power_kw)
    assert short.battery == pytest.approx((short_kw,))
    sunny = one(home([0.3], load_kw=1.0, solar_kw=4.0), mode, power_kw)
    assert sunny.battery == pytest.approx((sunny_kw,))


def test_money_energy_and_wear() -> None:
    """Money, energy and wear are booked separately."""
    # 2 kWh delivered take 2 / 0.9 out of 4 kWh above the reserve; 1 kWh is sold.
    problem = home(
        [0.3],
        [0.2],
        spec=battery(wear_per_kwh=0.05),
        leftover_value_per_kwh=0.1,
    )
    done = one(problem, Mode.DISCHARGE, 2.0)
    assert done.energy == pytest.approx((4 - 2 / 0.9,))
    assert done.cost == pytest.approx(-0.2 - 0.1 * (4 - 2 / 0.9))
    assert done.objective == pytest.approx(done.cost + 0.1)


def test_the_reserve_and_the_top_hold() -> None:
    """The cells give and take what there is."""
    low = one(home([0.3], load_kw=5.0, spec=battery(soc_pct=19)), Mode.SELF_CONSUMPTION)
    assert low.battery == pytest.approx((0.9 * 0.9,))
    assert low.energy == (0.0,)
    high = one(home([0.3], spec=battery(soc_pct=91)), Mode.CHARGE, 5.0)
    assert high.battery == pytest.approx((-0.9 / 0.9,))


def test_below_the_reserve_nothing_is_delivered() -> None:
    """Below the reserve the battery only charges."""
    problem = home([0.3], load_kw=2.0, spec=battery(soc_pct=5))
    for mode in (Mode.SELF_CONSUMPTION, Mode.DISCHARGE, Mode.LIMIT):
        assert one(problem, mode, 2.0).battery == (0.0,)
    assert one(problem, Mode.CHARGE, 2.0).battery == (-2.0,)


def test_it_rests_until_the_margin_above_the_reserve() -> None:
    """After the reserve it discharges again two points above."""
    # From the reserve: 0.1 kWh stored (1 point) is not enough, 0.3 kWh is.
    stored = (0.1 / 0.9, 0.0, 0.2 / 0.9, 0.0)
    problem = home(
        [0.3] * 4,
        load_kw=[0.0, 1.0, 0.0, 1.0],
        solar_kw=stored,
        spec=battery(soc_pct=10),
    )
    done = replay_orders(Home(problem), [Order(Mode.SELF_CONSUMPTION)] * 4)
    assert done.battery == pytest.approx((-stored[0], 0.0, -stored[2], 0.3 * 0.9))


def test_limits_at_the_meter() -> None:
    """Forced powers are cut at the meter's limits, loads are not."""
    tight = home([0.3], [0.1], load_kw=2.0, import_limit_kw=3.0, export_limit_kw=1.5)
    assert one(tight, Mode.CHARGE, 5.0).battery == pytest.approx((-1.0,))
    assert one(tight, Mode.DISCHARGE, 5.0).battery == pytest.approx((3.5,))
    over = one(home([0.3], load_kw=4.0, import_limit_kw=3.0), Mode.STANDBY)
    assert over.over_import_kwh == pytest.approx(1.0)
    assert over.cost == pytest.approx(1.2)


def test_sun_beyond_the_limit_or_below_zero_is_curtailed() -> None:
    """What may not or should not go out is curtailed."""
    sunny = home([0.3], [0.1], solar_kw=6.0, export_limit_kw=2.0)
    flow = one(sunny, Mode.STANDBY).flows[0]
    assert (flow.exported, flow.curtailed) == pytest.approx((2.0, 3.0))
    punished = one(home([0.3], [-0.1], solar_kw=6.0), Mode.STANDBY)
    assert punished.flows[0].curtailed == pytest.approx(5.0)
    assert punished.cost == 0.0


def test_the_owner_may_forbid_grid_charging_and_export() -> None:
    """The owner's wishes hold for forced modes too."""
    careful = home(
        [0.3], load_kw=1.0, solar_kw=3.0, grid_charging=False, battery_export=False
    )
    assert one(careful, Mode.CHARGE, 5.0).battery == pytest.approx((-2.0,))
    assert one(careful, Mode.DISCHARGE, 5.0).battery == (0.0,)
