"""Why each slot is what it is, in numbers the user can compare."""

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Reason, ReasonKey

from .home import Home, Order
from .replay import Replay
from .values import Margin, Values

_SOME_KWH = 1e-6
"""Less than this in a slot is nothing."""
_SLACK_KWH = 0.001
_SOME_PER_KWH = 1e-7

_FOR_LATER = (
    ReasonKey.CHARGE_FOR_LATER,
    ReasonKey.CHARGE_PAID,
    ReasonKey.STORE_SUN,
    ReasonKey.KEEP_FOR_LATER,
)
_RELEASING = (
    ReasonKey.COVER_HOME,
    ReasonKey.DISCHARGE_TO_GRID,
    ReasonKey.SELL_SUN,
)
_STORING = (
    ReasonKey.CHARGE_FOR_LATER,
    ReasonKey.CHARGE_PAID,
    ReasonKey.STORE_SUN,
    ReasonKey.SELL_SUN,
    ReasonKey.FULL,
)


def _is_against(key: ReasonKey, price: float, value: float) -> bool:
    """Return whether the numbers speak against what is done."""
    if key in _RELEASING:
        return value > price + _SOME_PER_KWH
    return key in _FOR_LATER and value < price - _SOME_PER_KWH


class Explainer:
    """Explains the slots of one replayed schedule."""

    def __init__(
        self, home: Home, values: Values, orders: list[Order], replay: Replay
    ) -> None:
        """Find out beforehand where stored energy is used next."""
        self._home = home
        self._orders = orders
        self._replay = replay
        step_kw = home.problem.battery.power_step_kw
        self._slack = max(_SLACK_KWH, step_kw * home.step_h)
        self._margins = [
            values.margin(index, energy, self._slack)
            for index, energy in enumerate(replay.energy)
        ]
        # Where import is limited, that can be worth more than any price.
        self._may_go_on = all(
            net <= most for net, most in zip(home.net, home.import_max, strict=True)
        )
        self._keys = [self._key(index) for index in range(home.count)]
        self._used = self._find_uses()

    def stored_value(self, index: int) -> float:
        """Return the worth per kWh of the last kWh in the cells after the slot."""
        return self._margins[index].below

    def reason(self, index: int) -> Reason:
        """Return why, and the numbers that make it right.

        While storing, the value is what a kWh taken in at the meter now is
        worth after all losses and wear: above the price, storing pays. While
        releasing or keeping, it is what a kWh delivered at the meter must earn
        to be worth releasing: above the price, keeping pays.

        Energy stored or kept is worth what it saves when it is used, even where
        it could still be bought as cheaply in between.
        """
        home, key = self._home, self._keys[index]
        surplus = home.net[index] < 0
        if key is ReasonKey.DISCHARGE_TO_GRID or (
            surplus and key not in (ReasonKey.CHARGE_FOR_LATER, ReasonKey.CHARGE_PAID)
        ):
            price = home.export_price[index]
            room = home.export_max[index] - self._replay.flows[index].exported
            if key is ReasonKey.STORE_SUN and room <= self._slack:
                # What is stored could not have been sold.
                price = 0.0
        else:
            price = home.import_price[index]
        worth, used = self._worth(index), self._used[index]
        if used is not None and key in _FOR_LATER:
            worth = max(worth, self._use_worth(used))
        if key in _STORING or (surplus and key is not ReasonKey.DISCHARGE_TO_GRID):
            value = worth * home.into_cells
        else:
            value = worth / home.out_of_cells + home.wear
        used_at = None if used is None else home.problem.grid.slot_start(used)
        if self._may_go_on and _is_against(key, price, value):
            key = ReasonKey.GO_ON
        return Reason(key, price, value, used_at)

    def _use_worth(self, index: int) -> float:
        """Return what a kWh in the cells earns when it is delivered in a slot."""
        home = self._home
        sold = self._keys[index] is ReasonKey.DISCHARGE_TO_GRID
        price = (home.export_price if sold else home.import_price)[index]
        return (price - home.wear) * home.out_of_cells

    def _worth(self, index: int) -> float:
        """Return the worth of the kWh in the cells that the slot decides on."""
        margin: Margin = self._margins[index]
        asked = (
            ReasonKey.COVER_HOME,
            ReasonKey.DISCHARGE_TO_GRID,
            ReasonKey.SELL_SUN,
            ReasonKey.EMPTY,
        )
        return margin.above if self._keys[index] in asked else margin.below

    def _key(self, index: int) -> ReasonKey:
        home, mode = self._home, self._orders[index].mode
        net, kwh = home.net[index], self._replay.battery[index]
        if kwh < -_SOME_KWH:
            if -kwh <= max(0.0, -net) + _SOME_KWH:
                return ReasonKey.STORE_SUN
            paid = home.import_price[index] < 0
            return ReasonKey.CHARGE_PAID if paid else ReasonKey.CHARGE_FOR_LATER
        if kwh > _SOME_KWH:
            sold = kwh > max(0.0, net) + _SOME_KWH
            return ReasonKey.DISCHARGE_TO_GRID if sold else ReasonKey.COVER_HOME
        if abs(net) <= _SOME_KWH:
            return ReasonKey.BALANCED
        return self._short_key(index, mode) if net > 0 else self._sunny_key(index, mode)

    def _sunny_key(self, index: int, mode: Mode) -> ReasonKey:
        """Return why the battery does nothing while there is sun to spare."""
        if self._replay.energy[index] >= self._home.span_kwh - _SOME_KWH:
            return ReasonKey.FULL
        holding = mode in (Mode.STANDBY, Mode.CHARGE, Mode.DISCHARGE)
        return ReasonKey.SELL_SUN if holding else ReasonKey.BALANCED

    def _short_key(self, index: int, mode: Mode) -> ReasonKey:
        """Return why the battery does nothing while the home needs power."""
        energy = self._replay.energy[index]
        if energy <= _SOME_KWH:
            return ReasonKey.EMPTY
        if mode is Mode.SELF_CONSUMPTION:
            # Not empty any more, but it rests until the reserve is well behind.
            resting = energy < self._home.resume_kwh
            return ReasonKey.EMPTY if resting else ReasonKey.BALANCED
        full = energy >= self._home.span_kwh - _SOME_KWH
        return (
            ReasonKey.FULL if mode is Mode.CHARGE and full else ReasonKey.KEEP_FOR_LATER
        )

    def _find_uses(self) -> list[int | None]:
        """Return for each slot the later one in which its energy is used.

        That is the next one that is served at the price which sets the worth,
        else the next one that discharges at all. None where the worth is that
        of what is left at the end.
        """
        home = self._home
        used: list[int | None] = [None] * home.count
        at_price: dict[float, int] = {}
        following: int | None = None
        for index in range(home.count - 1, -1, -1):
            worth = self._worth(index)
            place = at_price.get(round(worth, 9))
            if place is None and worth > home.leftover + _SOME_KWH:
                place = following
            used[index] = place
            if self._replay.battery[index] > _SOME_KWH:
                following = index
                at_price[round(self._use_worth(index), 9)] = index
        return used
