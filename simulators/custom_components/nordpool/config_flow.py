"""Set up the simulated area: there is nothing to ask."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.util import dt as dt_util
from simulators.day_ahead import QUARTER

from .const import AREA, CONF_CHEAP_SINCE, CURRENCY, DOMAIN


class NordPoolConfigFlow(ConfigFlow, domain=DOMAIN):
    """Ask only whether to add it."""

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Confirm; the hour from now on is the cheap one."""
        if user_input is None:
            return self.async_show_form(step_id="user")
        now = dt_util.utcnow()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        cheap_since = now - (now - midnight) % QUARTER
        return self.async_create_entry(
            title="Nord Pool",
            data={
                "areas": [AREA],
                "currency": CURRENCY,
                CONF_CHEAP_SINCE: cheap_since.isoformat(),
            },
        )
