"""The sensors of the ledger: what today has cost, and what PowerSync has saved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.util import dt as dt_util

from .entity import Followed, SiteEntity
from .ledger.ledger import Figures, next_midnight
from .prices.demand import days_between
from .site import Site

MONEY_DIGITS = 4
ENERGY_DIGITS = 2
HOUR = timedelta(hours=1)
HOURS_DIGITS = 1
GAP = timedelta(minutes=6)
"""What rounds to a tenth of an hour."""


class Basis(StrEnum):
    """What the figures of the day stand on. Each has a text."""

    DRY_RUN = "dry_run"
    """A dry run changes nothing, so it saves nothing."""
    UNCHANGED = "unchanged"
    """PowerSync has not changed anything today."""
    PARTLY = "partly"
    """A part of the day was not measured, and is left out."""
    MEASURED = "measured"
    """All of the day so far."""


@dataclass(frozen=True, kw_only=True)
class MoneySensorDescription(SensorEntityDescription):
    """Describe an amount of the ledger.

    Each has long-term statistics: `reset_fn` says when it last began at zero.
    """

    value_fn: Callable[[Site, Figures], float | None]
    attributes_fn: Callable[[Site, Figures], Mapping[str, object]]
    reset_fn: Callable[[Figures], datetime]


def without(_site: Site, figures: Figures) -> float | None:
    """Return what the day would have cost without PowerSync.

    The battery left as full as it is now: what it has more (or less) than it
    would have is valued as the plan values it, so this less the cost is the saving.
    """
    if figures.paid is None or figures.saved is None:
        return None
    return figures.paid + figures.saved


def _measured(_site: Site, figures: Figures) -> dict[str, object]:
    """Return how much of the day the figures stand on."""
    so_far = _so_far(figures)
    return {
        "measured_hours": round(min(figures.measured, so_far) / HOUR, HOURS_DIGITS),
        "hours_so_far": round(so_far / HOUR, HOURS_DIGITS),
    }


def _cost(site: Site, figures: Figures) -> dict[str, object]:
    """Add what a day costs before any energy, which is in no amount here."""
    standing = site.coordinators.prices.source.standing_per_day
    return {
        **_measured(site, figures),
        "standing_charge": _rounded(standing, MONEY_DIGITS),
    }


def whole(site: Site, figures: Figures) -> float | None:
    """Return the day's energy with what the day costs before any.

    The supply charge is the whole day's, the monthly fee its part of the billing
    period; a charge for the highest import is that period's, and not a day's.
    """
    if figures.paid is None:
        return None
    standing = site.coordinators.prices.source.standing_per_day
    return figures.paid + (standing or 0.0) + _fee(site, figures)


def _fee(site: Site, figures: Figures) -> float:
    """Return the monthly fee's part of the day."""
    charges, zone = site.coordinators.accounts.charges, dt_util.get_default_time_zone()
    start, end = charges.period(figures.day, zone)
    return charges.monthly_fee / days_between(start, end, zone)


def _charges(site: Site, figures: Figures) -> dict[str, object]:
    """Return the parts of the whole cost."""
    return {
        "energy": _rounded(figures.paid, MONEY_DIGITS),
        "standing_charge": _cost(site, figures)["standing_charge"],
        "monthly_fee_per_day": _rounded(_fee(site, figures), MONEY_DIGITS),
    }


def _so_far(figures: Figures) -> timedelta:
    """Return how long the day has lasted: 24 hours in the end, or 23, or 25."""
    midnight = next_midnight(figures.day, dt_util.get_default_time_zone())
    return min(dt_util.utcnow(), midnight) - figures.day


def _basis(site: Site, figures: Figures) -> Basis:
    if not figures.apart:
        return Basis.DRY_RUN if site.settings.dry_run else Basis.UNCHANGED
    gap = _so_far(figures) - figures.measured
    return Basis.PARTLY if gap >= GAP else Basis.MEASURED


def _difference(site: Site, figures: Figures) -> dict[str, object]:
    """Return what the saving is made of."""
    paid, baseline = figures.paid, figures.baseline_paid
    at_meter = None if paid is None or baseline is None else baseline - paid
    value = figures.value_per_kwh
    return {
        "basis": _basis(site, figures),
        **_measured(site, figures),
        "saved_at_meter": _rounded(at_meter, MONEY_DIGITS),
        "more_stored_kwh": _rounded(figures.more_kwh, ENERGY_DIGITS),
        "stored_value_per_kwh": _rounded(value, MONEY_DIGITS),
    }


def _since(_site: Site, figures: Figures) -> dict[str, object]:
    return {"since": dt_util.as_local(figures.since).isoformat()}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _amount(
    key: str,
    value: Callable[[Site, Figures], float | None],
    attributes: Callable[[Site, Figures], Mapping[str, object]],
    reset: Callable[[Figures], datetime] = lambda figures: figures.day,
) -> MoneySensorDescription:
    return MoneySensorDescription(
        key=key,
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=value,
        attributes_fn=attributes,
        reset_fn=reset,
    )


MONEY_SENSORS = (
    _amount("cost_today", lambda _, figures: figures.paid, _cost),
    _amount("cost_today_whole", whole, _charges),
    _amount("cost_today_without", without, _measured),
    _amount("saved_today", lambda _, figures: figures.saved, _difference),
    _amount(
        "saved_total",
        lambda _, figures: figures.saved_total,
        _since,
        lambda figures: figures.since,
    ),
)


class MoneySensor(SiteEntity, SensorEntity):
    """An amount of the ledger, in the currency of the prices."""

    entity_description: MoneySensorDescription
    # What belongs to the moment is no news to the history.
    _unrecorded_attributes = frozenset(
        {"measured_hours", "hours_so_far", "more_stored_kwh", "stored_value_per_kwh"}
    )

    @property
    @override
    def followed(self) -> Followed:
        """The ledger."""
        return (self.site.coordinators.accounts,)

    @property
    def figures(self) -> Figures | None:
        """What is shown of the ledger."""
        return self.site.coordinators.accounts.figures

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The currency; known from the ledger also while prices are not."""
        return None if self.figures is None else self.figures.currency

    @property
    @override
    def native_value(self) -> float | None:
        """The amount so far."""
        figures = self.figures
        if figures is None:
            return None
        value = self.entity_description.value_fn(self.site, figures)
        return _rounded(value, MONEY_DIGITS)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When the amount last began at zero."""
        figures = self.figures
        return None if figures is None else self.entity_description.reset_fn(figures)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        """What the amount stands on."""
        figures = self.figures
        if figures is None:
            return None
        return self.entity_description.attributes_fn(self.site, figures)
