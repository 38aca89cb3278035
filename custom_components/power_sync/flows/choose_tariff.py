"""The fix of a tariff that has ended: choosing another one."""

import probatio

from custom_components.power_sync.const import DOMAIN
from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowContext


class ChooseTariffFlow(RepairsFlow):
    """Leads to the dialogue in which the site's tariff is changed."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Begin by saying what comes next."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on to the other dialogue; the issue is back if that is left."""
        entry_id = str((self.data or {}).get("entry_id"))
        entry = self.hass.config_entries.async_get_entry(entry_id)
        if entry is None:
            return self.async_abort(reason="site_gone")
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=probatio.Schema({}),
                description_placeholders={"site": entry.title},
            )
        begun = await self.hass.config_entries.flow.async_init(
            DOMAIN,
            context=ConfigFlowContext(source=SOURCE_RECONFIGURE, entry_id=entry_id),
        )
        return self.async_create_entry(
            data={}, next_flow=(FlowType.CONFIG_FLOW, begun["flow_id"])
        )
