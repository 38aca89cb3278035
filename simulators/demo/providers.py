"""Whom the demo's homes buy electricity of: each one definition.

`Feeds.make_this_hour_cheap`, and answers that name an hour, see to it that there is
something to follow at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from simulators.aemo.server import AemoSimulator
from simulators.amber.recorded import bought_cents, controlled_cents
from simulators.amber.server import HOME as AMBER_HOME, TOKEN
from simulators.clock import RealClock
from simulators.day_ahead import LEAST_PER_MWH
from simulators.octopus.account import BEGAN, Meter

from .feeds import CHEAP_RRP, HOUR, REGION, Feeds, hour_begun
from .hass_config import HomeSettings

if TYPE_CHECKING:
    from .json_values import Json
    from .run import Demo

type Answers = Mapping[str, Mapping[str, Json]]
"""What to answer to the steps of a dialogue, beyond what they suggest."""

BRITAIN: Final = HomeSettings(
    name="Demo home",
    country="GB",
    currency="GBP",
    time_zone="Europe/London",
    latitude=51.5,
    longitude=-0.1,
)
VICTORIA: Final = HomeSettings(
    name="Demo home",
    country="AU",
    currency="AUD",
    time_zone="Australia/Melbourne",
    latitude=-37.8,
    longitude=145.0,
)
NETHERLANDS: Final = HomeSettings(
    name="Demo home",
    country="NL",
    currency="EUR",
    time_zone="Europe/Amsterdam",
    latitude=52.4,
    longitude=4.9,
)
TAX_FACTOR: Final = 1.21
TAX_PER_KWH: Final = 0.13
CHEAP_PER_KWH: Final = 0.04
HOLIDAY_PER_KWH: Final = 0.29
SPIKE_PAID_PER_KWH: Final = 1.0
INTELLIGENT_NIGHT_PER_KWH: Final = 0.06825
DAY: Final = timedelta(days=1)


def _no_rounds() -> tuple[Answers, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider: where its homes are, how one is set up, what this hour costs."""

    key: str
    title: str
    place: HomeSettings
    answers: Callable[[Demo], Answers]
    """To the steps of the provider."""
    bought_per_kwh: Callable[[Feeds], float]
    """What a kWh costs in the hour that was made cheap."""
    domain: str = ""
    """The name of the provider in the dialogue, where that is not the key."""
    rounds: Callable[[], tuple[Answers, ...]] = _no_rounds
    """The answers to steps that come several times, in their order."""
    beside: tuple[str, ...] = ()
    """Further integrations without questions, which have the prices."""
    within_per_kwh: float = 1e-4
    controlled_per_kwh: Callable[[], float] | None = None
    """What a kWh of a controlled load costs in that hour, where it is told."""
    cheapest: bool = True
    """Whether that hour is cheaper than any other, so that a plan charges in it."""


def _octopus(demo: Demo) -> Answers:
    url = demo.home.feeds.octopus.url
    return {
        "octopus": {"region": "D", "advanced": {"base_url": url}},
        "octopus_tariff": {},
    }


def _octopus_account(demo: Demo) -> Answers:
    """Return the answers of who has an account, in which there are two homes."""
    octopus = demo.home.feeds.octopus
    account = octopus.accounts.account
    other = Meter("1100000000002", [("E-1R-AGILE-24-10-01-D", BEGAN, None)])
    account.elsewhere = {"2 Example Street": [other]}
    # Who is paid for selling sells what was charged before, at night's price.
    account.meters = [meter for meter in account.meters if not meter.is_export]
    return {
        "octopus": {
            "account": {"number": account.number, "token": account.key},
            "advanced": {"base_url": octopus.url},
        },
        "octopus_home": {"home": "0"},
        "octopus_tariff": {},
    }


def _octopus_now(feeds: Feeds) -> float:
    (cheap,) = feeds.octopus.extra_rows["AGILE-24-10-01"]
    return cheap.value_inc_vat / 100


def _amber(demo: Demo) -> Answers:
    account = _amber_account(demo)
    return {"amber": account, "amber_site": {"site_id": AMBER_HOME.site_id}}


def _amber_account(demo: Demo) -> Mapping[str, Json]:
    return {"token": TOKEN, "advanced": {"base_url": demo.home.feeds.amber.url}}


def _amber_now(_feeds: Feeds) -> float:
    return bought_cents(CHEAP_RRP, RealClock().now()) / 100


def _flow_power(demo: Demo) -> Answers:
    return {
        "flow_power": {
            "region": REGION.lower(),
            "advanced": dict(demo.home.feeds.aemo.addresses),
        }
    }


def _flow_power_amber(demo: Demo) -> Answers:
    contract = {**_flow_power(demo)["flow_power"], "source": "amber"}
    return {
        "flow_power": contract,
        "flow_power_amber": _amber_account(demo),
        "flow_power_site": {"site_id": AMBER_HOME.site_id},
    }


def _flow_power_now(feeds: Feeds) -> float:
    """Return base less benchmark, plus spot less average: about that of 30 days."""
    now = hour_begun()
    days = [now - DAY * back for back in range(1, 31)]
    average = fmean(_mean_of_day(feeds.aemo, day) for day in days)
    return 0.34 - 0.017 + (CHEAP_RRP - average) / 1000


def _mean_of_day(market: AemoSimulator, start: datetime) -> float:
    return market.price(REGION, start, DAY)


def _this_hour(price: float, place: HomeSettings) -> Mapping[str, Json]:
    """Return a rate for an hour that has begun, on the clock on the wall."""
    local = hour_begun().astimezone(ZoneInfo(place.time_zone))
    return {
        "price_per_kwh": price,
        "start": f"{local:%H:%M}:00",
        "end": f"{local + HOUR:%H:%M}:00",
    }


def _menu(choice: str) -> Answers:
    return {"fixed_rates": {"next_step_id": choice}}


def _fixed_rounds() -> tuple[Answers, ...]:
    return (
        _menu("fixed_add"),
        {"fixed_rate": _this_hour(CHEAP_PER_KWH, BRITAIN)},
        _menu("fixed_done"),
    )


def _globird(demo: Demo) -> Answers:
    report: dict[str, Json] = {
        "report_url": demo.home.feeds.aemo.addresses["report_url"]
    }
    return {
        # For less than the wear nobody sells what is charged for nothing.
        "fixed": {
            "import_per_kwh": 0.38,
            "export_per_kwh": 0.01,
            "holidays": "calendar.public_holidays",
        },
        "fixed_market": {
            "region": REGION.lower(),
            "spike_paid_per_kwh": SPIKE_PAID_PER_KWH,
            "advanced": report,
        },
    }


def _globird_rounds() -> tuple[Answers, ...]:
    return (
        _menu("fixed_template"),
        {"fixed_template": {"template": "globird_zerohero_2026"}},
        _menu("fixed_add"),
        {"fixed_rate": _on_holidays(HOLIDAY_PER_KWH)},
        _menu("fixed_add"),
        {"fixed_rate": _this_hour(0.0, VICTORIA)},
        _menu("fixed_done"),
    )


def _on_holidays(price: float) -> Mapping[str, Json]:
    """Return a rate for the mornings of public holidays."""
    return {
        "price_per_kwh": price,
        "start": "06:00:00",
        "end": "10:00:00",
        "days": {"weekdays": ["holiday"]},
    }


def _taxed(per_mwh: float) -> float:
    return per_mwh / 1000 * TAX_FACTOR + TAX_PER_KWH


def _day_ahead(_demo: Demo) -> Answers:
    return {
        "day_ahead": {
            "import_factor": TAX_FACTOR,
            "import_addition": TAX_PER_KWH,
            "export_factor": 1,
        },
        "day_ahead_found": {"next_step_id": "day_ahead_done"},
    }


def _entity(_demo: Demo) -> Answers:
    return {
        "entity": {
            "import_entity": "sensor.nord_pool_nl",
            "adjust": {
                "import_factor": TAX_FACTOR,
                "import_addition": TAX_PER_KWH,
            },
        },
        "entity_found": {"next_step_id": "entity_done"},
    }


OCTOPUS: Final = Provider(
    key="octopus",
    title="Octopus Agile",
    place=BRITAIN,
    answers=_octopus,
    bought_per_kwh=_octopus_now,
)
OCTOPUS_ACCOUNT: Final = Provider(
    key="octopus_account",
    domain="octopus",
    title="Intelligent Octopus Go, from an account with two homes",
    place=BRITAIN,
    answers=_octopus_account,
    bought_per_kwh=lambda _: INTELLIGENT_NIGHT_PER_KWH,
    # It is no cheaper than the night.
    cheapest=False,
)
FIXED: Final = Provider(
    key="fixed",
    title="prices by the time of day",
    place=BRITAIN,
    answers=lambda _: {"fixed": {"import_per_kwh": 0.32, "export_per_kwh": 0.15}},
    rounds=_fixed_rounds,
    bought_per_kwh=lambda _: CHEAP_PER_KWH,
)
GLOBIRD: Final = Provider(
    key="globird",
    domain="fixed",
    title="GloBird's ZEROHERO, from its template",
    place=VICTORIA,
    answers=_globird,
    rounds=_globird_rounds,
    bought_per_kwh=lambda _: 0.0,
    beside=("public_holidays",),
)
AMBER: Final = Provider(
    key="amber",
    title="Amber Electric",
    place=VICTORIA,
    answers=_amber,
    bought_per_kwh=_amber_now,
    controlled_per_kwh=lambda: controlled_cents(CHEAP_RRP) / 100,
)
FLOW_POWER: Final = Provider(
    key="flow_power",
    title="Flow Power, with the market operator's prices",
    place=VICTORIA,
    answers=_flow_power,
    bought_per_kwh=_flow_power_now,
    within_per_kwh=0.02,
)
FLOW_POWER_AMBER: Final = Provider(
    key="flow_power_amber",
    domain="flow_power",
    title="Flow Power, with the wholesale prices of an Amber account",
    place=VICTORIA,
    answers=_flow_power_amber,
    bought_per_kwh=_flow_power_now,
    within_per_kwh=0.02,
)
DAY_AHEAD: Final = Provider(
    key="day_ahead",
    title="day-ahead prices through Nord Pool's action",
    place=NETHERLANDS,
    answers=_day_ahead,
    bought_per_kwh=lambda _: _taxed(LEAST_PER_MWH),
    beside=("nordpool",),
)
ENTITY: Final = Provider(
    key="entity",
    title="prices that an entity has in its attributes",
    place=NETHERLANDS,
    answers=_entity,
    bought_per_kwh=lambda _: _taxed(LEAST_PER_MWH),
    beside=("nordpool",),
)
PROVIDERS: Final = (
    *(OCTOPUS, OCTOPUS_ACCOUNT, FIXED, GLOBIRD, AMBER),
    *(FLOW_POWER, FLOW_POWER_AMBER, DAY_AHEAD, ENTITY),
)


def elsewhere(provider: Provider) -> Provider:
    """Return the provider that a home moves on to: one of the same country."""
    near = [each for each in PROVIDERS if each.place is provider.place]
    return near[(near.index(provider) + 1) % len(near)]


def elsewhere_in_words(feeds: Feeds) -> str:
    """Return what a person enters who moves the home to another provider."""
    aemo, account = feeds.aemo.addresses, feeds.octopus.accounts.account
    return (
        "To move to another provider, reconfigure PowerSync. In place of the real "
        "ones these answer:\n"
        f"  Octopus     {feeds.octopus.url}   account: {account.number}, "
        f"{account.key}\n"
        f"  Amber       {feeds.amber.url}   token: {TOKEN}\n"
        f"  Flow Power  {aemo['report_url']}, {aemo['files_url']}, {aemo['past_url']}\n"
        "  Day-ahead   add the integration Nord Pool first\n"
    )
