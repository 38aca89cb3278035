"""Going live: what was found out, what will be written, and the user's word for it.

Nothing is written to a battery before the last step is confirmed.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import probatio

from custom_components.power_sync.bridges.texts import async_texts
from custom_components.power_sync.devices.protocols import DeviceError
from custom_components.power_sync.planner.findings import Backtest, TooLittle
from custom_components.power_sync.words import Texts
from custom_components.power_sync.words.money import money_text
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .will_be_written import async_batteries_text

if TYPE_CHECKING:
    from custom_components.power_sync.site import PowerSyncConfigEntry, Site

LOADED_WITHIN_S: Final = 30.0
"""So long a dialogue waits for a site that is being loaded anew."""
TRIFLE = 0.01
"""Less than this is no saving to speak of, in the currency of the prices."""


class GoLiveFlow(RepairsFlow):
    """Shows what going live means for a site, and does it."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Show what the dry run is worth, as far as that is known."""
        if (site := await self._async_site()) is None:
            return self.async_abort(reason="not_loaded")
        if not site.settings.dry_run:
            return self.async_abort(reason="already_live")
        match site.coordinators.backtest.finding:
            case Backtest() as found if found.costs.saved >= TRIFLE:
                return self._show("saved", await self._figures(found))
            case Backtest() as found:
                return self._show("nothing_saved", await self._figures(found))
            case TooLittle() as found:
                return self._show("too_little", _days(found))
            case _:
                return self._show("not_known", {})

    async def async_step_saved(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on to what will be written."""
        return await self.async_step_write()

    async_step_nothing_saved = async_step_saved
    async_step_too_little = async_step_saved
    async_step_not_known = async_step_saved

    async def async_step_write(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """List what will be written; go live when that is confirmed."""
        if (site := await self._async_site()) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return await self._async_go_live(site)
        try:
            batteries = await async_batteries_text(self.hass, site)
        except DeviceError:
            return self.async_abort(reason="battery_unreachable")
        return self._show("write", {"batteries": batteries})

    async def _async_go_live(self, site: Site) -> RepairsFlowResult:
        """End the dry run. The issue goes with it."""
        try:
            await site.async_set(dry_run=False)
        except HomeAssistantError:
            return self.async_abort(reason="settings_not_stored")
        return self.async_create_entry(data={})

    async def _figures(self, found: Backtest) -> dict[str, str]:
        return _figures(found, await async_texts(self.hass))

    def _show(self, step: str, values: Mapping[str, str]) -> RepairsFlowResult:
        return self.async_show_form(
            step_id=step,
            data_schema=probatio.Schema({}),
            description_placeholders=dict(values),
        )

    async def _async_site(self) -> Site | None:
        """Return the site, once it is loaded; None where it is not.

        A battery or an option that was added a moment ago loads it anew.
        """
        entry_id = str((self.data or {}).get("entry_id"))
        entry: PowerSyncConfigEntry | None = self.hass.config_entries.async_get_entry(
            entry_id
        )
        if entry is None:
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(LOADED_WITHIN_S), entry.setup_lock:
                pass
        return entry.runtime_data if entry.state is ConfigEntryState.LOADED else None


def _figures(found: Backtest, texts: Texts) -> dict[str, str]:
    """Return the figures of a backtest and what they stand on, as texts."""
    said = found.assumptions
    money = {
        "saved": abs(found.costs.saved),
        "per_day": found.saved_per_day,
        "with_plan": found.costs.power_sync,
        "without_plan": found.costs.self_consumption,
        "without_battery": found.costs.no_battery,
    }
    return {
        **{
            key: money_text(value, found.currency, texts)
            for key, value in money.items()
        },
        "days": _number(found.days),
        "missing": _number(found.missing_hours),
        "learned": str(found.learned_days),
        "capacity": _number(said.get("battery_kwh")),
        "charge": _number(said.get("max_charge_kw")),
        "discharge": _number(said.get("max_discharge_kw")),
        "reserve": _number(said.get("reserve_pct")),
        "lost": _number(said.get("charge_loss_pct")),
    }


def _days(found: TooLittle) -> dict[str, str]:
    """Return how much is known, and when to look again."""
    again = dt_util.as_local(found.look_again)
    return {"learned": str(found.learned_days), "again": f"{again:%Y-%m-%d %H:%M}"}


def _number(value: object) -> str:
    """Return a number with the digits that mean something."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, int | float) else "?"
