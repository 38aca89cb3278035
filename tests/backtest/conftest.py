"""The sites of the entity tests."""

from tests.ha.conftest import (  # noqa: F401 - fixtures
    hass_config_dir,
    hass_storage,
    quiet_database,
    set_up,
    wait,
    with_custom_integrations,
)
from tests.scenarios.conftest import fast_link, link  # noqa: F401 - fixtures
