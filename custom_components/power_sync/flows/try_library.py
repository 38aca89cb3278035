"""The fix of a library that could not be installed: trying again."""

import probatio

from custom_components.power_sync.bridges.libraries import Library, async_ensure
from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult


class TryLibraryFlow(RepairsFlow):
    """Installs the library once more."""

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Begin by asking."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Try, and end when it can be used."""
        label = str((self.data or {}).get("library"))
        errors = {}
        if user_input is not None:
            library = Library[label.upper()]
            if await async_ensure(self.hass, library, again=True):
                return self.async_create_entry(data={})
            errors = {"base": "still_missing"}
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            errors=errors,
            description_placeholders={"library": label},
        )
