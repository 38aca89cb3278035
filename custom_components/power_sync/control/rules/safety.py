"""Safety: a battery in trouble is left to itself."""

from custom_components.power_sync.control.view import BatteryView, Intent, Master


class SafetyRule:
    """Gives the battery back while it is unreadable, faulty or off the grid."""

    master = Master.SAFETY

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak while there is trouble."""
        if view.trouble is None:
            return None
        return Intent(command=None, reason=view.trouble.value)
