"""What the settings that may be written to a Sungrow are called for its owner."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import SettingWords

from . import settings

_EXTERNAL_MODE: Final = 3
_POWER_PLANT_MODE: Final = 4

WORDS: Final = {
    settings.EMS_MODE: SettingWords(
        name="energy_mode",
        choices={
            settings.SELF_MODE: "self_consumption",
            settings.FORCED_MODE: "forced",
            _EXTERNAL_MODE: "external",
            _POWER_PLANT_MODE: "power_plant",
        },
    ),
    settings.FORCED_COMMAND: SettingWords(
        name="forced_command",
        choices={
            settings.CHARGE: "charge",
            settings.DISCHARGE: "discharge",
            settings.STOP: "stop",
        },
    ),
    settings.FORCED_POWER: SettingWords(name="forced_power"),
    settings.MAX_CHARGE: SettingWords(name="max_charge", scale=settings.CEILING_STEP_W),
    settings.MAX_DISCHARGE: SettingWords(
        name="max_discharge", scale=settings.CEILING_STEP_W
    ),
}
