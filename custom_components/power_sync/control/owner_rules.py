"""The rules that an owner has given a battery, and what they leave to plan with.

A rule as it was found is the maker's default as often as the owner's word, and is
changed for the time of a command. One that was set through PowerSync is the owner's
word: nothing is planned or forced that would have to break it, until it is lifted,
here or in the maker's app.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from custom_components.power_sync.model.battery import (
    EXPORT_EVERYTHING,
    Mode,
    OwnerSetting,
    OwnerValue,
)

from .owner_settings import owners_of
from .view import SiteLimits

if TYPE_CHECKING:
    from .controlled import Controlled

LIFTED: Final[Mapping[OwnerSetting, OwnerValue]] = {
    OwnerSetting.GRID_CHARGING: True,
    OwnerSetting.GRID_EXPORT: EXPORT_EVERYTHING,
}
"""The rules, and the value of each that forbids nothing."""


def owner_value_of(battery: Controlled, setting: OwnerSetting) -> OwnerValue:
    """Return what the owner has set, as last read; None where it is not known.

    While a command of ours overrides it, that is what is put back.
    """
    reading, executor = battery.health.reading, battery.executor
    if reading is None:
        return None
    found = owners_of(executor.record, reading.owner)
    return executor.driver.owner_value(setting, found)


def forbidden(battery: Controlled) -> frozenset[Mode]:
    """Return the modes that break what the owner has said of a battery."""
    broken = {
        setting
        for setting in battery.owner_rules
        if owner_value_of(battery, setting) != LIFTED[setting]
    }
    modes = {
        OwnerSetting.GRID_CHARGING: Mode.CHARGE,
        OwnerSetting.GRID_EXPORT: Mode.DISCHARGE,
    }
    return frozenset(modes[setting] for setting in broken)


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
    kept = setting in LIFTED and value != LIFTED[setting]
    return [*others, setting] if kept else others
