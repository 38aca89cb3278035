"""The options of what is charged beside energy."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.flows.options_billing import (
    billing_as_typed,
    checked_billing,
)
from custom_components.power_sync.prices.demand import charges_from
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import Dialogue

DEMAND: dict[str, Any] = {
    "rate_per_kw": 9,
    "rate_is": "per_period",
    "start": "14:55:00",
    "end": "21:00:00",
    "days": "weekdays",
    "interval_min": "30",
    "holidays": "calendar.holidays",
}
TYPED: dict[str, Any] = {"billing_day": 15, "monthly_fee": 25, "demand": DEMAND}
STORED = {
    "billing_day": 15,
    "monthly_fee": 25.0,
    "rate_is": "per_period",
    "days": "weekdays",
    "start": "14:55",
    "end": "21:00",
    "rate_per_kw": 9.0,
    "interval_min": 30,
    "holidays": "calendar.holidays",
}


@pytest.mark.usefixtures("enable_custom_integrations")
async def test_charges(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """What cannot be is said, what was typed stays, and is found again later."""
    entry: MockConfigEntry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    dialogue = Dialogue(hass, hass.config_entries.options)
    await dialogue.open(entry.entry_id)
    await dialogue.submit({"next_step_id": "billing"})
    assert dialogue.form["demand"]["rate_per_kw"] == 0
    for wrong, error in (
        ({"monthly_fee": -1}, "charge_below_zero"),
        ({"demand": {**DEMAND, "rate_per_kw": 900}}, "price_in_cents"),
    ):
        await dialogue.submit({**TYPED, **wrong})
        assert (dialogue.step, dialogue.errors) == ("billing", {"base": error})
        assert dialogue.form == {**TYPED, **wrong}
    await dialogue.submit(TYPED)
    assert dialogue.result["type"] == "create_entry"
    assert entry.options["billing"] == STORED
    await dialogue.open(entry.entry_id)
    await dialogue.submit({"next_step_id": "billing"})
    again = dialogue.form
    assert checked_billing(again) == STORED
    assert again["demand"]["interval_min"] == "30"


def test_what_is_stored_is_what_counts() -> None:
    """The form, the store and the charges say the same."""
    charges = charges_from(checked_billing(TYPED))
    assert (charges.rate_per_kw, charges.billing_day, charges.monthly_fee) == (
        9,
        15,
        25,
    )
    assert billing_as_typed({}) == {}
