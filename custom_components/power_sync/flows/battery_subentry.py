"""The dialogue that adds a battery to a site, or finds one again."""

from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryData,
    ConfigSubentryFlow,
    SubentryFlowContext,
    SubentryFlowResult,
)

from .battery import BatterySteps
from .battery_found import abort_if_serial_in_use


class BatterySubentryFlow(
    BatterySteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    ConfigSubentryFlow,
):
    """Adds a battery to a site, or finds one again at another address."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a battery."""
        return await self.async_step_battery()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change the address or the powers of a battery; it stays the same one."""
        subentry = self._get_reconfigure_subentry()
        return await self.async_find_again(str(subentry.unique_id), subentry.data)

    @override
    async def async_battery_done(
        self, battery: ConfigSubentryData
    ) -> SubentryFlowResult:
        """Store the battery; the entry's update listener reloads the site."""
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                data=battery["data"],
            )
        serial = self.probe.config.identity.serial
        abort_if_serial_in_use(self.hass, serial)
        return self.async_create_entry(
            title=battery["title"], data=battery["data"], unique_id=serial
        )
