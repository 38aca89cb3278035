"""The energies of a site, as its calendar tells them."""

from datetime import datetime, time

from .gateway import TeslaSite


def energy_history(site: TeslaSite, period: str) -> dict[str, object]:
    """Return the energies of the local day so far in Wh, as one row.

    A field that is left out stands for 0, as in the real answers.
    """
    today = site.home.today
    zone = site.gateway.zone
    midnight = datetime.combine(
        site.home.clock.now().astimezone(zone).date(), time(), zone
    )
    energies = {
        "solar_energy_exported": today.solar_kwh,
        "grid_energy_imported": today.import_kwh,
        "grid_energy_exported_from_solar": today.export_kwh,
        "battery_energy_exported": today.discharge_kwh,
        "battery_energy_imported_from_solar": today.charge_kwh,
        "consumer_energy_imported_from_grid": today.load_kwh,
    }
    row = {key: round(1000 * kwh, 3) for key, kwh in energies.items() if kwh}
    return {
        "serial_number": str(site.site_id),
        "period": period,
        "installation_time_zone": str(zone),
        "time_series": [{"timestamp": midnight.isoformat(), **row}],
    }
