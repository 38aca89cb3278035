"""A battery's configuration as it is stored, and back."""

from collections.abc import Mapping

from custom_components.power_sync.model.battery import BatteryIdentity

from .brand import BatteryConfig

type Stored = Mapping[str, object]


class StoredConfigError(Exception):
    """What is stored does not describe a battery."""


def to_stored(config: BatteryConfig) -> dict[str, object]:
    """Return plain data that `from_stored` understands."""
    return {
        "brand": config.identity.brand,
        "serial": config.identity.serial,
        "model": config.identity.model,
        "sw_version": config.identity.sw_version,
        "rated_power_w": config.rated_power_w,
        "capacity_kwh": config.capacity_kwh,
        "max_charge_w": config.max_charge_w,
        "max_discharge_w": config.max_discharge_w,
        "settings": sorted(config.settings),
        **({} if config.variant is None else {"variant": config.variant}),
    }


def from_stored(stored: Stored) -> BatteryConfig:
    """Return the configuration. Raises StoredConfigError."""
    settings = stored.get("settings")
    if not isinstance(settings, list | tuple):
        raise StoredConfigError("no settings")
    return BatteryConfig(
        identity=BatteryIdentity(
            brand=text_in(stored, "brand"),
            serial=text_in(stored, "serial"),
            model=text_in(stored, "model"),
            sw_version=text_in(stored, "sw_version")
            if stored.get("sw_version")
            else None,
        ),
        rated_power_w=number_in(stored, "rated_power_w"),
        capacity_kwh=(
            None
            if stored.get("capacity_kwh") is None
            else number_in(stored, "capacity_kwh")
        ),
        max_charge_w=number_in(stored, "max_charge_w"),
        max_discharge_w=number_in(stored, "max_discharge_w"),
        settings=frozenset(str(setting) for setting in settings),
        variant=text_in(stored, "variant") if stored.get("variant") else None,
    )


def text_in(stored: Stored, key: str) -> str:
    """Return a stored text. Raises StoredConfigError."""
    value = stored.get(key)
    if not isinstance(value, str):
        raise StoredConfigError(f"no {key}")
    return value


def number_in(stored: Stored, key: str) -> float:
    """Return a stored number; true and false are none. Raises StoredConfigError."""
    value = stored.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise StoredConfigError(f"no {key}")
    return float(value)
