"""The journal's records as JSON, and back."""

from collections.abc import Mapping

from custom_components.power_sync.model.battery import Mode, SettingValue
from custom_components.power_sync.model.plain import (
    Json,
    JsonObject,
    number_of,
    setting_of,
    time_of,
)

from .journal import Doubted, Force, JournalCorruptError, Record, Records


def records_to_json(records: Records) -> dict[str, JsonObject]:
    """Return the records as JSON can hold them."""
    return {key: _record_to_json(record) for key, record in records.items()}


def _record_to_json(record: Record) -> JsonObject:
    force = record.force
    return {
        "device": dict(record.device),
        "owner": dict(record.owner),
        "ours": {key: list(values) for key, values in record.ours.items()},
        "lost": record.lost,
        "force": None
        if force is None
        else {
            "mode": force.mode.value,
            "power_w": force.power_w,
            "started": force.started.isoformat(),
            "until": force.until.isoformat(),
            "into_car": force.into_car,
        },
        "flash_writes": [when.isoformat() for when in record.flash_writes],
        "told_at": None if record.told_at is None else record.told_at.isoformat(),
        "doubted": {key: list(each) for key, each in record.doubted.items()},
    }


def records_from_json(data: object) -> dict[str, Record]:
    """Return the records that `records_to_json` wrote.

    Raises JournalCorruptError for anything else: a journal that is understood
    only in part cannot be trusted to put a battery back.
    """
    if not isinstance(data, Mapping):
        raise JournalCorruptError("the journal is not an object")
    try:
        return {str(key): _record_from_json(value) for key, value in data.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise JournalCorruptError(f"the journal does not hold records: {err}") from err


def _record_from_json(data: Mapping[str, Json]) -> Record:
    device, owner, ours = data["device"], data["owner"], data["ours"]
    flash_writes = data["flash_writes"]
    # Earlier versions did not keep it.
    told_at, doubted = data.get("told_at"), data.get("doubted", {})
    if not (
        isinstance(device, Mapping)
        and isinstance(owner, Mapping)
        and isinstance(ours, Mapping)
        and isinstance(flash_writes, list)
        and isinstance(doubted, Mapping)
    ):
        raise TypeError("a part of a record has the wrong shape")
    return Record(
        device=device,
        owner={key: setting_of(value) for key, value in owner.items()},
        ours={key: _settings_list(values) for key, values in ours.items()},
        lost=data["lost"] is True,
        force=_force_from_json(data["force"]),
        flash_writes=tuple(time_of(when) for when in flash_writes),
        told_at=None if told_at is None else time_of(told_at),
        doubted={key: _doubted_from_json(each) for key, each in doubted.items()},
    )


def _settings_list(values: Json) -> tuple[SettingValue, ...]:
    if not isinstance(values, list):
        raise TypeError("written values are a list")
    return tuple(setting_of(value) for value in values)


def _doubted_from_json(data: Json) -> Doubted:
    if not isinstance(data, list):
        raise TypeError("a doubted value is a list")
    value, before, rewritten = data
    return Doubted(setting_of(value), setting_of(before), int(number_of(rewritten)))


def _force_from_json(data: Json) -> Force | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise TypeError("a force is an object")
    power_w = data["power_w"]
    return Force(
        mode=Mode(str(data["mode"])),
        power_w=None if power_w is None else number_of(power_w),
        started=time_of(data["started"]),
        until=time_of(data["until"]),
        into_car=data.get("into_car") is True,
    )
