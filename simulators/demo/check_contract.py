"""What a contract or an account has beside its prices, in a demo home.

GloBird's ZEROHERO: a credit, a public holiday, and a spike of the wholesale price. An
Octopus account: the home's own tariff, a dispatch of the car, and a saving session.
Amber: an estimate of a price that is put right.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from .check import FOLLOWED_WITHIN_S, RESTORED_WITHIN_S, plan_of, set_automatic
from .check_settled import check_settled
from .check_shown import ROUNDED, number
from .feeds import REGION, SESSION_GBP_PER_KWH, hour_begun
from .json_values import as_list, as_object
from .providers import (
    HOLIDAY_PER_KWH,
    INTELLIGENT_NIGHT_PER_KWH,
    SPIKE_PAID_PER_KWH,
    VICTORIA,
)
from .report import Report, until
from .run import Demo

SPIKE_PER_MWH: Final = 16_000.0
CALM_PER_MWH: Final = 60.0
SPIKE_WITHIN_S: Final = 240.0
"""The market is asked once a minute at most; a price is there after 15 seconds."""
SPIKE_NOTICE: Final = "power_sync_spike"
SELLS_W: Final = 1000.0
FIVE_MINUTES: Final = timedelta(minutes=5)
DAY: Final = timedelta(days=1)

type Check = Callable[[Demo, Report], Awaitable[None]]


async def _zerohero(demo: Demo, report: Report) -> None:
    await _credit(demo, report)
    await _holiday(demo, report)
    await _spike(demo, report)


async def _credit(demo: Demo, report: Report) -> None:
    state = await demo.api.state(await demo.entity("credited"))
    said = {} if state is None else dict(state.attributes)
    report.judge(
        f"{said.get('credit')} a day are credited for buying at most "
        f"{said.get('most_kwh')} kWh from {said.get('window_start')}; "
        f"{said.get('bought_kwh')} kWh so far",
        good=said.get("credit") == 1.0 and said.get("most_kwh") == 0.09,
    )


async def _holiday(demo: Demo, report: Report) -> None:
    """See tomorrow's own rate in the plan: the calendar says it is a holiday."""
    zone = ZoneInfo(VICTORIA.time_zone)
    tomorrow = datetime.now(zone).date() + DAY
    morning = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 9, tzinfo=zone)
    price = await _planned_price(demo, morning)
    report.judge(
        f"tomorrow is a public holiday: a kWh costs {price} at nine",
        good=abs(price - HOLIDAY_PER_KWH) < ROUNDED,
    )


async def _spike(demo: Demo, report: Report) -> None:
    """Have the market spike: the battery sells to the reserve, and is given back."""
    await set_automatic(demo, on=False)
    await until(lambda: _at_rest(demo), RESTORED_WITHIN_S)
    owners = demo.home.inverter.settings()
    await set_automatic(demo, on=True)
    _set_market(demo, SPIKE_PER_MWH)

    async def sells() -> bool:
        await demo.api.call_action("power_sync", "sync_now", {})
        return (
            await demo.state("spike_answer") == "discharging"
            and number(await demo.state("battery_power")) > SELLS_W
        )

    good = await until(sells, SPIKE_WITHIN_S)
    report.judge(
        f"at {await demo.state('wholesale_price')} $/MWh the battery gives "
        f"{await demo.state('battery_power')} W, controlled by "
        f"{await demo.state('controlled_by')}",
        good=good and await demo.state("controlled_by") == "spike",
    )
    said = await demo.api.notification(SPIKE_NOTICE)
    report.judge(f"told: {said}", good=bool(said))
    paid = number(await demo.state("spike_paid"))
    report.judge(
        f"each kWh that is sold meanwhile brings {paid} more",
        good=paid == SPIKE_PAID_PER_KWH,
    )
    reserve = await demo.entity("reserve")
    before = await demo.state("reserve")
    await _set_number(demo, reserve, 100)

    async def at_floor() -> bool:
        return (
            await demo.state("spike_answer") == "at_floor"
            and number(await demo.state("battery_power")) < SELLS_W
        )

    good = await until(at_floor, FOLLOWED_WITHIN_S)
    report.judge("at the owner's reserve nothing more is sold", good=good)
    await _set_number(demo, reserve, number(before))
    _set_market(demo, CALM_PER_MWH)

    async def is_over() -> bool:
        await demo.api.call_action("power_sync", "sync_now", {})
        return (
            await demo.state("spike_answer") == "waiting"
            and await demo.state("controlled_by") != "spike"
        )

    good = await until(is_over, SPIKE_WITHIN_S)
    report.judge(
        f"the spike is over: {await demo.api.notification(SPIKE_NOTICE)}",
        good=good,
    )
    await set_automatic(demo, on=False)

    async def given_back() -> bool:
        return demo.home.inverter.settings() == owners

    good = await until(given_back, RESTORED_WITHIN_S)
    report.judge("the inverter has its owner's settings", good=good)
    await set_automatic(demo, on=True)


async def _at_rest(demo: Demo) -> bool:
    return await demo.state("controlled_by") in {"none", "normal", "unknown"}


def _set_market(demo: Demo, per_mwh: float) -> None:
    """Set the price of the region for the next half-hour, this moment's too."""
    begun = hour_begun()
    for step in range(-1, 6):
        start = begun + step * FIVE_MINUTES
        demo.home.feeds.aemo.prices[REGION, start] = per_mwh


async def _set_number(demo: Demo, entity_id: str, value: float) -> None:
    await demo.api.call_action(
        "number", "set_value", {"entity_id": entity_id, "value": value}
    )


async def _account(demo: Demo, report: Report) -> None:
    """See what the account says in the plan: the night's price now, and a reward."""
    session = demo.home.feeds.octopus.accounts.account.sessions[0]
    night = INTELLIGENT_NIGHT_PER_KWH
    price = number(await demo.state("import_price"))
    report.judge(
        f"Octopus charges the car, and a kWh costs {price}, as at night",
        good=abs(price - night) < ROUNDED,
    )
    planned = await _planned_price(demo, session.start)
    report.judge(
        f"in the saving session a kWh counts {planned}",
        good=planned >= SESSION_GBP_PER_KWH + night - ROUNDED,
    )


async def _planned_price(demo: Demo, when: datetime) -> float:
    """Return the import price that a plan counts at a moment."""
    for value in as_list((await plan_of(demo))["slots"]):
        slot = as_object(value)
        start = datetime.fromisoformat(str(slot["start"]))
        if start <= when < start + FIVE_MINUTES:
            return number(slot["import_per_kwh"])
    return float("nan")


CONTRACTS: Final[Mapping[str, Check]] = MappingProxyType(
    {"globird": _zerohero, "octopus_account": _account, "amber": check_settled}
)
"""What is looked at beside prices, by provider."""
