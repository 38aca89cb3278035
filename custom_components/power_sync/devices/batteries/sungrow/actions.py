"""The actions under Sungrow's own names, as many automations know them."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import (
    ForceAction,
    OwnerAction,
    RestoreAction,
)
from custom_components.power_sync.model.battery import Mode, OwnerSetting

W_PER_KW: Final = 1000.0

ACTIONS: Final = (
    ForceAction(name="sungrow_force_charge", mode=Mode.CHARGE),
    ForceAction(name="sungrow_force_discharge", mode=Mode.DISCHARGE),
    RestoreAction(name="sungrow_restore_normal"),
    OwnerAction(
        name="sungrow_set_backup_reserve",
        setting=OwnerSetting.BACKUP_RESERVE_PCT,
        fields=("percent", "backup_reserve"),
    ),
    OwnerAction(
        name="sungrow_set_charge_rate",
        setting=OwnerSetting.MAX_CHARGE_W,
        fields=("kw",),
        scale=W_PER_KW,
        shared=True,
    ),
    OwnerAction(
        name="sungrow_set_discharge_rate",
        setting=OwnerSetting.MAX_DISCHARGE_W,
        fields=("kw",),
        scale=W_PER_KW,
        shared=True,
    ),
    OwnerAction(
        name="sungrow_set_export_limit",
        setting=OwnerSetting.EXPORT_LIMIT_W,
        fields=("watts",),
        zero_is_none=True,
    ),
)
