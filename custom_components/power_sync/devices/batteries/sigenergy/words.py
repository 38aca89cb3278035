"""What the settings that may be written to a Sigenergy are called for its owner."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import SettingWords

from . import settings

WORDS: Final = {
    settings.REMOTE_EMS: SettingWords(
        name="remote_control",
        choices={settings.OFF: "off", settings.ON: "on"},
    ),
    settings.MODE: SettingWords(
        name="remote_mode",
        choices={
            settings.DIRECT: "direct",
            settings.STANDBY: "standby",
            settings.SELF: "self_consumption",
            settings.CHARGE_GRID_FIRST: "charge_grid_first",
            settings.CHARGE: "charge",
            settings.DISCHARGE_SUN_FIRST: "discharge_sun_first",
            settings.DISCHARGE: "discharge",
        },
    ),
    settings.MAX_CHARGE: SettingWords(name="max_charge"),
    settings.MAX_DISCHARGE: SettingWords(name="max_discharge"),
}
