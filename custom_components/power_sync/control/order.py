"""What one battery shall do, and on whose word."""

from dataclasses import dataclass

from custom_components.power_sync.model.battery import Command, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one battery shall do, and on whose word.

    `command` None gives the battery back to its owner. `by_user` marks what the
    user asked for just now: it also replaces what something else has set.
    `cautious` changes only what looks like ours where the owner's settings are
    lost; otherwise all of them are made safe.
    """

    command: Command | None
    master: str
    reason: str
    by_user: bool = False
    dry_run: bool = False
    cautious: bool = False

    @property
    def asked(self) -> tuple[Mode, float | None]:
        """The mode and power asked for."""
        if self.command is None:
            return Mode.SELF_CONSUMPTION, None
        return self.command.mode, self.command.power_w

    @property
    def gives_back(self) -> bool:
        """Whether the owner's own operation is what is wanted."""
        return self.asked[0] is Mode.SELF_CONSUMPTION
