"""What a home's plan is made from, gathered from all that is known of it."""

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from .control.car_hold import serves_home
from .control.view import HoldStatus
from .fleet import fleet_of
from .forecast.load import RECENT
from .forecast.load_history import LoadHistory
from .periods import POLL_S
from .planner.held import EXPECTED, Held
from .planner.inputs import PlanInputs

if TYPE_CHECKING:
    from .site import Site

LOADS_KEPT = RECENT // timedelta(seconds=POLL_S.least) + 1
_HELD = frozenset({HoldStatus.HOLDING, HoldStatus.NOT_DISCHARGING, HoldStatus.CHARGING})
"""A car draws, and the battery gives it nothing."""
NO_HISTORY = LoadHistory.of((), timedelta(hours=1))


class RecentLoads:
    """The home's load of the last minutes, in W."""

    def __init__(self) -> None:
        """Know none yet."""
        self._loads: deque[tuple[datetime, float]] = deque(maxlen=LOADS_KEPT)

    def add(self, when: datetime, load_w: float | None) -> None:
        """Take a reading; one without a load says nothing."""
        if load_w is not None:
            self._loads.append((when, load_w))

    def mean_w(self, now: datetime) -> float | None:
        """Return the mean load of late, or None where there was no reading."""
        loads = [load for when, load in self._loads if when >= now - RECENT]
        return sum(loads) / len(loads) if loads else None


def stored_capacities_kwh(site: Site) -> dict[str, float | None]:
    """Return what was stored of each battery when it was set up, by its id."""
    stored = {
        battery_id: site.entry.subentries[coordinator.subentry_id].data
        for battery_id, coordinator in site.coordinators.batteries.items()
    }
    return {
        battery_id: None if (kwh := data.get("capacity_kwh")) is None else float(kwh)
        for battery_id, data in stored.items()
    }


def tightest_export_limit_w(site: Site) -> float | None:
    """Return the tighter of the user's limit and those set on the devices."""
    found = [reading.export_limit_w for reading in site.readings.values()]
    return _tighter(*found, site.controller.limits.export_limit_w)


def _tighter(*limits_w: float | None) -> float | None:
    """Return the tightest of limits; None where there is none."""
    return min((limit for limit in limits_w if limit is not None), default=None)


def held_of(site: Site, now: datetime) -> Held | None:
    """Return that batteries are held for a car, where they are."""
    controller = site.controller
    held = any(battery.lease.hold in _HELD for battery in controller.batteries.values())
    if controller.hold is None or not held:
        return None
    method = controller.hold
    return Held(
        until=now + EXPECTED,
        serves_home=all(
            serves_home(method, battery.executor.driver.capabilities)
            for battery in controller.batteries.values()
        ),
    )


def inputs_of(site: Site) -> PlanInputs | None:
    """Return what there is to plan from, or None where it is not enough."""
    curve = site.coordinators.prices.curve
    fleet = fleet_of(site.controller, site.readings, site.capacities_kwh())
    if curve is None or not fleet:
        return None
    now = dt_util.utcnow()
    forecasts = site.coordinators.forecasts.known
    limits = site.controller.limits
    return PlanInputs(
        now=now,
        zone=dt_util.get_default_time_zone(),
        curve=site.coordinators.accounts.ledger.terms.ahead(curve),
        solar=forecasts.expected_solar if forecasts else None,
        load_history=(forecasts and forecasts.load_history) or NO_HISTORY,
        recent_load_w=site.loads.mean_w(now),
        fleet=fleet,
        reserve_pct=limits.reserve_pct,
        max_soc_pct=limits.max_soc_pct,
        charge_limit_w=limits.charge_limit_w,
        discharge_limit_w=limits.discharge_limit_w,
        wear_per_kwh=site.settings.wear_per_kwh,
        objective=site.settings.objective,
        shaping=site.settings.shaping,
        demand=site.coordinators.accounts.demand_ahead(now),
        held=held_of(site, now),
        import_limit_w=_tighter(limits.import_limit_w, limits.mains.limit_w),
        export_limit_w=_tighter(site.export_limit_w(), limits.mains.limit_w),
        grid_charging=limits.grid_charging,
        battery_export=limits.battery_export,
    )
