"""Holding a battery while a car charges: the mask, and what is shown of it.

Charging passes, selling does not, and what would follow the home is cut down to the
home's own need: else a battery empties itself into the car.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from custom_components.power_sync.model.battery import Capabilities, Command, Mode

from .reasons import ControlReason
from .view import BatteryView, HoldMethod, HoldStatus, Intent
from .wishes import mode_of

SMALL_CHARGE_W: Final = 1000.0
RENEWED: Final = timedelta(minutes=30)
CHARGES_W: Final = 100.0
"""A battery that takes more than this is charging."""
NEED_GRAIN_W: Final = 100.0
"""A limit moves when the home's need has moved by more."""
LIMIT_GRAIN_W: Final = 10.0
FULL_PCT: Final = 99.5
FOLLOWS_HOME: Final = frozenset({Mode.SELF_CONSUMPTION, Mode.LIMIT})


def hold_for_car(view: BatteryView, intent: Intent) -> Intent:
    """Cut an intent so that nothing of the battery goes into a car."""
    if view.hold is None:
        return intent
    mode = mode_of(intent)
    if (needs_none := _needs_none(view, mode)) is not None:
        return replace(intent, hold=needs_none)
    command = next(_ways(view, intent), None)
    if command is None:
        # What follows the home goes on, and what would sell does not.
        kept = intent.command if mode in FOLLOWS_HOME else None
        return replace(intent, command=kept, hold=HoldStatus.CANNOT_HOLD)
    return replace(
        intent,
        command=command,
        reason=ControlReason.CAR_CHARGING,
        detail=None,
        hold=HoldStatus.HOLDING,
    )


def _needs_none(view: BatteryView, mode: Mode) -> HoldStatus | None:
    """Return why a mode needs no hold, or None where it does."""
    if view.car is None:
        return HoldStatus.NO_CAR
    if mode is Mode.CHARGE:
        return HoldStatus.CHARGING
    if mode in (Mode.NO_DISCHARGE, Mode.STANDBY):
        return HoldStatus.NOT_DISCHARGING
    if mode in FOLLOWS_HOME and _charges_by_itself(view):
        return HoldStatus.OWN_CHARGE
    if mode in FOLLOWS_HOME and (view.at_reserve or _sun_for_all(view)):
        return HoldStatus.NOT_DISCHARGING
    return None


def serves_home(method: HoldMethod, able: Capabilities) -> bool:
    """Whether a battery that is held may still give what the home itself needs."""
    if method is HoldMethod.AUTOMATIC:
        return Mode.LIMIT in able.modes and not able.flash_settings
    return method is HoldMethod.LIMIT


def allowed_w(command: Command) -> float:
    """Return what a battery that is held may discharge."""
    limited = command.mode is Mode.LIMIT and command.power_w is not None
    return command.power_w or 0.0 if limited else 0.0


def _charges_by_itself(view: BatteryView) -> bool:
    """Whether the battery charges, and not on our word: from more than spare sun.

    Its owner, or its maker's schedule, wants it so; it gives nothing to the car.
    """
    reading = view.reading
    told = view.present is not None and view.present.tariff is None
    if reading is None or reading.battery_power_w is None or told:
        return False
    if reading.battery_power_w > -CHARGES_W:
        return False
    return view.net_load_w is None or view.net_load_w > -CHARGES_W


def _sun_for_all(view: BatteryView) -> bool:
    """Whether the sun has served home and car for the last minutes."""
    return view.net_load_high_w is not None and view.net_load_high_w < 0


def _ways(view: BatteryView, intent: Intent) -> Iterator[Command]:
    """Yield the commands that would hold the battery, the best first.

    A limit leaves the home its own need, and moves with it, so it is for batteries
    that do not wear out their memory with it. Small charging buys energy: it is for
    batteries that know nothing else, and holds none that is full.
    """
    until = intent.until or view.now + RENEWED
    for mode in _modes(view):
        if mode in view.hold_failed or mode not in view.capabilities.modes:
            continue
        if view.flash_spent_for(mode):
            continue
        match mode:
            case Mode.LIMIT:
                yield Command(mode, _limit_w(view, intent), until)
            case Mode.CHARGE:
                if _may_charge(view):
                    power_w = SMALL_CHARGE_W * view.share_charge
                    yield Command(mode, power_w, view.now + RENEWED)
            case _:
                yield Command(mode, None, until)


def _modes(view: BatteryView) -> tuple[Mode, ...]:
    match view.hold:
        case HoldMethod.LIMIT:
            return (Mode.LIMIT,)
        case HoldMethod.NO_DISCHARGE:
            return (Mode.NO_DISCHARGE, Mode.STANDBY)
        case HoldMethod.SMALL_CHARGE:
            return (Mode.CHARGE,)
    volatile = () if view.capabilities.flash_settings else (Mode.LIMIT,)
    return (*volatile, Mode.NO_DISCHARGE, Mode.STANDBY, Mode.CHARGE)


def _may_charge(view: BatteryView) -> bool:
    """Whether a little charging is allowed, and can be taken."""
    soc_pct = None if view.reading is None else view.reading.soc_pct
    full = view.at_top or (soc_pct is not None and soc_pct >= FULL_PCT)
    return view.limits.grid_charging and not full


def _limit_w(view: BatteryView, intent: Intent) -> float:
    """Return what the battery may give: its share of the home's own need.

    Down at once, up in steps: each change is a command.
    """
    if view.car is None:
        return 0.0
    solar_w = None if view.reading is None else view.reading.solar_power_w
    need_w = view.car.own_need_w(view.net_load_w, solar_w) * view.share_discharge
    if intent.command is not None and mode_of(intent) is Mode.LIMIT:
        need_w = min(need_w, intent.command.power_w or 0.0)
    present = view.present
    present_w = None if present is None else present.power_w
    stays = present is not None and present.mode is Mode.LIMIT
    if stays and present_w and present_w <= need_w <= present_w + NEED_GRAIN_W:
        return present_w
    return need_w // LIMIT_GRAIN_W * LIMIT_GRAIN_W


def is_over(status: HoldStatus | None) -> bool:
    """Whether there is no car to hold the battery for."""
    return status in (None, HoldStatus.NO_CAR)


_BY_WEIGHT: Final = (
    HoldStatus.CANNOT_HOLD,
    HoldStatus.HOLDING,
    HoldStatus.OWN_CHARGE,
    HoldStatus.CHARGING,
    HoldStatus.NOT_DISCHARGING,
    HoldStatus.NO_CAR,
)


def of_home(statuses: list[HoldStatus | None]) -> HoldStatus | None:
    """Return what holds for a home's batteries together: the weightiest."""
    return next((status for status in _BY_WEIGHT if status in statuses), None)
