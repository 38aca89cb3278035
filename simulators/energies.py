"""Powers of an instant, and the counters that they drive."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Flows:
    """The powers of an instant in W; see the home for the signs."""

    load_w: float
    """What is supplied: in an outage it can be less than what is wanted."""
    solar_w: float
    battery_w: float
    grid_w: float
    available_solar_w: float
    """What the sun would give without any limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Energies:
    """Counters in kWh, none negative."""

    solar_kwh: float = 0.0
    import_kwh: float = 0.0
    export_kwh: float = 0.0
    charge_kwh: float = 0.0
    discharge_kwh: float = 0.0
    load_kwh: float = 0.0
    solar_to_load_kwh: float = 0.0
    solar_to_battery_kwh: float = 0.0
    solar_to_grid_kwh: float = 0.0

    def minus(self, earlier: Energies) -> Energies:
        """Return what was added since `earlier`."""
        return Energies(
            **{
                name: getattr(self, name) - getattr(earlier, name)
                for name in _ENERGY_NAMES
            }
        )


_ENERGY_NAMES = tuple(field.name for field in fields(Energies))


def count(totals: Energies, flows: Flows, hours: float) -> Energies:
    """Add `hours` of `flows`. The sun serves the load first, then the battery.

    Below zero the load is what a neighbour gives, which is no load.
    """
    charge_w = max(0.0, -flows.battery_w)
    load_w = max(0.0, flows.load_w)
    to_load_w = min(flows.solar_w, load_w)
    to_battery_w = min(flows.solar_w - to_load_w, charge_w)
    to_grid_w = flows.solar_w - to_load_w - to_battery_w
    kh = hours / 1000
    return replace(
        totals,
        solar_kwh=totals.solar_kwh + flows.solar_w * kh,
        import_kwh=totals.import_kwh + max(0.0, flows.grid_w) * kh,
        export_kwh=totals.export_kwh + max(0.0, -flows.grid_w) * kh,
        charge_kwh=totals.charge_kwh + charge_w * kh,
        discharge_kwh=totals.discharge_kwh + max(0.0, flows.battery_w) * kh,
        load_kwh=totals.load_kwh + load_w * kh,
        solar_to_load_kwh=totals.solar_to_load_kwh + to_load_w * kh,
        solar_to_battery_kwh=totals.solar_to_battery_kwh + to_battery_w * kh,
        solar_to_grid_kwh=totals.solar_to_grid_kwh + to_grid_w * kh,
    )
