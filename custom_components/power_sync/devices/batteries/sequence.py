"""A list of writes that holds only what changes anything."""

from custom_components.power_sync.model.battery import Settings, SettingValue, Write


def number(settings: Settings, key: str) -> int | None:
    """Return a setting as a register value; None where there is none."""
    value = settings.get(key)
    return value if isinstance(value, int) else None


class Sequence:
    """Collects the writes that change anything, and what they lead to.

    A setting may be put twice, so it is compared with the settings as they are at
    that point, not as they were before the first write.
    """

    def __init__(self, now: Settings) -> None:
        """Start from the present settings."""
        self._state: dict[str, SettingValue] = dict(now)
        self._writes: list[Write] = []

    def put(self, setting: str, value: int | None) -> None:
        """Write a setting unless it is so already; None leaves it alone."""
        if value is None or self._state.get(setting) == value:
            return
        self._state[setting] = value
        self._writes.append(Write(setting, value))

    @property
    def writes(self) -> tuple[Write, ...]:
        """The writes in their order."""
        return tuple(self._writes)
