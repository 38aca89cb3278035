"""What stored energy is worth, as both solvers say it."""

from typing import NamedTuple, Protocol


class Margin(NamedTuple):
    """The worth per kWh in the cells just below and just above a level.

    Of the last kWh that is stored there, and of one more.
    """

    below: float
    above: float


class Values(Protocol):
    """The least cost from the end of a slot on, for every energy in the cells.

    Energies are kWh above the reserve. Outside of the limits the worth per kWh
    is that at the limit, so a battery below its reserve is filled as if it
    were at it.
    """

    def at(self, index: int, energy: float) -> float:
        """Return the cost after slot `index`, up to a constant of the slot."""

    def margin(self, index: int, energy: float, slack: float) -> Margin:
        """Return the worth of a kWh in the cells after slot `index`.

        Levels nearer than `slack` kWh count as reached: a rounded power does
        not change what the energy is for.
        """

    def best(self, index: int, energy: float) -> tuple[float, float]:
        """Return the least and the most kWh to take out of the cells in a slot.

        All between are equally good. `energy` is at the start of slot `index`.
        """
