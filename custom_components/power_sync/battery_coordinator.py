"""The rhythm of a battery: it is read, and control is told of each poll."""

from dataclasses import replace
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import CONF_SUBENTRY_ID, DOMAIN, LOGGER
from .control.controller import Controller
from .control.health import AccountTrouble
from .devices.protocols import (
    BatteryDriver,
    DeviceAuthError,
    DeviceError,
    DeviceNotReadyError,
    RightsMissingError,
    SignedOutError,
    WrongDeviceError,
)
from .model.battery import BatteryReading
from .model.scan import Scan
from .periods import Periods

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry

WH_PER_KWH = 1000


class BatteryCoordinator(DataUpdateCoordinator[BatteryReading]):
    """Reads one battery, and tells control of every poll."""

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        subentry_id: str,
        driver: BatteryDriver,
        controller: Controller,
    ) -> None:
        """Poll `driver`; `subentry_id` is the battery's config subentry."""
        self.title = entry.subentries[subentry_id].title
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=self.title,
            update_interval=(
                Periods.of(entry.options).poll or driver.capabilities.poll_every
            ),
            always_update=False,
        )
        self.subentry_id = subentry_id
        self.driver = driver
        self.controller = controller
        self.scan: Scan | None = None
        """What a scan has found, where the battery does not tell its health."""
        self._refused = False
        self._waited = False

    @property
    def battery_id(self) -> str:
        """The serial of the battery."""
        return self.driver.identity.serial

    @override
    async def _async_update_data(self) -> BatteryReading:
        """Return a reading, or say why there is none."""
        try:
            reading = await self.driver.read()
        except WrongDeviceError:
            self.controller.unread(self.battery_id, wrong_device=True)
            raise UpdateFailed(
                translation_domain=DOMAIN, translation_key="wrong_device"
            ) from None
        except DeviceNotReadyError as err:
            # Not a failed poll. Marked as failed beforehand, this is no news to
            # Home Assistant, which would log an error at each of its starts.
            self._waited, self.last_update_success = True, False
            raise self._unreachable(err) from None
        except DeviceError as err:
            self.controller.unread(self.battery_id, account=_account_trouble(err))
            if self._waited:
                # Now it is news.
                self._waited, self.last_update_success = False, True
            if isinstance(err, DeviceAuthError):
                self._async_ask_anew()
            # What it came from names the address, and would be logged.
            raise self._unreachable(err) from None
        self._refused = self._waited = False
        if self.scan is not None and reading.soh_pct is None:
            reading = replace(
                reading,
                capacity_kwh=self.scan.original_wh / WH_PER_KWH,
                soh_pct=self.scan.health_pct,
            )
        self.controller.read(self.battery_id, reading)
        return reading

    @staticmethod
    def _unreachable(err: DeviceError) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key="battery_unreachable",
            translation_placeholders={"error": str(err)},
        )

    @callback
    def _async_ask_anew(self) -> None:
        """Ask the user for the account's password, once; readings go on.

        Not by ConfigEntryAuthFailed, which would end them, though a cloud that
        refuses now may do so by mistake.
        """
        if not self._refused:
            self._refused = True
            self.config_entry.async_start_reauth(
                self.hass, data={CONF_SUBENTRY_ID: self.subentry_id}
            )


def _account_trouble(err: DeviceError) -> AccountTrouble | None:
    """Return what an error says of the account that a battery is reached through."""
    match err:
        case DeviceAuthError() | SignedOutError():
            return AccountTrouble.SIGNED_OUT
        case RightsMissingError():
            return AccountTrouble.LACKS_RIGHTS
        case _:
            return None
