"""What the user should know of a home beside the control of its batteries. Pure."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .control.controller import Controller
from .control.health import UNREADABLE_AFTER, AccountTrouble, Trouble
from .control.problems import Problem, ProblemKey
from .model.prices import PriceCurve
from .prices.protocols import PriceError, TariffEndedError, UnknownTariffError

FEEDS_AFTER = timedelta(minutes=5)
UNREACHABLE_AFTER = timedelta(minutes=15)
SIGNED_OUT_AFTER = timedelta(minutes=3)
"""An account that is refused does not come back by itself."""
NO_PRICES_AFTER = timedelta(minutes=15)
NO_PHASES_AFTER = timedelta(minutes=5)
RUNNING_OUT = timedelta(hours=2)
"""Prices that end so soon while no new ones can be had are told before they end."""
NO_FORECAST_AFTER = timedelta(days=1)
SUN_W = 200.0
"""A home that has had this much sun has panels, whose sun can be forecast."""

WATCHED = frozenset(
    {
        ProblemKey.ACCOUNT_LACKS_RIGHTS,
        ProblemKey.ACCOUNT_SIGNED_OUT,
        ProblemKey.BATTERIES_FEED,
        ProblemKey.DEVICE_UNREACHABLE,
        ProblemKey.PHASES_UNKNOWN,
        ProblemKey.PRICES_MISSING,
        ProblemKey.SOLAR_FORECAST_MISSING,
        ProblemKey.TARIFF_ENDED,
    }
)


_UNREACHABLE_BY: Final = {
    None: ProblemKey.DEVICE_UNREACHABLE,
    AccountTrouble.SIGNED_OUT: ProblemKey.ACCOUNT_SIGNED_OUT,
    AccountTrouble.LACKS_RIGHTS: ProblemKey.ACCOUNT_LACKS_RIGHTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a home knows now. `running` is whether Home Assistant has started."""

    curve: PriceCurve | None
    price_error: PriceError | None
    solar_power_w: float | None
    solar_forecast: bool
    running: bool


class Watch:
    """Tells lasting problems from passing ones."""

    def __init__(self) -> None:
        """Start without having seen anything."""
        self._since: dict[Hashable, datetime] = {}
        self._sun_seen = False

    def problems(
        self, controller: Controller, known: Known, now: datetime
    ) -> tuple[Problem, ...]:
        """Return the problems that have lasted; to be called every few seconds."""
        return (
            *self._unreachable(controller, known, now),
            *self._feeding(controller, now),
            *self._phases(controller, known, now),
            *self._prices(known, now),
            *self._forecast(known, now),
        )

    def _unreachable(
        self, controller: Controller, known: Known, now: datetime
    ) -> Iterator[Problem]:
        restoring = {
            problem.battery_id
            for problem in controller.problems
            if problem.key is ProblemKey.RESTORE_FAILING
        }
        for battery_id, battery in controller.batteries.items():
            reading = battery.health.reading
            # One good poll is an answer, also where control waits for more of them.
            silent = battery.health.trouble(now) is Trouble.UNREADABLE and (
                reading is None or now - reading.at > UNREADABLE_AFTER
            )
            account = battery.health.account
            lasts = self._lasts(
                (ProblemKey.DEVICE_UNREACHABLE, battery_id),
                UNREACHABLE_AFTER if account is None else SIGNED_OUT_AFTER,
                now,
                so=silent and known.running,
            )
            # That it cannot be given back says what to do about it, too: but not
            # where to sign in.
            if lasts and (account is not None or battery_id not in restoring):
                yield Problem(_UNREACHABLE_BY[account], battery_id)

    def _feeding(self, controller: Controller, now: datetime) -> Iterator[Problem]:
        """Tell what goes on all the same: nobody holds them, or they cannot be held."""
        feeds = controller.feeding.goes_on
        if self._lasts(ProblemKey.BATTERIES_FEED, FEEDS_AFTER, now, so=feeds):
            yield Problem(ProblemKey.BATTERIES_FEED)

    def _phases(
        self, controller: Controller, known: Known, now: datetime
    ) -> Iterator[Problem]:
        """Tell where the fuse is kept by guessing what its phases carry."""
        missing = controller.sight.phases.missing(now, controller.limits.mains)
        if self._lasts(
            ProblemKey.PHASES_UNKNOWN,
            NO_PHASES_AFTER,
            now,
            so=missing and known.running,
        ):
            yield Problem(ProblemKey.PHASES_UNKNOWN)

    def _prices(self, known: Known, now: datetime) -> Iterator[Problem]:
        error, slot = known.price_error, known.curve.at(now) if known.curve else None
        until = known.curve.firm_until if known.curve else None
        ends = error is not None and (until is None or until - now < RUNNING_OUT)
        missing = slot is None or not slot.firm or ends
        unknown = isinstance(error, UnknownTariffError)
        # That a tariff has ended is an answer; that it is not known may be a fault.
        patience = timedelta(0)
        if not isinstance(error, TariffEndedError):
            patience = NO_PRICES_AFTER
        gone = self._lasts(ProblemKey.TARIFF_ENDED, patience, now, so=unknown)
        lasts = self._lasts(
            ProblemKey.PRICES_MISSING, NO_PRICES_AFTER, now, so=missing and not unknown
        )
        if gone:
            yield Problem(ProblemKey.TARIFF_ENDED)
        elif lasts:
            yield Problem(ProblemKey.PRICES_MISSING)

    def _forecast(self, known: Known, now: datetime) -> Iterator[Problem]:
        self._sun_seen = self._sun_seen or (known.solar_power_w or 0.0) >= SUN_W
        if self._lasts(
            ProblemKey.SOLAR_FORECAST_MISSING,
            NO_FORECAST_AFTER,
            now,
            so=self._sun_seen and not known.solar_forecast,
        ):
            yield Problem(ProblemKey.SOLAR_FORECAST_MISSING)

    def _lasts(
        self, what: Hashable, at_least: timedelta, now: datetime, *, so: bool
    ) -> bool:
        """Return whether something has been so without a break for long enough."""
        if not so:
            self._since.pop(what, None)
            return False
        since = self._since.setdefault(what, now)
        if since > now:
            # The clock was set back.
            since = self._since[what] = now
        return now - since >= at_least
