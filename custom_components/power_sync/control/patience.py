"""When to try again, when to wait, and when to leave a battery alone."""

from collections import deque
from datetime import datetime, timedelta

from .log import Outcome

RETRY_FIRST = timedelta(seconds=10)
RETRY_MOST = timedelta(seconds=60)
RESENDS = 3
RESEND_WINDOW = timedelta(minutes=30)
STRANGE_POLLS = 3
LEAVE_ALONE = timedelta(minutes=10)
FOREIGN_FOR = timedelta(hours=1)
"""So long after it was last seen, something else is taken to control no more."""


class Patience:
    """What one battery's failures so far say about the next try.

    - Not ready yet: again after 10 s, and no failure.
    - Too soon after the last command: once its interval is over, and no failure.
    - Not reached, or not given back: again after 10 s, doubling to 60 s, for ever.
    - Dropped, refused or ignored: sent again at most 3 times in 30 minutes.
    - Held by something else for 3 polls: left alone for 10 minutes.
    """

    def __init__(self) -> None:
        """Start without a past."""
        self.wait_until: datetime | None = None
        self.failures = 0
        self._foreign_times = 0
        self._foreign_at: datetime | None = None
        self._resends: deque[datetime] = deque(maxlen=RESENDS)
        self._strange_polls = 0
        self._alone_until: datetime | None = None

    def ready(self, now: datetime) -> bool:
        """Whether another try may be made now."""
        return self.wait_until is None or now >= self.wait_until

    def forgive(self) -> None:
        """Forget the past: the user wants it now."""
        self.wait_until = None
        self.failures = 0
        self._resends.clear()
        self._alone_until = None
        self._strange_polls = 0
        self._foreign_times = 0

    def sees_stranger(self, now: datetime) -> bool:
        """Note that the battery holds what neither we nor its owner set.

        Returns whether to leave it alone: for the first polls, in which a write
        of the owner's may still be under way, and then for ten minutes.
        """
        if self._alone_until is not None:
            if now < self._alone_until:
                return True
            self._alone_until = None
            return False
        self._strange_polls += 1
        if self._strange_polls >= STRANGE_POLLS:
            self._strange_polls = 0
            self._alone_until = now + LEAVE_ALONE
            lately = self._seen_lately(now)
            self._foreign_times = self._foreign_times + 1 if lately else 1
            self._foreign_at = now
        return True

    def foreign(self, now: datetime) -> bool:
        """Whether something else keeps coming back to control the battery.

        That a command of ours was followed in between says nothing of that.
        """
        return self._foreign_times > 1 and self._seen_lately(now)

    def _seen_lately(self, now: datetime) -> bool:
        return self._foreign_at is not None and now - self._foreign_at < FOREIGN_FOR

    def sees_no_stranger(self) -> None:
        """Note that all settings are ours or the owner's."""
        self._strange_polls = 0
        self._alone_until = None

    def dropped(self, now: datetime) -> None:
        """Note that the device fell back to normal by itself."""
        self._resends.append(now)

    def spent(self, now: datetime) -> bool:
        """Whether it was sent so often that it is not sent again for now."""
        return self._after_resends(now) is not None

    def note(
        self,
        outcome: Outcome,
        now: datetime,
        *,
        gives_back: bool = False,
        free_at: datetime | None = None,
    ) -> None:
        """Note what came of a try, and with it when the next may be made.

        Giving a battery back is never put off for having been tried often.
        `free_at` is when the interval between two commands is over.
        """
        match outcome:
            case Outcome.FOLLOWED | Outcome.ALREADY | Outcome.DRY_RUN:
                self.failures = 0
                self.wait_until = self._after_resends(now)
            case Outcome.SUPERSEDED:
                self.wait_until = None
            case Outcome.REFUSED | Outcome.NOT_FOLLOWED if not gives_back:
                self.failures += 1
                self._resends.append(now)
                self.wait_until = self._after_resends(now) or now + RETRY_FIRST
            case Outcome.TOO_SOON if free_at is not None:
                self.wait_until = free_at
            case Outcome.NOT_READY:
                self.wait_until = now + RETRY_FIRST
            case Outcome.FOREIGN:
                self.wait_until = self._alone_until or now + RETRY_FIRST
            case _:
                self.failures += 1
                delay = RETRY_FIRST * 2 ** min(self.failures - 1, 8)
                self.wait_until = now + min(delay, RETRY_MOST)

    def _after_resends(self, now: datetime) -> datetime | None:
        """Return when to try again after too many resends, else None."""
        if len(self._resends) < RESENDS:
            return None
        free = self._resends[0] + RESEND_WINDOW
        return free if free > now else None
