"""A demo home of a provider without a person: its prices, in a plan that is followed.

It then moves to another provider of its country, as a user who changes does. What
becomes of a battery when Home Assistant ends is looked at in the homes of the brands.
"""

from custom_components.power_sync.model.battery import Mode

from .check import FOLLOWED_WITHIN_S, in_words, plan_of
from .check_contract import CONTRACTS
from .check_shown import check_shown, number
from .follow import charging
from .go_live import go_live
from .homes import Home
from .json_values import as_list, as_object
from .providers import Provider, elsewhere
from .report import Report, log_is_clean, until
from .run import Demo, move_to, set_up

AHEAD_H = 12
"""Prices that are known, or forecast, for less than this plan no night."""
SLOT_MIN = 5


async def check_prices(demo: Demo, home: Home) -> bool:
    """Live through it all; return whether everything was as it must be."""
    report = Report()
    demo.home.feeds.make_this_hour_cheap()
    await set_up(demo, live=False, home=home)
    report.say(f"PowerSync is set up with {home.provider.title}, in a dry run")
    await go_live(demo.api)
    await _prices_are_followed(demo, report, home.provider)
    await check_shown(demo, report, home.provider)
    if (contract := CONTRACTS.get(home.provider.key)) is not None:
        await contract(demo, report)
    following = elsewhere(home.provider)
    await move_to(demo, following)
    report.say(f"moved to {following.title}, through the dialogue")
    await _prices_are_followed(demo, report, following)
    await check_shown(demo, report, following)
    log_is_clean(demo, report)
    return not report.failures


async def _prices_are_followed(demo: Demo, report: Report, provider: Provider) -> None:
    """See the provider's price on the sensor, in the plan, and in what is done."""
    wanted = provider.bought_per_kwh(demo.home.feeds)

    def right(price: float) -> bool:
        return abs(price - wanted) <= provider.within_per_kwh

    async def shown() -> bool:
        return right(number(await demo.state("import_price")))

    async def planned() -> bool:
        slots = as_list((await plan_of(demo))["slots"])
        return right(number(as_object(slots[0])["import_per_kwh"]))

    good = await until(shown, FOLLOWED_WITHIN_S)
    currency = provider.place.currency
    report.judge(
        f"a kWh costs {await demo.state('import_price')} {currency} now, where "
        f"{wanted:.4f} is right",
        good=good,
    )
    good = await until(planned, FOLLOWED_WITHIN_S)
    plan = await plan_of(demo)
    hours = len(as_list(plan["slots"])) * SLOT_MIN / 60
    report.judge(
        f"{in_words(plan)}; it is made of these prices, {hours:.0f} h ahead",
        good=good and hours >= AHEAD_H and plan["currency"] == currency,
    )

    async def followed() -> bool:
        by_plan = await demo.state("controlled_by") == "plan"
        return by_plan and (not provider.cheapest or await charging(demo))

    good = await until(followed, FOLLOWED_WITHIN_S)
    report.judge(
        f"the battery follows the plan: {await demo.state('current_action')} "
        f"({await demo.state('because')}), {await demo.state('battery_power')} W",
        good=good
        and (
            not provider.cheapest or await demo.state("current_action") == Mode.CHARGE
        ),
    )
