"""Libraries that only some homes need, installed when the first one needs them.

They are not among the requirements of the manifest: one that fails to install
would keep Home Assistant from loading PowerSync, and so from giving a battery back.
"""

import asyncio
from dataclasses import dataclass, field
from enum import Enum
import importlib
import logging

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.issues import async_forget_library, async_show_library
from homeassistant.core import HomeAssistant, callback
from homeassistant.requirements import (
    RequirementsNotFound,
    async_clear_install_history,
    async_process_requirements,
)
from homeassistant.util.hass_dict import HassKey

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is installed, and the module that is imported from it.

    Where one that is not `needed` cannot be had, nobody has to do anything about it.
    """

    requirement: str
    module: str
    needed: bool = True


class Library(Enum):
    """An optional library, at the version that is tested with.

    Home Assistant installs it under its own constraints, so it never replaces what
    Home Assistant itself needs (scipy stands on its numpy).
    """

    # Home Assistant's own integrations pin a version, which must not be replaced.
    HOLIDAYS = Requirement("holidays>=0.106", "holidays", needed=False)
    PYMYENERGI = Requirement("pymyenergi==0.2.3", "pymyenergi.connection")
    SCIPY = Requirement("scipy==1.18.1", "scipy.optimize")

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name.lower()


@dataclass(slots=True)
class _Installed:
    """What is known of each library since the start of Home Assistant."""

    usable: dict[Library, bool] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_INSTALLED: HassKey[_Installed] = HassKey(f"{DOMAIN}_libraries")


async def async_ensure(
    hass: HomeAssistant, library: Library, *, again: bool = False
) -> bool:
    """Install a library where it is missing, and load it; say if it can be used.

    What came of it holds until Home Assistant restarts, or `again` is asked for.
    Where one that is needed cannot be used there is a repair issue. Never raises.
    """
    known = hass.data.setdefault(_INSTALLED, _Installed())
    async with known.lock:
        if again and not known.usable.get(library):
            known.usable.pop(library, None)
            async_clear_install_history(hass)
        if library not in known.usable:
            known.usable[library] = await _async_load(hass, library)
    return known.usable[library]


@callback
def is_usable(hass: HomeAssistant, library: Library) -> bool:
    """Return whether a library has been loaded."""
    known = hass.data.get(_INSTALLED)
    return known is not None and known.usable.get(library, False)


async def _async_load(hass: HomeAssistant, library: Library) -> bool:
    wanted = library.value
    try:
        if not hass.config.skip_pip:
            await async_process_requirements(
                hass, DOMAIN, [wanted.requirement], is_built_in=False
            )
        # It takes its time, and reads from the disk.
        await hass.async_add_executor_job(importlib.import_module, wanted.module)
    except (RequirementsNotFound, ImportError, OSError) as err:
        if not wanted.needed:
            LOGGER.debug("The library %s cannot be used: %s", library.label, err)
            return False
        LOGGER.warning("The library %s cannot be used: %s", library.label, err)
        async_show_library(hass, library.label)
        return False
    async_forget_library(hass, library.label)
    return True
