"""How much may be asked of Sigenergy's cloud in the name of one account.

How much that is, nobody says. The documented interface for developers, which PowerSync
does not use, takes ten requests a minute; this is less over the hour, with more at once
for a start. Whoever asks in the name of an account, for whatever station, site
or dialogue, draws on the same budget, and what the cloud says to one (to wait), it has
said to all.
"""

from datetime import timedelta
from enum import IntEnum
import time
from typing import Final
from weakref import WeakValueDictionary

from aiohttp import ClientSession

from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.protocols import DeviceUnreachableError

AT_ONCE: Final = 40
PER_MINUTE: Final = 8
"""So many requests at most, in a row and on the average."""
BUSY_FOR: Final = timedelta(minutes=1)
"""How long to ask nothing where the cloud has enough and does not say for how long."""
LONGEST_QUIET: Final = timedelta(hours=1)
"""A longer wait than that is a mistake."""


class Need(IntEnum):
    """What a request is for; it is made while at least so many are left.

    So readings never use up what a battery is told, or given back, with.
    """

    COMMAND = 1
    READING = 11
    SPARE = 21
    """What can wait for another poll."""


class BudgetSpentError(DeviceUnreachableError):
    """The account has asked for enough now, and the cloud was not asked."""


class Budget:
    """The requests of an account. Raises DeviceUnreachableError once they are used."""

    def __init__(self) -> None:
        """Begin with all that may be asked at once."""
        self._left = float(AT_ONCE)
        self._counted_s = time.monotonic()
        self._quiet_until_s = 0.0

    def check(self, need: Need) -> None:
        """Raise unless a request for `need` can be made now."""
        now_s = time.monotonic()
        quiet_s = self._quiet_until_s - now_s
        if quiet_s > 0:
            raise DeviceUnreachableError(
                f"the cloud wants to be left alone for {quiet_s:.0f} s"
            )
        earned = (now_s - self._counted_s) * PER_MINUTE / 60
        self._left, self._counted_s = min(AT_ONCE, self._left + earned), now_s
        if self._left < need:
            wait_s = (need - self._left) * 60 / PER_MINUTE
            raise BudgetSpentError(f"enough was asked, more in {wait_s:.0f} s")

    def spend(self) -> None:
        """Count a request that is made now. Raises as `check`."""
        self.check(Need.COMMAND)
        self._left -= 1

    def leave_alone(self, wait: timedelta | None) -> None:
        """Ask nothing for so long; None where the cloud does not say."""
        wait_s = min(wait or BUSY_FOR, LONGEST_QUIET).total_seconds()
        self._quiet_until_s = time.monotonic() + wait_s


_SHARED: Final[WeakValueDictionary[tuple[ClientSession, str, str], Budget]] = (
    WeakValueDictionary()
)


def budget_of(login: Login) -> Budget:
    """Return the one budget of an account, whichever password it is asked with."""
    key = (login.session, login.base_url, login.account.email.casefold())
    budget = _SHARED.get(key)
    if budget is None:
        budget = _SHARED[key] = Budget()
    return budget
