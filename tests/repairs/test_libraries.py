"""Optional libraries: installed when needed, and what happens where they cannot be."""

from pathlib import Path
import sys

import pytest

from custom_components.power_sync.bridges import libraries
from custom_components.power_sync.bridges.libraries import (
    Library,
    Requirement,
    async_ensure,
)
from custom_components.power_sync.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import package
from tests.scenarios.life import Life

from .repairing import begin_fix

pytestmark = pytest.mark.usefixtures("plain_prices")

ROOT = Path(__file__).parents[2]
NOWHERE = Requirement("power-sync-no-such-library==1.0", "power_sync_no_such_library")
REQUIREMENTS = "homeassistant.util.package.install_package"


@pytest.fixture
def tried(life: Life, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have pip be asked for real, but of an empty index; return what it was asked for.

    The index is a folder, so that nothing is looked for on the network.
    """
    asked: list[str] = []
    install = package.install_package

    def install_from_nothing(requirement: str, **kwargs: object) -> bool:
        asked.append(requirement)
        return install(requirement, timeout=1, constraints=None)

    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(REQUIREMENTS, install_from_nothing)
    monkeypatch.setattr(life.hass.config, "skip_pip", False)
    life.log.expect("cannot be used", "Unable to install", "power-sync-no-such")
    return asked


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the library be one that nobody has."""
    monkeypatch.setattr(Library.SCIPY, "_value_", NOWHERE)


def shown(hass: HomeAssistant) -> bool:
    """Whether there is an issue of the library."""
    return (DOMAIN, "library_missing_scipy") in ir.async_get(hass).issues


async def test_a_library_that_is_there(life: Life, tried: list[str]) -> None:
    """Nothing is installed, and it is loaded."""
    assert await async_ensure(life.hass, Library.SCIPY)
    assert tried == []
    assert "scipy.optimize" in sys.modules
    assert not shown(life.hass)


@pytest.mark.usefixtures("missing")
async def test_a_library_that_cannot_be_installed(life: Life, tried: list[str]) -> None:
    """Told, and not tried again with every plan."""
    assert not await async_ensure(life.hass, Library.SCIPY)
    assert set(tried) == {NOWHERE.requirement}
    assert shown(life.hass)
    tries = len(tried)
    assert not await async_ensure(life.hass, Library.SCIPY)
    assert len(tried) == tries


@pytest.mark.usefixtures("missing")
async def test_trying_again(
    life: Life, tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialogue tries, says that it failed, and ends when it does not."""
    await life.set_up()
    assert not await async_ensure(life.hass, Library.SCIPY)
    tries = len(tried)
    manager, asked = await begin_fix(life, "library_missing")
    assert asked["type"] is FlowResultType.FORM
    assert asked["description_placeholders"] == {"library": "scipy"}
    failed = await manager.async_configure(asked["flow_id"], {})
    assert failed["errors"] == {"base": "still_missing"}
    assert len(tried) == 2 * tries
    monkeypatch.setattr(Library.SCIPY, "_value_", Requirement("pytest", "pytest"))
    done = await manager.async_configure(asked["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert not shown(life.hass)
    assert await async_ensure(life.hass, Library.SCIPY, again=True)


async def test_a_library_that_does_not_load(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed for another kind of computer; pip is left out as the user said."""
    life.log.expect("cannot be used")
    assert life.hass.config.skip_pip
    broken = Requirement("pytest", "power_sync_no_such_library")
    monkeypatch.setattr(Library.SCIPY, "_value_", broken)
    assert not await async_ensure(life.hass, Library.SCIPY)
    assert shown(life.hass)


def test_the_version_is_the_one_that_is_tested_with() -> None:
    """The planner's reference is the same library."""
    tested = (ROOT / "requirements_test.txt").read_text(encoding="utf-8")
    assert libraries.Library.SCIPY.value.requirement in tested.splitlines()
