"""Tariff: the battery plans for itself, from prices that we upload."""

from datetime import datetime, time, timedelta
from typing import Final

from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import (
    BatteryView,
    Intent,
    Master,
    PlannedBy,
)
from custom_components.power_sync.model.battery import Command, Mode

TURN: Final = timedelta(minutes=2)
"""How long after midnight a battery with yesterday's prices waits for the next ones.

To put the owner's tariff back meanwhile would have the new one wait for longer.
"""


class TariffRule:
    """Has a battery plan by the prices of the day, until that day ends."""

    master = Master.TARIFF

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak where there is a tariff of today for a battery that can plan."""
        tariff, zone = view.tariff, view.capabilities.tariff_zone
        if (
            view.planned_by is not PlannedBy.ITSELF
            or not view.automatic
            or tariff is None
            or zone is None
        ):
            return None
        midnight = datetime.combine(tariff.day + timedelta(days=1), time(), zone)
        has_them = view.present is not None and view.present.tariff is not None
        if view.now >= midnight + (TURN if has_them else timedelta(0)):
            return None
        return Intent(
            command=Command(Mode.SELF_CONSUMPTION, None, midnight, tariff),
            reason=ControlReason.PLANS_ITSELF,
            until=midnight,
        )
