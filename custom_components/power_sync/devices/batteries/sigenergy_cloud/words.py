"""What the settings of a Sigenergy system are called for its owner."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import SettingWords

from . import planning
from .answers import AI_MODE
from .manual import MANUAL, NAMES, OFF

WORDS: Final = {
    MANUAL: SettingWords(
        name="manual_control",
        choices={name: name for name in (OFF, *NAMES.values())},
    ),
    planning.TARIFF: SettingWords(name="tariff"),
    planning.MODE: SettingWords(
        name="operation_mode",
        choices={
            "0": "self_powered",
            AI_MODE: "by_prices",
            "2": "time_based",
            "5": "full_feed_in",
        },
    ),
}
