"""An order for the fleet, as each of its batteries can carry it out."""

from dataclasses import replace

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.planner import BatterySpec
from custom_components.power_sync.planner.home import FOLLOW, Order
from custom_components.power_sync.planner.home_problem import merged, problem_from
from custom_components.power_sync.planner.outlook import outlook
from custom_components.power_sync.planner.site import Site
from custom_components.power_sync.planner.split import split_orders

from .homes import battery, home
from .pasts import inputs, past

NO_REST = frozenset(Mode) - {Mode.STANDBY}
REST = Order(Mode.STANDBY)


@pytest.mark.parametrize(
    ("first", "second", "order", "told"),
    [
        pytest.param(
            battery(),
            battery(max_charge_kw=2.0),
            Order(Mode.CHARGE, 3.5),
            [Order(Mode.CHARGE, 2.5), Order(Mode.CHARGE, 1.0)],
            id="by what each can take",
        ),
        pytest.param(
            battery(soc_pct=100.0),
            battery(),
            Order(Mode.CHARGE, 10.0),
            [Order(Mode.NO_DISCHARGE), Order(Mode.CHARGE, 5.0)],
            id="a full one does not serve what charges",
        ),
        pytest.param(
            battery(),
            battery(soc_pct=10.0),
            Order(Mode.DISCHARGE, 4.0),
            [Order(Mode.DISCHARGE, 4.0), REST],
            id="an empty one does not take what is sold",
        ),
        pytest.param(
            battery(),
            battery(soc_pct=10.0, modes=NO_REST),
            Order(Mode.DISCHARGE, 4.0),
            [Order(Mode.DISCHARGE, 4.0), Order(Mode.DISCHARGE, 4.0)],
            id="where it cannot rest it is told to give what it has not",
        ),
        pytest.param(
            battery(),
            battery(soc_pct=10.0),
            Order(Mode.LIMIT, 1.0),
            [Order(Mode.LIMIT, 1.0), FOLLOW],
            id="an empty one follows the home",
        ),
        pytest.param(
            battery(max_charge_kw=4.0, min_power_kw=0.5),
            battery(max_charge_kw=2.0, min_power_kw=0.5),
            Order(Mode.CHARGE, 0.9),
            [Order(Mode.CHARGE, 0.9), Order(Mode.NO_DISCHARGE)],
            id="less than can be forced is left to the other",
        ),
        pytest.param(
            battery(soc_pct=100.0),
            battery(soc_pct=100.0),
            Order(Mode.CHARGE, 2.0),
            [Order(Mode.CHARGE, 1.0), Order(Mode.CHARGE, 1.0)],
            id="where none can, all are told",
        ),
        pytest.param(battery(), battery(), FOLLOW, [FOLLOW] * 2, id="no power"),
    ],
)
def test_each_does_what_it_can(
    first: BatterySpec, second: BatterySpec, order: Order, told: list[Order]
) -> None:
    """Shares follow the most that each can do, in whole steps of its power."""
    problem = replace(home([0.1, 0.1], spec=first), batteries=(second,))
    assert split_orders(Site(problem), [order], ()) == [told]


def test_the_share_moves_on_when_one_is_full() -> None:
    """1 kWh of room at 90 %: after the first hour the other one has all of it."""
    problem = replace(
        home([0.1, 0.1], spec=battery(soc_pct=90.0)), batteries=(battery(),)
    )
    first, second = split_orders(Site(problem), [Order(Mode.CHARGE, 4.0)] * 2, ())
    assert first == [Order(Mode.CHARGE, 2.0)] * 2
    assert second == [Order(Mode.NO_DISCHARGE), Order(Mode.CHARGE, 4.0)]


def test_each_battery_has_its_share_of_the_homes_limits() -> None:
    """As control has it: by the most that each can do. Merged they are one."""
    known = inputs(past())
    ahead = outlook(known)
    assert ahead is not None
    (member,) = known.fleet
    small = replace(member, max_charge_w=2500.0, max_discharge_w=5000.0, soc_pct=20.0)
    large = replace(member, max_charge_w=7500.0, max_discharge_w=5000.0, soc_pct=60.0)
    known = replace(
        known,
        fleet=(small, large),
        charge_limit_w=4000.0,
        discharge_limit_w=None,
    )
    problem = problem_from(known, ahead)
    assert [spec.max_charge_kw for spec in problem.all_batteries] == [1.0, 3.0]
    assert [spec.max_discharge_kw for spec in problem.all_batteries] == [5.0, 5.0]
    assert [spec.soc_pct for spec in problem.all_batteries] == [20.0, 60.0]
    one = merged(problem, known)
    assert not one.batteries
    assert (one.battery.max_charge_kw, one.battery.soc_pct) == (4.0, 40.0)
