"""Taking a recording of a home that is running."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from custom_components.power_sync.control.controlled import Controlled
from custom_components.power_sync.control.run import Run
from custom_components.power_sync.control.view import BatteryView
from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    from_stored,
)
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.planner.inputs import PlanInputs
from custom_components.power_sync.planning import Planning

from .model import (
    RecordedBattery,
    RecordedDecision,
    RecordedPlanning,
    RecordedRun,
    Recording,
    Versions,
)
from .table import PlanTable, RunningPlan

SOURCE = "solar"
"""Stands for the source of a solar forecast, whose name may be anything."""


def take(
    batteries: Mapping[str, Controlled],
    planning: Planning | None,
    inputs: PlanInputs | None,
    now: datetime,
    versions: Versions,
) -> Recording:
    """Return a recording of a home; `batteries` are by the name they go by in it.

    `inputs` are what there is to plan from now: they are kept where no plan has
    been made of any.
    """
    recorded, names = None, {each.battery_id: key for key, each in batteries.items()}
    if planning is not None:
        running = planning.running
        recorded = RecordedPlanning(
            inputs=_nameless(planning.inputs, names),
            running=None if running is None else RunningPlan.of(running),
            plan=PlanTable.of(planning.plan),
        )
    elif inputs is not None:
        recorded = RecordedPlanning(
            inputs=_nameless(inputs, names), running=None, plan=None
        )
    return Recording(
        versions=versions,
        taken_at=now,
        planning=recorded,
        batteries=tuple(_battery(name, each) for name, each in batteries.items()),
    )


def _nameless(inputs: PlanInputs, names: Mapping[str, str]) -> PlanInputs:
    """Return what was planned from without serial numbers and sources of others."""
    fleet = tuple(
        replace(member, battery_id=names.get(member.battery_id, ""))
        for member in inputs.fleet
    )
    inputs = replace(inputs, fleet=fleet)
    if inputs.solar is None:
        return inputs
    solar: Forecast = replace(inputs.solar, source=SOURCE)
    return replace(inputs, solar=solar)


def _battery(name: str, battery: Controlled) -> RecordedBattery:
    decided = battery.decided
    return RecordedBattery(
        battery_id=name,
        config=_config(name, battery),
        decision=None
        if decided is None
        else RecordedDecision(
            view=_view(name, decided.view),
            plan_made_at=decided.plan_made_at,
            share_charge=battery.share_charge,
            share_discharge=battery.share_discharge,
            lease=battery.lease,
        ),
        run=_run(battery.executor.last_run),
    )


def _config(name: str, battery: Controlled) -> BatteryConfig | None:
    """Return what the driver was made with, under another name."""
    try:
        config = from_stored(battery.executor.record.device)
    except StoredConfigError:
        return None
    return replace(config, identity=replace(config.identity, serial=name))


def _view(name: str, view: BatteryView) -> BatteryView:
    """Return a view without what decides nothing: the serial, and a brand's own."""
    reading = None if view.reading is None else replace(view.reading, extra={})
    return replace(view, battery_id=name, reading=reading)


def _run(run: Run | None) -> RecordedRun | None:
    if run is None or run.wanted is None or run.found is None or run.kept is None:
        return None
    return RecordedRun(
        order=run.order,
        releases=run.releases,
        found=run.found,
        owner=run.kept.owner,
        ours=run.kept.ours,
        lost=run.kept.lost,
        wanted=run.wanted,
        outcome=run.outcome,
    )
