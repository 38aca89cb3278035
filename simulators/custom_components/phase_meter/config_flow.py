"""Set up the meter: where it is."""

from typing import Any, override

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .const import CONF_URL, DOMAIN


class PhaseMeterConfigFlow(ConfigFlow, domain=DOMAIN):
    """Ask for its address."""

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask."""
        if user_input is None:
            schema = probatio.Schema({probatio.Required(CONF_URL): str})
            return self.async_show_form(step_id="user", data_schema=schema)
        return self.async_create_entry(title="Phase meter", data=user_input)
