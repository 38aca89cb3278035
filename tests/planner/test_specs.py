"""What a coupled home is made of: what cannot be is refused and named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.planner import ProblemError
from custom_components.power_sync.planner.specs import (
    CarSpec,
    DemandCharge,
    Fuse,
    Override,
    charging_ranges_kw,
)

from .homes import START, battery, home

CAR = CarSpec(energy_kwh=5.0, departure=START, ranges_kw=((1.4, 3.7), (4.1, 11.0)))


HOME = home([0.2, 0.3])


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: replace(CAR, energy_kwh=nan), "cars.energy_kwh"),
        (lambda: replace(CAR, departure=datetime(2026, 1, 1)), "cars.departure"),  # noqa: DTZ001
        (lambda: replace(CAR, ranges_kw=()), "cars.ranges_kw"),
        (lambda: replace(CAR, ranges_kw=((3.0, 2.0),)), "cars.ranges_kw"),
        (lambda: replace(CAR, ranges_kw=((1.0, 5.0), (4.0, 6.0))), "cars.ranges_kw"),
        (lambda: replace(CAR, phases=2), "cars.phases"),
        (lambda: DemandCharge(rate_per_kw=-1.0, window=()), "demand.rate_per_kw"),
        (
            lambda: DemandCharge(rate_per_kw=1.0, window=(), peak_kw=inf),
            "demand.peak_kw",
        ),
        (
            lambda: DemandCharge(rate_per_kw=1.0, window=(), interval=timedelta(0)),
            "demand.interval",
        ),
        (
            lambda: replace(HOME, demand=DemandCharge(rate_per_kw=1.0, window=(True,))),
            "demand.window",
        ),
        (lambda: Fuse(nan), "fuse.amps"),
        (lambda: Fuse(16, volts=0.0), "fuse.volts"),
        (lambda: Fuse(16, phases=2), "fuse.phases"),
        (lambda: Override(Mode.CHARGE, -1.0, 3), "override.power_kw"),
        (lambda: Override(Mode.CHARGE, 1.0, 0), "override.slots"),
        (lambda: Override(Mode.CHARGE, 1.0, 1, -1), "override.first"),
        (lambda: replace(HOME, import_limits_kw=(1.0,)), "import_limits_kw"),
        (lambda: replace(HOME, export_limits_kw=(1.0, nan)), "export_limits_kw"),
        (lambda: replace(HOME, curtail_per_kwh=-0.1), "curtail_per_kwh"),
        (
            lambda: replace(HOME, batteries=(battery(reserves_pct=(10.0,)),)),
            "battery.reserves_pct",
        ),
        (
            lambda: replace(HOME, battery=battery(max_socs_pct=(90.0,) * 3)),
            "battery.max_socs_pct",
        ),
        (
            lambda: replace(HOME, batteries=(battery(dc_solar_share=0.7),) * 2),
            "battery.dc_solar_share",
        ),
        (lambda: battery(reserves_pct=(101.0,)), "battery.reserves_pct"),
        (lambda: battery(max_socs_pct=(nan,)), "battery.max_socs_pct"),
        (lambda: battery(ac_limit_kw=-1.0), "battery.ac_limit_kw"),
        (lambda: battery(dc_solar_share=1.5), "battery.dc_solar_share"),
        (lambda: battery(charge_taper=((120.0, 1.0),)), "battery.charge_taper"),
        (lambda: battery(charge_taper=((90.0, 1.2),)), "battery.charge_taper"),
        (
            lambda: battery(charge_taper=((90.0, 1.0), (80.0, 0.5))),
            "battery.charge_taper",
        ),
        (
            lambda: battery(charge_taper=((50.0, 1.0), (60.0, 0.2), (100.0, 0.1))),
            "battery.charge_taper",
        ),
    ],
)
def test_what_cannot_be_is_named(make: Callable[[], object], field: str) -> None:
    """The error says which field is wrong."""
    with pytest.raises(ProblemError) as raised:
        make()
    assert raised.value.field == field


def test_a_charger_draws_from_six_amps_on() -> None:
    """6 A to 16 A at 230 V: on one phase, on three, or as it likes."""

    def flat(ranges: tuple[tuple[float, float], ...]) -> list[float]:
        return [kw for span in ranges for kw in span]

    assert flat(charging_ranges_kw(16, 1)) == pytest.approx([1.38, 3.68])
    assert flat(charging_ranges_kw(16, 3)) == pytest.approx([4.14, 11.04])
    both = charging_ranges_kw(16, 3, switches=True)
    assert flat(both) == pytest.approx([1.38, 3.68, 4.14, 11.04])
    # With 32 A on one phase there is no gap.
    both = charging_ranges_kw(32, 3, switches=True)
    assert flat(both) == pytest.approx([1.38, 22.08])


def test_a_car_draws_the_nearest_power_it_can() -> None:
    """Or none, where that is nearer."""
    assert CAR.nearest_kw(0.5) == 0.0
    assert CAR.nearest_kw(1.0) == 1.4
    assert CAR.nearest_kw(3.8) == 3.7
    assert CAR.nearest_kw(20.0) == 11.0
    assert CAR.below_kw(1.0) == 0.0
    assert CAR.below_kw(4.0) == 3.7
    assert CAR.below_kw(5.0) == 5.0


def test_one_plain_battery_is_not_coupled() -> None:
    """It is the exact solver's; anything more is not."""
    plain = home([0.2, 0.3])
    assert not plain.is_coupled
    later = datetime(2026, 6, 2, tzinfo=UTC)
    assert replace(plain, cars=(replace(CAR, departure=later),)).is_coupled
    assert replace(plain, batteries=(battery(),)).is_coupled
    assert replace(plain, fuse=Fuse(25)).is_coupled
    assert replace(plain, battery=battery(ac_limit_kw=5.0)).is_coupled
