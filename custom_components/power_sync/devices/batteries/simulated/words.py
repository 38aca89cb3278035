"""What the settings of a simulated battery are called for its owner."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import SettingWords

from .cells import CODES
from .driver import MODE, POWER

WORDS: Final = {
    MODE: SettingWords(
        name="mode", choices={code: mode.value for code, mode in CODES.items()}
    ),
    POWER: SettingWords(name="forced_power"),
}
