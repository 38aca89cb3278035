"""The fix of a battery that something else controls: taking it over at once."""

from typing import override

import probatio

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir


class TakeOverFlow(ConfirmRepairFlow):
    """Asks whether PowerSync shall go on with the battery now, and has it do so."""

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, and take the battery over when the user has confirmed."""
        data = self.data or {}
        entry = self.hass.config_entries.async_get_entry(str(data.get("entry_id")))
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        subentry = entry.subentries.get(str(data.get("part")))
        controller = entry.runtime_data.controller
        if subentry is None or subentry.unique_id not in controller.batteries:
            return self.async_abort(reason="battery_gone")
        if user_input is not None:
            await controller.take_over(subentry.unique_id)
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "battery": subentry.title,
                "suspects": self._suspects,
            },
        )

    @property
    def _suspects(self) -> str:
        """Who is likely to do it, as the issue says; empty where it names nobody."""
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        named = issue.translation_placeholders if issue is not None else None
        return (named or {}).get("suspects", "")
