"""The actions that plan the past again."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .finding_answer import MONEY_DIGITS, finding_answer
from .planner.backtest import DAYS
from .services import SITE_SCHEMA, site_of
from .what_if import Compared, Question, Tariff

ATTR_DAYS: Final = "days"
ATTR_PERFECT_FORESIGHT: Final = "perfect_foresight"
ATTR_TARIFFS: Final = "tariffs"
ATTR_NAME: Final = "name"
LEAST_DAYS: Final = 4
MOST_DAYS: Final = 366
MOST_TARIFFS: Final = 10

BACKTEST_SCHEMA = SITE_SCHEMA.extend(
    {
        probatio.Optional(ATTR_DAYS): probatio.All(
            probatio.Coerce(int), probatio.Range(min=LEAST_DAYS, max=MOST_DAYS)
        ),
        probatio.Optional(ATTR_PERFECT_FORESIGHT): cv.boolean,
        probatio.Optional(ATTR_TARIFFS): probatio.All(
            probatio.EnsureList(), probatio.Length(max=MOST_TARIFFS), [dict]
        ),
    }
)


@callback
def async_setup_backtest_services(hass: HomeAssistant) -> None:
    """Register the actions once, whether or not a site is loaded."""
    hass.services.async_register(
        DOMAIN,
        "backtest",
        _async_backtest,
        schema=BACKTEST_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN, "cancel_backtest", _async_cancel, schema=SITE_SCHEMA
    )


async def _async_backtest(call: ServiceCall) -> ServiceResponse:
    """Plan the past again, and say what was found."""
    backtest = site_of(call).coordinators.backtest
    zone = dt_util.get_default_time_zone()
    asked = _question(call.data)
    if asked is not None:
        own, *others = await backtest.async_ask(asked)
        answer = _answer(own)
        if others:
            answer[ATTR_TARIFFS] = [
                {ATTR_NAME: each.name, **_answer(each)} for each in others
            ]
        return answer
    await backtest.async_run()
    if backtest.finding is None:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="no_backtest"
        )
    return {**finding_answer(backtest.finding, zone)}


async def _async_cancel(call: ServiceCall) -> None:
    """End what is under way; what was found before stays."""
    site_of(call).coordinators.backtest.end()


def _question(data: Mapping[str, Any]) -> Question | None:
    """Return what is asked beyond the 30 days that are planned again anyway."""
    if not data.keys() & {ATTR_DAYS, ATTR_PERFECT_FORESIGHT, ATTR_TARIFFS}:
        return None
    tariffs = data.get(ATTR_TARIFFS, [])
    return Question(
        days=data.get(ATTR_DAYS, DAYS),
        foresight=data.get(ATTR_PERFECT_FORESIGHT, False),
        tariffs=[
            Tariff(
                name=str(each.get(ATTR_NAME, number)),
                settings={key: each[key] for key in each if key != ATTR_NAME},
            )
            for number, each in enumerate(tariffs, start=1)
        ],
    )


def _answer(found: Compared) -> dict[str, Any]:
    standing = found.standing_per_day
    return {
        **finding_answer(found.finding, dt_util.get_default_time_zone()),
        "standing_per_day": None if standing is None else round(standing, MONEY_DIGITS),
    }
