"""A typical day of a household, where no sensors are picked."""

from datetime import datetime
from math import pi, sin
from typing import Final

LOAD_W: Final = (
    *(220.0, 200.0, 190.0, 190.0, 200.0, 240.0),
    *(420.0, 640.0, 560.0, 400.0, 360.0, 400.0),
    *(480.0, 420.0, 360.0, 380.0, 500.0, 760.0),
    *(920.0, 860.0, 700.0, 560.0, 420.0, 280.0),
)
"""Means of the hours of the day: 10.7 kWh in all, with a peak in the evening."""

SUNRISE_H: Final = 6.0
SUNSET_H: Final = 20.0
PEAK_SUN_W: Final = 3000.0


def load_w(local: datetime) -> float:
    """Return what the household draws, in W."""
    return LOAD_W[local.hour]


def sun_w(local: datetime) -> float:
    """Return what its panels give, in W: some 19 kWh a day, most of it at 13:00."""
    hour = local.hour + local.minute / 60
    if not SUNRISE_H < hour < SUNSET_H:
        return 0.0
    part = (hour - SUNRISE_H) / (SUNSET_H - SUNRISE_H)
    return PEAK_SUN_W * float(sin(pi * part) ** 2)
