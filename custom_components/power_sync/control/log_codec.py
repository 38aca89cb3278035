"""The command log as JSON, and back."""

from collections.abc import Iterable, Mapping

from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    OwnerSetting,
    Write,
)
from custom_components.power_sync.model.plain import (
    Json,
    JsonObject,
    number_of,
    setting_of,
    text_of,
    time_of,
)

from .log import LogEntry, Outcome


def entries_to_json(entries: Iterable[LogEntry]) -> list[Json]:
    """Return entries as JSON can hold them, in their order."""
    return [_to_json(entry) for entry in entries]


def entries_from_json(data: object) -> tuple[LogEntry, ...]:
    """Return the entries that `entries_to_json` wrote.

    What cannot be understood is left out: a log that has lost an entry is still
    worth reading.
    """
    found = data if isinstance(data, list) else []
    entries = []
    for each in found:
        try:
            entries.append(_from_json(each))
        except KeyError, TypeError, ValueError, AttributeError:
            continue
    return tuple(entries)


def _to_json(entry: LogEntry) -> JsonObject:
    command = entry.command
    return {
        "at": entry.at.isoformat(),
        "battery": entry.battery_id,
        "master": entry.master,
        "reason": entry.reason,
        "command": None
        if command is None
        else {
            "mode": command.mode.value,
            "power_w": command.power_w,
            "until": command.until.isoformat(),
        },
        "writes": [[write.setting, write.value] for write in entry.writes],
        "read_back": dict(entry.read_back),
        "outcome": entry.outcome.value,
        "error": entry.error,
        "owner_setting": entry.owner_setting,
        "owner_value": entry.owner_value,
    }


def _from_json(data: Mapping[str, Json]) -> LogEntry:
    writes, read_back, error = data["writes"], data["read_back"], data["error"]
    # Entries of earlier versions have none.
    setting, value = data.get("owner_setting"), data.get("owner_value")
    if not isinstance(writes, list) or not isinstance(read_back, Mapping):
        raise TypeError("a part of an entry has the wrong shape")
    return LogEntry(
        at=time_of(data["at"]),
        battery_id=text_of(data["battery"]),
        master=text_of(data["master"]),
        reason=text_of(data["reason"]),
        command=_command(data["command"]),
        writes=tuple(_write(each) for each in writes),
        read_back={key: setting_of(value) for key, value in read_back.items()},
        outcome=Outcome(text_of(data["outcome"])),
        error=None if error is None else text_of(error),
        owner_setting=None if setting is None else OwnerSetting(text_of(setting)),
        owner_value=setting_of(value),
    )


def _command(data: Json) -> Command | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise TypeError("a command is an object")
    power_w = data["power_w"]
    return Command(
        mode=Mode(text_of(data["mode"])),
        power_w=None if power_w is None else number_of(power_w),
        until=time_of(data["until"]),
    )


def _write(data: Json) -> Write:
    if not isinstance(data, list):
        raise TypeError("a write is a pair")
    setting, value = data
    return Write(text_of(setting), setting_of(value))
