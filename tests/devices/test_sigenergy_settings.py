"""What is written to a Sigenergy for each command, and in which order."""

from datetime import timedelta

import pytest

from custom_components.power_sync.devices.batteries.sigenergy import settings as sig
from custom_components.power_sync.devices.batteries.sigenergy.owner import (
    OwnerLimits,
    owner_range,
    owner_value,
    owner_writes,
)
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    NO_LIMIT,
    Command,
    Mode,
    OwnerRange,
    OwnerSetting,
    Settings,
    SettingValue,
    Write,
)

from .sungrow_unit import NOON

NORMAL = {
    "remote_ems": 0,
    "remote_ems_mode": 2,
    "max_charge_w": 8000,
    "max_discharge_w": 9000,
}


def writes(
    mode: Mode, power_w: float | None, owner: Settings = NORMAL, now: Settings = NORMAL
) -> list[tuple[str, SettingValue]]:
    """Return what a command writes."""
    command = Command(mode, power_w, NOON + timedelta(hours=1))
    found = sig.writes_for(command, owner, now, max_charge_w=8000, max_discharge_w=9000)
    return [(write.setting, write.value) for write in found]


CHARGING = NORMAL | {"remote_ems": 1, "remote_ems_mode": 4, "max_charge_w": 3000}
DISCHARGING = NORMAL | {"remote_ems": 1, "remote_ems_mode": 6, "max_discharge_w": 2500}
RESTING = NORMAL | {"remote_ems": 1, "remote_ems_mode": 1}


@pytest.mark.parametrize(
    ("mode", "power_w", "now", "expected"),
    [
        (
            Mode.CHARGE,
            3000,
            NORMAL,
            [("max_charge_w", 3000), ("remote_ems", 1), ("remote_ems_mode", 4)],
        ),
        (Mode.CHARGE, None, NORMAL, [("remote_ems", 1), ("remote_ems_mode", 4)]),
        (Mode.CHARGE, 99_000, NORMAL, [("remote_ems", 1), ("remote_ems_mode", 4)]),
        (Mode.CHARGE, 3000, CHARGING, []),
        (Mode.CHARGE, 4000, CHARGING, [("max_charge_w", 4000)]),
        (
            Mode.CHARGE,
            3000,
            DISCHARGING,
            # The limit of the running discharge is raised only once it has ended.
            [("max_charge_w", 3000), ("remote_ems_mode", 4), ("max_discharge_w", 9000)],
        ),
        (
            Mode.DISCHARGE,
            2500,
            NORMAL,
            [("max_discharge_w", 2500), ("remote_ems", 1), ("remote_ems_mode", 6)],
        ),
        (
            Mode.DISCHARGE,
            2500,
            CHARGING,
            [("max_discharge_w", 2500), ("remote_ems_mode", 6), ("max_charge_w", 8000)],
        ),
        (Mode.STANDBY, None, NORMAL, [("remote_ems", 1), ("remote_ems_mode", 1)]),
        (
            Mode.STANDBY,
            None,
            CHARGING,
            [("remote_ems_mode", 1), ("max_charge_w", 8000)],
        ),
        (Mode.SELF_CONSUMPTION, None, NORMAL, []),
        (
            Mode.SELF_CONSUMPTION,
            None,
            CHARGING,
            [("remote_ems_mode", 2), ("max_charge_w", 8000), ("remote_ems", 0)],
        ),
        (
            Mode.SELF_CONSUMPTION,
            None,
            RESTING,
            [("remote_ems_mode", 2), ("remote_ems", 0)],
        ),
    ],
)
def test_commands(
    mode: Mode,
    power_w: float | None,
    now: Settings,
    expected: list[tuple[str, SettingValue]],
) -> None:
    """Limits first and mode last; giving back ends what is forced first."""
    assert writes(mode, power_w, now=now) == expected


@pytest.mark.parametrize("mode", [Mode.NO_DISCHARGE, Mode.LIMIT])
def test_modes_that_depend_on_the_firmware(mode: Mode) -> None:
    """They are never promised."""
    with pytest.raises(DeviceRefusedError):
        writes(mode, 1000)


def test_the_owners_limits_bound_the_power() -> None:
    """A limit that the owner has set is not passed; one of nothing is not one."""
    owner = NORMAL | {"max_charge_w": 2000}
    assert writes(Mode.CHARGE, 5000, owner, owner) == [
        ("remote_ems", 1),
        ("remote_ems_mode", 4),
    ]
    held = NORMAL | {"max_charge_w": 0}
    assert writes(Mode.CHARGE, 5000, held, held)[0] == ("max_charge_w", 5000)
    endless = NORMAL | {"max_discharge_w": 0xFFFFFFFE}
    assert writes(Mode.DISCHARGE, None, endless, endless)[0] == (
        "max_discharge_w",
        9000,
    )


@pytest.mark.parametrize("mode", [0, 2, 7])
def test_a_remote_ems_of_the_owners_is_kept(mode: int) -> None:
    """One that does not force is somebody's lasting choice."""
    owner = NORMAL | {"remote_ems": 1, "remote_ems_mode": mode}
    limits = {"max_charge_w": 8000.0, "max_discharge_w": 9000.0}
    assert sig.owner_settings(owner, **limits) == owner
    assert writes(Mode.CHARGE, None, owner, owner) == [("remote_ems_mode", 4)]
    back = writes(Mode.SELF_CONSUMPTION, None, owner, CHARGING)
    assert back == [("remote_ems_mode", mode), ("max_charge_w", 8000)]
    assert writes(Mode.SELF_CONSUMPTION, None, owner, owner) == []
    # Switched off meanwhile: on again, before its mode.
    assert writes(Mode.SELF_CONSUMPTION, None, owner, NORMAL)[0] == ("remote_ems", 1)


@pytest.mark.parametrize(
    ("mode", "charge_w", "discharge_w"),
    [
        (1, 3000, 2500),
        (3, 8000, 2500),
        (4, 8000, 2500),
        (5, 3000, 9000),
        (6, 3000, 9000),
    ],
)
def test_what_is_forced_is_nobodys_setting(
    mode: int, charge_w: int, discharge_w: int
) -> None:
    """Found at first contact: the work mode back, and the rating for its power."""
    found = {
        "remote_ems": 1,
        "remote_ems_mode": mode,
        "max_charge_w": 3000,
        "max_discharge_w": 2500,
    }
    limits = {"max_charge_w": 8000.0, "max_discharge_w": 9000.0}
    assert sig.owner_settings(found, **limits) == {
        "remote_ems": 0,
        "remote_ems_mode": 2,
        "max_charge_w": charge_w,
        "max_discharge_w": discharge_w,
    }
    assert sig.safe_settings(found, **limits) == NORMAL


def test_a_mode_that_does_not_rule() -> None:
    """While the remote EMS is off, what its mode holds is nothing."""
    assert sig.in_force(NORMAL | {"remote_ems_mode": 6}) == NORMAL
    assert sig.in_force(CHARGING) == CHARGING
    assert sig.in_force({}) == {}


def test_safe_settings() -> None:
    """A limit that is not beside a forced mode stays, but one of nothing."""
    limits = {"max_charge_w": 8000.0, "max_discharge_w": 9000.0}
    found = NORMAL | {"max_charge_w": 4000, "max_discharge_w": 0}
    assert sig.safe_settings(found, **limits) == found | {"max_discharge_w": 9000}
    assert sig.safe_settings({}, **limits) == {}


LIMITS = OwnerLimits(rated_w=10_000, charge_w=8000, discharge_w=9000)
FOUND: dict[str, SettingValue] = {
    "export_limit_w": 5000,
    "reserve_10th": 200,
    "max_soc_10th": 950,
    "min_soc_10th": 50,
    "max_charge_w": 8000,
    "max_discharge_w": 9000,
}


@pytest.mark.parametrize(
    ("setting", "value", "key", "raw"),
    [
        (OwnerSetting.BACKUP_RESERVE_PCT, 35, "reserve_10th", 350),
        (OwnerSetting.BACKUP_RESERVE_PCT, 120, "reserve_10th", 1000),
        (OwnerSetting.MIN_SOC_PCT, 28.9, "min_soc_10th", 289),
        (OwnerSetting.MAX_SOC_PCT, 90, "max_soc_10th", 900),
        (OwnerSetting.MAX_CHARGE_W, 0, "max_charge_w", 0),
        (OwnerSetting.MAX_CHARGE_W, 5000.7, "max_charge_w", 5000),
        (OwnerSetting.MAX_DISCHARGE_W, 70_000, "max_discharge_w", 9000),
        (OwnerSetting.EXPORT_LIMIT_W, 3000, "export_limit_w", 3000),
        (OwnerSetting.EXPORT_LIMIT_W, None, "export_limit_w", 0xFFFFFFFE),
    ],
)
def test_owner_writes(
    setting: OwnerSetting, value: float | None, key: str, raw: int
) -> None:
    """Within what it can be; what is already so is left out."""
    found = FOUND | ({key: 1000} if FOUND[key] == raw else {})
    assert owner_writes(setting, value, found, LIMITS) == (Write(key, raw),)
    assert owner_writes(setting, value, found | {key: raw}, LIMITS) == ()


def test_owner_settings_that_are_lacking() -> None:
    """Neither written nor shown."""
    for setting in OwnerSetting:
        assert owner_value(setting, {}) is None
        assert owner_range(setting, (), LIMITS) is None
        with pytest.raises(DeviceRefusedError):
            owner_writes(setting, 1, {}, LIMITS)
    with pytest.raises(DeviceRefusedError):
        owner_writes(OwnerSetting.MAX_SOC_PCT, None, FOUND, LIMITS)
    full = owner_range(OwnerSetting.MAX_SOC_PCT, FOUND, LIMITS)
    assert full == OwnerRange(0, 100, 0.1)


def test_no_export_limit_stays_as_it_was_saved() -> None:
    """All ones limit nothing either, and are not replaced by another way to say it."""
    found = FOUND | {"export_limit_w": 0xFFFFFFFF}
    assert owner_value(OwnerSetting.EXPORT_LIMIT_W, found) == NO_LIMIT
    assert owner_writes(OwnerSetting.EXPORT_LIMIT_W, None, found, LIMITS) == ()
