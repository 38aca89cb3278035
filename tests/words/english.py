"""The English texts, as the integration has them."""

import json
from pathlib import Path
from typing import Any

import custom_components.power_sync
from custom_components.power_sync.words import Texts

FILE = Path(custom_components.power_sync.__file__).parent / "translations" / "en.json"
CONTENT: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
SENSORS: dict[str, Any] = CONTENT["entity"]["sensor"]

ENGLISH = Texts(
    sentences=CONTENT["common"],
    modes=SENSORS["current_action"]["state"],
    reasons=SENSORS["because"]["state"],
)
COMMA = Texts(
    sentences={**CONTENT["common"], "decimal_mark": ","},
    modes=ENGLISH.modes,
    reasons=ENGLISH.reasons,
)
"""A language that writes 9,8."""
