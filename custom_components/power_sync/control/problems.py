"""What is wrong with the control of a site, in terms its user can act on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from .health import Trouble
from .log import Outcome

if TYPE_CHECKING:
    from .controlled import Controlled
    from .loop import ControlLoop

FAILURES_THAT_MATTER = 3


class ProblemKey(StrEnum):
    """A kind of problem; each has a text that says what to do."""

    ACCOUNT_SIGNED_OUT = "account_signed_out"
    ACCOUNT_LACKS_RIGHTS = "account_lacks_rights"
    DEVICE_UNREACHABLE = "device_unreachable"
    RESTORE_FAILING = "restore_failing"
    COMMAND_NOT_FOLLOWED = "command_not_followed"
    BATTERIES_FEED = "batteries_feed"
    FOREIGN_CONTROL = "foreign_control"
    JOURNAL_NOT_WRITABLE = "journal_not_writable"
    OWNER_SETTINGS_LOST = "owner_settings_lost"
    PHASES_UNKNOWN = "phases_unknown"
    PRICES_MISSING = "prices_missing"
    SOLAR_FORECAST_MISSING = "solar_forecast_missing"
    TARIFF_ENDED = "tariff_ended"
    WRONG_DEVICE = "wrong_device"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a battery, or of the whole site (None)."""

    key: ProblemKey
    battery_id: str | None = field(default=None, repr=False)


def problems_of(controller: ControlLoop) -> tuple[Problem, ...]:
    """Return the problems there are now."""
    found = [
        Problem(key, battery.battery_id)
        for battery in controller.batteries.values()
        for key in _problems_of_battery(battery)
    ]
    found.extend(
        Problem(ProblemKey.RESTORE_FAILING, battery_id)
        for battery_id, failures in controller.stray_failures.items()
        if failures >= FAILURES_THAT_MATTER
    )
    if controller.owner_settings_lost:
        found.append(Problem(ProblemKey.OWNER_SETTINGS_LOST))
    return tuple(found)


def _problems_of_battery(battery: Controlled) -> Iterator[ProblemKey]:
    patience = battery.executor.patience
    now = battery.executor.clock.now()
    failing = patience.failures >= FAILURES_THAT_MATTER
    giving_back = battery.order is not None and battery.order.gives_back
    # Refused or ignored, or dropped again and again.
    spent = not giving_back and patience.spent(now)
    ignored = failing and battery.outcome in (Outcome.REFUSED, Outcome.NOT_FOLLOWED)
    forbidden = battery.executor.lacks_rights and (failing or spent)
    if forbidden:
        yield ProblemKey.ACCOUNT_LACKS_RIGHTS
    if failing and giving_back and battery.executor.held:
        yield ProblemKey.RESTORE_FAILING
    elif (spent or ignored) and not forbidden:
        yield ProblemKey.COMMAND_NOT_FOLLOWED
    if patience.foreign(now):
        yield ProblemKey.FOREIGN_CONTROL
    if battery.outcome is Outcome.NOT_STORED:
        yield ProblemKey.JOURNAL_NOT_WRITABLE
    if battery.health.trouble(now) is Trouble.WRONG_DEVICE:
        yield ProblemKey.WRONG_DEVICE
