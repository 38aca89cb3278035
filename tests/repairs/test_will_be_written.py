"""What will be written, in the words of the battery's owner."""

import pytest

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries.brand import SettingWords
from custom_components.power_sync.flows.will_be_written import value_text

TEXTS = {f"component.{DOMAIN}.selector.setting_value.options.charging": "Charging"}
CHOICES = SettingWords(name="control", choices={"charge": "charging", 2: "charging"})
POWER = SettingWords(name="power", scale=10)


@pytest.mark.parametrize(
    ("words", "value", "said"),
    [
        (CHOICES, "charge 3000", "Charging, 3000 W"),
        (CHOICES, "charge", "Charging"),
        (CHOICES, 2, "Charging"),
        (CHOICES, 7, "7"),
        (CHOICES, "sell 100", "sell 100"),
        (POWER, 250, "2500 W"),
        (POWER, None, "None"),
        (None, True, "True"),
    ],
)
def test_a_value_in_words(words: SettingWords | None, value: object, said: str) -> None:
    """A choice by its name, a power in watts, all else as it is."""
    assert value_text(TEXTS, words, value) == said
