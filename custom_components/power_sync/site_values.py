"""The values of the home's sensors: functions of the site and the time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .control.car_hold import of_home
from .control.controlled import HOLD_EXCESS_W
from .control.view import HoldStatus
from .decision import deciding, fresh, next_action
from .model.plan import Plan
from .model.prices import PriceSlot
from .planner import saving_until
from .planning import Planning
from .prices.nem import CURRENCY
from .site import Site

type Value = StateType | datetime

PRICE_DIGITS = 5
"""What is left of rounding beyond this would only be noise."""

PER_MWH = f"{CURRENCY}/MWh"
"""As Australia's wholesale price is spoken of."""


def currency(site: Site) -> str | None:
    """Return the currency of the prices; None before there are any."""
    curve = site.coordinators.prices.curve
    return None if curve is None else curve.currency


def readable(site: Site) -> bool:
    """Whether any battery can be read."""
    return bool(site.readings)


def price_slot(site: Site, now: datetime) -> PriceSlot | None:
    """Return the prices now."""
    curve = site.coordinators.prices.curve
    return None if curve is None else curve.at(now)


def prices_known_until(site: Site, _now: datetime) -> datetime | None:
    """Return the end of the last price that is not a forecast."""
    curve = site.coordinators.prices.curve
    return None if curve is None else curve.firm_until


def watches_market(site: Site) -> bool:
    """Whether the wholesale price of a region is followed."""
    return site.coordinators.spike is not None


def answers_spikes(site: Site) -> bool:
    """Whether a spike of the market would be news to the site's own prices."""
    spike = site.coordinators.spike
    return spike is not None and not spike.in_prices


def wholesale_price(site: Site, _now: datetime) -> float | None:
    """Return the wholesale price of the newest five minutes, in $/MWh without GST."""
    spike = site.coordinators.spike
    status = None if spike is None else spike.status
    return None if status is None else status.price_per_mwh


# What is decided. Where batteries differ, `deciding` says which one speaks.


def current_action(site: Site, _now: datetime) -> str | None:
    """Return the mode that is wanted."""
    battery = deciding(site.controller)
    return None if battery is None else battery.lease.mode.value


def action_attributes(site: Site) -> Mapping[str, Value]:
    """Return the power of all batteries together."""
    batteries = site.controller.batteries.values()
    commands = [battery.lease.command for battery in batteries]
    powers = [command.power_w for command in commands if command is not None]
    known = [power for power in powers if power is not None]
    return {"power_w": sum(known) if known else None}


def hold_status(site: Site) -> HoldStatus | None:
    """Return what a car means for the batteries; None where that is off."""
    batteries = site.controller.batteries.values()
    return of_home([battery.lease.hold for battery in batteries])


def holding(site: Site) -> bool:
    """Whether a battery is held for a car: followed, and seen in its own power."""
    for battery in site.controller.batteries.values():
        excess_w = battery.hold_excess_w(battery.health.reading)
        if excess_w is not None and excess_w <= HOLD_EXCESS_W:
            return True
    return False


def outcome(site: Site, _now: datetime) -> str | None:
    """Return what came of the orders, what went wrong before what went well.

    None before the first order.
    """
    batteries = site.controller.batteries.values()
    known = [battery.outcome for battery in batteries if battery.outcome is not None]
    wrong = [each for each in known if not each.good]
    return next((each.value for each in (*wrong, *known)), None)


def next_mode(site: Site, now: datetime) -> str | None:
    """Return the mode that is wanted next."""
    following = next_action(site.controller, now)
    return None if following is None else following[1].value


def next_change_at(site: Site, now: datetime) -> datetime | None:
    """Return when something else is wanted."""
    following = next_action(site.controller, now)
    return None if following is None else following[0]


def master(site: Site, _now: datetime) -> str | None:
    """Return who decides."""
    battery = deciding(site.controller)
    return None if battery is None else battery.lease.master.value


def reason(site: Site, _now: datetime) -> str | None:
    """Return why."""
    battery = deciding(site.controller)
    return None if battery is None else battery.lease.reason


def reason_attributes(site: Site) -> Mapping[str, Value]:
    """Return the numbers of the plan's reason; None where control has its own."""
    battery = deciding(site.controller)
    detail = None if battery is None else battery.lease.detail
    used_at = None if detail is None else detail.used_at
    return {
        "price_per_kwh": None if detail is None else _price(detail.price_per_kwh),
        "value_per_kwh": None if detail is None else _price(detail.value_per_kwh),
        "used_at": None if used_at is None else dt_util.as_local(used_at).isoformat(),
    }


def _price(per_kwh: float | None) -> float | None:
    return None if per_kwh is None else round(per_kwh, PRICE_DIGITS)


def until(site: Site, _now: datetime) -> datetime | None:
    """Return until when, as far as is known."""
    battery = deciding(site.controller)
    return None if battery is None else battery.lease.until


# The plan.


def fresh_planning(site: Site, now: datetime) -> Planning | None:
    """Return the plan with what it was made from, unless it is too old to act on."""
    planning = site.coordinators.plan.planning
    if planning is None or fresh(planning.plan, now) is None:
        return None
    return planning


def last_plan(site: Site) -> Plan | None:
    """Return the last plan, however old."""
    planning = site.coordinators.plan.planning
    return None if planning is None else planning.plan


def saving_today(planning: Planning) -> float:
    """Return what the plan saves from its start until local midnight."""
    midnight = dt_util.start_of_local_day(
        dt_util.as_local(planning.plan.grid.start).date() + timedelta(days=1)
    )
    return saving_until(
        planning.plan, dt_util.as_utc(midnight), capacity_kwh=planning.capacity_kwh
    )


def made_at(site: Site, _now: datetime) -> datetime | None:
    """Return when the last plan was made."""
    plan = last_plan(site)
    return None if plan is None else plan.made_at


def solver(site: Site, _now: datetime) -> str | None:
    """Return how the last plan was worked out."""
    plan = last_plan(site)
    return None if plan is None else plan.solver
