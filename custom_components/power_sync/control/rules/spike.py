"""Spike: the market pays for what is sold now, and the home's prices do not say so."""

from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import (
    BatteryView,
    Intent,
    Master,
    PlannedBy,
)
from custom_components.power_sync.model.battery import Command, Mode


class SpikeRule:
    """Discharges while a spike lasts, down to the reserve or the spikes' own floor.

    It says nothing without automatic control, of a battery that is left to its owner,
    and where the user allows no export from the battery: what is sold would then be
    the home's own need at most.
    """

    master = Master.SPIKE

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak while a spike is known to last."""
        spike = view.spike
        if spike is None or view.now >= spike.known_until or not view.automatic:
            return None
        if not view.limits.battery_export or not self.able(view):
            return None
        if view.planned_by is PlannedBy.OWNER:
            return None
        until = spike.known_until
        return Intent(
            command=Command(
                Mode.DISCHARGE, None, until, paid_per_kwh=spike.paid_per_kwh
            ),
            reason=ControlReason.PRICE_SPIKE,
            until=until,
        )

    @staticmethod
    def able(view: BatteryView) -> bool:
        """Whether the battery can be told to discharge at all."""
        return Mode.DISCHARGE in view.capabilities.modes
