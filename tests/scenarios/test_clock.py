"""Both clock changes in London: nothing is an hour long that should not be."""

from datetime import UTC, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.model.plan import Plan

from .life import CHARGE, OWNERS, Life, controls, forced

SLOTS_IN_48_H = 576
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
"""01:00 becomes 02:00."""
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)
"""02:00 becomes 01:00."""


@pytest.fixture
def frozen_time(
    request: pytest.FixtureRequest, frozen_time: FrozenDateTimeFactory
) -> FrozenDateTimeFactory:
    """Begin at the parameter."""
    frozen_time.move_to(request.param)
    return frozen_time


@pytest.mark.parametrize(
    ("frozen_time", "local_end"),
    [
        (SPRING - timedelta(minutes=15), "2026-03-29T02:15:00+01:00"),
        (AUTUMN - timedelta(minutes=15), "2026-10-25T01:15:00+00:00"),
    ],
    indirect=["frozen_time"],
    ids=["spring", "autumn"],
)
@pytest.mark.usefixtures("plain_prices")
async def test_a_force_across_the_change_lasts_as_long_as_it_should(
    life: Life, local_end: str
) -> None:
    """Half an hour from a quarter of an hour before the change."""
    life.log.expect("Error fetching")
    await life.hass.config.async_set_time_zone("Europe/London")
    await life.set_up()
    answer = await life.hass.services.async_call(
        DOMAIN,
        "force_charge",
        {"duration": 30, "power_w": 3000},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    assert answer["until"] == local_end
    await life.wait(timedelta(minutes=29))
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=1))
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize(
    ("frozen_time", "local_end"),
    [
        (SPRING - timedelta(minutes=15), SPRING + timedelta(minutes=15)),
        (AUTUMN - timedelta(minutes=15), AUTUMN + timedelta(minutes=15)),
    ],
    indirect=["frozen_time"],
    ids=["spring", "autumn"],
)
@pytest.mark.usefixtures("plain_prices")
async def test_a_crash_across_the_change(life: Life, local_end: datetime) -> None:
    """The end that is stored is the same moment after the change."""
    life.log.expect("Error fetching")
    await life.hass.config.async_set_time_zone("Europe/London")
    await life.set_up()
    await life.charge(30)
    await life.crash()
    life.clock.tick(timedelta(minutes=20))
    await life.start()
    force = life.battery.executor.record.force
    assert force is not None
    assert force.until == local_end
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=10))
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize(
    ("frozen_time", "firm_until"),
    [
        # Before that day's publication, and after it: to 23:00 in London.
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 3, 28, 17, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (
            datetime(2026, 10, 24, 12, tzinfo=UTC),
            datetime(2026, 10, 24, 22, tzinfo=UTC),
        ),
        (
            datetime(2026, 10, 24, 17, tzinfo=UTC),
            datetime(2026, 10, 25, 23, tzinfo=UTC),
        ),
    ],
    indirect=["frozen_time"],
)
async def test_plan_and_prices_across_the_change(
    life: Life, firm_until: datetime
) -> None:
    """48 hours of five minutes, each with a price: published, then forecast."""
    await life.hass.config.async_set_time_zone("Europe/London")
    await life.set_up()
    plan: Plan = life.plan
    starts = list(plan.grid.starts())
    assert len(plan.slots) == len(starts) == SLOTS_IN_48_H
    assert starts[0] == life.now
    assert starts[-1] - starts[0] == timedelta(hours=48) - timedelta(minutes=5)
    curve = life.site.coordinators.prices.curve
    assert curve is not None
    assert curve.firm_until == firm_until
    for start, slot in zip(starts, plan.slots, strict=True):
        assert slot.firm is (start < firm_until)
        published = curve.at(start)
        assert (published is not None) is slot.firm
        if published is not None:
            assert slot.import_per_kwh == pytest.approx(published.import_per_kwh)
            assert slot.export_per_kwh == pytest.approx(published.export_per_kwh)
