"""A site of one of Home Assistant's own Tesla integrations.

Its access is borrowed at each call, by its own objects: it alone knows and renews its
tokens. Those objects are no stable interface, so nothing is taken for granted of them.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import probatio

from custom_components.power_sync.devices.batteries.tesla import quiet
from custom_components.power_sync.devices.batteries.tesla.access import Answer
from custom_components.power_sync.devices.batteries.tesla.client import (
    COMMANDS,
    READS,
    REQUEST_TIMEOUT_S,
    as_object,
    check_taken,
    opened,
)
from custom_components.power_sync.devices.batteries.tesla.quiet import Quiet
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
    RightsMissingError,
    SignedOutError,
)
from custom_components.power_sync.model.waits import seconds
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .tesla_entries import PAID_BY_ANSWER, is_signed_out, may, sites_of
from .tesla_errors import error_of, failures

FRESH: Final = timedelta(minutes=2, seconds=30)
"""A reading of the integration's own need not be asked, and paid, for again."""
LOOK_AGAIN_S: Final = 900.0
"""So long nothing is asked of an integration that its cloud refuses."""
_DISPATCH: Final = "dispatch_battery_power"
_RESUME: Final = "resume_battery_operation"
_TARIFF: Final = "time_of_use_settings"


class BorrowedSite:
    """A site of an integration that is loaded. All calls raise DeviceError alone."""

    def __init__(self, hass: HomeAssistant, domain: str, site_id: str) -> None:
        """Look for the integration at each call: it may be loaded anew at any time."""
        self._hass = hass
        self._domain = domain
        self._site_id = site_id
        self._looked_s: float | None = None
        self._quiet = Quiet()
        self._asked: object = None
        self._live: tuple[datetime, Answer] | None = None

    def _found(self) -> tuple[ConfigEntry[object], object]:
        """Return the site and its entry. Raises what is known of its absence."""
        for entry, site in sites_of(self._hass, self._domain):
            if str(getattr(site, "id", "")) == self._site_id:
                return entry, site
        every = self._hass.config_entries.async_entries(self._domain)
        if any(is_signed_out(self._hass, each) for each in every):
            raise self._signed_out()
        loaded = self._hass.config_entries.async_loaded_entries(self._domain)
        if any(not may(each, READS) for each in loaded):
            raise RightsMissingError(f"{self._domain} may not read energy sites")
        raise DeviceUnreachableError(f"{self._domain} is not loaded with this site")

    def _check_signed_in(self, entry: ConfigEntry[object]) -> None:
        """Raise while the integration waits for its owner.

        Each call would have it try its tokens again. Now and then one may: a cloud
        that refuses them may do so by mistake.
        """
        if not is_signed_out(self._hass, entry):
            self._looked_s = None
            return
        now_s = asyncio.get_running_loop().time()
        if self._looked_s is not None and now_s - self._looked_s < LOOK_AGAIN_S:
            raise self._signed_out()
        self._looked_s = now_s

    def _signed_out(self) -> SignedOutError:
        return SignedOutError(f"{self._domain} waits for its owner to sign in again")

    @property
    def dispatches(self) -> bool:
        """Whether the integration is paired with the gateway, and can tell a power."""
        if not self._hass.services.has_service(self._domain, _DISPATCH):
            return False
        try:
            _, site = self._found()
        except DeviceError:
            return False
        # Only what reaches both gateway and cloud has a second one of them.
        return hasattr(getattr(site, "api", None), "secondary")

    async def live_status(self) -> Answer:
        """Return the powers now: as the integration has them, else asked for.

        An integration that asks nothing by itself may be paid for by the answer: then
        one is taken for as long as one of its own would be.
        """
        _, site = self._found()
        coordinator = getattr(site, "live_coordinator", None)
        data = getattr(coordinator, "data", None)
        if isinstance(data, dict) and _is_fresh(data.get("timestamp")):
            return data
        at = dt_util.utcnow()
        if self._live is not None and timedelta(0) <= at - self._live[0] < FRESH:
            return self._live[1]
        live = as_object(await self._ask("live_status"))
        self._live = (at, live) if self._domain in PAID_BY_ANSWER else None
        return live

    async def site_info(self) -> Answer:
        """Return how the site is set, as it is now."""
        return as_object(await self._ask("site_info"))

    async def history(self, query: Mapping[str, str]) -> Answer:
        """Return the energies of a calendar."""
        return as_object(await self._ask("energy_history", **query))

    async def set_mode(self, mode: str) -> None:
        """Set the operation mode."""
        await self._tell("operation", mode)

    async def set_reserve(self, percent: int) -> None:
        """Set the backup reserve."""
        await self._tell("backup", percent)

    async def set_grid_charging(self, *, allowed: bool) -> None:
        """Allow charging from the grid; the API's flag says the contrary."""
        flag = "disallow_charge_from_grid_with_solar_installed"
        await self._tell("grid_import_export", **{flag: not allowed})

    async def set_export_rule(self, rule: str) -> None:
        """Set what may be fed into the grid."""
        await self._tell("grid_import_export", customer_preferred_export_rule=rule)

    async def set_storm_mode(self, *, enabled: bool) -> None:
        """Have it fill up before a storm by itself, or not."""
        await self._tell("storm_mode", enabled)

    async def set_tariff(self, tariff: Answer) -> None:
        """Set the tariff; the library itself wraps it."""
        await self._tell(_TARIFF, dict(tariff))

    async def dispatch(self, power_w: int, duration: timedelta) -> None:
        """Have the gateway discharge (charge where negative) for a while."""
        seconds = int(duration.total_seconds())
        await self._act(_DISPATCH, {"power": power_w, "duration": seconds})

    async def resume(self) -> None:
        """End that."""
        await self._act(_RESUME, {})

    async def _tell(self, method: str, *args: object, **more: object) -> None:
        """Call a method that changes something; not where that is known to be no."""
        entry, _ = self._found()
        if not may(entry, COMMANDS):
            raise RightsMissingError(f"{self._domain} may only read")
        check_taken(await self._call(method, *args, **more))

    async def _ask(self, method: str, *args: object, **more: object) -> object:
        """Return what a method of the integration's own object is answered."""
        return opened(await self._call(method, *args, **more))

    async def _call(self, method: str, *args: object, **more: object) -> Answer:
        """Call a method of the integration's own object; return all of the answer."""
        # The library is there when an integration that needs it is loaded. Its errors
        # are no Exceptions: what does not name them is ended by them.
        from tesla_fleet_api.exceptions import (  # noqa: PLC0415
            TeslaFleetError,
        )

        entry, site = self._found()
        call = getattr(getattr(site, "api", None), method, None)
        if call is None:
            raise DeviceRefusedError(f"{self._domain} has no {method}")
        self._check_signed_in(entry)
        self._check_quiet(site, method)
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                answer = await call(*args, **more)
        except TeslaFleetError as err:
            if is_signed_out(self._hass, entry):
                raise self._signed_out() from None
            self._note_wait(err.status, err.data, method)
            raise error_of(err.status) from None
        except TimeoutError:
            raise DeviceUnreachableError("the cloud did not answer in time") from None
        except failures() as err:
            if is_signed_out(self._hass, entry):
                raise self._signed_out() from None
            raise DeviceUnreachableError(
                f"the cloud cannot be reached: {type(err).__name__}"
            ) from None
        return answer if isinstance(answer, dict) else {}

    def _check_quiet(self, site: object, method: str) -> None:
        """Raise while the cloud wants no more, unless the integration began anew."""
        if site is not self._asked:
            self._asked, self._quiet = site, Quiet()
        self._quiet.check(tariff=method == _TARIFF)

    def _note_wait(self, status: int | None, told: object, method: str) -> None:
        """Keep quiet where a refusal says that there were too many requests."""
        if status == HTTPStatus.PAYMENT_REQUIRED:
            self._quiet.keep(quiet.LONGEST, tariff=False)
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            waits = told if isinstance(told, dict) else {}
            wait = seconds(str(waits.get("after"))) or seconds(str(waits.get("reset")))
            self._quiet.keep(wait or quiet.BUSY_FOR, tariff=method == _TARIFF)

    async def _act(self, action: str, fields: Mapping[str, object]) -> None:
        """Call an action of the integration's for the site's device."""
        from tesla_fleet_api.exceptions import (  # noqa: PLC0415
            TeslaFleetError,
        )

        devices = dr.async_get(self._hass)
        identifier = (self._domain, self._site_id)
        found = (
            devices.async_get_device_by_identifier(identifier, entry.entry_id)
            for entry in self._hass.config_entries.async_loaded_entries(self._domain)
        )
        device = next((each for each in found if each is not None), None)
        if device is None:
            raise DeviceUnreachableError(f"{self._domain} has no device for this site")
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                await self._hass.services.async_call(
                    self._domain,
                    action,
                    {CONF_DEVICE_ID: device.id, **fields},
                    blocking=True,
                )
        except HomeAssistantError, probatio.Invalid:
            raise DeviceRefusedError(f"{action} failed") from None
        except TeslaFleetError as err:
            raise error_of(err.status) from None
        except failures() as err:
            raise DeviceUnreachableError(
                f"the gateway cannot be reached: {type(err).__name__}"
            ) from None


def _is_fresh(timestamp: object) -> bool:
    told = dt_util.parse_datetime(timestamp) if isinstance(timestamp, str) else None
    return (
        told is not None and told.tzinfo is not None and dt_util.utcnow() - told < FRESH
    )
