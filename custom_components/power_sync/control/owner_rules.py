"""The rules that an owner has given a battery, and what they leave to plan with.

A rule as it was found is the maker's default as often as the owner's word, and is
changed for the time of a command. One that was set through PowerSync is the owner's
word: nothing is planned or forced that would have to break it, until it is lifted,
here or in the maker's app. To feed nothing in is agreed with the grid, so it binds
however it was set. A ceiling of power does, too; one of nothing is a rule, since a hold
of some program may have left it behind.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from custom_components.power_sync.model.battery import (
    EXPORT_EVERYTHING,
    EXPORT_NOTHING,
    Capabilities,
    Mode,
    OwnerSetting,
    OwnerValue,
)

from .owner_settings import owners_of
from .view import SiteLimits

if TYPE_CHECKING:
    from .controlled import Controlled

NOTHING_W: Final = 10.0
"""A ceiling of nothing, or of as little as a battery can be told instead."""


class Rule(NamedTuple):
    """What a setting forbids, and at which values."""

    forbids: Mode
    is_lifted: Callable[[OwnerValue], bool]


def _is_power(value: OwnerValue) -> bool:
    return isinstance(value, int | float) and value > NOTHING_W


RULES: Final[Mapping[OwnerSetting, Rule]] = {
    OwnerSetting.GRID_CHARGING: Rule(Mode.CHARGE, lambda value: value is True),
    OwnerSetting.GRID_EXPORT: Rule(
        Mode.DISCHARGE, lambda value: value == EXPORT_EVERYTHING
    ),
    OwnerSetting.MAX_CHARGE_W: Rule(Mode.CHARGE, _is_power),
    OwnerSetting.MAX_DISCHARGE_W: Rule(Mode.DISCHARGE, _is_power),
}


def owner_value_of(battery: Controlled, setting: OwnerSetting) -> OwnerValue:
    """Return what the owner has set, as last read; None where it is not known.

    While a command of ours overrides it, that is what is put back. What was read
    of the settings since the reading is newer than it.
    """
    reading, executor = battery.health.reading, battery.executor
    if reading is None:
        return None
    found = dict(reading.owner)
    read_at, settings = executor.last_read
    if read_at > reading.at:
        found |= {key: value for key, value in settings.items() if key in found}
    return executor.driver.owner_value(setting, owners_of(executor.record, found))


def able(battery: Controlled) -> Capabilities:
    """Return what a battery can do, with no more power than its owner lets it."""
    capabilities = battery.executor.driver.capabilities
    return replace(
        capabilities,
        max_charge_w=_within(
            battery, OwnerSetting.MAX_CHARGE_W, capabilities.max_charge_w
        ),
        max_discharge_w=_within(
            battery, OwnerSetting.MAX_DISCHARGE_W, capabilities.max_discharge_w
        ),
    )


def _within(battery: Controlled, setting: OwnerSetting, most_w: float) -> float:
    value = owner_value_of(battery, setting)
    if not isinstance(value, int | float):
        return most_w
    binds = _is_power(value) or setting in battery.owner_rules
    return min(most_w, value) if binds else most_w


def forbidden(battery: Controlled) -> frozenset[Mode]:
    """Return the modes that break what the owner has said of a battery."""
    rules = set(battery.owner_rules)
    if owner_value_of(battery, OwnerSetting.GRID_EXPORT) == EXPORT_NOTHING:
        rules.add(OwnerSetting.GRID_EXPORT)
    return frozenset(
        RULES[setting].forbids
        for setting in rules
        if not RULES[setting].is_lifted(owner_value_of(battery, setting))
    )


def within(battery: Controlled, limits: SiteLimits) -> SiteLimits:
    """Return the home's limits as they are for one battery."""
    modes = forbidden(battery)
    return replace(
        limits,
        grid_charging=limits.grid_charging and Mode.CHARGE not in modes,
        battery_export=limits.battery_export and Mode.DISCHARGE not in modes,
    )


def rules_after(
    rules: Iterable[OwnerSetting], setting: OwnerSetting, value: OwnerValue
) -> list[OwnerSetting]:
    """Return a battery's rules after its owner has set one of its settings."""
    others = [each for each in rules if each is not setting]
    kept = setting in RULES and not RULES[setting].is_lifted(value)
    return [*others, setting] if kept else others
