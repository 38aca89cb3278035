"""The actions under brands' own names, as many automations know them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from custom_components.power_sync.model.battery import (
    EXPORT_EVERYTHING,
    EXPORT_NOTHING,
    EXPORT_SUN,
    Mode,
    OwnerSetting,
)

from .brand import BrandAction, ForceAction, OwnerAction, RestoreAction

W_PER_KW: Final = 1000.0


def actions_of(brand: str) -> tuple[BrandAction, ...]:
    """Return the actions of a brand whose owner can set reserve, powers and export."""
    return (
        ForceAction(name=f"{brand}_force_charge", mode=Mode.CHARGE),
        ForceAction(name=f"{brand}_force_discharge", mode=Mode.DISCHARGE),
        RestoreAction(name=f"{brand}_restore_normal"),
        *(
            replace(action, name=f"{brand}_{action.name}")
            for action in (BACKUP_RESERVE, CHARGE_RATE, DISCHARGE_RATE, EXPORT_LIMIT)
        ),
    )


_ON_OFF: Final[Mapping[str | bool, str | bool]] = {False: False, True: True}
STORM_MODE: Final = OwnerAction(
    name="set_storm_mode",
    setting=OwnerSetting.STORM_MODE,
    fields=("enabled",),
    options=_ON_OFF,
)
OPERATION_MODE: Final = OwnerAction(
    name="set_operation_mode",
    setting=OwnerSetting.OPERATION_MODE,
    fields=("mode",),
    options={
        mode: mode
        for mode in ("self_consumption", "autonomous", "backup", "ai", "full_feed_in")
    },
)
GRID_EXPORT: Final = OwnerAction(
    name="set_grid_export",
    setting=OwnerSetting.GRID_EXPORT,
    fields=("rule", "export"),
    options={
        EXPORT_EVERYTHING: EXPORT_EVERYTHING,
        EXPORT_SUN: EXPORT_SUN,
        EXPORT_NOTHING: EXPORT_NOTHING,
        "everything": EXPORT_EVERYTHING,
    },
)
GRID_CHARGING: Final = OwnerAction(
    name="set_grid_charging",
    setting=OwnerSetting.GRID_CHARGING,
    fields=("enabled",),
    options=_ON_OFF,
)
BACKUP_RESERVE: Final = OwnerAction(
    name="set_backup_reserve",
    setting=OwnerSetting.BACKUP_RESERVE_PCT,
    fields=("percent", "backup_reserve"),
)
CHARGE_RATE: Final = OwnerAction(
    name="set_charge_rate",
    setting=OwnerSetting.MAX_CHARGE_W,
    fields=("kw",),
    scale=W_PER_KW,
    shared=True,
)
DISCHARGE_RATE: Final = replace(
    CHARGE_RATE, name="set_discharge_rate", setting=OwnerSetting.MAX_DISCHARGE_W
)
EXPORT_LIMIT: Final = OwnerAction(
    name="set_export_limit",
    setting=OwnerSetting.EXPORT_LIMIT_W,
    fields=("watts",),
    zero_is_none=True,
)
ANY_BRAND: Final = (
    BACKUP_RESERVE,
    CHARGE_RATE,
    DISCHARGE_RATE,
    EXPORT_LIMIT,
    STORM_MODE,
    OPERATION_MODE,
    GRID_EXPORT,
    GRID_CHARGING,
)
"""What is the owner's on batteries of whatever brand that have it."""
