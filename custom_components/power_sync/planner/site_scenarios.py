"""What a site comes to on the mean of all that may come.

The judgement that `scenarios.Chances` has for a home with one battery: orders and cars
are carried out to the end in each scenario. Not exact, as in truth only the first step
is shared: the rest is planned anew when more is known, so a plan comes out better than
this says, and all that are compared do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum
from operator import mul
from typing import NamedTuple, Self

from .fleet import peaks_of
from .home import Order
from .modes import changes
from .site import Site
from .site_replay import (
    CarPowers,
    SiteReplay,
    baseline_site,
    later_price,
    replay_site,
)

MOST_LIVED = 40_000
"""Where a schedule is judged by more steps of batteries, others are not looked for."""


class SiteMean(NamedTuple):
    """What a schedule comes to on the mean of the scenarios; see `SiteReplay`."""

    cost: float
    wear: float
    broken_kwh: float
    penalties: float

    @property
    def objective(self) -> float:
        """What the planner minimises."""
        return self.cost + self.wear + self.penalties

    @classmethod
    def of(cls, lived: SiteReplay, more: float = 0.0) -> Self:
        """Return what was lived through, and what costs `more` later."""
        return cls(lived.cost + more, lived.wear, lived.broken_kwh, lived.penalties)


@dataclass(frozen=True, slots=True)
class SiteChances:
    """A site as it may come, with what each is likely."""

    sites: tuple[Site, ...]
    weights: tuple[float, ...]

    @property
    def steps(self) -> int:
        """How many steps of a battery are carried out for one schedule."""
        return sum(site.count * len(site.units) for site in self.sites)

    @classmethod
    def of(cls, site: Site) -> Self | None:
        """Return the sites of a problem's scenarios; None where it has none."""
        scenarios = site.problem.scenarios
        if not scenarios:
            return None
        whole = fsum(each.weight for each in scenarios)
        return cls(
            tuple(
                Site(
                    replace(
                        site.problem,
                        solar_kw=each.solar_kw,
                        load_kw=each.load_kw,
                        scenarios=(),
                    )
                )
                for each in scenarios
            ),
            tuple(each.weight / whole for each in scenarios),
        )

    def mean(
        self,
        orders: Sequence[Sequence[Order]],
        cars_kw: CarPowers,
        charged_to: Sequence[float] | None = None,
    ) -> SiteMean:
        """Return what orders and cars come to, carried out to the end.

        A car draws less where there is less sun at the import limit, and buys what it
        misses later. Batteries are charged up to an import of `charged_to` (kWh) in
        each slot.
        """
        return self._mean(
            [_lived(site, orders, cars_kw, charged_to) for site in self.sites]
        )

    def without(self) -> SiteMean:
        """Return what the site comes to without a plan."""
        return self._mean([SiteMean.of(baseline_site(site)) for site in self.sites])

    def _mean(self, found: Sequence[SiteMean]) -> SiteMean:
        columns = zip(*found, strict=True)
        return SiteMean(
            *(fsum(map(mul, self.weights, column, strict=True)) for column in columns)
        )


def _lived(
    site: Site,
    orders: Sequence[Sequence[Order]],
    cars_kw: CarPowers,
    charged_to: Sequence[float] | None,
) -> SiteMean:
    drawn_kw = _within_limit(site, cars_kw)
    missed = [
        (fsum(planned) - fsum(drawn)) * site.step_h
        for planned, drawn in zip(cars_kw, drawn_kw, strict=True)
    ]
    if any(missed):
        cars = tuple(
            replace(car, energy_kwh=max(0.0, car.energy_kwh - kwh))
            for car, kwh in zip(site.problem.cars, missed, strict=True)
        )
        site = Site(replace(site.problem, cars=cars))
    lived = replay_site(site, orders, drawn_kw, charged_to)
    return SiteMean.of(lived, fsum(missed) * later_price(site))


def _within_limit(site: Site, cars_kw: CarPowers) -> CarPowers:
    """Return what cars draw of what was planned where the import limit leaves less."""
    rows = [list(powers) for powers in cars_kw]
    for index, wanted in enumerate(map(fsum, zip(*rows, strict=True))):
        room = max(0.0, site.import_max[index] - site.net[index]) / site.step_h
        if wanted > room:
            for row in rows:
                row[index] *= room / wanted
    return tuple(map(tuple, rows))


@dataclass(frozen=True, slots=True)
class Way:
    """Orders for each battery and what they come to."""

    orders: list[list[Order]]
    replay: SiteReplay
    """As forecast."""
    judged: SiteReplay | SiteMean
    """The same, or where other things may come, on the mean of them all."""
    changes: int


@dataclass(frozen=True, slots=True)
class Judge:
    """What ways of a site are told apart by."""

    site: Site
    chances: SiteChances | None

    @property
    def is_quick(self) -> bool:
        """Whether there is time to judge more than one."""
        return self.chances is None or self.chances.steps <= MOST_LIVED

    def way(self, orders: list[list[Order]], cars_kw: CarPowers) -> Way:
        """Carry orders out, with cars at these powers."""
        replay = replay_site(self.site, orders, cars_kw)
        judged: SiteReplay | SiteMean = replay
        if self.chances is not None:
            # Control cuts a charge that would raise the demand charge.
            peaks = peaks_of(self.site, [step.imported for step in replay.steps])
            judged = self.chances.mean(orders, cars_kw, peaks)
        places = range(len(self.site.units))
        told = sum(changes([each[place] for each in orders]) for place in places)
        return Way(orders, replay, judged, told)
