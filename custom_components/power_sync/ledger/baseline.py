"""The same home in plain self-consumption, one measured stretch after another.

The physics are the planner's (`planner/home.py`), so what a plan is measured
against and what its day is measured against are the same home.
"""

from dataclasses import dataclass
from datetime import timedelta

from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner.home import FOLLOW, TINY_KWH, Home
from custom_components.power_sync.planner.problem import BatterySpec, Problem

from .sample import Sample

W_PER_KW = 1000.0
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Cells:
    """The energy in the cells, and whether the battery rests at its floor."""

    kwh: float
    resting: bool

    @classmethod
    def at(cls, battery: BatterySpec, kwh: float, *, rested: bool = False) -> Cells:
        """Return the cells of a battery that has just been read.

        One that `rested` at its floor goes on to until it has its margin.
        """
        floor_kwh, top_kwh = _floor_kwh(battery), _top_kwh(battery)
        margin_kwh = battery.resume_margin_pct / 100 * battery.capacity_kwh
        resume_kwh = min(margin_kwh, top_kwh - floor_kwh) if rested else 0.0
        energy = kwh - floor_kwh
        return cls(kwh, energy <= TINY_KWH or energy < resume_kwh - TINY_KWH)

    def moved(self, battery: BatterySpec, by_kwh: float) -> Cells:
        """Return cells that took part in what was not measured, as far as they can."""
        least, most = _floor_kwh(battery), _top_kwh(battery)
        kwh = min(max(self.kwh + by_kwh, min(self.kwh, least)), max(self.kwh, most))
        return Cells.at(battery, kwh)


def _floor_kwh(battery: BatterySpec) -> float:
    return battery.reserve_pct / 100 * battery.capacity_kwh


def _top_kwh(battery: BatterySpec) -> float:
    return max(battery.max_soc_pct, battery.reserve_pct) / 100 * battery.capacity_kwh


def follow(cells: Cells, sample: Sample, lasting: timedelta) -> tuple[Cells, float]:
    """Return the cells after a stretch of self-consumption, and its grid kWh.

    Sun and load are those of the sample for all of the stretch: what grid and
    battery gave together is what the home took beyond its sun. The grid is
    positive while importing.
    """
    home = _home(sample, lasting)
    floor_kwh = _floor_kwh(sample.battery)
    energy = cells.kwh - floor_kwh
    battery_kwh = home.obey(0, FOLLOW, energy, resting=cells.resting)
    after = home.after(battery_kwh, energy)
    flow = home.flow(0, battery_kwh)
    resting = home.rests(after, resting=cells.resting)
    return Cells(after + floor_kwh, resting), flow.imported - flow.exported


def _home(sample: Sample, lasting: timedelta) -> Home:
    net_kw = (sample.grid_w + sample.battery_w) / W_PER_KW
    # What the meter saw go out was allowed to, whatever the limit says.
    limit_w = sample.export_limit_w
    export_kw = None if limit_w is None else max(limit_w, -sample.grid_w) / W_PER_KW
    return Home(
        Problem(
            grid=TimeGrid(sample.at, lasting, 1),
            currency="",
            made_at=sample.at,
            # Self-consumption knows no prices; without PowerSync nobody curtails
            # the sun for them either.
            import_per_kwh=(0.0,),
            export_per_kwh=(0.0,),
            firm=(True,),
            solar_kw=(max(0.0, -net_kw),),
            load_kw=(max(0.0, net_kw),),
            battery=sample.battery,
            export_limit_kw=export_kw,
        )
    )
