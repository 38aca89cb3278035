"""What a contract says beside its prices, as far as it has come: credits and caps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from custom_components.power_sync.model.prices import (
    Cap,
    Credit,
    PriceCurve,
    PriceSlot,
)

from .both import Both
from .period import ENOUGH

KEPT = timedelta(days=32)
"""The month of a pool is over by then."""
TINY_KWH = 1e-6


@dataclass(slots=True)
class Counted:
    """What was counted of a credit's window or of a pool."""

    last: datetime
    measured: timedelta = timedelta(0)
    kwh: float = 0.0
    baseline_kwh: float = 0.0
    settled: bool = False
    """Whether a credit has been paid, or is known to be lost."""


@dataclass(slots=True)
class Terms:
    """What was counted, by the start of a credit or the name of a pool."""

    counted: dict[str, Counted] = field(default_factory=dict)

    def add(
        self,
        curve: PriceCurve,
        price: PriceSlot,
        span: tuple[datetime, datetime],
        grid_kwh: Both,
    ) -> Both:
        """Count what both homes took (+) or gave; return what caps make it dearer by.

        `span` lies within one price, and one window of each credit and cap.
        """
        start, end = span
        for credit in _at(curve.credits, start):
            found = self._counted(_key(credit), end)
            found.measured += end - start
            found.kwh += max(0.0, grid_kwh.ours)
            found.baseline_kwh += max(0.0, grid_kwh.without)
        ours = without = 0.0
        for cap in _at(curve.caps, start):
            found = self._counted(cap.pool, end)
            sign = -1 if cap.sold else 1
            dearer = sign * (cap.beyond_per_kwh - _price(cap, price))
            kwh, baseline_kwh = (max(0.0, sign * each) for each in grid_kwh)
            ours += _beyond(cap, found.kwh, kwh) * dearer
            without += _beyond(cap, found.baseline_kwh, baseline_kwh) * dearer
            found.kwh += kwh
            found.baseline_kwh += baseline_kwh
        return Both(ours, without)

    def settle(self, curve: PriceCurve, now: datetime) -> Both:
        """Return what is credited for windows that have ended since the last time.

        Of a window that was hardly measured nobody knows: it credits neither home.
        """
        ours = without = 0.0
        for credit in curve.credits:
            found = self.counted.get(_key(credit))
            if found is None or found.settled or now < credit.end:
                continue
            found.settled = True
            if found.measured >= ENOUGH * (credit.end - credit.start):
                ours += _earned(credit, found.kwh)
                without += _earned(credit, found.baseline_kwh)
        self.counted = {
            key: each for key, each in self.counted.items() if now - each.last < KEPT
        }
        return Both(ours, without)

    def ahead(self, curve: PriceCurve) -> PriceCurve:
        """Return the prices with what is left of their credits and caps.

        A credit that is lost is none any more.
        """
        if not curve.credits and not curve.caps:
            return curve
        credits_left = (
            replace(each, most_kwh=each.most_kwh - self.kwh(_key(each)))
            for each in curve.credits
        )
        return replace(
            curve,
            credits=tuple(each for each in credits_left if each.most_kwh >= 0),
            caps=tuple(
                replace(each, most_kwh=max(0.0, each.most_kwh - self.kwh(each.pool)))
                for each in curve.caps
            ),
        )

    def bought_for(self, credit: Credit) -> float:
        """Return the kWh that were bought in the window of a credit."""
        return self.kwh(_key(credit))

    def kwh(self, key: str) -> float:
        """Return what the home as it is has counted."""
        found = self.counted.get(key)
        return 0.0 if found is None else found.kwh

    def _counted(self, key: str, until: datetime) -> Counted:
        found = self.counted.setdefault(key, Counted(until))
        found.last = until
        return found


def boundaries(curve: PriceCurve, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the moments between two at which a credit or cap begins or ends."""
    windows: tuple[Credit | Cap, ...] = (*curve.credits, *curve.caps)
    for each in windows:
        for moment in (each.start, each.end):
            if start < moment < end:
                yield moment


def _at[Term: Credit | Cap](terms: Iterable[Term], when: datetime) -> Iterator[Term]:
    return (each for each in terms if each.start <= when < each.end)


def _key(credit: Credit) -> str:
    return f"credit {credit.start.isoformat()}"


def _earned(credit: Credit, kwh: float) -> float:
    return credit.amount if kwh <= credit.most_kwh + TINY_KWH else 0.0


def _price(cap: Cap, price: PriceSlot) -> float:
    return price.export_per_kwh if cap.sold else price.import_per_kwh


def _beyond(cap: Cap, before_kwh: float, kwh: float) -> float:
    """Return how many of further kWh are beyond the cap."""
    return min(kwh, max(0.0, before_kwh + kwh - cap.most_kwh))
