"""Sentences in the language that Home Assistant is set to."""

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.words import Texts
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

ACTIONS = "sensor.current_action.state."
REASONS = "sensor.because.state."


async def async_texts(hass: HomeAssistant) -> Texts:
    """Return the texts; what a language lacks is in English."""
    language = hass.config.language
    sentences = await async_get_translations(hass, language, "common", [DOMAIN])
    entities = await async_get_translations(hass, language, "entity", [DOMAIN])
    prefix = f"component.{DOMAIN}.entity."
    return Texts(
        sentences=_under(f"component.{DOMAIN}.common.", sentences),
        modes=_under(prefix + ACTIONS, entities),
        reasons=_under(prefix + REASONS, entities),
    )


def _under(prefix: str, texts: dict[str, str]) -> dict[str, str]:
    """Return the texts whose key begins with `prefix`, by the rest of it."""
    return {
        key.removeprefix(prefix): text
        for key, text in texts.items()
        if key.startswith(prefix)
    }
