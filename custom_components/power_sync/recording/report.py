"""A replay in words and tables, for people."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import groupby

from custom_components.power_sync.control.trace import Moment, Stretch, Told
from custom_components.power_sync.model.battery import Command, Write
from custom_components.power_sync.model.plan import Plan, PlannedSlot, Reason
from custom_components.power_sync.model.timegrid import TimeGrid

from .model import Recording
from .replay import Replayed, ReplayedBattery

COLUMNS = (
    ("from", 12),
    ("to", 6),
    ("mode", 17),
    ("kW", 6),
    ("level", 6),
    ("import", 15),
    ("export", 15),
    ("sun", 5),
    ("load", 5),
    ("grid", 6),
)

type _Timed = tuple[datetime, PlannedSlot]


def report(
    recording: Recording, replayed: Replayed, *, every_slot: bool = False
) -> Iterator[str]:
    """Yield the lines of a replay: what it is of, plan, decisions, and verdict."""
    versions = recording.versions
    yield (
        f"Recorded {recording.taken_at:%Y-%m-%d %H:%M:%S} UTC by PowerSync "
        f"{versions.power_sync} on Home Assistant {versions.home_assistant}"
    )
    yield from _planned_from(recording)
    yield ""
    if replayed.plan is None:
        yield f"No plan: {replayed.no_plan}."
    else:
        zone = recording.planning.inputs.zone if recording.planning else None
        yield from _plan_lines(replayed.plan, zone, every_slot=every_slot)
    for battery in replayed.batteries:
        yield ""
        yield from _battery_lines(battery)
    yield from _trace_lines(recording)
    yield ""
    if replayed.differences:
        yield "Different from what is recorded:"
        yield from (f"- {difference}" for difference in replayed.differences)
    else:
        yield "The same as recorded."


def _planned_from(recording: Recording) -> Iterator[str]:
    if recording.planning is None:
        return
    inputs = recording.planning.inputs
    firm_until = inputs.curve.firm_until
    yield (
        f"Planned from {len(inputs.curve.slots)} prices, published until "
        f"{'never' if firm_until is None else f'{firm_until:%Y-%m-%d %H:%M} UTC'}; "
        f"{'a' if inputs.solar else 'no'} solar forecast; "
        f"{len(inputs.load_history.samples)} load samples; zone {inputs.zone}"
    )
    for number, member in enumerate(inputs.fleet, start=1):
        yield (
            f"Battery {number}: {member.capacity_kwh:.1f} kWh at "
            f"{member.soc_pct:.0f} %, {member.max_charge_w:.0f} W in, "
            f"{member.max_discharge_w:.0f} W out"
        )
    yield (
        f"Reserve {inputs.reserve_pct:.0f} %; import limit "
        f"{_watts(inputs.import_limit_w)}, export limit "
        f"{_watts(inputs.export_limit_w)}; charging from the grid "
        f"{_allowed(allowed=inputs.grid_charging)}, selling from the battery "
        f"{_allowed(allowed=inputs.battery_export)}"
    )


def _watts(limit_w: float | None) -> str:
    return "none" if limit_w is None else f"{limit_w:.0f} W"


def _allowed(*, allowed: bool) -> str:
    return "allowed" if allowed else "not allowed"


def _plan_lines(plan: Plan, zone: tzinfo | None, *, every_slot: bool) -> Iterator[str]:
    yield (
        f"Plan of {plan.made_at:%Y-%m-%d %H:%M:%S} UTC by the solver {plan.solver}, "
        f"{'accepted' if plan.accepted else 'no better than none'}"
    )
    yield (
        f"Costs {plan.cost:.4f} {plan.currency}, without a plan "
        f"{plan.baseline_cost:.4f}: saves {plan.saving:.4f}"
    )
    if plan.softened:
        yield f"Could not be kept: {', '.join(plan.softened)}"
    yield " ".join(f"{name:>{width}}" for name, width in COLUMNS) + "  why"
    timed = list(zip(plan.grid.starts(), plan.slots, strict=True))
    if every_slot:
        stretches = [[each] for each in timed]
    else:
        stretches = [list(same) for _, same in groupby(timed, _alike)]
    for stretch in stretches:
        yield _stretch_line(stretch, plan.grid, zone)


def _alike(timed: _Timed) -> tuple[object, ...]:
    slot = timed[1]
    return slot.mode, slot.reason.key, slot.firm


def _stretch_line(
    stretch: Sequence[_Timed], grid: TimeGrid, zone: tzinfo | None
) -> str:
    slots = [slot for _, slot in stretch]
    start, end = stretch[0][0], stretch[-1][0] + grid.step
    values = (
        f"{start.astimezone(zone):%a %d %H:%M}",
        f"{end.astimezone(zone):%H:%M}",
        slots[0].mode.value,
        _span([s.power_kw for s in slots if s.power_kw is not None], 1),
        f"{slots[-1].soc_pct:.1f}%",
        _span([s.import_per_kwh for s in slots], 4),
        _span([s.export_per_kwh for s in slots], 4),
        _mean([s.solar_kw for s in slots]),
        _mean([s.load_kw for s in slots]),
        _mean([s.grid_kw for s in slots]),
    )
    row = " ".join(
        f"{value:>{width}}" for value, (_, width) in zip(values, COLUMNS, strict=True)
    )
    forecast = "" if slots[0].firm else " (price is forecast)"
    return f"{row}  {_because(slots[0].reason, zone)}{forecast}"


def _span(values: Sequence[float], digits: int) -> str:
    if not values:
        return ""
    least, most = (f"{value:.{digits}f}" for value in (min(values), max(values)))
    return least if least == most else f"{least}..{most}"


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.2f}"


def _because(reason: Reason, zone: tzinfo | None) -> str:
    words = [reason.key.value]
    if reason.value_per_kwh is not None:
        words.append(f"stored energy is worth {reason.value_per_kwh:.4f}")
    if reason.used_at is not None:
        words.append(f"at {reason.used_at.astimezone(zone):%a %H:%M}")
    return " ".join(words)


def _battery_lines(battery: ReplayedBattery) -> Iterator[str]:
    lease = battery.lease
    if lease is None:
        yield f"{battery.battery_id}: nothing was decided yet"
    else:
        yield (
            f"{battery.battery_id}: {_command(lease.command)}, decided by "
            f"{lease.master.value} because of {lease.reason}"
        )
    if battery.writes is None:
        yield "  settings were not read: what would be written is not known"
        return
    yield f"  last order: {_command(battery.command)}"
    yield from (f"  writes {_write(write)}" for write in battery.writes)
    if not battery.writes:
        yield "  writes nothing: it is so already"


def _trace_lines(recording: Recording) -> Iterator[str]:
    """Yield what was decided and sent in the last minutes, and measured meanwhile."""
    for number, battery in enumerate(recording.batteries):
        seconds = [
            (stretch, stretch.batteries[number])
            for stretch in recording.trace
            if number < len(stretch.batteries)
        ]
        if seconds:
            yield ""
            yield f"{battery.battery_id} in the last minutes:"
        for _, same in groupby(seconds, lambda each: _done(each[1])):
            yield _done_line(list(same))


def _done(moment: Moment) -> tuple[object, ...]:
    return (
        *(moment.master, moment.reason, moment.hold, moment.decided),
        *(moment.sent, moment.outcome, moment.car),
    )


def _done_line(same: Sequence[tuple[Stretch, Moment]]) -> str:
    (first, moment), (last, _) = same[0], same[-1]
    moments = [each for _, each in same]
    measured = ", ".join(
        f"{name} {_span([w for w in watts if w is not None], 0) or '?'} W"
        for name, watts in (
            ("battery", [each.battery_w for each in moments]),
            ("grid", [each.grid_w for each in moments]),
            ("load", [each.load_w for each in moments]),
        )
    )
    car = ", a car charges" if moment.car else ""
    sent = "nothing" if moment.sent is None else _told(moment.sent)
    return (
        f"  {first.first:%H:%M:%S}..{last.last:%H:%M:%S} {_told(moment.decided)} by "
        f"{moment.master.value} because of {moment.reason}{car}; sent {sent} "
        f"({moment.outcome.value if moment.outcome else 'no outcome yet'}); {measured}"
    )


def _told(told: Told) -> str:
    power = "" if told.power_w is None else f" at {told.power_w:.0f} W"
    return f"{told.mode.value}{power}"


def _command(command: Command | None) -> str:
    if command is None:
        return "the owner's own operation"
    power = "" if command.power_w is None else f" at {command.power_w:.0f} W"
    return f"{command.mode.value}{power} until {command.until:%Y-%m-%d %H:%M} UTC"


def _write(write: Write) -> str:
    return f"{write.setting} = {write.value}"
