"""What the user is told at once, as a notification that stays until it is read."""

from typing import TYPE_CHECKING

from homeassistant.components import persistent_notification
from homeassistant.core import callback

from .bridges.texts import async_texts
from .const import DOMAIN

if TYPE_CHECKING:
    from .site import Site


@callback
def async_tell(site: Site, about: str, key: str, **values: str) -> None:
    """Show the sentence `key`; the next one about the same takes its place."""
    site.entry.async_create_task(
        site.hass, _async_tell(site, about, key, values), f"power_sync {key}"
    )


async def _async_tell(site: Site, about: str, key: str, values: dict[str, str]) -> None:
    texts = await async_texts(site.hass)
    persistent_notification.async_create(
        site.hass,
        texts(key, **values),
        title=site.entry.title,
        notification_id=f"{DOMAIN}_{about}_{site.entry.entry_id}",
    )
