"""The plan as a whole: what it is worth, what it keeps, what it never does."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, ReasonKey
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import Problem, plan

from .homes import HOUR, START, battery, home

FIVE_MINUTES = timedelta(minutes=5)
DAY_PRICES = [0.18] * 7 + [0.28] * 8 + [0.45] * 6 + [0.28] + [0.18] * 2
DAY_SUN = [0.0] * 7 + [1, 2, 3, 4, 4.5, 4.5, 4, 3, 2, 1] + [0.0] * 7
CLOUDY_DAY = [kw / 6 for kw in DAY_SUN]


def two_days(
    prices: Sequence[float] = DAY_PRICES,
    *,
    soc_pct: float = 50.0,
    leftover_value_per_kwh: float | None = None,
    import_limit_kw: float | None = None,
) -> Problem:
    """Return 48 hours of an ordinary home."""
    return home(
        [*prices] * 2,
        0.08,
        solar_kw=CLOUDY_DAY * 2,
        load_kw=0.8,
        spec=battery(soc_pct=soc_pct, wear_per_kwh=0.02),
        leftover_value_per_kwh=leftover_value_per_kwh,
        import_limit_kw=import_limit_kw,
    )


def note(found: Plan, name: str) -> float:
    """Return a number from the plan's notes."""
    value = found.notes[name]
    assert isinstance(value, float)
    return value


def test_the_same_problem_has_the_same_plan() -> None:
    """Planning is deterministic."""
    assert plan(two_days()) == plan(two_days())


def test_it_saves_and_the_sums_are_right() -> None:
    """Slots, leftover energy, wear, cost and gap add up."""
    found = plan(two_days())
    assert found.accepted
    assert found.saving > 0
    last = found.slots[-1]
    value = note(found, "leftover_value_per_kwh")
    for total, slots_cost, soc_pct in (
        (found.cost, sum(s.cost for s in found.slots), last.soc_pct),
        (
            found.baseline_cost,
            sum(s.baseline_cost for s in found.slots),
            last.baseline_soc_pct,
        ),
    ):
        left_kwh = (soc_pct - 10) / 100 * 10
        assert total == pytest.approx(slots_cost - left_kwh * value)
    assert found.bound is not None
    assert found.gap == pytest.approx(
        found.cost + note(found, "wear_cost") - found.bound
    )


def test_what_is_left_at_the_end_is_not_dumped() -> None:
    """The horizon's end is no reason to sell."""
    # 24 hours of a flat price, then the horizon ends: nothing is to be gained
    # by selling at 0.08 what will save 0.30 soon after.
    found = plan(home([0.30] * 24, 0.08, load_kw=0.1, leftover_value_per_kwh=None))
    assert {slot.mode for slot in found.slots} == {Mode.SELF_CONSUMPTION}
    assert all(slot.grid_kw >= 0 for slot in found.slots)


def test_the_battery_is_not_filled_dear_for_the_end() -> None:
    """Nor is it a reason to buy."""
    found = plan(home([0.1] * 12 + [0.5] * 12, 0.05, leftover_value_per_kwh=None))
    assert all(s.battery_kw >= 0 for s in found.slots if s.import_per_kwh == 0.5)


def test_equal_prices_cause_no_cycling() -> None:
    """Without a spread the battery follows the home."""
    # Also where export pays exactly what import costs.
    for sell in (0.0, 0.1, 0.25):
        found = plan(
            home(
                [0.25] * 24,
                sell,
                solar_kw=DAY_SUN,
                leftover_value_per_kwh=None,
                spec=battery(wear_per_kwh=0.02),
            )
        )
        assert all(
            slot.mode in (Mode.SELF_CONSUMPTION, Mode.STANDBY) for slot in found.slots
        )
        if sell < 0.25:
            assert {slot.mode for slot in found.slots} == {Mode.SELF_CONSUMPTION}


def test_a_start_below_the_reserve_is_planned() -> None:
    """Below the reserve the battery fills and does not discharge."""
    found = plan(two_days(soc_pct=4.0))
    assert "reserve" in found.softened
    socs = [4.0, *(slot.soc_pct for slot in found.slots)]
    for before, slot, after in zip(socs, found.slots, socs[1:], strict=False):
        assert before >= 10 or slot.battery_kw <= 0
        assert after >= min(before, 10) - 1e-9
    assert max(socs) > 15
    assert found.bound is not None
    assert found.gap is not None
    assert found.gap >= 0


def test_a_start_above_the_top_is_planned() -> None:
    """Above its maximum the battery does not charge."""
    spec = battery(soc_pct=98, max_soc_pct=90, wear_per_kwh=0.02)
    found = plan(home(DAY_PRICES, 0.08, solar_kw=DAY_SUN, spec=spec))
    assert found.softened == ("max_soc",)
    socs = [98.0, *(slot.soc_pct for slot in found.slots)]
    for before, after in pairwise(socs):
        assert after <= max(before, 90) + 1e-9
    assert found.gap is not None
    assert found.gap >= 0


def test_half_hourly_prices_fill_six_slots_each() -> None:
    """A price list of half-hours is laid over all their slots."""
    prices = [0.30, 0.10, 0.30, 0.50]
    half = timedelta(minutes=30)
    curve = PriceCurve.of(
        "GBP",
        "Europe/London",
        (
            PriceSlot(START + half * i, START + half * (i + 1), price, 0.05)
            for i, price in enumerate(prices)
        ),
    )
    grid = TimeGrid(START, FIVE_MINUTES, 24)
    buy = [price for price in curve.import_series.on(grid) if price is not None]
    found = plan(home(buy, load_kw=1.0, step=FIVE_MINUTES, spec=battery(soc_pct=10)))
    assert [s.import_per_kwh for s in found.slots] == [
        price for price in prices for _ in range(6)
    ]
    bought = [i for i, s in enumerate(found.slots) if s.mode is Mode.CHARGE]
    assert bought
    assert set(bought) <= set(range(6, 12))


def test_export_above_import_stays_within_the_limits() -> None:
    """The grid is no endless source of money."""
    found = plan(home([0.1] * 12, 0.4, import_limit_kw=4.0, export_limit_kw=3.0))
    for slot in found.slots:
        assert -3 - 1e-9 <= slot.grid_kw <= 4 + 1e-9
        assert 10 - 1e-9 <= slot.soc_pct <= 100


def test_the_import_limit_is_kept_by_storing_ahead() -> None:
    """Energy is bought early for a load above the import limit."""
    # 2 kW too much for an hour at the end; the battery is empty before it.
    found = plan(
        home(
            [0.3, 0.3, 0.3],
            0.05,
            load_kw=[1.0, 1.0, 5.0],
            spec=battery(soc_pct=10),
            import_limit_kw=3.0,
        )
    )
    assert found.softened == ()
    assert found.accepted
    assert found.slots[2].grid_kw <= 3 + 1e-9


def test_an_import_limit_that_cannot_be_kept_is_named() -> None:
    """An impossible limit is softened, named and kept out of the money."""
    found = plan(
        home([0.3], load_kw=9.0, spec=battery(soc_pct=10), import_limit_kw=3.0)
    )
    assert found.softened == ("import_limit",)
    assert found.slots[0].grid_kw == pytest.approx(9.0)
    assert found.gap == pytest.approx(0.0)
    assert found.bound == pytest.approx(2.7)


def test_a_plan_that_gains_nothing_is_the_baseline() -> None:
    """Without a gain the slots are the baseline's."""
    found = plan(home([0.3] * 4, spec=battery(soc_pct=10)))
    assert not found.accepted
    assert found.cost == found.baseline_cost
    assert [slot.cost for slot in found.slots] == [
        slot.baseline_cost for slot in found.slots
    ]
    assert {slot.reason.key for slot in found.slots} == {ReasonKey.EMPTY}


def test_wear_spared_is_not_paid_for_by_the_owner() -> None:
    """No plan costs more money than none."""
    # Covering the home saves 0.10 per kWh and wears 0.15: by wear alone the
    # battery would rest, but resting costs the owner money.
    found = plan(home([0.10] * 6, 0.0, spec=battery(wear_per_kwh=0.15, efficiency=1.0)))
    assert not found.accepted
    assert found.cost == pytest.approx(0.10 * 2)


@pytest.mark.parametrize("later", [1, 3, 7])
def test_a_later_run_keeps_to_the_running_plan(later: int) -> None:
    """As time goes on and nothing changes, neither does the plan."""
    first = plan(two_days())
    prices = [*DAY_PRICES] * 3
    sun = CLOUDY_DAY * 3
    following = home(
        prices[later : later + 48],
        0.08,
        solar_kw=sun[later : later + 48],
        load_kw=0.8,
        spec=battery(soc_pct=first.slots[later - 1].soc_pct, wear_per_kwh=0.02),
        start=START + HOUR * later,
        leftover_value_per_kwh=None,
    )
    second = plan(following, running=first)
    overlap = 48 - later
    assert [(s.mode, s.power_kw) for s in second.slots[: overlap - 24]] == [
        (s.mode, s.power_kw) for s in first.slots[later : 48 - 24]
    ]


def test_a_trifle_does_not_change_the_running_plan() -> None:
    """A trifle is no reason to command the battery anew."""
    soc_pct = 20.0
    first = plan(two_days(soc_pct=soc_pct))
    # The first hours, in which the battery is charged, are a trifle dearer.
    nudged = two_days([0.1801] * 3 + DAY_PRICES[3:], soc_pct=soc_pct)
    anew = plan(nudged)
    kept = plan(nudged, running=first)
    orders = [(s.mode, s.power_kw) for s in first.slots]
    assert [(s.mode, s.power_kw) for s in kept.slots] == orders
    assert [(s.mode, s.power_kw) for s in anew.slots] != orders
    assert kept.cost - anew.cost < 0.001 + 0.001 * anew.saving


def test_news_change_the_running_plan() -> None:
    """A price spike is."""
    first = plan(two_days())
    spike = [*DAY_PRICES[:20], 5.0, *DAY_PRICES[21:]]
    found = plan(two_days(spike), running=first)
    assert found.cost == pytest.approx(plan(two_days(spike)).cost, abs=1e-3)


def test_a_running_plan_of_another_time_is_ignored() -> None:
    """A plan that is no longer in force holds nobody."""
    first = plan(two_days())
    late = START + timedelta(days=9)
    assert plan(two_days(), running=first, now=late) == plan(two_days())


def test_a_running_plan_on_other_slots_is_ignored() -> None:
    """Orders for slots that are not the problem's say nothing about them."""
    coarse = plan(home([0.1, 0.5] * 48, step=timedelta(minutes=30)))
    assert coarse.accepted
    assert plan(two_days(), running=coarse) == plan(two_days())


def test_a_running_order_that_is_no_longer_known_is_replaced() -> None:
    """Where the owner has since forbidden grid charging, none is kept."""
    prices = [0.1] * 4 + [0.5] * 4
    first = plan(home(prices, spec=battery(soc_pct=10)))
    assert first.slots[0].mode is Mode.CHARGE
    found = plan(
        home(prices, solar_kw=0.5, spec=battery(soc_pct=10), grid_charging=False),
        running=first,
    )
    assert Mode.CHARGE not in {slot.mode for slot in found.slots}
