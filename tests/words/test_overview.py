"""The plan at a glance, as data and in words."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import (
    Limit,
    LimitKey,
    Plan,
    Reason,
    ReasonKey,
)
from custom_components.power_sync.planner import plan
from custom_components.power_sync.words.overview import overview
from custom_components.power_sync.words.summary import Teller
from custom_components.power_sync.words.texts import GLUE
from tests.planner.homes import HOUR, START, battery, home

from .english import ENGLISH

BERLIN = ZoneInfo("Europe/Berlin")
TO = "\N{EN DASH}"


def traded(*hours: tuple[float, float, float]) -> Plan:
    """Return a plan with the battery's and the grid's kW and the price of each hour."""
    made = plan(home([0.1] * len(hours)))
    slots = []
    for slot, (battery_kw, grid_kw, price) in zip(made.slots, hours, strict=True):
        mode = Mode.SELF_CONSUMPTION
        if battery_kw:
            mode = Mode.DISCHARGE if battery_kw > 0 else Mode.CHARGE
        slots.append(
            replace(
                slot,
                mode=mode,
                battery_kw=battery_kw,
                grid_kw=grid_kw,
                import_per_kwh=price,
                export_per_kwh=price,
            )
        )
    return replace(made, slots=tuple(slots), currency="GBP")


def glance(made: Plan, later: timedelta = timedelta(0)) -> list[str]:
    """Return the sentences of the glance with ordinary spaces."""
    told = Teller(made, START + later, BERLIN, ENGLISH).summary().glance
    return [sentence.replace(GLUE, " ") for sentence in told]


def test_windows_have_energy_and_its_mean_price() -> None:
    """Only what comes from the grid for the battery is bought, and so for selling."""
    made = traded(
        (-4.0, 5.0, 0.10),
        (-3.0, 1.0, 0.20),  # 2 kW of it are sun
        (0.0, 1.0, 0.3),
        (0.0, 1.0, 0.3),
        (5.0, -3.0, 0.4),  # 2 kW of it are used at home
    )
    found = overview(made, START)
    (bought,) = found.charging
    assert (bought.start, bought.end) == (START, START + 2 * HOUR)
    assert bought.energy_kwh == pytest.approx(5.0)
    assert bought.price_per_kwh == pytest.approx((4 * 0.10 + 1 * 0.20) / 5)
    assert bought.firm
    (sold,) = found.exporting
    assert (sold.start, sold.end) == (START + 4 * HOUR, START + 5 * HOUR)
    assert sold.energy_kwh == 3.0
    assert sold.price_per_kwh == pytest.approx(0.4)
    assert (found.saving, found.until) == (made.saving, made.grid.end)


def test_what_is_over_is_not_told() -> None:
    """A window that has ended is past; one that is under way is not."""
    made = traded((-4.0, 5.0, 0.1), (0.0, 1.0, 0.1), (0.0, 1.0, 0.1), (-1.0, 2.0, 0.1))
    assert len(overview(made, START + HOUR / 2).charging) == 2
    assert len(overview(made, START + HOUR).charging) == 1


def test_short_breaks_part_no_window() -> None:
    """Half an hour between two is told as one, an hour is not; crumbs are left out."""
    slots = [0.1] * 24
    made = plan(home(slots, step=timedelta(minutes=5)))
    pattern = {0: -4.0, 1: -4.0, 8: -4.0, 21: -4.0, 23: 0.1}
    made = replace(
        made,
        slots=tuple(
            replace(
                slot,
                mode=Mode.DISCHARGE if pattern.get(index, 0) > 0 else Mode.CHARGE,
                battery_kw=pattern.get(index, 0.0),
                grid_kw=-pattern.get(index, 0.0),
                firm=index != 8,
            )
            for index, slot in enumerate(made.slots)
        ),
    )
    found = overview(made, START)
    first, second = found.charging
    assert (first.start, first.end) == (START, START + timedelta(minutes=45))
    assert (first.firm, second.firm) == (False, True)
    assert found.exporting == ()


def test_the_glance_in_words() -> None:
    """When is bought and sold, at what price, and what it all saves."""
    made = traded(
        (0.0, 1.0, 0.3), (-4.0, 5.0, 0.098), (0.0, 1.0, 0.3), (5.0, -4.0, 0.4)
    )
    made = replace(made, cost=-1.0, baseline_cost=0.234)
    assert glance(made) == [
        f"Buys for the battery: 03:00{TO}04:00 4.0 kWh at 9.8 p.",
        f"Sells from the battery: 05:00{TO}06:00 4.0 kWh at 40.0 p.",
        "Saves about £1.23 until 06:00.",
    ]
    assert glance(made, 1.5 * HOUR)[0].endswith(f"now{TO}04:00 4.0 kWh at 9.8 p.")
    text = Teller(made, START, BERLIN, ENGLISH).summary(["Dry run."]).markdown
    assert text.startswith("*Dry run.*\n\n#### Today")
    assert text.rpartition("\n\n")[2].startswith("Buys for the battery: ")


def test_another_day_is_named() -> None:
    """Once for both ends of a window."""
    made = traded(*[(0.0, 1.0, 0.3)] * 23, (-4.0, 5.0, 0.1))
    assert f": 01:00{TO}02:00 tomorrow 4.0 kWh at" in glance(made)[0]


def test_many_windows_are_not_all_told() -> None:
    """Three are read, the rest is counted."""
    hours = [(-4.0, 5.0, 0.1), (0.0, 1.0, 0.3)] * 5
    (buys, _) = glance(traded(*hours))
    assert buys.count("kWh") == 3
    assert buys.endswith(", and 2 more.")


def test_nothing_traded_needs_no_glance() -> None:
    """What merely follows the home is told by its steps, and an old plan by none."""
    assert glance(traded((0.0, 1.0, 0.3))) == []
    assert glance(traded((-4.0, 5.0, 0.1)), 2 * HOUR) == []


@pytest.mark.parametrize("key", LimitKey)
def test_each_limit_has_words(key: LimitKey) -> None:
    """With its number, a power or a level."""
    level = key in (LimitKey.FULL, LimitKey.RESERVE)
    limit = Limit(key, level_pct=20.0) if level else Limit(key, power_kw=4.6)
    made = plan(home([0.1, 0.5], spec=battery(soc_pct=10)))
    told = Teller(made, START, BERLIN, ENGLISH).limit(limit)
    assert f"20{GLUE}%" in told if level else f"4.6{GLUE}kW" in told


def test_a_limit_at_the_meter_is_told_with_the_step() -> None:
    """The one of most slots; those that the step shows itself are not repeated."""
    meter = Limit(LimitKey.IMPORT_LIMIT, power_kw=6.0)
    power = Limit(LimitKey.POWER, power_kw=5.0)
    for limits, said in (((meter, meter, None), True), ((power, power, meter), False)):
        made = traded(*[(-4.0, 5.0, 0.1)] * 3)
        reasons = [
            Reason(ReasonKey.CHARGE_PAID, -0.1, 0.2, limit=one) for one in limits
        ]
        made = replace(
            made,
            slots=tuple(
                replace(slot, reason=reason)
                for slot, reason in zip(made.slots, reasons, strict=True)
            ),
        )
        (line,) = Teller(made, START, BERLIN, ENGLISH).summary().lines
        assert line.why.endswith(f"; your import limit is 6.0{GLUE}kW") is said
