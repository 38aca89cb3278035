"""The sensors of the billing period: highest import, charges, what is to be paid."""

from collections.abc import Callable, Mapping
from datetime import datetime

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfPower
from homeassistant.util import dt as dt_util

from .const import CONF_BILLING, CONF_PRICES
from .entity import Followed
from .ledger.period import Bill
from .prices.terms import credit_ahead, has_credits
from .sensor_site import MONEY_DIGITS, SiteSensorDescription
from .site import Site
from .site_coordinators import Coordinators

PEAK_DIGITS = 3


def has_billing(site: Site) -> bool:
    """Whether the user has said what is charged beside energy."""
    return CONF_BILLING in site.entry.options


def has_demand(site: Site) -> bool:
    """Whether the highest import is charged for."""
    return site.coordinators.accounts.charges.rate_per_kw > 0


def _follows(coordinators: Coordinators) -> Followed:
    return (coordinators.accounts, coordinators.plan, coordinators.prices)


def _peak(site: Site, now: datetime) -> float | None:
    bill = site.coordinators.accounts.bill(now)
    return None if bill is None else round(bill.peak_kw, PEAK_DIGITS)


def _of_period(site: Site) -> Mapping[str, object] | None:
    """Return which period it is."""
    bill = site.coordinators.accounts.bill(dt_util.utcnow())
    if bill is None:
        return None
    return {
        "period_start": dt_util.as_local(bill.start).isoformat(),
        "period_end": dt_util.as_local(bill.end).isoformat(),
    }


def _parts(site: Site) -> Mapping[str, object] | None:
    """Return what is to be paid so far, part by part."""
    bill = site.coordinators.accounts.bill(dt_util.utcnow())
    if bill is None:
        return None
    parts = {
        "energy": bill.energy,
        "demand": bill.demand,
        "supply": bill.supply,
        "supply_whole_period": bill.supply_whole,
        "monthly_fee": bill.monthly_fee,
        "credited": bill.credited,
        "saved_on_demand": bill.demand_saved,
    }
    return {
        **(_of_period(site) or {}),
        "days": bill.days,
        **{
            key: None if money is None else round(money, MONEY_DIGITS)
            for key, money in parts.items()
        },
    }


def has_credit(site: Site) -> bool:
    """Whether the contract credits days on which hardly anything is bought."""
    return has_credits(site.entry.data[CONF_PRICES])


def _credit(site: Site) -> Mapping[str, object] | None:
    """Return what is said of the present credit, or of the one that comes next."""
    now = dt_util.utcnow()
    curve = site.coordinators.prices.curve
    credit = None if curve is None else credit_ahead(curve, now)
    if credit is None:
        return _of_period(site)
    bought = site.coordinators.accounts.ledger.terms.bought_for(credit)
    return {
        **(_of_period(site) or {}),
        "window_start": dt_util.as_local(credit.start).isoformat(),
        "window_end": dt_util.as_local(credit.end).isoformat(),
        "credit": credit.amount,
        "most_kwh": credit.most_kwh,
        "bought_kwh": round(bought, PEAK_DIGITS),
        "lost": bought > credit.most_kwh,
    }


def _money(
    key: str,
    amount: Callable[[Bill], float | None],
    exists: Callable[[Site], bool],
    attributes: Callable[[Site], Mapping[str, object] | None] = _of_period,
) -> SiteSensorDescription:
    def value(site: Site, now: datetime) -> float | None:
        bill = site.coordinators.accounts.bill(now)
        money = None if bill is None else amount(bill)
        return None if money is None else round(money, MONEY_DIGITS)

    return SiteSensorDescription(
        key=key,
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        unit_fn=lambda currency: currency,
        value_fn=value,
        attributes_fn=attributes,
        follows_fn=_follows,
        exists_fn=exists,
    )


BILL_SENSORS = (
    SiteSensorDescription(
        key="demand_peak",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.KILO_WATT,
        suggested_display_precision=2,
        value_fn=_peak,
        attributes_fn=_of_period,
        follows_fn=_follows,
        exists_fn=has_demand,
    ),
    _money("demand_cost", lambda bill: bill.demand, has_demand),
    _money("demand_cost_expected", lambda bill: bill.demand_expected, has_demand),
    _money("supply_cost", lambda bill: bill.supply, has_billing),
    _money("credited", lambda bill: bill.credited, has_credit, _credit),
    _money("bill_so_far", lambda bill: bill.total, has_billing, _parts),
)
