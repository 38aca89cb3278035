"""Whose is it: which settings of a device are ours, the owner's or a stranger's."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from custom_components.power_sync.devices.protocols import BatteryDriver, DeviceError
from custom_components.power_sync.model.battery import Command, Mode, Settings, Write

from .journal import Doubted, Record

PROGRAM_REWRITES = 2
"""So often no owner sets again what a command has replaced."""


def effective(writes: Iterable[Write], now: Settings) -> list[Write]:
    """Return the writes that change something, one after the other."""
    state = dict(now)
    left = []
    for write in writes:
        if state.get(write.setting) != write.value:
            state[write.setting] = write.value
            left.append(write)
    return left


def is_strange(record: Record, now: Settings, key: str) -> bool:
    """Whether a setting that we wrote holds neither our value nor the owner's."""
    values = record.ours.get(key)
    # A setting that could not be read is nobody's.
    if values is None or now[key] is None:
        return False
    return now[key] not in values and now[key] != record.owner.get(key)


def is_rewritten(record: Record, now: Settings, key: str) -> bool:
    """Whether a value that was taken for the owner's stands over ours again.

    An owner sets a value once; a program writes it again and again.
    """
    doubted, values = record.doubted.get(key), record.ours.get(key)
    return (
        doubted is not None
        and values is not None
        and now[key] == doubted.value
        and now[key] not in values
    )


def strangers(driver: BatteryDriver, record: Record, now: Settings) -> list[str]:
    """Return the settings by which somebody else runs the battery."""
    if record.lost:
        return []
    normal = driver.owner_settings(now)
    return [
        key
        for key in now
        if is_strange(record, now, key)
        or is_rewritten(record, now, key)
        or (
            # A forced command that is not ours.
            key not in record.ours
            and normal[key] != now[key]
            and record.owner.get(key) != now[key]
        )
    ]


def owner_before_command(
    driver: BatteryDriver, record: Record, now: Settings
) -> Record:
    """Return the record with the owner's settings as they are before a command.

    At first contact they are read from the device; while we hold it, what the
    owner changed is taken over. A forced command that is found running is never
    taken for the owner's setting.
    """
    if record.lost:
        # Whatever is not safe may be ours, and is to be put back in the end.
        safe = dict(driver.safe_settings(now))
        ours = {key: (now[key],) for key in now if safe[key] != now[key]}
        return replace(record, owner=safe, ours={**ours, **record.ours})
    normal = driver.owner_settings(now)
    # Somebody's forced command that we take over is ours to end.
    taken = {
        key: (now[key],)
        for key in now
        if key not in record.ours
        and normal[key] != now[key]
        and record.owner.get(key) != now[key]
    }
    if not record.held:
        return replace(record, owner=dict(normal), ours=taken)
    changed = {
        key: normal[key]
        for key in now
        if (is_strange(record, now, key) and not is_rewritten(record, now, key))
        or (
            key not in record.ours
            and now[key] is not None
            and record.owner.get(key) != now[key]
        )
    }
    doubted = _doubted(record, now, changed)
    programs = {
        key: each.before
        for key, each in doubted.items()
        if each.rewritten >= PROGRAM_REWRITES
    }
    return replace(
        record,
        owner={**record.owner, **changed, **programs},
        ours={**record.ours, **taken},
        doubted=doubted,
    )


def disowned(record: Record) -> Record:
    """Return the record where what was set over ours is a program's.

    The next command has the owner's settings as they were before.
    """
    programs = {
        key: each._replace(rewritten=PROGRAM_REWRITES)
        for key, each in record.doubted.items()
    }
    return replace(record, doubted=programs)


def _doubted(record: Record, now: Settings, changed: Settings) -> Mapping[str, Doubted]:
    """Return the doubted values with those that are new, or there once more."""
    doubted = dict(record.doubted)
    for key in record.ours:
        earlier = record.doubted.get(key)
        if earlier is not None and is_rewritten(record, now, key):
            doubted[key] = earlier._replace(rewritten=earlier.rewritten + 1)
        elif key in changed and is_strange(record, now, key):
            before = record.owner.get(key) if earlier is None else earlier.before
            doubted[key] = Doubted(changed[key], before)
    return doubted


def presumed_owner(driver: BatteryDriver, record: Record, now: Settings) -> Record:
    """Return the record of a lost battery with what is normal taken as the owner's.

    Only what a forced mode or a hold of ours would have left behind is made safe.
    """
    safe, normal = driver.safe_settings(now), driver.owner_settings(now)
    hold = Command(Mode.NO_DISCHARGE, None, datetime.max.replace(tzinfo=UTC))
    try:
        held = {w.setting: w.value for w in driver.writes_for(hold, safe, safe)}
    except DeviceError:
        held = {}
    owner = {
        key: safe[key] if normal[key] != value or held.get(key) == value else value
        for key, value in now.items()
    }
    ours = {key: (now[key],) for key in now if owner[key] != now[key]}
    return replace(record, owner=owner, ours=ours, lost=False)


def owner_before_release(
    driver: BatteryDriver, record: Record, now: Settings
) -> Record:
    """Return the record with the owner's settings as they shall be left.

    What the owner (or anyone) set over our value while we held it stays as it is.
    """
    if record.lost:
        return replace(record, owner=dict(driver.safe_settings(now)))
    changed = {key: now[key] for key in record.ours if is_strange(record, now, key)}
    return replace(record, owner={**record.owner, **changed})


def release_writes(driver: BatteryDriver, record: Record, now: Settings) -> list[Write]:
    """Return what puts the settings back that we wrote, and only those.

    One that is the owner's may be written by way of another value, as a mode that
    stops a flow at once.
    """
    writes = driver.writes_for_release(record.owner, now)
    if not record.lost:
        writes = tuple(
            write
            for write in writes
            if write.setting in record.ours
            or _comes_back(write.setting, writes, record, now)
        )
    return effective(writes, now)


def _comes_back(
    key: str, writes: Iterable[Write], record: Record, now: Settings
) -> bool:
    """Whether writes leave a setting as it is, and as its owner has it."""
    values = [write.value for write in writes if write.setting == key]
    return values[-1] == now[key] == record.owner.get(key)


def on_the_way(record: Record, writes: Iterable[Write]) -> list[Write]:
    """Return the writes of a release that are not the owner's values."""
    return [w for w in writes if w.value != record.owner.get(w.setting)]


def for_command(
    driver: BatteryDriver, record: Record, now: Settings, command: Command
) -> tuple[Record, list[Write]]:
    """Return what a command has to write, and the record to store before that."""
    record = owner_before_command(driver, record, now)
    return record, effective(driver.writes_for(command, record.owner, now), now)


def for_release(
    driver: BatteryDriver, record: Record, now: Settings, *, cautious: bool
) -> tuple[Record, list[Write]]:
    """Return what gives a battery back, and the record that this follows from."""
    if record.lost and cautious:
        record = presumed_owner(driver, record, now)
    record = owner_before_release(driver, record, now)
    return record, release_writes(driver, record, now)


def written_ahead(
    driver: BatteryDriver, record: Record, writes: Iterable[Write], when: datetime
) -> Record:
    """Return the record with every value that the device may hold soon."""
    ours = dict(record.ours)
    flash = list(record.flash_writes)
    for write in writes:
        values = ours.get(write.setting, ())
        if write.value not in values:
            ours[write.setting] = (*values, write.value)
        if write.setting in driver.capabilities.flash_settings:
            flash.append(when)
    return replace(record, ours=ours, flash_writes=tuple(flash), told_at=when)


def settled(record: Record, now: Settings) -> Record:
    """Return the record after `now` was read back: older values are gone."""
    ours = {
        key: values if now[key] is None else (now[key],)
        for key, values in record.ours.items()
        if now[key] != record.owner[key]
    }
    return replace(record, ours=ours, lost=False)
