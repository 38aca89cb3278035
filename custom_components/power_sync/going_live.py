"""When a site that has only been tried is ready to go live."""

from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

if TYPE_CHECKING:
    from .site import Site

GO_LIVE: Final = "go_live"
"""The key of the issue."""


def issue_id(site: Site) -> str:
    """Return the id of the issue of a site."""
    return f"{GO_LIVE}_{site.entry.entry_id}_site"


@callback
def async_follow_dry_run(site: Site) -> None:
    """Have the issue come and go from now on."""

    @callback
    def look() -> None:
        _async_look(site)

    for coordinator in (site.coordinators.control, site.coordinators.plan):
        site.entry.async_on_unload(coordinator.async_add_listener(look))
    look()


def _async_look(site: Site) -> None:
    """Have the issue where a first dry run has something to go live with.

    Who has been live before knows what a dry run is and where its switch is: to
    them the issue would be a nuisance.
    """
    store = site.coordinators.backtest.store
    if not site.settings.dry_run and not store.been_live:
        store.been_live = True
        site.entry.async_create_task(
            site.hass, store.save(), "power_sync has gone live", eager_start=True
        )
    if not site.settings.dry_run or store.been_live:
        ir.async_delete_issue(site.hass, DOMAIN, issue_id(site))
    elif site.coordinators.plan.planning is not None and site.readings:
        ir.async_create_issue(
            site.hass,
            DOMAIN,
            issue_id(site),
            data={"entry_id": site.entry.entry_id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=GO_LIVE,
            translation_placeholders={"site": site.entry.title},
        )
