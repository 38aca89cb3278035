"""What the settings of a Powerwall are called for its owner."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import SettingWords
from custom_components.power_sync.model.battery import EXPORT_SUN

from . import settings

WORDS: Final = {
    settings.MODE: SettingWords(
        name="operation_mode",
        choices={
            settings.SELF_POWERED: "self_powered",
            settings.BY_TARIFF: "time_based",
            settings.BACKUP: "backup_only",
        },
    ),
    settings.RESERVE: SettingWords(name="backup_reserve", unit="%"),
    settings.GRID_CHARGING: SettingWords(
        name="grid_charging", choices={True: "allowed", False: "not_allowed"}
    ),
    settings.EXPORT_RULE: SettingWords(
        name="export_rule",
        choices={
            settings.BATTERY_OK: "everything",
            EXPORT_SUN: "sun_only",
            settings.NEVER: "nothing",
        },
    ),
    settings.TARIFF: SettingWords(name="tariff"),
    settings.DISPATCH: SettingWords(
        name="dispatch",
        choices={settings.OFF: "off", "charge": "charge", "discharge": "discharge"},
    ),
}
