"""Set up the calendar: there is nothing to ask."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult


class PublicHolidaysConfigFlow(ConfigFlow, domain="public_holidays"):
    """Ask only whether to add it."""

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm."""
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title="Public holidays", data={})
