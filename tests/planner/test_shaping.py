"""Prices as the user wants them counted: the facts, and what a plan makes of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot, Spike
from custom_components.power_sync.planner import ProblemError, plan
from custom_components.power_sync.planner.home_problem import problem_from
from custom_components.power_sync.planner.outlook import outlook
from custom_components.power_sync.planner.shaping import Shaping, time_of

from .homes import battery, home
from .pasts import inputs, past

MELBOURNE = ZoneInfo("Australia/Melbourne")
HOUR = timedelta(hours=1)
SIX_PM = datetime(2026, 1, 15, 7, tzinfo=UTC)  # 18:00 in Melbourne, in summer
prices = st.lists(st.floats(-1, 20), min_size=1, max_size=30)


def sold(shaping: Shaping, *values: float, at: datetime = SIX_PM) -> tuple[float, ...]:
    """Return export prices of one moment as they count."""
    return shaping.sold(values, [at] * len(values), MELBOURNE)


def test_row_1_an_export_boost_by_the_facts() -> None:
    """Offset 5, minimum 20, threshold 10: 18 makes 23, 12 makes 20, 5 stays 5."""
    boost = Shaping(
        export_boost=True,
        boost_offset_per_kwh=0.05,
        boost_minimum_per_kwh=0.20,
        boost_threshold_per_kwh=0.10,
    )
    assert sold(boost, 0.18, 0.12, 0.05) == (0.23, 0.20, 0.05)
    # Only from 17:00 to 21:00 on the clock of the tariff.
    for local_hour, value in ((16, 0.18), (17, 0.23), (20, 0.23), (21, 0.18)):
        at = datetime(2026, 1, 15, local_hour, tzinfo=MELBOURNE).astimezone(UTC)
        assert sold(boost, 0.18, at=at) == (value,)


def test_without_a_threshold_every_price_is_boosted() -> None:
    """Also one below zero; with neither offset nor minimum nothing is."""
    boost = Shaping(export_boost=True, boost_minimum_per_kwh=0.1)
    assert sold(boost, -0.05, 0.3) == (0.1, 0.3)
    assert sold(Shaping(export_boost=True), -0.05, 0.3) == (-0.05, 0.3)
    off = replace(boost, export_boost=False)
    assert sold(off, -0.05, 0.3) == (-0.05, 0.3)


def test_row_2_chip_mode() -> None:
    """In its window nothing below the threshold counts; a boost counts on top."""
    chip = Shaping(chip_mode=True)
    late = datetime(2026, 1, 15, 22, tzinfo=MELBOURNE).astimezone(UTC)
    assert sold(chip, 0.29, 0.299, 0.30, -0.1, at=late) == (0.0, 0.0, 0.30, -0.1)
    assert sold(chip, 0.29) == (0.29,)
    # 06:00 sharp is outside, whatever minute the slot before it began at.
    for local, value in (((5, 55), 0.0), ((6, 0), 0.29), ((21, 59), 0.29)):
        at = datetime(2026, 1, 16, *local, tzinfo=MELBOURNE).astimezone(UTC)
        assert sold(chip, 0.29, at=at) == (value,)
    both = replace(
        chip,
        export_boost=True,
        boost_offset_per_kwh=0.05,
        boost_start_min=21 * 60,
        boost_end_min=23 * 60,
    )
    # The true price is compared: 28 is below 30, though it counts 33 with the boost.
    assert sold(both, 0.28, 0.30, at=late) == (0.0, 0.35)


def test_row_3_spike_protection_by_the_facts() -> None:
    """The best selling price is 0.85, so buying counts 1.85; 3.00 stays 3.00."""
    shaping = Shaping()
    counted = shaping.bought(
        (0.2, 0.2, 3.0, 0.4), (0.85, 0.1, 0.1, 0.1), (False, True, True, False)
    )
    assert counted == (0.2, 1.85, 3.0, 0.4)
    off = replace(shaping, spike_protection=False)
    assert off.bought((0.2,), (0.85,), (True,)) == (0.2,)


@given(bought=prices, spikes=st.lists(st.booleans(), min_size=30, max_size=30))
def test_protection_only_ever_raises(bought: list[float], spikes: list[bool]) -> None:
    """And leaves alone what no spike is said of."""
    told = spikes[: len(bought)]
    counted = Shaping().bought(bought, [0.1] * len(bought), told)
    for before, after, spiking in zip(bought, counted, told, strict=True):
        assert after >= before
        assert spiking or after == before


@given(values=prices, minute=st.integers(0, 1439))
def test_nothing_wished_changes_nothing(values: list[float], minute: int) -> None:
    """At any time of day."""
    starts = [SIX_PM + timedelta(minutes=minute)] * len(values)
    assert Shaping().sold(values, starts, MELBOURNE) == tuple(values)


def test_times_of_day() -> None:
    """Minutes after midnight, which 24:00 is too."""
    assert [time_of(m).isoformat("minutes") for m in (0, 1020, 1440)] == [
        "00:00",
        "17:00",
        "00:00",
    ]


def test_it_is_said_in_short() -> None:
    """For the assumptions of a backtest; None where all prices are true."""
    assert Shaping().said is None
    wished = Shaping(export_boost=True, boost_offset_per_kwh=0.05, chip_mode=True)
    assert wished.said == "boost 0.05/0/0 17:00-21:00; chip 0.3 22:00-06:00"


def test_a_plan_counts_wishes_and_shows_money() -> None:
    """Selling is not worth it at 10 p, but it is where 40 p count; 10 p are paid."""
    full = battery(soc_pct=100.0)
    plain = home([0.2] * 4, [0.1] * 4, spec=full, leftover_value_per_kwh=0.3)
    wished = replace(plain, counted_export_per_kwh=(0.1, 0.4, 0.1, 0.1))
    assert all(slot.mode is not Mode.DISCHARGE for slot in plan(plain).slots)
    made = plan(wished)
    assert made.accepted
    assert [slot.mode is Mode.DISCHARGE for slot in made.slots] == [
        *(False, True, False, False)
    ]
    slot = made.slots[1]
    assert slot.export_per_kwh == 0.1
    assert slot.cost == pytest.approx(slot.grid_kw * plain.grid.step_h * 0.1)
    assert slot.grid_kw < 0


@pytest.mark.parametrize("field", ["counted_import_per_kwh", "counted_export_per_kwh"])
def test_prices_that_count_are_checked(field: str) -> None:
    """As the true ones are."""
    plain = home([0.2] * 4)
    for wrong in ((0.1,) * 3, (0.1, 0.1, 0.1, float("nan"))):
        with pytest.raises(ProblemError) as told:
            replace(plain, **{field: wrong})  # type: ignore[arg-type] # a field by name
        assert told.value.field == field


def test_from_what_a_home_knows() -> None:
    """A provider's spike becomes a price that no plan buys at; by default it counts."""
    of = past()
    slots = tuple(
        replace(slot, spike=Spike.POTENTIAL) if slot.import_per_kwh < 0.2 else slot
        for slot in of.curve.slots
    )
    spiking = replace(
        inputs(of), curve=PriceCurve(of.curve.currency, of.curve.zone, slots)
    )
    ahead = outlook(spiking)
    assert ahead is not None
    assert any(ahead.spiking)
    problem = problem_from(spiking, ahead)
    for told, true, counted in zip(
        ahead.spiking,
        problem.import_per_kwh,
        problem.counted_import_per_kwh,
        strict=True,
    ):
        assert counted == (pytest.approx(1.05) if told else true)
    charged = [slot.mode is Mode.CHARGE for slot in plan(problem).slots]
    assert not any(
        charging and told for charging, told in zip(charged, ahead.spiking, strict=True)
    )
    # Nights are cheap: without protection the battery is charged in them.
    brave = replace(spiking, shaping=Shaping(spike_protection=False))
    known = outlook(brave)
    assert known is not None
    assert any(
        slot.mode is Mode.CHARGE for slot in plan(problem_from(brave, known)).slots
    )


def test_true_prices_are_left_alone() -> None:
    """Without a wish or a spike nothing is counted otherwise."""
    given_inputs = inputs(past())
    ahead = outlook(given_inputs)
    assert ahead is not None
    problem = problem_from(given_inputs, ahead)
    assert problem.counted_import_per_kwh == problem.counted_export_per_kwh == ()
    assert PriceSlot(SIX_PM, SIX_PM + HOUR, 0.1, 0.1).spike is Spike.NONE
