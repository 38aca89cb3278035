"""What a battery can be told in a slot, and which of that is the best."""

from collections.abc import Iterator, Sequence
from math import ceil

from custom_components.power_sync.model.battery import Mode

from .home import FOLLOW, TINY_KWH, Home, Order
from .values import Values

TIE = 1e-7
"""Money per slot that is no reason to prefer one order to another."""
FORCED = (Mode.CHARGE, Mode.DISCHARGE)
_SAME_KWH = 1e-7
_LEAST_SHARE = 0.01
"""No less than this part of full power is forced: it is not worth a command."""
_ROUNDING = 1e-7


class Chooser:
    """Compares the orders for one slot."""

    def __init__(self, home: Home, values: Values, *, eager: bool) -> None:
        """Find out what this battery can be told; `eager` as for `choose_orders`."""
        problem, battery = home.problem, home.problem.battery
        self._home = home
        self._values = values
        self._eager = eager
        known = set(battery.modes | {Mode.SELF_CONSUMPTION})
        # A forced power holds whatever the sun and the home do meanwhile, so it
        # is not used where the owner wants no grid charging or no export.
        if not problem.grid_charging:
            known.discard(Mode.CHARGE)
        if not problem.battery_export:
            known.discard(Mode.DISCHARGE)
        self._known = known
        self._step_kwh = max(_SAME_KWH, 1.01 * battery.power_step_kw * home.step_h)
        keep = (Order(Mode.NO_DISCHARGE), Order(Mode.STANDBY), Order(Mode.LIMIT, 0.0))
        sell = (Order(Mode.STANDBY), Order(Mode.CHARGE, self._least_kw(Mode.CHARGE)))
        self._keep = [order for order in keep if order.mode in known][:1]
        self._sell_sun = [order for order in sell if order.mode in known][:1]

    def knows(self, order: Order) -> bool:
        """Return whether the battery may be told `order`."""
        return order.mode in self._known

    def wish(self, wanted: Sequence[Order | None], index: int) -> Order | None:
        """Return what is wanted in a slot, if the battery may be told that."""
        order = wanted[index] if index < len(wanted) else None
        return order if order is not None and self.knows(order) else None

    def going_on(
        self, index: int, energy: float, order: Order, *, resting: bool
    ) -> float | None:
        """Return the AC kWh of a battery that is left in `order`.

        None where it may not be: in a forced power that does nothing, or no more
        than to follow the home, or that is above a limit at the meter.
        """
        home, mode = self._home, order.mode
        kwh = home.obey(index, order, energy, resting=resting)
        if mode not in FORCED:
            return kwh
        wanted = (order.power_kw or 0.0) * home.step_h
        follow = home.obey(index, FOLLOW, energy, resting=resting)
        idle = abs(kwh) <= TINY_KWH or abs(kwh - follow) <= TINY_KWH
        return None if idle or wanted > self._most_kwh(mode, index) else kwh

    def offers(
        self,
        index: int,
        energy: float,
        best: tuple[float, float],
        liked: tuple[Order | None, Order],
        *,
        resting: bool,
    ) -> Iterator[tuple[Order, float]]:
        """Yield the orders worth comparing with their kWh, the preferred first.

        `best` is what `Values.best` says of the slot. A forced power that comes to
        the same as following the home is that.
        """
        home = self._home
        follow = home.obey(index, FOLLOW, energy, resting=resting)
        for option in self._options(index, best, follow, liked):
            kwh = home.obey(index, option, energy, resting=resting)
            idle = option.mode in FORCED and abs(kwh - follow) <= TINY_KWH
            yield (FOLLOW if idle else option), kwh

    def choose(
        self,
        index: int,
        energy: float,
        liked: tuple[Order | None, Order],
        *,
        resting: bool,
    ) -> Order:
        """Return the best order; `liked` are the wanted one and the one before."""
        home, values = self._home, self._values
        best = least, most = values.best(index, energy)
        tried: list[tuple[Order, float, float]] = []
        for order, kwh in self.offers(index, energy, best, liked, resting=resting):
            after = home.after(kwh, energy)
            # A forced power is rounded, which is no reason to do without it.
            slack = self._step_kwh if order.mode in FORCED else _SAME_KWH
            if least - slack <= energy - after <= most + slack:
                return order
            tried.append((order, kwh, after))
        scores = [
            home.price_of(index, kwh) + values.at(index, after)
            for _, kwh, after in tried
        ]
        enough = min(scores) + TIE
        return next(
            order
            for (order, _, _), score in zip(tried, scores, strict=True)
            if score <= enough
        )

    def _options(
        self,
        index: int,
        best: tuple[float, float],
        follow: float,
        liked: tuple[Order | None, Order],
    ) -> dict[Order, None]:
        """Return the orders worth comparing, the preferred ones first."""
        wish, previous = liked
        plain = [FOLLOW]
        plain += self._keep if self._home.net[index] >= 0 else self._sell_sun
        near, far = (self._forced(index, taken, follow) for taken in best)
        if best[0] < 0:
            near, far = far, near
        going_on = None
        if previous.mode not in FORCED:
            plain.insert(1, previous)
        elif near or far:
            # A forced order goes on while it acts; idle, the battery is not left
            # in it just because that comes to the same.
            going_on = previous
        if self._eager and (best[0] >= 0 or best[1] <= 0):
            ranked = [wish, going_on, far, *plain, near]
        else:
            ranked = [wish, *plain, going_on, near, far]
        return dict.fromkeys(order for order in ranked if order is not None)

    def _forced(self, index: int, taken: float, follow: float) -> Order | None:
        """Return the order with a power that takes `taken` kWh from the cells.

        None where that is next to `follow`, the AC kWh when it follows the home.
        """
        home = self._home
        net = home.net[index]
        if taken < 0:
            kwh = taken / home.into_cells
            little = self._least_kw(Mode.CHARGE) * home.step_h
            near = abs(kwh - min(0.0, follow)) < little
            return None if near else self._with_power(index, Mode.CHARGE, -kwh)
        kwh = taken * home.out_of_cells
        if kwh > max(net, 0.0) + TINY_KWH:
            little = self._least_kw(Mode.DISCHARGE) * home.step_h
            near = kwh - max(0.0, follow) < little
            return None if near else self._with_power(index, Mode.DISCHARGE, kwh)
        if kwh > TINY_KWH:
            order = self._with_power(index, Mode.LIMIT, kwh)
            if order and (order.power_kw or 0.0) * home.step_h < net - TINY_KWH:
                return order
        return None

    def _with_power(self, index: int, mode: Mode, kwh: float) -> Order | None:
        """Return `mode` at the power of `kwh` per slot, as the battery takes it."""
        if mode not in self._known:
            return None
        most_kw = self._most_kw(mode)
        power_kw = kwh / self._home.step_h
        step_kw = self._home.problem.battery.power_step_kw
        if power_kw >= most_kw - _ROUNDING:
            return Order(mode, most_kw)
        if step_kw > 0:
            # Up, so that what is needed later is there; down where that would
            # be above a limit at the meter.
            steps = ceil(power_kw / step_kw - _ROUNDING)
            if steps * step_kw * self._home.step_h > self._most_kwh(mode, index):
                steps -= 1
            power_kw = round(steps * step_kw, 6)
        return Order(mode, min(most_kw, max(power_kw, self._least_kw(mode))))

    def _most_kw(self, mode: Mode) -> float:
        battery = self._home.problem.battery
        charging = mode is Mode.CHARGE
        return battery.max_charge_kw if charging else battery.max_discharge_kw

    def _most_kwh(self, mode: Mode, index: int) -> float:
        home = self._home
        most = home.charge_max if mode is Mode.CHARGE else home.discharge_max
        return most[index] + TINY_KWH

    def _least_kw(self, mode: Mode) -> float:
        """Return the least power worth a command; as a limit any power is."""
        if mode is Mode.LIMIT:
            return 0.0
        least_kw = self._home.problem.battery.min_power_kw
        return max(least_kw, _LEAST_SHARE * self._most_kw(mode))
