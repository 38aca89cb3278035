"""The homes of the scenarios, for what happens around the life of a site."""

import pytest

from custom_components.power_sync import removal, site
from tests.scenarios.conftest import (  # noqa: F401 - fixtures
    enable_event_loop_debug,
    fast_link,
    hass_config_dir,
    hass_storage,
    life,
    link,
    log,
    plain_prices,
    quick_stop,
)


@pytest.fixture
def short_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up sooner than in 10 s at a stop and in 30 s at a removal."""
    monkeypatch.setattr(site, "RELEASE_AT_STOP_S", 0.3)
    monkeypatch.setattr(removal, "RELEASE_AT_REMOVAL_S", 0.5)
    monkeypatch.setattr(removal, "TRY_AGAIN_S", 0.02)
