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
    rows,
    sentences,
    tile,
    wide,
)

TITLE = "PowerSync"
ICON = "mdi:home-battery"

DRY_RUN = (
    "**Dry run: nothing is sent to the battery.** You see what PowerSync would do. "
    "To go live, open [Repairs](/config/repairs): *PowerSync is ready: go live* first "
    "shows all that would be written. Or turn off *Dry run* under *Settings* below."
)
SWITCHED_OFF = (
    "**Automatic control is off.** The battery runs on its own settings until you "
    "turn it on again under *Settings*."
)
NO_CHARGE = "*Force charge* needs *Charge from the grid*, under *Settings*."
NO_DISCHARGE = "*Force discharge* needs *Export from the battery*, under *Settings*."
SELECT: Config = {"type": "select-options"}
BUTTONS: Config = {"type": "numeric-input", "style": "buttons"}
CHARGE = "Charge the battery now, for the time and with the power set here?"
DISCHARGE = "Discharge the battery now, for the time and with the power set here?"

# For each of several batteries, the name of its device over what is planned for it.
BATTERIES = Group(
    "Batteries",
    "mdi:battery-heart-variant",
    (
        wide("sensor.planned_action", name={"type": "device"}),
        tile("sensor.battery_level"),
        tile("sensor.planned_level"),
    ),
)

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
                tile("sensor.solar_power"),
                tile("sensor.grid_power"),
                tile("sensor.home_load"),
                tile("sensor.last_command"),
                wide("sensor.outcome"),
                tile("sensor.import_price"),
                tile("sensor.export_price"),
                tile("sensor.price_level"),
                tile("sensor.cheapest_window"),
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
            "Take over",
            "mdi:hand-back-right",
            (
                wide("select.force_duration", features=[SELECT]),
                wide("number.force_power", features=[BUTTONS]),
                action("button.force_charge", CHARGE),
                action("button.force_discharge", DISCHARGE),
                notice("switch.grid_charging", "off", NO_CHARGE),
                notice("switch.battery_export", "off", NO_DISCHARGE),
                action("button.restore_normal", grid_options=FULL),
                action("button.replan", grid_options=FULL),
            ),
        ),
        Group(
            "The last 24 hours",
            "mdi:chart-line",
            (
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
                tile("sensor.saved_today"),
                tile("sensor.saved_total"),
                rows(
                    "sensor.cost_today",
                    "sensor.cost_today_without",
                    "sensor.saving",
                    "sensor.plan_cost",
                    "sensor.baseline_cost",
                    "sensor.would_have_saved",
                    "sensor.learned_from",
                ),
            ),
        ),
        Group(
            "Settings",
            "mdi:tune",
            (
                wide("number.reserve", features=[BUTTONS]),
                rows(
                    "switch.automatic_control",
                    "switch.dry_run",
                    "select.objective",
                    "switch.grid_charging",
                    "switch.battery_export",
                    "number.lowest_level",
                    "number.highest_level",
                    "number.charge_limit",
                    "number.discharge_limit",
                    "number.import_limit",
                    "number.export_limit",
                    "number.wear",
                    "select.picture_theme",
                ),
            ),
        ),
    ),
)
