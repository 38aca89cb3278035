"""What a plan saves until a given moment."""

from datetime import timedelta

import pytest

from custom_components.power_sync.planner import plan, saving_until

from .homes import HOUR, START, battery, home


def test_stored_energy_counts_until_it_is_used() -> None:
    """A saving counts the energy that is stored for later."""
    # 3 kWh for the second hour are bought at 0.10 in the first.
    found = plan(home([0.10, 0.50], load_kw=[0.0, 3.0], spec=battery(soc_pct=10)))
    # 3 / 0.81 = 3.7037 kWh, in whole watts.
    bought_kwh, stored_kwh = 3.704, 3.704 * 0.9
    first = saving_until(found, START + HOUR, capacity_kwh=10.0)
    worth = found.slots[0].stored_value_per_kwh
    assert worth == pytest.approx(0.50 * 0.9)
    assert first == pytest.approx(stored_kwh * worth - bought_kwh * 0.10)
    assert saving_until(found, START + 2 * HOUR, capacity_kwh=10.0) == pytest.approx(
        found.saving
    )


def test_only_slots_that_have_ended_count() -> None:
    """A slot counts once it has ended."""
    found = plan(home([0.10, 0.50], load_kw=[0.0, 3.0], spec=battery(soc_pct=10)))
    at = [START - HOUR, START, START + timedelta(minutes=59)]
    assert [saving_until(found, when, capacity_kwh=10.0) for when in at] == [0.0] * 3
    late = START + timedelta(days=3)
    assert saving_until(found, late, capacity_kwh=10.0) == pytest.approx(found.saving)
