"""A site's calendar of energies, in the common words.

A field that a row leaves out stands for 0, a row without any for nothing known. The
cloud may answer with more than was asked for, and with the present day twice.
"""

from datetime import datetime
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.energy_history import EnergyRow

from .access import Answer
from .telemetry import number

SOLAR: Final = "solar_energy_exported"
IMPORTED: Final = "grid_energy_imported"
DISCHARGED: Final = "battery_energy_exported"
CHARGED: Final = (
    "battery_energy_imported_from_grid",
    "battery_energy_imported_from_solar",
)
EXPORTED: Final = (
    "grid_energy_exported_from_solar",
    "grid_energy_exported_from_battery",
)
USED: Final = (
    "consumer_energy_imported_from_grid",
    "consumer_energy_imported_from_solar",
    "consumer_energy_imported_from_battery",
)
_DETAILS: Final = (SOLAR, DISCHARGED, *CHARGED, *USED, *EXPORTED)
_GENERATOR_CHARGED: Final = "battery_energy_imported_from_generator"
_GENERATOR_EXPORTED: Final = "grid_energy_exported_from_generator"
_GENERATOR_USED: Final = "consumer_energy_imported_from_generator"
_ALL: Final = (
    IMPORTED,
    *_DETAILS,
    _GENERATOR_CHARGED,
    _GENERATOR_EXPORTED,
    _GENERATOR_USED,
)


def rows_of(answer: Answer, start: datetime, end: datetime) -> list[EnergyRow]:
    """Return the rows in `[start, end)`, each moment once, in their order.

    Raises DeviceUnreachableError where the answer is no calendar.
    """
    series = answer.get("time_series")
    if not isinstance(series, list):
        raise DeviceUnreachableError("the cloud told no energies")
    rows: dict[datetime, EnergyRow] = {}
    for each in series:
        row = _row(each) if isinstance(each, dict) else None
        if row is not None and start <= row.start < end:
            rows[row.start] = row
    return [rows[when] for when in sorted(rows)]


def _row(told: Answer) -> EnergyRow | None:
    try:
        start = datetime.fromisoformat(str(told.get("timestamp")))
    except ValueError:
        return None
    if start.tzinfo is None or all(number(told, key) is None for key in _ALL):
        return None

    def wh(*keys: str) -> float:
        return sum(number(told, key) or 0.0 for key in keys)

    return EnergyRow(
        start=start,
        solar_wh=wh(SOLAR),
        discharge_wh=wh(DISCHARGED),
        charge_wh=wh(*CHARGED, _GENERATOR_CHARGED),
        import_wh=wh(IMPORTED),
        export_wh=wh(*EXPORTED, _GENERATOR_EXPORTED),
        home_wh=wh(*USED, _GENERATOR_USED),
        details={key: wh(key) for key in _DETAILS},
    )
