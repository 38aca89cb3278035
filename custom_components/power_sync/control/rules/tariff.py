"""Tariff: the battery plans for itself, from prices that we upload."""

from datetime import datetime, time, timedelta

from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import (
    BatteryView,
    Intent,
    Master,
    PlannedBy,
)
from custom_components.power_sync.model.battery import Command, Mode


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
        if view.now.astimezone(zone).date() != tariff.day:
            return None
        return Intent(
            command=Command(Mode.SELF_CONSUMPTION, None, midnight, tariff),
            reason=ControlReason.PLANS_ITSELF,
            until=midnight,
        )
