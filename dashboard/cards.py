"""The dashboard: what is on it, from the top."""

from .config import (
    FULL,
    Config,
    Group,
    action,
    headline,
    history,
    notice,
    picture,
    sentences,
    tile,
    wide,
)

TITLE = "PowerSync"
ICON = "mdi:home-battery"

DRY_RUN = (
    "**Dry run.** PowerSync shows what it would do, and sends nothing to the battery. "
    "To go live, turn *Dry run* off under *Settings*."
)
SWITCHED_OFF = (
    "**Automatic control is off.** The battery runs on its own settings until you "
    "turn it on again under *Settings*."
)
SELECT: Config = {"type": "select-options"}
BUTTONS: Config = {"type": "numeric-input", "style": "buttons"}
CHARGE = "Charge the battery now, for the time and with the power set here?"
DISCHARGE = "Discharge the battery now, for the time and with the power set here?"

# A column is what stands below each other on a wide screen; on a phone they follow
# one another. An entity that a home does not have leaves no gap.
COLUMNS = (
    (
        Group(
            "Plan",
            "mdi:chart-timeline-variant",
            (
                notice("switch.dry_run", "on", DRY_RUN),
                notice("switch.automatic_control", "off", SWITCHED_OFF),
                picture("image.plan"),
            ),
        ),
        Group(
            "Now",
            "mdi:lightning-bolt",
            (
                headline("sensor.current_action", "sensor.because"),
                tile("sensor.until"),
                tile("sensor.controlled_by"),
                tile("sensor.battery_level"),
                tile("sensor.battery_power"),
                tile("sensor.import_price"),
                tile("sensor.export_price"),
            ),
        ),
    ),
    (
        Group(
            "Next",
            "mdi:format-list-bulleted",
            (sentences("sensor.plan_in_words", "text"),),
        ),
        Group(
            "Power",
            "mdi:transmission-tower",
            (
                tile("sensor.solar_power"),
                tile("sensor.home_load"),
                tile("sensor.grid_power"),
                tile("sensor.outcome"),
                history(
                    "sensor.battery_power",
                    "sensor.grid_power",
                    "sensor.solar_power",
                    "sensor.home_load",
                ),
            ),
        ),
    ),
    (
        Group(
            "Money",
            "mdi:piggy-bank",
            (
                wide("sensor.saving"),
                wide("sensor.saving_today"),
                wide("sensor.plan_cost"),
                wide("sensor.baseline_cost"),
            ),
        ),
        Group(
            "Take over",
            "mdi:hand-back-right",
            (
                wide("select.force_duration", features=[SELECT]),
                wide("number.force_power", features=[BUTTONS]),
                action("button.force_charge", CHARGE),
                action("button.force_discharge", DISCHARGE),
                action("button.restore_normal", grid_options=FULL),
                action("button.replan", grid_options=FULL),
            ),
        ),
        Group(
            "Settings",
            "mdi:tune",
            (
                wide("switch.automatic_control"),
                wide("switch.dry_run"),
            ),
        ),
    ),
)
