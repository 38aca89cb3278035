"""What the past would have cost with other prices, and at best."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .bridges.price_source import price_source
from .bridges.statistics import picked_sensors
from .const import CONF_PRICES, CONF_PROVIDER, DOMAIN
from .past import async_go_on, async_past, with_sensors
from .planner import ProblemError
from .planner.backtest import backtest_by_hour
from .planner.findings import Finding
from .planner.inputs import PlanInputs
from .prices.protocols import PriceError, PriceSource
from .prices.registry import ACTION_PROVIDERS, PROVIDERS

ASKED = (*PROVIDERS, *ACTION_PROVIDERS)
"""Providers that can be asked for the past: of an entity only the present is known."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """Another tariff of the same home; `settings` is what differs from its own."""

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the past.

    `days` before now are planned again, with the home's own tariff first and then
    with each of `tariffs`; with `foresight` also what was possible at most.
    """

    days: int
    foresight: bool = False
    tariffs: Sequence[Tariff] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """A tariff and what was found; `name` is None for the home's own."""

    name: str | None
    finding: Finding
    standing_per_day: float | None


class PastOfSite:
    """Answers questions about the past of one home."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        inputs: PlanInputs,
        source: PriceSource,
    ) -> None:
        """Take the home as it is now, and its own prices."""
        self._hass = hass
        self._entry = entry
        self._inputs = inputs
        self._own = source

    async def async_answer(
        self, question: Question, told: Callable[[float], None]
    ) -> list[Compared]:
        """Plan the past again for each tariff; `told` hears the share done.

        Raises ServiceValidationError for a tariff that there is not, and
        HomeAssistantError where the past is not known.
        """
        sources: list[tuple[str | None, PriceSource]] = [(None, self._own)]
        # All are made first: a wrong one is not found out after minutes.
        sources += [(each.name, self._source(each)) for each in question.tariffs]
        found: list[Compared] = []
        for index, (name, source) in enumerate(sources):

            def told_of_all(share: float, done: int = index) -> None:
                told((done + share) / len(sources))

            found.append(await self._async_one(name, source, question, told_of_all))
        return found

    async def _async_one(
        self,
        name: str | None,
        source: PriceSource,
        question: Question,
        told: Callable[[float], None],
    ) -> Compared:
        try:
            inputs = self._inputs
            if name is not None:
                inputs = replace(inputs, curve=await source.fetch())
            past = await async_past(
                self._hass, self._entry, inputs, source, question.days
            )
            if past is None:
                raise HomeAssistantError(
                    translation_domain=DOMAIN, translation_key="no_backtest"
                )
            hours = backtest_by_hour(
                inputs, past, days=question.days, foresight=question.foresight
            )
            found = await async_go_on(self._hass, hours, told)
        except (PriceError, ProblemError) as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="backtest_failed",
                translation_placeholders={"tariff": name or self._entry.title},
            ) from err
        picked = picked_sensors(self._entry.options)
        return Compared(name, with_sensors(found, picked), source.standing_per_day)

    def _source(self, tariff: Tariff) -> PriceSource:
        """Return where a tariff's prices come from: the home's, with its changes."""
        own: str = self._entry.data[CONF_PROVIDER]
        changes = dict(tariff.settings)
        provider = changes.pop(CONF_PROVIDER, own)
        # What another provider may want to know, and is the same for the home.
        settings = {
            "currency": self._inputs.curve.currency,
            "zone": str(self._inputs.curve.zone),
        }
        if provider == own:
            settings |= self._entry.data[CONF_PRICES]
        if provider not in ASKED:
            raise _not_understood(tariff)
        try:
            return price_source(self._hass, provider, settings | changes)
        except (TypeError, PriceError) as err:
            raise _not_understood(tariff) from err


def _not_understood(tariff: Tariff) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="tariff_not_understood",
        translation_placeholders={
            "tariff": tariff.name,
            "providers": ", ".join(ASKED),
        },
    )
