"""The settings of a Powerwall that are written, and in which order that is safe.

A gateway looks at a new tariff before it looks at the reserve, and makes a new plan
when the reserve changes. So the tariff comes first, and the reserve last, by way of
another value where it is to stay as it is.

Sources: `tesla-fleet-api`, and users' reports on the public trackers of `batpred` and
`alandtse/tesla` on the order and the reserve.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    EXPORT_EVERYTHING,
    EXPORT_NOTHING,
    EXPORT_SUN,
    Command,
    Mode,
    Settings,
    SettingValue,
    Write,
)
from custom_components.power_sync.model.tariff import DayTariff

from . import tariff

MODE: Final = "operation_mode"
RESERVE: Final = "backup_reserve_pct"
GRID_CHARGING: Final = "grid_charging"
EXPORT_RULE: Final = "export_rule"
TARIFF: Final = "tariff"
DISPATCH: Final = "dispatch"
STORM: Final = "storm_mode"
"""The owner's alone: no command touches it."""
SLOT: Final = "half_hour"
"""No setting: the half hour that it is, in the site's own clock. A tariff begins at
one, and what a command writes follows from what was read alone."""

NEEDED: Final = frozenset({MODE, RESERVE, GRID_CHARGING, TARIFF})
"""What a site that has it tells always, and what has to be put back."""

SELF_POWERED: Final = "self_consumption"
BY_TARIFF: Final = "autonomous"
BACKUP: Final = "backup"
MODES: Final = (SELF_POWERED, BY_TARIFF, BACKUP)
BATTERY_OK: Final = EXPORT_EVERYTHING
NEVER: Final = EXPORT_NOTHING
OFF: Final = "off"
FULL: Final = 100
SAFE_RESERVE_PCT: Final = 20
HIGHEST_PART_PCT: Final = 80
"""From here to 100 % no reserve can be set."""
_ENDS: Final = (TARIFF, RESERVE, EXPORT_RULE, GRID_CHARGING, MODE)
_CHARGE_ENDS: Final = (RESERVE, GRID_CHARGING, TARIFF, EXPORT_RULE, MODE)
"""A high reserve charges in any mode, and the cloud may take no tariff yet."""
_DISPATCHED: Final = {Mode.CHARGE: "charge", Mode.DISCHARGE: "discharge"}


def can_set_reserve(percent: float) -> bool:
    """Return whether a gateway takes this reserve."""
    return 0 <= percent <= HIGHEST_PART_PCT or percent == FULL


def writes_for(
    command: Command, owner: Settings, now: Settings, most_w: float
) -> tuple[Write, ...]:
    """Return the writes that bring a command about. Raises DeviceRefusedError."""
    ends = _dispatch_ended(now)
    match command.mode:
        case Mode.CHARGE | Mode.DISCHARGE if DISPATCH in now:
            back = writes_for_release(owner, now)
            return (
                *(
                    w
                    for w in back
                    if w.setting != DISPATCH and now[w.setting] != w.value
                ),
                Write(DISPATCH, _dispatched(command, most_w)),
            )
        case Mode.CHARGE:
            return _charge(command, owner, now)
        case Mode.DISCHARGE:
            return _discharge(command, owner, now)
        case Mode.NO_DISCHARGE:
            return (*ends, *_hold(owner, now))
        case Mode.SELF_CONSUMPTION if command.tariff is not None:
            return (*ends, *_planned(command.tariff, owner, now))
        case _:
            raise DeviceRefusedError(f"a Powerwall has no {command.mode}")


def _charge(command: Command, owner: Settings, now: Settings) -> tuple[Write, ...]:
    _check_known(owner)
    return _pulsed(
        (
            *_grid_charging(owner, allowed=True),
            Write(MODE, BY_TARIFF),
            Write(TARIFF, _forced(command, now)),
        ),
        FULL,
        owner,
        now,
    )


def _grid_charging(owner: Settings, *, allowed: bool) -> tuple[Write, ...]:
    """Return what allows charging from the grid, or not; nothing without a rule."""
    known = owner.get(GRID_CHARGING) is not None
    return (Write(GRID_CHARGING, allowed),) if known else ()


def _discharge(command: Command, owner: Settings, now: Settings) -> tuple[Write, ...]:
    """Sell what is above the owner's reserve, which stays."""
    _check_known(owner)
    reserve = owner.get(RESERVE)
    if not isinstance(reserve, int | float) or reserve >= FULL:
        raise DeviceRefusedError("the backup reserve keeps all that is stored")
    # An owner who lets nothing out has agreed on that with the grid; where no rule
    # is told, a programme decides on it.
    rule = owner.get(EXPORT_RULE)
    exports = () if rule in (None, NEVER) else (Write(EXPORT_RULE, BATTERY_OK),)
    return _pulsed(
        (
            *exports,
            *_grid_charging(owner, allowed=False),
            Write(MODE, BY_TARIFF),
            Write(TARIFF, _forced(command, now)),
        ),
        int(reserve),
        owner,
        now,
    )


def _hold(owner: Settings, now: Settings) -> Iterator[Write]:
    """Keep what is stored: a reserve of all of it, which the grid does not fill up."""
    reserve = owner.get(RESERVE)
    if owner.get(GRID_CHARGING) is None or not isinstance(reserve, int | float):
        raise DeviceRefusedError("it is not known how the site is set")
    if not can_set_reserve(reserve):
        raise DeviceRefusedError("a reserve above 80 % could not be put back")
    yield Write(GRID_CHARGING, False)  # noqa: FBT003 - a setting's value
    yield Write(RESERVE, FULL)
    for name in (TARIFF, EXPORT_RULE, MODE):
        if owner.get(name) not in (None, tariff.NONE, now.get(name)):
            yield Write(name, owner[name])


def _planned(prices: DayTariff, owner: Settings, now: Settings) -> Iterator[Write]:
    """Have the gateway plan by prices; all else is as its owner has it."""
    if owner.get(TARIFF) in (None, tariff.NONE):
        raise DeviceRefusedError("there is no tariff in the app that could be put back")
    if owner.get(MODE) is None:
        raise DeviceRefusedError("it is not known how the site is set")
    ours = {TARIFF: tariff.prices_text(prices), MODE: BY_TARIFF}
    for name in _ENDS:
        value = ours.get(name, owner.get(name))
        if value is not None and _can_set(name, value):
            yield Write(name, value)


def _can_set(name: str, value: SettingValue) -> bool:
    """Return whether a gateway takes a value: not each reserve that it may have."""
    return (
        name != RESERVE or not isinstance(value, int | float) or can_set_reserve(value)
    )


def writes_for_release(owner: Settings, now: Settings) -> tuple[Write, ...]:
    """Return what gives the battery back.

    A forced flow is stopped at once by the mode, where that is the owner's or ours to
    change, a charge by reserve and grid rule as well, and for good by the tariff.
    """
    stops: tuple[Write, ...] = ()
    order = _ENDS
    if tariff.forces(now.get(TARIFF)) and now.get(MODE) == BY_TARIFF:
        stops = (Write(MODE, SELF_POWERED),)
        window = tariff.window_of(now.get(TARIFF))
        if window is not None and window.kind == _DISPATCHED[Mode.CHARGE]:
            order = _CHARGE_ENDS
    back = (
        Write(name, owner[name])
        for name in order
        if owner.get(name) not in (None, tariff.NONE) and _can_set(name, owner[name])
    )
    return (*_dispatch_ended(now), *stops, *back)


def owner_settings(found: Settings, flat: str) -> Settings:
    """Return the owner's settings from those found: what forces is not theirs.

    Where there is such a tariff, `flat` stands for the one that is not known.
    """
    owner = dict(found)
    if tariff.forces(found.get(TARIFF)):
        owner[TARIFF] = flat
    if found.get(DISPATCH) is not None:
        owner[DISPATCH] = OFF
    return owner


def safe_settings(found: Settings, flat: str) -> Settings:
    """Return settings that are safe where the owner's are lost."""
    safe: dict[str, SettingValue] = {
        MODE: SELF_POWERED,
        RESERVE: SAFE_RESERVE_PCT,
        GRID_CHARGING: False,
        EXPORT_RULE: EXPORT_SUN,
    }
    known = {key: value for key, value in safe.items() if found.get(key) is not None}
    return {**owner_settings(found, flat), **known}


def _check_known(owner: Settings) -> None:
    """Raise where what would be changed cannot be put back."""
    if owner.get(MODE) is None or owner.get(RESERVE) is None:
        raise DeviceRefusedError("it is not known how the site is set")
    if owner.get(TARIFF) in (None, tariff.NONE):
        raise DeviceRefusedError("there is no tariff in the app that could be put back")


def _forced(command: Command, now: Settings) -> SettingValue:
    """Return the tariff that forces; the one that is in force where that will do."""
    slot = parsed_slot(now.get(SLOT))
    if slot is None:
        raise DeviceRefusedError("it is not known what time it is at the battery")
    until = command.until.astimezone(slot.tzinfo)
    window = tariff.forced_window(command.mode, until, slot, command.paid_per_kwh)
    held = now.get(TARIFF)
    return held if tariff.serves(held, window) else window.text


def slot_text(now: datetime, zone: tzinfo | None) -> str | None:
    """Return the half hour that it is at the site, with its offset from UTC.

    None where nobody knows its zone.
    """
    if zone is None:
        return None
    local = now.astimezone(zone)
    return local.replace(
        minute=local.minute // 30 * 30, second=0, microsecond=0
    ).isoformat(timespec="minutes")


def parsed_slot(value: SettingValue) -> datetime | None:
    """Return the half hour of `slot_text`; None where it is none."""
    try:
        slot = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return slot if slot.tzinfo is not None else None


def _pulsed(
    writes: tuple[Write, ...], reserve: int, owner: Settings, now: Settings
) -> tuple[Write, ...]:
    """Return writes with the reserve last, by way of another one if need be.

    Never by way of a weaker one. A reserve that could not be set again is left, and
    the mode makes the gateway act.
    """
    wanted = Write(RESERVE, reserve)
    changes = any(now.get(each.setting) != each.value for each in writes)
    if not _can_set(RESERVE, owner.get(RESERVE)):
        pulse = (Write(MODE, SELF_POWERED),) if changes else ()
        others = (each for each in writes if each.setting != MODE)
        return (*others, *pulse, Write(MODE, BY_TARIFF))
    if not changes or now.get(RESERVE) != reserve or reserve == FULL:
        return (*writes, wanted)
    other = FULL if reserve >= HIGHEST_PART_PCT else reserve + 1
    return (*writes, Write(RESERVE, other), wanted)


def _dispatched(command: Command, most_w: float) -> str:
    asked_w = most_w if command.power_w is None else min(command.power_w, most_w)
    return f"{_DISPATCHED[command.mode]} {asked_w:.0f}"


def dispatched_w(value: SettingValue) -> int:
    """Return the power of a dispatch, + discharging. Raises DeviceRefusedError."""
    name, _, watts = str(value).partition(" ")
    if name not in _DISPATCHED.values() or not watts.isdecimal():
        raise DeviceRefusedError(f"there is no dispatch {value!r}")
    return int(watts) if name == "discharge" else -int(watts)


def _dispatch_ended(now: Settings) -> tuple[Write, ...]:
    return (Write(DISPATCH, OFF),) if DISPATCH in now else ()
