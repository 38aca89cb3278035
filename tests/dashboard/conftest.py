"""A site in a Home Assistant, for the dashboard that shows it."""

from tests.ha.conftest import (  # noqa: F401 - fixtures
    enable_event_loop_debug,
    fast_link,
    hass_config_dir,
    hass_storage,
    link,
    set_up,
)
