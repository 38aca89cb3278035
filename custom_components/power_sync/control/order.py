"""What one battery shall do, and on whose word."""

from dataclasses import dataclass

from custom_components.power_sync.model.battery import Command, Mode
from custom_components.power_sync.model.tariff import DayTariff

type Asked = tuple[Mode, float | None, DayTariff | None]


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
    def asked(self) -> Asked:
        """The mode and power asked for, and the prices to plan by."""
        if self.command is None:
            return Mode.SELF_CONSUMPTION, None, None
        return self.command.mode, self.command.power_w, self.command.tariff

    @property
    def gives_back(self) -> bool:
        """Whether the owner's own operation is what is wanted."""
        mode, _, tariff = self.asked
        return mode is Mode.SELF_CONSUMPTION and tariff is None
