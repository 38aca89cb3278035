"""What the main fuse, and meters of single phases, leave room for. Pure.

A battery's room is shared by all that are on the same phase, in proportion to what
they can do there. So when each keeps to its own, no phase goes beyond its fuse.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.mains import Connection, Mains, PhasePowers

from .load import NetLoad

STALE: Final = timedelta(seconds=90)
"""Powers of the phases that are older say nothing of now."""
_ROUNDS: Final = 40
_TINY_W: Final = 1.0

type _Phases = Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a battery may charge or discharge in W; None = not known.

    `lasting_w` is what there was room for all of the last minutes. `by_meter` is
    whether the meters' own limit leaves less than the fuse.
    """

    now_w: float | None
    lasting_w: float | None
    by_meter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FuseRoom:
    """What the connection leaves one battery.

    `fresh` is whether the phases were measured just now: else there is no more.
    """

    charge: Room
    discharge: Room
    fresh: bool

    def of(self, mode: Mode) -> Room | None:
        """Return the room for a forced power; None for what follows the home."""
        return {Mode.CHARGE: self.charge, Mode.DISCHARGE: self.discharge}.get(mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPhases:
    """One battery at the connection. Powers in W, + discharging."""

    connection: Connection
    power_w: float | None
    max_charge_w: float
    max_discharge_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterLimits:
    """The home's own limits, which count by phase where phases are metered so."""

    import_limit_w: float | None = None
    export_limit_w: float | None = None


class PhaseWatch:
    """Follows what the phases carry beside the batteries, with its extremes."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._measured_at: datetime | None = None
        self._net_w: _Phases | None = None
        self._lately: tuple[NetLoad, ...] = ()
        self._total_w: float | None = None
        self._total = NetLoad()

    def take(
        self,
        now: datetime,
        mains: Mains,
        measured: PhasePowers | None,
        batteries: Sequence[OnPhases],
    ) -> None:
        """Take the powers of the phases, measured while the batteries did this.

        What is old, or not whole, is left out: what was known stays until it is old.
        """
        if measured is None or len(measured.powers_w) != mains.phases:
            return
        net_w = without_batteries(measured.powers_w, batteries)
        if net_w is not None and now - measured.at <= STALE:
            self._keep(now, measured.at, net_w)

    def note(self, now: datetime, mains: Mains, net_load_w: float | None) -> None:
        """Take the home's net load of now; with one phase it is the phase's."""
        self._total_w = net_load_w
        self._total.note(now, net_load_w)
        if mains.phases == 1 and net_load_w is not None:
            self._keep(now, now, (net_load_w,))

    def _keep(self, now: datetime, at: datetime, net_w: _Phases) -> None:
        self._measured_at, self._net_w = at, net_w
        if len(self._lately) != len(net_w):
            self._lately = tuple(NetLoad() for _ in net_w)
        for each, watts in zip(self._lately, net_w, strict=True):
            each.note(now, watts)

    def _known(self, now: datetime, mains: Mains) -> bool:
        """Whether the phases were measured just now."""
        at, net_w = self._measured_at, self._net_w
        if at is None or net_w is None or len(net_w) != mains.phases:
            return False
        return now - at <= STALE

    def missing(self, now: datetime, mains: Mains) -> bool:
        """Whether a fuse is to be kept, and its phases are not measured."""
        fused = mains.fuse_a is not None and mains.phases > 1
        return fused and not self._known(now, mains)

    def room(
        self,
        now: datetime,
        mains: Mains,
        limits: MeterLimits,
        battery: OnPhases,
        batteries: Sequence[OnPhases],
    ) -> FuseRoom | None:
        """Return what there is for one of the batteries; None without a fuse.

        Where the phases are not measured, all that the home draws counts on each.
        """
        limit_w = mains.phase_limit_w
        if limit_w is None:
            return None
        asked = {
            sign: Asked(
                sign=sign,
                phase_limit_w=limit_w,
                meter_limit_w=at_meter_w if mains.metered_per_phase else None,
            )
            for sign, at_meter_w in (
                (1, limits.import_limit_w),
                (-1, limits.export_limit_w),
            )
        }

        def rooms(sign: int, asked: Asked) -> list[float | None]:
            return [
                None if net_w is None else room_w(asked, net_w, battery, batteries)
                for net_w in self._nets(now, mains, sign)
            ]

        def room(sign: int) -> Room:
            now_w, lasting_w = found = rooms(sign, asked[sign])
            by_fuse = rooms(sign, replace(asked[sign], meter_limit_w=None))
            return Room(now_w=now_w, lasting_w=lasting_w, by_meter=found != by_fuse)

        # Where phases were measured once, what they carry now is not guessed up.
        fresh = self._known(now, mains) or self._measured_at is None
        return FuseRoom(charge=room(1), discharge=room(-1), fresh=fresh)

    def _nets(
        self, now: datetime, mains: Mains, sign: int
    ) -> tuple[_Phases | None, _Phases | None]:
        """Return the phases' net loads: of now, and the worst of the last minutes."""
        if self._known(now, mains):
            worst = [n.highest_w if sign > 0 else n.lowest_w for n in self._lately]
            return self._net_w, [watts or 0.0 for watts in worst]
        total = self._total
        worst_w = total.highest_w if sign > 0 else total.lowest_w

        def on_each(net_w: float | None) -> _Phases | None:
            if net_w is None:
                return None
            return (sign * max(0.0, sign * net_w),) * mains.phases

        return on_each(self._total_w), on_each(worst_w)


def without_batteries(
    grid_w: Sequence[float], batteries: Iterable[OnPhases]
) -> tuple[float, ...] | None:
    """Return what each phase would import without the batteries.

    None where what one of them does is not known.
    """
    net_w = list(grid_w)
    for each in batteries:
        if each.power_w is None:
            return None
        places = each.connection.on(len(net_w))
        for place in places:
            net_w[place] += each.power_w / len(places)
    return tuple(net_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which way, and what holds: `sign` is 1 for charging and -1 for discharging.

    `meter_limit_w` is the limit of what all phases import, or export, in sum; None
    where there is none that counts so.
    """

    sign: int
    phase_limit_w: float
    meter_limit_w: float | None


def room_w(
    asked: Asked,
    net_w: Sequence[float],
    battery: OnPhases,
    batteries: Sequence[OnPhases],
) -> float:
    """Return the most that a battery may charge or discharge with, in W.

    `net_w` is what each phase imports without the batteries.
    """
    places = battery.connection.on(len(net_w))
    own_w = _most_w(asked, battery) / len(places)
    found = []
    for place in places:
        all_w = sum(
            _most_w(asked, each) / len(on)
            for each in batteries
            if place in (on := each.connection.on(len(net_w)))
        )
        free_w = max(0.0, asked.phase_limit_w - asked.sign * net_w[place])
        found.append(free_w * (own_w / all_w if all_w else 1.0))
    most_w = min(found) * len(places)
    if asked.meter_limit_w is None:
        return most_w
    all_w = sum(_most_w(asked, each) for each in batteries)
    share = _most_w(asked, battery) / all_w if all_w else 1.0
    return min(most_w, _by_phase_w(asked, asked.meter_limit_w, net_w, places, share))


def _by_phase_w(
    asked: Asked,
    limit_w: float,
    net_w: Sequence[float],
    places: Sequence[int],
    share: float,
) -> float:
    """Return what keeps the sum of what each phase imports, or exports, in a limit."""

    def taken_w(power_w: float) -> float:
        return sum(
            max(
                0.0,
                asked.sign * watts
                + (power_w / len(places) if place in places else 0.0),
            )
            for place, watts in enumerate(net_w)
        )

    # A watt more is at most a watt more at the meters, so no step goes too far.
    power_w = 0.0
    for _ in range(_ROUNDS):
        left_w = limit_w - taken_w(power_w)
        if left_w < _TINY_W:
            break
        power_w += left_w
    return power_w * share


def _most_w(asked: Asked, battery: OnPhases) -> float:
    return battery.max_charge_w if asked.sign > 0 else battery.max_discharge_w
