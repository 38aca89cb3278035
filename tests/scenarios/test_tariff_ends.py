"""A tariff comes to an end while the home runs on it."""

from dataclasses import replace
from datetime import timedelta

from custom_components.power_sync.prices.protocols import TariffEndedError
from simulators.octopus.rates import AgileBook
from tests.common import IMPORT_PRODUCT

from .life import Life

EXPECTED = (
    "E-1R-AGILE-24-10-01-C has no prices since 2026-01-10",
    "Error fetching plan data",
    "Control has not run for two minutes",
)


def known_now(life: Life) -> bool:
    """Whether there is a price for the present moment."""
    curve = life.site.coordinators.prices.curve
    return curve is not None and curve.at(life.now) is not None


async def test_a_tariff_that_has_ended_is_told(life: Life) -> None:
    """As long as prices are known, and when they have run out as well."""
    life.log.expect(*EXPECTED)
    await life.set_up()
    prices = life.site.coordinators.prices
    product = life.octopus.products[IMPORT_PRODUCT]
    ended = AgileBook(export=False, ends=life.now - timedelta(days=4))
    life.octopus.products[IMPORT_PRODUCT] = replace(product, book=ended)
    life.clock.move_to(life.now + timedelta(minutes=59))
    await life.wait(timedelta(minutes=10))
    assert isinstance(prices.error, TariffEndedError)
    assert known_now(life)
    life.clock.move_to(life.now + timedelta(hours=13))
    await life.wait(timedelta(minutes=10))
    assert isinstance(prices.error, TariffEndedError)
    assert not known_now(life)
    # It is asked for ever less often.
    asked = len(life.octopus.requests)
    await life.wait(timedelta(minutes=30))
    assert len(life.octopus.requests) - asked <= 6
