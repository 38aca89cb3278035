"""What a user does with the issues of a home."""

from custom_components.power_sync.const import DOMAIN
from homeassistant.components.repairs import (
    DOMAIN as REPAIRS,
    RepairsFlowManager,
    RepairsFlowResult,
    repairs_flow_manager,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.scenarios.life import Life


def issue_of(life: Life, key: str) -> ir.IssueEntry:
    """Return the one issue of a kind that there is."""
    (issue,) = (
        issue
        for issue in ir.async_get(life.hass).issues.values()
        if issue.domain == DOMAIN and issue.active and issue.translation_key == key
    )
    return issue


async def begin_fix(
    life: Life, key: str
) -> tuple[RepairsFlowManager, RepairsFlowResult]:
    """Begin to fix an issue of a kind, as a click on it does."""
    assert await async_setup_component(life.hass, REPAIRS, {})
    manager = repairs_flow_manager(life.hass)
    assert manager is not None
    issue_id = issue_of(life, key).issue_id
    return manager, await manager.async_init(DOMAIN, context={"issue_id": issue_id})
