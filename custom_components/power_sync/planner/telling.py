"""What the batteries of a site are told, so that each does what is aimed at."""

from collections.abc import Iterable
from math import ceil, fsum

from custom_components.power_sync.model.battery import Mode

from .home import FOLLOW, Order
from .site import Draw, Site

type Orders = list[Order]
"""One order for each battery."""

_STILL = (Order(Mode.NO_DISCHARGE), Order(Mode.STANDBY), Order(Mode.LIMIT, 0.0))
_SOME_KWH = 1e-6
_ROUNDING = 1e-7
_LEAST_SHARE = 0.01
"""No less than this part of full power is forced: it is not worth a command."""


class Telling:
    """Finds the orders for powers, of those that each battery knows."""

    def __init__(self, site: Site, draw: Draw) -> None:
        """Take what is drawn at the meter in each slot without the batteries."""
        self._site = site
        self._draw = draw
        places = range(len(site.units))
        self._modes = [self._known(place) for place in places]
        self._still = [self._first(place, _STILL[1:2]) for place in places]
        self._unasked = [self._first(place, _STILL) for place in places]

    def orders_for(self, index: int, aimed: list[float], *, exact: bool) -> Orders:
        """Return the orders by which each battery does what is aimed at.

        Unless `exact`, those that serve the home follow it.
        """
        home = self._draw.fed[index]
        given = fsum(kwh for kwh in aimed if kwh > 0)
        serving = given <= home + _SOME_KWH
        keep = self.keep(self._draw.all[index] - given)
        orders = []
        for place, kwh in enumerate(aimed):
            if kwh < -_SOME_KWH:
                order = self._charge(index, place, -kwh)
            elif kwh > _SOME_KWH and serving:
                order = self._power(place, Mode.LIMIT, kwh) if exact else FOLLOW
            elif kwh > _SOME_KWH:
                order = self._power(place, Mode.DISCHARGE, kwh) or FOLLOW
            else:
                order = keep[place]
            orders.append(FOLLOW if order is None else order)
        return orders

    def keep(self, drawn: float) -> Orders:
        """Return the orders by which batteries take no sun and serve nobody.

        `drawn` is at the meter without them, below zero where sun is to spare.
        """
        surplus = drawn < -_SOME_KWH
        return self._still if surplus else self._unasked

    def _known(self, place: int) -> frozenset[Mode]:
        """Return what a battery may be told.

        A forced power holds whatever the sun and the home do meanwhile, so it is not
        used where the owner wants no grid charging or no export.
        """
        problem = self._site.problem
        known = set(self._site.units[place].spec.modes | {Mode.SELF_CONSUMPTION})
        if not problem.grid_charging:
            known.discard(Mode.CHARGE)
        if not problem.battery_export:
            known.discard(Mode.DISCHARGE)
        return frozenset(known)

    def _first(self, place: int, orders: Iterable[Order]) -> Order:
        """Return the first order that a battery knows, else that it follows."""
        known = self._modes[place]
        return next((order for order in orders if order.mode in known), FOLLOW)

    def _charge(self, index: int, place: int, kwh: float) -> Order | None:
        """Return the order to charge: by following, where there is sun enough."""
        surplus = -self._draw.all[index]
        if abs(surplus - kwh) <= _SOME_KWH:
            return FOLLOW
        return self._power(place, Mode.CHARGE, kwh)

    def _power(self, place: int, mode: Mode, kwh: float) -> Order | None:
        """Return `mode` at the power of `kwh` per slot, as the battery takes it."""
        if mode not in self._modes[place]:
            return None
        spec = self._site.units[place].spec
        charging = mode is Mode.CHARGE
        most_kw = spec.max_charge_kw if charging else spec.max_discharge_kw
        least_kw = 0.0
        if mode is not Mode.LIMIT:
            least_kw = max(spec.min_power_kw, _LEAST_SHARE * most_kw)
        power_kw = kwh / self._site.step_h
        if power_kw < least_kw / 2:
            return None
        if spec.power_step_kw > 0:
            steps = ceil(power_kw / spec.power_step_kw - _ROUNDING)
            power_kw = round(steps * spec.power_step_kw, 6)
        return Order(mode, min(most_kw, max(power_kw, least_kw)))
