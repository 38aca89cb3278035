"""The options of a site: a menu, and one step for each subject.

What can change at will is written to the site's settings, where the entities have
it too, and is in force at once. Only what needs a new start goes to the entry's
options, and only that reloads the site.
"""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult

from .options_billing import BillingStep
from .options_history import HistoryStep
from .options_limits import LimitsStep
from .options_mains import MainsStep
from .options_market import MarketStep
from .options_planning import PlanningStep
from .options_solar import SolarStep

MENU: Final = (
    *("limits", "mains", "planning", "solar", "history"),
    *("billing", "market"),
)
"""The subjects, each a step. A new one is a mix-in and a word here."""


class SiteOptionsFlow(
    LimitsStep,
    MainsStep,
    PlanningStep,
    SolarStep,
    HistoryStep,
    BillingStep,
    MarketStep,
):
    """Changes what a site may do and how it plans."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what to change; of the market only a home that may be in it."""
        subjects = [each for each in MENU if each != "market" or self.in_market]
        return self.async_show_menu(step_id="init", menu_options=subjects)
