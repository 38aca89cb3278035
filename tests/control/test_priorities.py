"""Every two reasons to act at once: the table of priorities and masks, row by row."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Final

import pytest

from custom_components.power_sync.control.authority import lease_for
from custom_components.power_sync.control.car import CarSource, CarView
from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.control.journal import Force
from custom_components.power_sync.control.market import SpikeView
from custom_components.power_sync.control.phases import FuseRoom, Room
from custom_components.power_sync.control.rules import RULES
from custom_components.power_sync.control.view import (
    BatteryView,
    HoldMethod,
    Master,
    Planned,
    PlannedBy,
    SiteLimits,
)
from custom_components.power_sync.model.battery import (
    BatteryReading,
    Capabilities,
    Command,
    Mode,
)
from custom_components.power_sync.model.plan import Reason, ReasonKey

from .bench import START

UNTIL: Final = START + timedelta(hours=1)
POWER_W: Final = 3000.0
RANKS: Final = (Master.SAFETY, Master.FORCE, Master.SPIKE, Master.PLAN)


def quiet() -> BatteryView:
    """Return a battery that nobody wants anything of: its owner's."""
    reading = BatteryReading(
        at=START, soc_pct=50, battery_power_w=500, load_power_w=500, solar_power_w=0
    )
    return BatteryView(
        now=START,
        battery_id="A1",
        capabilities=Capabilities(
            modes=frozenset(Mode), max_charge_w=6600, max_discharge_w=6600
        ),
        reading=reading,
        trouble=None,
        force=None,
        planned=None,
        automatic=True,
        flash_writes_left=20,
        limits=SiteLimits(battery_export=True),
        net_load_w=500,
        net_load_high_w=500,
        net_load_low_w=500,
        reading_age_s=0,
        share=1,
        share_charge=1,
        share_discharge=1,
        at_reserve=False,
        at_top=False,
        soc_unknown=False,
        present=None,
    )


def speaking(view: BatteryView, master: Master, mode: Mode) -> BatteryView:
    """Return the same with a master that wants this mode, as far as it can."""
    match master:
        case Master.SAFETY:
            return replace(view, trouble=Trouble.FAULT)
        case Master.FORCE:
            force = Force(mode=mode, power_w=POWER_W, started=START, until=UNTIL)
            return replace(view, force=force)
        case Master.SPIKE:
            return replace(view, spike=SpikeView(START, UNTIL))
        case _:
            reason = Reason(ReasonKey.CHARGE_FOR_LATER, 0.1, 0.2, UNTIL)
            command = Command(mode, POWER_W, UNTIL)
            return replace(
                view, planned=Planned(command=command, reason=reason, firm=True)
            )


def said(master: Master, mode: Mode) -> Mode:
    """Return what comes of a master's word that nothing cuts."""
    spoken = {Master.SAFETY: Mode.SELF_CONSUMPTION, Master.SPIKE: Mode.DISCHARGE}
    return spoken.get(master, mode)


def test_the_rules_stand_in_their_order() -> None:
    """The list of rules is the list of priorities."""
    assert [rule.master for rule in RULES] == list(Master)


@pytest.mark.parametrize("modes", [(a, b) for a in Mode for b in Mode])
@pytest.mark.parametrize(("high", "low"), list(combinations(RANKS, 2)))
def test_the_higher_is_the_master(
    high: Master, low: Master, modes: tuple[Mode, Mode]
) -> None:
    """Whatever both want, and whichever spoke first."""
    for first, second in ((high, low), (low, high)):
        wants = dict(zip((high, low), modes, strict=True))
        view = speaking(quiet(), first, wants[first])
        view = speaking(view, second, wants[second])
        lease = lease_for(view)
        assert lease.master is high
        assert lease.mode is said(high, modes[0])


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("master", RANKS)
def test_alone_and_after_its_end(master: Master, mode: Mode) -> None:
    """Each is the master while it speaks; nobody is after it, but the owner."""
    view = speaking(quiet(), master, mode)
    lease = lease_for(view)
    assert (lease.master, lease.mode) == (master, said(master, mode))
    if master in (Master.FORCE, Master.SPIKE):
        assert lease_for(replace(view, now=UNTIL)).master is Master.NORMAL
    off = lease_for(replace(view, automatic=False))
    acts = master in (Master.SAFETY, Master.FORCE)
    assert off.master is (master if acts else Master.NORMAL)


CHARGE, DISCHARGE = Mode.CHARGE, Mode.DISCHARGE
NO_DISCHARGE, STANDBY = Mode.NO_DISCHARGE, Mode.STANDBY
FOLLOW, LIMIT = Mode.SELF_CONSUMPTION, Mode.LIMIT
CAR = CarView(
    source=CarSource.CHARGER, since=START, power_w=7400, before_w=500, fresh=True
)
NO_ROOM: Final = Room(now_w=0.0, lasting_w=0.0)
MASKS: Final = {
    "car": {
        CHARGE: CHARGE,
        DISCHARGE: NO_DISCHARGE,
        FOLLOW: NO_DISCHARGE,
        LIMIT: NO_DISCHARGE,
        NO_DISCHARGE: NO_DISCHARGE,
        STANDBY: STANDBY,
    },
    "thirsty": {**{m: m for m in Mode}, DISCHARGE: FOLLOW},
    "reserve": {
        **{m: m for m in Mode},
        DISCHARGE: NO_DISCHARGE,
        LIMIT: NO_DISCHARGE,
        FOLLOW: NO_DISCHARGE,
    },
    "top": {**{m: m for m in Mode}, CHARGE: STANDBY},
    "no_grid_charging": {**{m: m for m in Mode}, CHARGE: FOLLOW},
    "no_export": {**{m: m for m in Mode}, DISCHARGE: FOLLOW},
    "no_room_to_import": {**{m: m for m in Mode}, CHARGE: STANDBY},
    "no_room_to_export": {**{m: m for m in Mode}, DISCHARGE: FOLLOW},
    "fuse": {**{m: m for m in Mode}, CHARGE: STANDBY, DISCHARGE: FOLLOW},
}
"""What each mask makes of each mode, where force or plan says it."""


def cut(view: BatteryView, mask: str) -> BatteryView:
    """Return the same where a mask has something to cut."""
    limits = view.limits
    changed = {
        "car": {"car": CAR, "hold": HoldMethod.NO_DISCHARGE},
        "thirsty": {"thirsty": True},
        "reserve": {"at_reserve": True, "at_spike_floor": True},
        "top": {"at_top": True},
        "no_grid_charging": {"limits": replace(limits, grid_charging=False)},
        "no_export": {"limits": replace(limits, battery_export=False)},
        "no_room_to_import": {"limits": replace(limits, import_limit_w=0.0)},
        "no_room_to_export": {
            "limits": replace(limits, export_limit_w=0.0),
            **{f"net_load_{which}": 0.0 for which in ("w", "high_w", "low_w")},
        },
        "fuse": {"fuse": FuseRoom(charge=NO_ROOM, discharge=NO_ROOM, fresh=True)},
    }
    return replace(view, **changed[mask])  # type: ignore[arg-type]  # checked by the names


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("master", RANKS)
@pytest.mark.parametrize("mask", MASKS)
def test_masks_cut_every_masters_word(mask: str, master: Master, mode: Mode) -> None:
    """But safety's; the master stays the master, and the spike is a discharge."""
    view = cut(speaking(quiet(), master, mode), mask)
    lease = lease_for(view)
    if master is Master.SAFETY:
        assert (lease.master, lease.mode) == (master, FOLLOW)
        return
    if (mask, master) == ("no_export", Master.SPIKE):
        # There is nothing that it may say.
        assert lease.master is Master.NORMAL
        return
    assert lease.master is master
    wanted = said(master, mode)
    assert lease.mode is MASKS[mask][wanted]


@pytest.mark.parametrize("mode", [CHARGE, DISCHARGE])
@pytest.mark.parametrize(("one", "two"), list(combinations(MASKS, 2)))
def test_two_masks_are_as_strict_as_each(one: str, two: str, mode: Mode) -> None:
    """A forced power that either forbids is not let through by both."""
    view = speaking(quiet(), Master.PLAN, mode)
    lease = lease_for(cut(cut(view, one), two))
    allowed = MASKS[one][mode] is mode and MASKS[two][mode] is mode
    assert (lease.mode is mode) is allowed
    assert lease.mode is not (DISCHARGE if mode is CHARGE else CHARGE)


def test_a_battery_that_is_left_to_its_owner() -> None:
    """Only safety and the user's force speak for it."""
    view = replace(quiet(), planned_by=PlannedBy.OWNER)
    for master in RANKS:
        lease = lease_for(speaking(view, master, CHARGE))
        spoken = master in (Master.SAFETY, Master.FORCE)
        assert lease.master is (master if spoken else Master.NORMAL)
