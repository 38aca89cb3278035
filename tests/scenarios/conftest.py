"""One home per test, in a Home Assistant with a configuration folder of its own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
import logging
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_sync.bridges import access
from custom_components.power_sync.control import controller
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.modbus import LinkOptions
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulators.octopus import OctopusSimulator, Rate
from simulators.octopus.rates import ListedBook
from simulators.sungrow import SungrowSimulator
from tests.common import EXPORT_PRODUCT, IMPORT_PRODUCT, LOOPBACK, brand_on

from .life import Life, LogCheck, owner_moves_in


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[LogCheck]:
    """Check the log of the whole test, its end included.

    What is less than a warning is not even made: it would take most of the time.
    """
    caplog.set_level(logging.WARNING)
    check = LogCheck()
    yield check
    records = [
        record
        for when in ("setup", "call", "teardown")
        for record in caplog.get_records(when)
    ]
    assert not list(check.complaints(records))


@pytest.fixture
def enable_event_loop_debug() -> None:
    """Leave the loop's debug mode off: it doubles the time of every step."""


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Give each test's Home Assistant a folder of its own."""
    return str(tmp_path)


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Leave storage as it is: the journal's proof is the file itself."""
    return {}


@pytest.fixture
def link() -> LinkOptions:
    """Return how to treat the link to the inverter."""
    return LOOPBACK


@pytest.fixture(autouse=True)
def fast_link(link: LinkOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the Sungrow driver as fast as loopback allows."""
    brand = brand_on(link)
    monkeypatch.setattr(access, "BRANDS", {**BRANDS, brand.key: brand})


@pytest.fixture(autouse=True)
def quick_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for a second between the tries to give back at a stop."""
    monkeypatch.setattr(controller, "STOP_RETRY_S", 0.01, raising=False)


@pytest.fixture
def plain_prices(frozen_time: FrozenDateTimeFactory, octopus: OctopusSimulator) -> None:
    """Have one price from an hour ago to six hours ahead, with no history.

    Plans are then short and made in no time, where they are not what it is about.
    """
    now = dt_util.utcnow()
    start, end = now - timedelta(hours=1), now + timedelta(hours=6)
    for code in (IMPORT_PRODUCT, EXPORT_PRODUCT):
        book = ListedBook((Rate(20.0, 21.0, start, end),))
        octopus.products[code] = replace(octopus.products[code], book=book)


@pytest.fixture
def life(  # noqa: PLR0913, PLR0917 - what a home is made of, in this order
    log: LogCheck,
    frozen_time: FrozenDateTimeFactory,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    hass: HomeAssistant,
    enable_custom_integrations: None,
) -> Life:
    """Return a home whose site is not set up yet.

    The devices come before Home Assistant, so that they outlive it.
    """
    owner_moves_in(sungrow)
    return Life(hass, frozen_time, sungrow, octopus, log)
