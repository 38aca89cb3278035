"""The sites of the entity tests."""

from tests.ha.conftest import (  # noqa: F401 - fixtures
    fast_link,
    hass_config_dir,
    hass_storage,
    link,
    quiet_database,
    set_up,
    wait,
    with_custom_integrations,
)
