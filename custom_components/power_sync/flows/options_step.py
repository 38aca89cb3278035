"""What the steps of the options have in common."""

from collections.abc import Mapping
from typing import Any

from custom_components.power_sync.settings import Settings
from custom_components.power_sync.site import PowerSyncConfigEntry
from custom_components.power_sync.site_settings import (
    async_change_settings,
    async_present_settings,
)
from custom_components.power_sync.site_values import currency
from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.exceptions import HomeAssistantError

from .errors import InputError


class OptionsStep(OptionsFlow):
    """A step that changes settings, options or both."""

    @property
    def entry(self) -> PowerSyncConfigEntry:
        """The entry of the site."""
        return self.config_entry

    @property
    def currency(self) -> str:
        """The currency of the site's prices; Home Assistant's before there are any."""
        known = None
        if self.entry.state is ConfigEntryState.LOADED:
            known = currency(self.entry.runtime_data)
        return known or self.hass.config.currency

    async def async_present(self) -> Settings:
        """Return the site's settings."""
        return await async_present_settings(self.hass, self.entry)

    async def async_finish(
        self,
        settings: Mapping[str, object] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> ConfigFlowResult:
        """Bring changes into force and end the dialogue.

        Changed `options` reload the site; `settings` do not. Raises InputError
        where the settings cannot be stored.
        """
        if settings:
            try:
                await async_change_settings(self.hass, self.entry, **settings)
            except HomeAssistantError as err:
                raise InputError("settings_not_stored") from err
        return self.async_create_entry(data={**self.entry.options, **(options or {})})
