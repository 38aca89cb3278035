"""What a demo home shows of its prices: sensors, calendar, spike status, bill."""

from custom_components.power_sync.prices.glance import Level

from .check import FOLLOWED_WITHIN_S
from .dialogues import DemoError
from .json_values import Json, as_list, as_object
from .providers import VICTORIA, Provider
from .report import Report, until
from .run import Demo, set_billing

MONTHLY_FEE = 25.0
CONTROLLED_AHEAD = 24
"""So many prices reach beyond the next hour."""
ROUNDED = 1e-3
"""What is shown of money and prices has at least so many digits."""


async def check_shown(demo: Demo, report: Report, provider: Provider) -> None:
    """Read the entities, and see that they agree with each other."""
    await _prices(demo, report)
    await _controlled_load(demo, report, provider)
    await _calendar(demo, report)
    if provider.place is VICTORIA:
        await _spike(demo, report)
    await _bill(demo, report)


async def _prices(demo: Demo, report: Report) -> None:
    """See that the price of now lies in its day, and the cheapest time is no dearer."""
    now, following, least, mean, most = [
        number(await demo.state(key))
        for key in (
            *("import_price", "next_import_price", "lowest_price_today"),
            *("mean_price_today", "highest_price_today"),
        )
    ]
    level = await demo.state("price_level")
    report.judge(
        f"today a kWh costs {least:.4f} to {most:.4f}, {mean:.4f} in the mean; now it "
        f"is {level}, and {following:.4f} next",
        good=least - ROUNDED <= now <= most + ROUNDED
        and least <= mean <= most
        and following == following  # noqa: PLR0124 - a number at all
        and level in set(Level),
    )
    found = await demo.api.call_action_with_response(
        "power_sync", "find_cheapest_window", {"hours": 0.5, "forecast": True}
    )
    cheapest = number(found["mean_per_kwh"])
    report.judge(
        f"the cheapest half-hour begins at {found['start']}, at {cheapest:.4f}",
        good=cheapest <= now + ROUNDED,
    )


async def _controlled_load(demo: Demo, report: Report, provider: Provider) -> None:
    """See its price, where the provider tells one, and else no sensor of it."""
    try:
        entity_id = await demo.entity("controlled_load_price")
    except DemoError:
        entity_id = None
    if provider.controlled_per_kwh is None or entity_id is None:
        report.judge(
            f"the sensor of a controlled load's price is {entity_id}",
            good=(provider.controlled_per_kwh is None) == (entity_id is None),
        )
        return
    state = await demo.api.state(entity_id)
    ahead = [] if state is None else as_list(state.attributes.get("forecast") or [])
    found = await demo.api.call_action_with_response(
        "power_sync", "find_cheapest_window", {"hours": 0.25, "controlled_load": True}
    )
    cheapest, wanted = number(found["mean_per_kwh"]), provider.controlled_per_kwh()
    report.judge(
        f"a kWh of the controlled load costs {state and state.state} now, where "
        f"{wanted:.4f} is right, and {cheapest:.4f} in its cheapest quarter of an "
        f"hour; {len(ahead)} prices of it lie ahead",
        good=state is not None
        and abs(number(state.state) - wanted) < ROUNDED
        and abs(cheapest - wanted) < ROUNDED
        and len(ahead) > CONTROLLED_AHEAD,
    )


async def _calendar(demo: Demo, report: Report) -> None:
    calendar = await demo.api.state(await demo.entity("tariff"))
    said: Json = None if calendar is None else calendar.attributes.get("message")
    report.judge(
        f"the tariff's calendar says of now: {said}",
        good=calendar is not None and calendar.state == "on" and bool(said),
    )


async def _spike(demo: Demo, report: Report) -> None:
    spike = await demo.api.state(await demo.entity("price_spike"))
    report.judge(
        f"a spike of the wholesale price is {spike and spike.state}",
        good=spike is not None and spike.state in {"on", "off"},
    )


async def _bill(demo: Demo, report: Report) -> None:
    """See a monthly fee that is entered in the bill, and its part in the day's cost."""
    await set_billing(demo, MONTHLY_FEE)

    async def counted() -> bool:
        # The site is set up anew with its options, and only then has a bill.
        try:
            entity_id = await demo.entity("bill_so_far")
        except DemoError:
            return False
        bill = await demo.api.state(entity_id)
        parts = {} if bill is None else as_object(dict(bill.attributes))
        return (
            bill is not None
            and parts.get("monthly_fee") == MONTHLY_FEE
            and number(bill.state) >= number(parts.get("energy")) + MONTHLY_FEE
        )

    good = await until(counted, FOLLOWED_WITHIN_S)
    today = await demo.api.state(await demo.entity("cost_today_whole"))
    attributes = {} if today is None else today.attributes
    per_day = number(attributes.get("monthly_fee_per_day"))
    report.judge(
        f"the bill so far is {await demo.state('bill_so_far')}, today's part of it "
        f"{today and today.state}",
        good=good
        and today is not None
        and abs(per_day * 31 - MONTHLY_FEE) < per_day * 3 + ROUNDED
        and number(today.state) > 0,
    )


def number(value: Json) -> float:
    """Return a number, or what no number is like."""
    try:
        return float(str(value))
    except ValueError:
        return float("nan")
