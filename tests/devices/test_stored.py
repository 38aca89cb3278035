"""A battery's configuration as it is stored, and what describes no battery."""

import pytest

from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    from_stored,
    to_stored,
)
from custom_components.power_sync.model.battery import BatteryIdentity

WHOLE = BatteryConfig(
    identity=BatteryIdentity("sungrow", "A2320500123", "SH10RT", "V1.0"),
    rated_power_w=10_000.0,
    capacity_kwh=9.6,
    max_charge_w=6000.0,
    max_discharge_w=5000.0,
    settings=frozenset({"ems_mode", "forced_command"}),
    variant="ihomemanager",
)
LEAST = BatteryConfig(
    identity=BatteryIdentity("sungrow", "A2320500123", "SH10RT"),
    rated_power_w=10_000.0,
    capacity_kwh=None,
    max_charge_w=6000.0,
    max_discharge_w=5000.0,
    settings=frozenset(),
)


@pytest.mark.parametrize("config", [WHOLE, LEAST], ids=["whole", "least"])
def test_it_comes_back_as_it_was(config: BatteryConfig) -> None:
    """With everything, and with nothing that may be missing."""
    assert from_stored(to_stored(config)) == config


@pytest.mark.parametrize(
    "key",
    [
        "settings",
        "brand",
        "serial",
        "model",
        "rated_power_w",
        "max_charge_w",
        "max_discharge_w",
    ],
)
def test_what_is_missing_is_named(key: str) -> None:
    """Without it there is no battery."""
    stored = to_stored(WHOLE)
    del stored[key]
    with pytest.raises(StoredConfigError, match=f"no {key}"):
        from_stored(stored)


@pytest.mark.parametrize(
    ("key", "odd"),
    [
        ("settings", "ems_mode"),
        ("serial", 2320500123),
        ("sw_version", 1.0),
        ("variant", ["ihomemanager"]),
        ("rated_power_w", "10000"),
        ("capacity_kwh", "9.6"),
        ("max_charge_w", True),
    ],
)
def test_what_is_of_another_kind_is_named(key: str, odd: object) -> None:
    """It is not taken for something near it: a yes is no power of 1 W."""
    with pytest.raises(StoredConfigError, match=f"no {key}"):
        from_stored(to_stored(WHOLE) | {key: odd})
