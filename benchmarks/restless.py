"""A household whose powers are never the same twice, at any hour of the day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

from simulators.profile import FunctionProfile

STEP: Final = timedelta(seconds=5)


def restless(load_w: float, solar_w: float) -> FunctionProfile:
    """Return a load and a sun that go up and down by a tenth all the time.

    Real meters do so, and each new value is a row in the recorder. As the sun of
    this home does not set, it is the most that a day brings.
    """
    return FunctionProfile(_wavering(load_w, 1), _wavering(solar_w, 2), every=STEP)


def _wavering(mean: float, number: int) -> Callable[[datetime], float]:
    def value(at: datetime) -> float:
        chance = Random(f"{number} {at.timestamp()}").uniform(0.9, 1.1)  # noqa: S311 - weather, no secret
        return mean * chance

    return value
