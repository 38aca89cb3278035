"""The flows that fix repair issues: each is a module of `flows` and one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .control.problems import ProblemKey
from .flows.choose_tariff import ChooseTariffFlow
from .flows.go_live import GoLiveFlow
from .flows.looked_into import LookedIntoFlow
from .flows.take_over import TakeOverFlow
from .flows.try_library import TryLibraryFlow
from .going_live import GO_LIVE
from .issues import FOREIGN_CONTROL_BY, LIBRARY_MISSING

FIX_FLOWS: Mapping[str, Callable[[], RepairsFlow]] = MappingProxyType(
    {
        ProblemKey.OWNER_SETTINGS_LOST.value: LookedIntoFlow,
        GO_LIVE: GoLiveFlow,
        ProblemKey.TARIFF_ENDED.value: ChooseTariffFlow,
        ProblemKey.FOREIGN_CONTROL.value: TakeOverFlow,
        FOREIGN_CONTROL_BY: TakeOverFlow,
        LIBRARY_MISSING: TryLibraryFlow,
    }
)
"""By the translation key of the issue.

A flow finds the id of its config entry in `self.data["entry_id"]`.
"""


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue; where none is known, a confirmation."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    key = issue.translation_key if issue is not None else None
    return FIX_FLOWS.get(key or "", ConfirmRepairFlow)()
