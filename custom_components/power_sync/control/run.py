"""One order on its way: what was found, written and read back, and what came of it."""

from custom_components.power_sync.devices.protocols import RightsMissingError
from custom_components.power_sync.model.battery import Settings, Write

from .journal import Record
from .log import Outcome
from .order import Order


class Run:
    """One order being carried out on one battery.

    `found` are the device's settings before anything was written and `kept` the
    journal's record then; from these two `wanted` was worked out: what is to be
    written, for the command or, where `releases`, to give the battery back. All
    are None where it did not come to that. `writes` are the writes that were
    tried, repetitions included.
    """

    __slots__ = (
        "error",
        "found",
        "generation",
        "half",
        "kept",
        "lacks_rights",
        "order",
        "outcome",
        "read_back",
        "releases",
        "wanted",
        "writes",
    )

    def __init__(self, order: Order, generation: int) -> None:
        """Start with nothing done."""
        self.order = order
        self.generation = generation
        self.outcome = Outcome.ALREADY
        self.found: Settings | None = None
        self.kept: Record | None = None
        self.wanted: tuple[Write, ...] | None = None
        self.releases = False
        self.writes: list[Write] = []
        self.read_back: Settings = {}
        self.error: str | None = None
        self.half = False
        self.lacks_rights = False

    def end(self, outcome: Outcome, err: Exception | None = None) -> None:
        """Note what came of it."""
        self.outcome = outcome
        if err is not None:
            self.error = str(err)
            self.lacks_rights = isinstance(err, RightsMissingError)

    def works_out(
        self,
        wanted: list[Write],
        found: Settings,
        kept: Record,
        *,
        releases: bool = False,
    ) -> None:
        """Note what is to be written, and from what that follows."""
        self.wanted, self.found, self.kept = tuple(wanted), found, kept
        self.releases = releases
