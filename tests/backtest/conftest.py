"""The sites of the entity tests."""

from tests.ha.conftest import (  # noqa: F401 - fixtures
    enable_event_loop_debug,
    fast_link,
    hass_config_dir,
    hass_storage,
    link,
    quiet_database,
    recorder_config,
    set_up,
    wait,
    with_custom_integrations,
)
