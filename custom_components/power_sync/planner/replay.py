"""The judge: what a schedule comes to when the battery really carries it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .home import FOLLOW, TINY_KWH, Flow, Home, Order


class Judged(Protocol):
    """What plans are told apart by."""

    @property
    def cost(self) -> float:
        """Money paid, less the worth of what is left in the battery."""

    @property
    def objective(self) -> float:
        """What the planner minimises: cost, wear and broken limits."""

    @property
    def over_import_kwh(self) -> float:
        """Import above the limit."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One schedule, executed.

    Per slot: AC kWh of the battery (+ discharge), flows at the meter, and kWh in
    the cells above the reserve at its end.
    """

    battery: tuple[float, ...]
    flows: tuple[Flow, ...]
    energy: tuple[float, ...]
    costs: tuple[float, ...]
    """Import paid less export earned per slot, at true prices."""
    leftover: float
    """What the energy at the end is worth."""
    wear: float
    over_import_kwh: float
    """Import above the limit: what could not be avoided or was not."""
    penalty_per_kwh: float

    @property
    def cost(self) -> float:
        """Money paid, less the worth of what is left in the battery."""
        return sum(self.costs) - self.leftover

    @property
    def objective(self) -> float:
        """What the planner minimises: cost, wear and broken limits."""
        return self.cost + self.wear + self.over_import_kwh * self.penalty_per_kwh


def judge(home: Home, battery: Sequence[float], energy: Sequence[float]) -> Replay:
    """Return what was executed in `home`, with its prices."""
    flows = [home.flow(index, kwh) for index, kwh in enumerate(battery)]
    costs = [
        flow.imported * buy - flow.exported * sell
        for flow, buy, sell in zip(
            flows, home.import_price, home.export_price, strict=True
        )
    ]
    return Replay(
        battery=tuple(battery),
        flows=tuple(flows),
        energy=tuple(energy),
        costs=tuple(costs),
        leftover=energy[-1] * home.leftover,
        wear=home.wear * sum(kwh for kwh in battery if kwh > 0),
        over_import_kwh=sum(flow.over_import for flow in flows),
        penalty_per_kwh=home.penalty,
    )


def replay_orders(home: Home, orders: Sequence[Order]) -> Replay:
    """Execute modes as an inverter does, its rest at the reserve included."""
    battery, levels = [], []
    energy = home.start_kwh
    resting = energy <= TINY_KWH
    for index, order in enumerate(orders):
        kwh = home.obey(index, order, energy, resting=resting)
        energy = home.after(kwh, energy)
        resting = home.rests(energy, resting=resting)
        battery.append(kwh)
        levels.append(energy)
    return judge(home, battery, levels)


def replay_setpoints(home: Home, wanted: Sequence[float]) -> Replay:
    """Execute AC kWh per slot (+ discharge), cut to what the limits allow."""
    battery, levels = [], []
    energy = home.start_kwh
    for index, kwh in enumerate(wanted):
        done = home.within(index, kwh, energy)
        energy = home.after(done, energy)
        battery.append(done)
        levels.append(energy)
    return judge(home, battery, levels)


def baseline(home: Home) -> Replay:
    """Return the home without a plan: self-consumption all along."""
    return replay_orders(home, [FOLLOW] * home.count)
