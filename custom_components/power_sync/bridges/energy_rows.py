"""A home's energies as the recorder has them, in rows of a calendar."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, Literal

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.model.energy_history import EnergyRow, Period
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance

_STEP: Final[dict[Period, Literal["hour", "day", "month"]]] = {
    Period.DAY: "hour",
    Period.WEEK: "day",
    Period.MONTH: "day",
    Period.YEAR: "month",
    Period.LIFETIME: "month",
}
_OWN: Final = ("solar_energy", "charge_energy", "discharge_energy")
"""Each battery's own energies, which add up."""
_METER: Final = ("import_energy", "export_energy")
"""What batteries behind one meter all tell: the first one's counts."""

type _Row = dict[str, float]


async def async_energy_rows(
    hass: HomeAssistant,
    batteries: Iterable[str],
    period: Period,
    start: datetime,
    end: datetime,
) -> list[EnergyRow]:
    """Return the energies of batteries, by serial, and of their home."""
    registry = er.async_get(hass)
    named = {
        entity_id: key
        for serial in batteries
        for key in (*_OWN, *_METER)
        if (
            entity_id := registry.async_get_entity_id(
                SENSOR_DOMAIN, DOMAIN, f"{serial}_{key}"
            )
        )
    }
    if not named:
        return []
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        start,
        end,
        set(named),
        _STEP[period],
        {"energy": UnitOfEnergy.WATT_HOUR},
        {"change"},
    )
    rows: dict[float, _Row] = {}
    for entity_id, key in named.items():
        for each in found.get(entity_id, []):
            change = each.get("change")
            if change is None:
                continue
            row = rows.setdefault(each["start"], {})
            if key in _OWN:
                row[key] = row.get(key, 0.0) + change
            else:
                row.setdefault(key, change)
    return [_energy_row(at, rows[at]) for at in sorted(rows)]


def _energy_row(at: float, row: _Row) -> EnergyRow:
    solar, charge, discharge = (row.get(key) for key in _OWN)
    bought, sold = (row.get(key) for key in _METER)
    home = None
    if None not in (charge, discharge, bought, sold):
        parts = (solar, bought, discharge), (charge, sold)
        into, out = (sum(each or 0.0 for each in side) for side in parts)
        home = max(0.0, into - out)
    return EnergyRow(
        start=datetime.fromtimestamp(at, UTC),
        solar_wh=solar,
        discharge_wh=discharge,
        charge_wh=charge,
        import_wh=bought,
        export_wh=sold,
        home_wh=home,
    )
