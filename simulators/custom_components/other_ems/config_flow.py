"""Set up the other program: where the inverter is."""

from typing import Any, override

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT

from .const import DOMAIN

SCHEMA = probatio.Schema(
    {probatio.Required(CONF_HOST): str, probatio.Required(CONF_PORT): int}
)


class OtherEmsConfigFlow(ConfigFlow, domain=DOMAIN):
    """Ask for the inverter's address."""

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask."""
        if user_input is None:
            return self.async_show_form(step_id="user", data_schema=SCHEMA)
        return self.async_create_entry(title="Other EMS", data=user_input)
