"""Whether a battery can be trusted to be told anything."""

from datetime import datetime, timedelta
from enum import StrEnum

from custom_components.power_sync.model.battery import BatteryReading

UNREADABLE_POLLS = 3
UNREADABLE_AFTER = timedelta(seconds=120)
GOOD_POLLS = 3
GRID_SETTLES = timedelta(minutes=5)


class Trouble(StrEnum):
    """Why a battery is left to itself."""

    UNREADABLE = "unreadable"
    WRONG_DEVICE = "wrong_device"
    FAULT = "device_fault"
    ISLANDED = "islanded"
    GRID_RETURNING = "grid_returning"
    STORM = "storm"


class AccountTrouble(StrEnum):
    """What is wrong with the account that a battery is reached through."""

    SIGNED_OUT = "signed_out"
    LACKS_RIGHTS = "lacks_rights"


class HealthTracker:
    """Turns single polls into a verdict that does not flicker.

    Unreadable after 3 failed polls or 120 s without a good one, and readable
    again after 3 good polls (at the start: after the first). After islanding,
    the battery is left alone until the grid has been back for 5 minutes.
    """

    def __init__(self, silent_after: timedelta = UNREADABLE_AFTER) -> None:
        """Start without a reading: unreadable.

        `silent_after` stands for the 120 s where a battery is read more rarely.
        """
        self._silent_after = silent_after
        self.reading: BatteryReading | None = None
        self._failed_polls = 0
        self._good_polls = GOOD_POLLS - 1
        self._lost = True
        self._wrong_device = False
        self.account: AccountTrouble | None = None
        """Why the last poll failed, where that is known to be its account."""
        self._islanded = False
        self._fault_polls = 0
        self._storm = False
        self._grid_back_at: datetime | None = None

    def good(self, reading: BatteryReading) -> None:
        """Note a poll that brought a reading."""
        self.reading = reading
        self._failed_polls = 0
        self._wrong_device = False
        self.account = None
        self._good_polls += 1
        if self._good_polls >= GOOD_POLLS:
            self._lost = False
        # Not known is not over: a trouble ends with a poll that says so.
        if reading.islanded is False and self._islanded:
            self._grid_back_at = reading.at
        if reading.islanded is not None:
            self._islanded = reading.islanded
        if reading.storm is not None:
            self._storm = reading.storm
        if reading.fault:
            self._fault_polls = GOOD_POLLS
        elif reading.fault is False:
            self._fault_polls = max(0, self._fault_polls - 1)

    def failed(
        self, *, wrong_device: bool = False, account: AccountTrouble | None = None
    ) -> None:
        """Note a poll that brought none."""
        self._failed_polls += 1
        self._good_polls = 0
        self._wrong_device = wrong_device
        self.account = account
        if self._failed_polls >= UNREADABLE_POLLS:
            self._lost = True

    def trouble(self, now: datetime) -> Trouble | None:
        """Return why the battery has to be left alone, or None."""
        if self._wrong_device:
            return Trouble.WRONG_DEVICE
        reading = self.reading
        if reading is None or now - reading.at > self._silent_after:
            self._lost = True
            self._good_polls = min(self._good_polls, GOOD_POLLS - 1)
        if self._lost or reading is None:
            return Trouble.UNREADABLE
        if self._islanded:
            return Trouble.ISLANDED
        if self._fault_polls:
            return Trouble.FAULT
        if self._grid_back_at is not None and now - self._grid_back_at < GRID_SETTLES:
            return Trouble.GRID_RETURNING
        return Trouble.STORM if self._storm else None
