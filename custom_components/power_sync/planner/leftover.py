"""What the energy left in the battery at the end of the horizon is worth."""

from .problem import Problem

_CHEAP_SHARE = 0.25
_FLOOR_SHARE = 0.25


def leftover_value_per_kwh(problem: Problem) -> float:
    """Return the worth of a kWh in the cells when the horizon ends.

    A kWh left over saves a purchase soon after. Which one is not known, so it
    is credited with a cheap one: the import price that a quarter of the known
    slots do not exceed, delivered through the discharge losses and less wear.
    That is below what buying it costs at that price or any higher one, so the
    battery is not filled for the end at a high price; and whatever stands in it
    is not given away below that price either.

    Where a quarter of the slots is free or paid for, the cheap price would say
    nothing about what comes after; a quarter of the usual positive price (their
    median) is the least that counts. Neither is moved by a single spike. All
    prices below the wear give zero: then storing for later truly gains nothing.
    """
    if problem.leftover_value_per_kwh is not None:
        return problem.leftover_value_per_kwh
    prices = sorted(problem.import_per_kwh)
    cheap = prices[int((len(prices) - 1) * _CHEAP_SHARE)]
    positive = [price for price in prices if price > 0]
    usual = positive[len(positive) // 2] if positive else 0.0
    battery = problem.battery
    price = max(cheap, _FLOOR_SHARE * usual)
    return max(0.0, price - battery.wear_per_kwh) * battery.discharge_efficiency
