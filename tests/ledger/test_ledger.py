"""A day's money, by hand, and what happens where it is not measured."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.ledger.ledger import local_midnight, next_midnight

from .days import HOUR, MIDNIGHT, STEP, Count, prices

LONDON = ZoneInfo("Europe/London")
TOKYO = ZoneInfo("Asia/Tokyo")

NIGHT_AND_PEAK = prices(*([0.10] * 6 + [0.30] * 11 + [0.40] * 7))


def test_a_day_by_hand() -> None:
    """10 kWh bought at 10 p serve 8 kWh at 40 p, of which 1.6 were there anyway."""
    count = Count(NIGHT_AND_PEAK, value=0.25)
    count.run(HOUR)
    count.acting = True
    count.run(2 * HOUR, battery_kw=-5.0)
    # 8 kWh have been stored, at 25 p each, for 1 pound.
    assert count.battery.soc_pct == pytest.approx(100.0)
    assert count.figures.paid == pytest.approx(1.0)
    assert count.figures.baseline_paid == pytest.approx(0.0)
    assert count.figures.more_kwh == pytest.approx(8.0)
    assert count.saved == pytest.approx(8 * 0.25 - 1.0)
    count.run(14 * HOUR)
    count.acting = False
    count.run(4 * HOUR, net_kw=2.0, battery_kw=2.0)
    # Without PowerSync 2 kWh in the cells would have given 1.6.
    assert count.battery.soc_pct == pytest.approx(0.0)
    assert count.figures.paid == pytest.approx(1.0)
    assert count.figures.baseline_paid == pytest.approx(6.4 * 0.40)
    assert count.figures.more_kwh == pytest.approx(0.0, abs=1e-6)
    assert count.saved == pytest.approx(1.56)
    assert count.figures.measured == 21 * HOUR
    assert count.figures.saved_total == count.saved


def test_a_battery_filled_for_tomorrow_is_no_loss() -> None:
    """What is in it at midnight is worth what the plan says; the next day pays."""
    count = Count(
        prices(*[0.10] * 24, *[0.40] * 24), now=MIDNIGHT + 22 * HOUR, value=0.20
    )
    count.acting = True
    count.run(2 * HOUR, battery_kw=-5.0)
    (closed,) = count.closed
    assert closed.day == MIDNIGHT
    assert closed.paid == pytest.approx(1.0)
    assert closed.saved == pytest.approx(8 * 0.20 - 1.0)
    # The new day begins with as much in either battery, so it saves nothing more.
    assert count.figures.day == MIDNIGHT + 24 * HOUR
    count.run(4 * HOUR, net_kw=2.0, battery_kw=2.0)
    assert count.saved == pytest.approx(0.0)
    assert count.figures.saved_total == pytest.approx(0.60)


def test_while_nothing_is_changed_nothing_is_saved() -> None:
    """Whatever the battery does by itself, be it unlike any model of it."""
    count = Count(NIGHT_AND_PEAK)
    count.run(HOUR, net_kw=3.0, battery_kw=-2.0)
    count.run(HOUR, net_kw=-3.0, battery_kw=4.0)
    assert count.figures.paid == count.figures.baseline_paid == pytest.approx(0.5)
    assert count.saved == 0.0
    assert not count.figures.apart


def test_holding_the_charge_for_the_peak() -> None:
    """From the first command on, the baseline goes on with what was there then."""
    count = Count(prices(0.10, 0.10, 0.50, 0.50), value=0.0)
    count.run(HOUR, net_kw=0.4, battery_kw=0.4)
    assert count.saved == 0.0
    # 0.5 kWh of the cells gave 0.4; 1.5 kWh are left, which give 1.2.
    count.acting = True
    count.run(HOUR, net_kw=1.2)
    assert count.saved == pytest.approx(-1.2 * 0.10)
    count.run(HOUR, net_kw=1.2, battery_kw=1.2)
    assert count.saved == pytest.approx(1.2 * (0.50 - 0.10))


def test_export_earns_and_below_zero_it_costs() -> None:
    """At the true prices, on both sides."""
    count = Count(prices(0.3, 0.3, sold=[0.15, -0.05]))
    count.run(2 * HOUR, net_kw=-2.0)
    assert count.figures.paid == pytest.approx(-2 * 0.15 + 2 * 0.05)


def test_the_export_limit_holds_for_the_baseline() -> None:
    """Sun that was stored could not all have been sold: the limit is 1 kW."""
    count = Count(prices(0.3, 0.3, sold=0.10), export_limit_w=1000.0, acting=True)
    count.store(100.0)
    # What the meter saw was allowed to go out.
    count.run(HOUR, battery_kw=5.0)
    assert count.figures.paid == pytest.approx(-0.50)
    count.run(HOUR, net_kw=-3.0, battery_kw=-3.0)
    assert count.figures.paid == pytest.approx(-0.50)
    assert count.figures.baseline_paid == pytest.approx(-0.10)


def test_a_gap_is_left_out_on_both_sides() -> None:
    """What was stored before it still counts, what was used in it does not."""
    count = Count(NIGHT_AND_PEAK, value=0.25, acting=True)
    count.run(HOUR, battery_kw=-5.0)
    before = count.figures
    assert before.more_kwh == pytest.approx(4.0)
    count.now += 2 * HOUR
    count.store(30.0)
    count.read()
    # 6 kWh in the cells have become 3: 1 of them the baseline had, too.
    assert count.figures == before
    count.run(HOUR, net_kw=1.0, battery_kw=1.0)
    assert count.figures.measured == 2 * HOUR
    assert count.figures.paid == pytest.approx(before.paid)
    # By then the baseline has nothing left, and buys.
    assert count.figures.baseline_paid == pytest.approx(0.1)
    assert count.figures.more_kwh == pytest.approx(4.0 - 1.25)


def test_one_lost_answer_is_no_gap() -> None:
    """Two polls apart are measured, three are not."""
    count = Count(NIGHT_AND_PEAK)
    for polls, measured in ((1, STEP), (2, 3 * STEP), (3, 3 * STEP)):
        count.read(1.0)
        count.now += polls * STEP
        count.read(1.0)
        assert count.figures.measured == measured
    # Two readings of one moment are one: the later one.
    count.read(9.0)
    assert count.figures.measured == 3 * STEP


@pytest.mark.parametrize(
    "curve",
    [
        prices(0.1, 0.1, start=MIDNIGHT + HOUR),
        prices(0.1, 0.1, 0.1, firm=False),
    ],
    ids=["none", "only forecast"],
)
def test_without_a_true_price_nothing_is_counted(curve: object) -> None:
    """A price that is guessed is not what is paid."""
    count = Count(prices(0.1))
    count.run(HOUR / 2, net_kw=1.0)
    count.curve = curve  # type: ignore[assignment]  # a parameter
    count.run(HOUR / 2 - STEP, net_kw=1.0)
    assert count.figures.measured == HOUR / 2
    assert count.figures.paid == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("morning", "hours"),
    [
        (datetime(2026, 1, 14, 0, tzinfo=UTC), 24),
        (datetime(2026, 3, 29, 0, tzinfo=UTC), 23),
        (datetime(2026, 10, 24, 23, tzinfo=UTC), 25),
    ],
)
def test_a_local_day_has_as_many_hours_as_it_has(morning: datetime, hours: int) -> None:
    """Each pays for what it used, and ends at its own midnight."""
    count = Count(
        prices(*[1.0] * 30, start=morning - HOUR), now=morning - HOUR, zone=LONDON
    )
    count.run(30 * HOUR - STEP, net_kw=1.0)
    before, day = count.closed
    assert before.paid == pytest.approx(1.0)
    assert before.measured == HOUR
    assert day.day == morning
    assert day.paid == pytest.approx(hours)
    assert day.measured == hours * HOUR
    assert count.figures.day == morning + hours * HOUR
    assert count.figures.paid == pytest.approx(29 - hours - STEP / HOUR)


def test_midnight_within_a_stretch_divides_it() -> None:
    """Each day gets its part of the money and of what was stored."""
    count = Count(prices(*[1.0] * 30), now=MIDNIGHT + 24 * HOUR - STEP / 4)
    count.acting, count.value = True, 0.0
    count.read(grid_kw=5.0, battery_kw=-5.0)
    count.now += STEP
    count.charge(5.0 * (STEP / HOUR))
    count.read(grid_kw=5.0, battery_kw=-5.0)
    (closed,) = count.closed
    assert closed.paid == pytest.approx(5.0 * (STEP / HOUR) / 4)
    assert closed.more_kwh == pytest.approx(4.0 * (STEP / HOUR) / 4)
    assert count.figures.paid == pytest.approx(5.0 * (STEP / HOUR) * 3 / 4)
    assert count.figures.more_kwh == pytest.approx(4.0 * (STEP / HOUR) * 3 / 4)


def test_midnight_while_nothing_is_measured() -> None:
    """The day ends all the same; the next begins with the first reading."""
    count = Count(prices(*[0.1] * 60), now=MIDNIGHT + 23 * HOUR)
    count.ledger.turn(count.now, count.zone, count.closing)
    assert count.ledger.figures is None
    count.run(HOUR / 2, net_kw=1.0)
    count.now = MIDNIGHT + 25 * HOUR
    count.ledger.turn(count.now, count.zone, count.closing)
    count.ledger.turn(count.now, count.zone, count.closing)
    (closed,) = count.closed
    assert closed.paid == pytest.approx(0.05)
    assert count.figures.day == MIDNIGHT + 24 * HOUR
    assert (count.figures.paid, count.figures.saved) == (None, None)
    assert count.figures.saved_total == 0.0
    count.run(HOUR, net_kw=1.0)
    assert count.figures.measured == HOUR


def test_a_reading_that_comes_once_its_day_has_ended() -> None:
    """It is left out: the day does not begin again for it."""
    count = Count(prices(*[0.1] * 60), now=MIDNIGHT + 23 * HOUR)
    count.run(HOUR / 2, net_kw=1.0)
    count.ledger.turn(MIDNIGHT + 24 * HOUR, count.zone, count.closing)
    count.now = MIDNIGHT + 24 * HOUR - STEP
    count.read(1.0)
    assert count.figures.day == MIDNIGHT + 24 * HOUR
    count.now = MIDNIGHT + 24 * HOUR
    count.run(HOUR, net_kw=1.0)
    (closed,) = count.closed
    assert closed.paid == pytest.approx(0.05)
    assert count.figures.measured == HOUR


def test_a_clock_set_back_counts_nothing_twice() -> None:
    """Within the day, and over midnight."""
    count = Count(prices(*[1.0] * 48), now=MIDNIGHT + 24 * HOUR)
    count.run(HOUR, net_kw=1.0)
    count.now -= HOUR / 2
    count.read(1.0)
    assert count.figures.paid == pytest.approx(1.0)
    count.now -= HOUR
    count.read(1.0)
    assert count.figures.day == MIDNIGHT
    assert count.figures.paid is None
    (closed,) = count.closed
    assert closed.paid == pytest.approx(1.0)
    count.run(HOUR, net_kw=1.0)
    assert [each.day for each in count.closed] == [
        MIDNIGHT + 24 * HOUR,
        MIDNIGHT,
    ]
    assert count.closed[1].paid == pytest.approx(0.5)
    assert count.figures.paid == pytest.approx(0.5)


def test_money_of_another_currency_is_another_ledger() -> None:
    """Pounds and euros are not added."""
    count = Count(prices(0.1, 0.1, 0.1), acting=True, value=0.3)
    count.run(HOUR, battery_kw=-1.0)
    assert count.saved > 0
    count.curve = prices(0.1, 0.1, 0.1, currency="EUR")
    count.now += STEP
    count.read()
    # Nothing has been measured in euros yet.
    assert count.ledger.figures is None
    since = count.now
    count.now += STEP
    count.read()
    assert count.figures.currency == "EUR"
    assert count.figures.since == since
    assert count.figures.saved_total == 0.0


def test_what_is_stored_needs_a_worth() -> None:
    """Where no plan has ever said one, the saving is not known."""
    count = Count(prices(*[0.1] * 30), acting=True)
    count.run(HOUR, battery_kw=-1.0)
    assert count.figures.saved is None
    assert count.figures.saved_total is None
    count.value = 0.2
    count.read()
    count.now += STEP
    count.read()
    assert count.saved == pytest.approx(0.8 * 0.2 - 0.1)
    # The last worth is kept while there is no plan.
    count.value = None
    count.now += STEP
    count.read()
    assert count.saved == pytest.approx(0.8 * 0.2 - 0.1)


def test_a_day_whose_saving_is_not_known_adds_none() -> None:
    """It is not taken for a loss."""
    count = Count(prices(*[0.1] * 30), now=MIDNIGHT + 23 * HOUR, acting=True)
    count.run(HOUR, battery_kw=-1.0)
    assert count.closed[0].saved is None
    assert count.figures.saved_total == 0.0


def test_a_battery_that_is_added_is_no_saving() -> None:
    """The energy that it brings was there without PowerSync, too."""
    count = Count(prices(*[0.1] * 3), acting=True, value=0.3)
    count.run(HOUR, battery_kw=-1.0)
    before = count.figures
    count.now += HOUR / 2
    count.battery = replace(count.battery, capacity_kwh=20.0, soc_pct=50.0)
    count.read()
    assert count.figures == before


def test_a_baseline_that_cannot_hold_more_keeps_the_difference() -> None:
    """It is full, and the battery was charged while nothing was measured."""
    count = Count(prices(*[0.1] * 5), acting=True, value=0.1)
    count.store(100.0)
    count.run(HOUR, net_kw=0.0, battery_kw=4.0)
    before = count.figures
    assert before.more_kwh == pytest.approx(-5.0)
    count.now += HOUR
    count.store(90.0)
    count.read()
    assert count.figures == before
    count.run(HOUR, net_kw=-1.0, battery_kw=-1.0)
    assert count.figures.more_kwh == pytest.approx(-5.0 + 0.8)


def test_days_of_other_zones() -> None:
    """Where the clock jumps over midnight, the day begins with the jump."""
    assert local_midnight(MIDNIGHT, TOKYO) == MIDNIGHT - 9 * HOUR
    assert next_midnight(MIDNIGHT, TOKYO) == MIDNIGHT + 15 * HOUR
    havana = ZoneInfo("America/Havana")
    jump = datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert local_midnight(jump + HOUR, havana) == jump
    assert local_midnight(jump - timedelta(seconds=1), havana) == jump - 24 * HOUR
    assert next_midnight(jump - HOUR, havana) == jump
