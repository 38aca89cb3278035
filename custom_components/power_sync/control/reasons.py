"""Why control does what it does, beside the plan's own reasons."""

from enum import StrEnum


class ControlReason(StrEnum):
    """A reason of control. Each has a text."""

    STARTING = "starting"
    """Home Assistant has just started."""
    USER_REQUEST = "user_request"
    """You asked for it."""
    OWNER = "owner"
    """Automatic control is off: the battery is its owner's."""
    NO_PLAN = "no_plan"
    """There is no plan to follow."""
    PRICE_NOT_FIRM = "price_not_firm"
    """The price of now is only forecast."""
    AT_RESERVE = "at_reserve"
    """The battery is down at the reserve."""
    SOC_UNKNOWN = "soc_unknown"
    """The battery does not say how full it is, so it is not told to discharge."""
    NO_ROOM = "no_room"
    """The home's limits leave no room for the power that is wanted."""
    DRY_RUN = "dry_run"
    """Given back when the dry run began."""
    WATCHDOG = "watchdog"
    """Given back because control had stopped running."""
    STOPPING = "stopping"
    """Given back before Home Assistant or the site stopped."""
    REMOVED = "removed"
    """Given back because the battery is no longer part of the site."""
