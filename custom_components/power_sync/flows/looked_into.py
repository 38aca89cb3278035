"""A fix that only the user can make: they say that they have looked into it."""

from typing import override

import probatio

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlowResult


class LookedIntoFlow(ConfirmRepairFlow):
    """Asks for a confirmation, and names the site that it is about.

    The name is not kept with the issue: those that last are part of the
    diagnostics, in which no names shall be.
    """

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, and end when the user has confirmed."""
        if user_input is not None:
            return self.async_create_entry(data={})
        entry_id = (self.data or {}).get("entry_id")
        entry = self.hass.config_entries.async_get_entry(str(entry_id))
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            description_placeholders={
                "site": "PowerSync" if entry is None else entry.title
            },
        )
