"""What is wrong with a home, shown to the user for as long as it lasts."""

from typing import TYPE_CHECKING

from homeassistant.core import CoreState, callback
from homeassistant.util import dt as dt_util

from .issues import async_show_problems
from .watch import Known, Watch

if TYPE_CHECKING:
    from .site import Site


class SiteProblems:
    """Follows what control says of one site, and looks at what it does not."""

    def __init__(self, site: Site) -> None:
        """Show nothing before `async_show`."""
        self._site = site
        self._watch = Watch()

    @callback
    def async_follow(self) -> None:
        """Show what changes from now on."""
        site = self._site
        site.entry.async_on_unload(site.controller.listen(self.async_show))

    @callback
    def async_show(self) -> None:
        """Show what there is, and only that."""
        site = self._site
        watched = self._watch.problems(site.controller, self._known(), dt_util.utcnow())
        async_show_problems(
            site.hass, site.entry, (*site.controller.problems, *watched)
        )

    def _known(self) -> Known:
        """Return what the watch looks at."""
        site = self._site
        forecasts = site.coordinators.forecasts.data
        return Known(
            curve=site.coordinators.prices.curve,
            price_error=site.coordinators.prices.error,
            solar_power_w=site.reading.solar_power_w,
            solar_forecast=bool(forecasts and forecasts.solar),
            running=site.hass.state is CoreState.running,
        )
