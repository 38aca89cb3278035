"""Running planner and control once more, and comparing with what they did then."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isclose

from custom_components.power_sync.control import ownership
from custom_components.power_sync.control.authority import Lease, lease_for
from custom_components.power_sync.control.journal import Record
from custom_components.power_sync.control.planned import Asked, planned_command
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.protocols import BatteryDriver, DeviceError
from custom_components.power_sync.model.battery import Command, Write
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import ProblemError
from custom_components.power_sync.planning import make_plan

from .model import (
    RecordedBattery,
    RecordedDecision,
    RecordedPlanning,
    RecordedRun,
    Recording,
)
from .table import PlanTable

TOLERANCE = 2e-6
"""Figures are recorded to six digits, and no two machines add alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedBattery:
    """What is decided for a battery, and what is to be written to it.

    None where the recording has nothing to decide on, or no settings.
    """

    battery_id: str
    lease: Lease | None
    recorded: Lease | None
    command: Command | None
    writes: tuple[Write, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of a replay. `differences` are sentences, none where all is the same.

    `plan` is None where there is none to make: `no_plan` says why.
    """

    plan: Plan | None
    no_plan: str | None
    batteries: tuple[ReplayedBattery, ...]
    differences: tuple[str, ...]


def replay(recording: Recording) -> Replayed:
    """Run planner and control on a recording."""
    plan, no_plan = _planned(recording.planning)
    differences = list(_plan_differences(recording.planning, plan))
    batteries = []
    for battery in recording.batteries:
        replayed = _battery(battery, plan)
        batteries.append(replayed)
        differences += _battery_differences(battery, replayed)
    return Replayed(
        plan=plan,
        no_plan=no_plan,
        batteries=tuple(batteries),
        differences=tuple(differences),
    )


def _planned(recorded: RecordedPlanning | None) -> tuple[Plan | None, str | None]:
    if recorded is None:
        return None, "prices or a readable battery were missing"
    running = None if recorded.running is None else recorded.running.plan()
    try:
        planning = make_plan(recorded.inputs, running)
    except ProblemError as err:
        return None, f"a figure cannot be planned with: {err}"
    if planning is None:
        return None, "prices or the home's load were missing"
    return planning.plan, None


def _plan_differences(
    recorded: RecordedPlanning | None, plan: Plan | None
) -> Iterator[str]:
    then = None if recorded is None else recorded.plan
    if then is None or plan is None:
        if then is not None:
            yield "There was a plan, and there is none now."
        # Inputs without a plan are those of a plan that was still to be made.
        return
    now = PlanTable.of(plan)
    for name in ("start", "step", "solver", "currency", "accepted", "softened"):
        before, after = getattr(then, name), getattr(now, name)
        if before != after:
            yield f"Plan: {name} was {before}, and is {after}."
    if then.figures.keys() != now.figures.keys():
        yield "Plan: its figures are not the same ones."
    for name, value in then.figures.items():
        if not _same(value, now.figures.get(name)):
            yield f"Plan: {name} was {value}, and is {now.figures.get(name)}."
    for name in (*then.words, *then.numbers):
        yield from _column_differences(name, then, now)


def _column_differences(name: str, then: PlanTable, now: PlanTable) -> Iterator[str]:
    before = then.column(name)
    after = now.column(name) if name in {**now.words, **now.numbers} else []
    if len(before) != len(after):
        yield f"Plan: {name} had {len(before)} slots, and has {len(after)}."
        return
    other = [
        index
        for index, (one, two) in enumerate(zip(before, after, strict=True))
        if not _same(one, two)
    ]
    if other:
        first = other[0]
        when = then.start + then.step * first
        yield (
            f"Plan: {name} differs in {len(other)} of {len(before)} slots, first at "
            f"{when:%Y-%m-%d %H:%M} UTC: it was {before[first]}, and is {after[first]}."
        )


def _same(one: float | str | None, two: float | str | None) -> bool:
    if isinstance(one, int | float) and isinstance(two, int | float):
        return isclose(one, two, rel_tol=1e-6, abs_tol=TOLERANCE)
    return one == two


def _battery(battery: RecordedBattery, plan: Plan | None) -> ReplayedBattery:
    decision, run = battery.decision, battery.run
    driver = None if battery.config is None else _driver(battery.config)
    return ReplayedBattery(
        battery_id=battery.battery_id,
        lease=None if decision is None else _decided(decision, plan),
        recorded=None if decision is None else decision.lease,
        command=None if run is None else run.order.command,
        writes=None if run is None or driver is None else _writes(run, driver),
    )


def _decided(decision: RecordedDecision, plan: Plan | None) -> Lease:
    """Return the lease that follows from a decision's view and the replayed plan."""
    view = decision.view
    if plan is not None and plan.made_at == decision.plan_made_at:
        shares = (decision.share_charge, decision.share_discharge)
        planned = planned_command(plan, view.now, Asked(view.battery_id, *shares))
        view = replace(view, planned=planned)
    return lease_for(view)


def _driver(config: BatteryConfig) -> BatteryDriver | None:
    """Return a driver that says what it would write; it is connected to nothing."""
    brand = BRANDS.get(config.identity.brand)
    return None if brand is None else brand.access.offline(config)


def _writes(run: RecordedRun, driver: BatteryDriver) -> tuple[Write, ...] | None:
    record = Record(device={}, owner=run.owner, ours=run.ours, lost=run.lost)
    command = run.order.command
    try:
        if run.releases or command is None:
            _, writes = ownership.for_release(
                driver, record, run.found, cautious=run.order.cautious
            )
        else:
            _, writes = ownership.for_command(driver, record, run.found, command)
    except DeviceError:
        return None
    return tuple(writes)


def _battery_differences(
    battery: RecordedBattery, replayed: ReplayedBattery
) -> Iterator[str]:
    if battery.decision is not None and replayed.lease is not None:
        before, after = _words(battery.decision.lease), _words(replayed.lease)
        power_before, power_after = (
            _power(battery.decision.lease),
            _power(replayed.lease),
        )
        if before != after or not _same(power_before, power_after):
            yield (
                f"{battery.battery_id}: it was {before} {power_before}, and is "
                f"{after} {power_after}."
            )
    # Without its brand nothing can be said of the writes; the report says so.
    known = battery.config is not None and _driver(battery.config) is not None
    run = battery.run
    if known and run is not None and run.wanted != replayed.writes:
        yield (
            f"{battery.battery_id}: the writes were {run.wanted}, and are "
            f"{replayed.writes}."
        )


def _words(lease: Lease) -> tuple[str, ...]:
    """Return what can be compared as it is: master, reason, mode and times."""
    command = lease.command
    return (
        lease.master.value,
        str(lease.reason),
        lease.mode.value,
        str(lease.until),
        str(None if command is None else command.until),
    )


def _power(lease: Lease) -> float | None:
    return None if lease.command is None else lease.command.power_w
