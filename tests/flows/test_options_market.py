"""The options of the wholesale market: whose price is watched, and from where on."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.prices.aemo_client import SHARED_FOR
from homeassistant.core import HomeAssistant
from simulators.aemo import AemoSimulator
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import Dialogue

# It needs the same Home Assistant as the other options.
from .test_options import (
    hass_config_dir,  # noqa: F401
    hass_storage,  # noqa: F401
    opened,
    running,  # noqa: F401
)

FIXED = {
    "currency": "AUD",
    "zone": "Australia/Melbourne",
    "import_per_kwh": 0.4,
    "export_per_kwh": 0.03,
    "standing_per_day": None,
    "rates": [],
}


@pytest.fixture
async def site(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> MockConfigEntry:
    """Set up a home with fixed prices in dollars, which said nothing of the market."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "fixed", "prices": FIXED}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def test_a_region(
    hass: HomeAssistant,
    site: MockConfigEntry,
    aemo: AemoSimulator,
    frozen_time: FrozenDateTimeFactory,
) -> None:
    """It is watched from then on; thresholds alone restart nothing; it can go again."""
    dialogue = await opened(hass, site, "market")
    assert dialogue.folded_up == {"advanced"}
    form = dialogue.form
    assert (form["spike_enter_per_mwh"], form["spike_leave_per_mwh"]) == (300, 280)
    typed: dict[str, Any] = {
        **form,
        "region": "sa1",
        "advanced": {"report_url": aemo.addresses["report_url"]},
    }
    aemo.fail(Fault(status=429))
    await dialogue.submit(typed)
    assert dialogue.errors == {"base": "rate_limited"}
    assert (dialogue.form, dialogue.folded_up) == (typed, set())
    frozen_time.tick(SHARED_FOR)
    await dialogue.submit(typed)
    assert dialogue.result["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)
    spike = site.runtime_data.coordinators.spike
    assert spike.status.region == "SA1"

    dialogue = await opened(hass, site, "market")
    assert dialogue.form == typed
    changed = {"spike_enter_per_mwh": 500, "spike_paid_per_kwh": 1.2}
    await dialogue.submit({**typed, **changed})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.runtime_data.coordinators.spike is spike
    settings = site.runtime_data.settings
    assert (settings.spike_enter_per_mwh, settings.spike_paid_per_kwh) == (500, 1.2)

    dialogue = await opened(hass, site, "market")
    await dialogue.submit({key: typed[key] for key in typed if key != "region"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.runtime_data.coordinators.spike is None


async def test_only_in_australia(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """Elsewhere nobody is asked."""
    hass.config.currency = "GBP"
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    dialogue = Dialogue(hass, hass.config_entries.options)
    await dialogue.open(entry.entry_id)
    assert "market" not in dialogue.result["menu_options"]
