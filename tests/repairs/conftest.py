"""The homes of the scenarios."""

from tests.lifecycle.conftest import short_release  # noqa: F401 - a fixture
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
