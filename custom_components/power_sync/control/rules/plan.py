"""Plan: the optimiser's slot."""

from custom_components.power_sync.control.planned import as_good_as
from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import (
    BatteryView,
    Intent,
    Master,
    PlannedBy,
)
from custom_components.power_sync.model.battery import Command, Mode

SUN_IS_UP_W = 50.0


class PlanRule:
    """Follows the plan while automatic control is on and the plan can be trusted."""

    master = Master.PLAN

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak where there is a plan for now."""
        planned = view.planned
        its_own = view.planned_by is not PlannedBy.POWERSYNC
        if not view.automatic or planned is None or its_own:
            return None
        until = planned.command.until
        if not planned.firm:
            # A price that is only guessed at is no ground to buy or sell on.
            return Intent(
                command=None, reason=ControlReason.PRICE_NOT_FIRM, until=until
            )
        return Intent(
            command=_executable(view, planned.command),
            reason=planned.reason.key.value,
            until=until,
            detail=planned.reason,
        )


def _executable(view: BatteryView, command: Command) -> Command | None:
    """Return the nearest command that the battery can be given now.

    Where a mode is missing, or the day's writes to flash memory are used up,
    holding back becomes standby while there is no sun to lose, else the owner's
    own operation.
    """
    if command.mode is Mode.SELF_CONSUMPTION:
        return None
    capabilities = view.capabilities
    if command.mode in capabilities.modes and not view.flash_spent_for(command.mode):
        return _steady(view, command)
    solar_w = view.reading.solar_power_w if view.reading is not None else None
    dark = solar_w is not None and solar_w < SUN_IS_UP_W
    if (
        command.mode is Mode.NO_DISCHARGE
        and dark
        and Mode.STANDBY in capabilities.modes
    ):
        return Command(Mode.STANDBY, None, command.until)
    return None


def _steady(view: BatteryView, command: Command) -> Command:
    """Return the command at the power the battery has now, if that will do."""
    present = view.present
    if (
        present is not None
        and present.mode is command.mode
        and as_good_as(present.power_w, command.power_w)
    ):
        return Command(command.mode, present.power_w, command.until)
    return command
