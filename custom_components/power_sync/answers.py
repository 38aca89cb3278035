"""Plans and commands as plain data, for actions and diagnostics. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from .control.log import LogEntry
from .model.battery import Command
from .model.plan import Limit, Plan, PlannedBattery, PlannedSlot, Reason
from .words.overview import Overview, Window
from .words.summary import Summary

W_PER_KW = 1000.0

type Plain = dict[str, Plain] | list[Plain] | str | int | float | bool | None
type PlainObject = dict[str, Plain]


def plan_answer(plan: Plan, zone: tzinfo, names: Mapping[str, str]) -> PlainObject:
    """Return a plan; times are local with their offset, powers in W.

    `names` are what to call the batteries, by their serials.
    """
    titles = [names.get(battery_id, battery_id) for battery_id in plan.battery_ids]
    return {
        "batteries": [
            {"serial": battery_id, "name": title}
            for battery_id, title in zip(plan.battery_ids, titles, strict=True)
        ],
        "made_at": _time(plan.made_at, zone),
        "start": _time(plan.grid.start, zone),
        "end": _time(plan.grid.end, zone),
        "slot_minutes": plan.grid.step // timedelta(minutes=1),
        "currency": plan.currency,
        "cost": plan.cost,
        "baseline_cost": plan.baseline_cost,
        "saving": plan.saving,
        "accepted": plan.accepted,
        "solver": plan.solver,
        "bound": plan.bound,
        "gap": plan.gap,
        "softened": list(plan.softened),
        "notes": dict(plan.notes),
        "slots": [
            _slot(start, slot, zone, titles)
            for start, slot in zip(plan.grid.starts(), plan.slots, strict=True)
        ],
    }


def summary_answer(summary: Summary, zone: tzinfo) -> list[Plain]:
    """Return the next steps of a plan, each with its sentence."""
    return [
        {
            "start": _time(line.step.start, zone),
            "end": _time(line.step.end, zone),
            "mode": line.step.mode.value,
            "power_w": _watts(line.step.power_kw),
            "text": line.plain,
        }
        for line in summary.lines
    ]


def _watts(power_kw: float | None) -> float | None:
    return None if power_kw is None else power_kw * W_PER_KW


def _slot(
    start: datetime, slot: PlannedSlot, zone: tzinfo, titles: Sequence[str]
) -> PlainObject:
    parts = zip(titles, slot.batteries, strict=False)
    return {
        **(
            {"batteries": [_part(title, part, zone) for title, part in parts]}
            if slot.batteries
            else {}
        ),
        "start": _time(start, zone),
        "mode": slot.mode.value,
        "power_w": _watts(slot.power_kw),
        "soc_pct": slot.soc_pct,
        "baseline_soc_pct": slot.baseline_soc_pct,
        "import_per_kwh": slot.import_per_kwh,
        "export_per_kwh": slot.export_per_kwh,
        "firm": slot.firm,
        "solar_w": slot.solar_kw * W_PER_KW,
        "load_w": slot.load_kw * W_PER_KW,
        "battery_w": slot.battery_kw * W_PER_KW,
        "grid_w": slot.grid_kw * W_PER_KW,
        "curtailed_w": slot.curtailed_kw * W_PER_KW,
        "cost": slot.cost,
        "baseline_cost": slot.baseline_cost,
        "stored_value_per_kwh": slot.stored_value_per_kwh,
        "reason": _reason(slot.reason, zone),
    }


def _part(title: str, part: PlannedBattery, zone: tzinfo) -> PlainObject:
    """Return one battery's part in a slot."""
    return {
        "name": title,
        "mode": part.mode.value,
        "power_w": _watts(part.power_kw),
        "battery_w": part.battery_kw * W_PER_KW,
        "soc_pct": part.soc_pct,
        "reason": _reason(part.reason, zone),
    }


def _reason(reason: Reason, zone: tzinfo) -> PlainObject:
    return {
        "key": reason.key.value,
        "price_per_kwh": reason.price_per_kwh,
        "value_per_kwh": reason.value_per_kwh,
        "used_at": None if reason.used_at is None else _time(reason.used_at, zone),
        "limit": _limit(reason.limit),
    }


def _limit(limit: Limit | None) -> PlainObject | None:
    if limit is None:
        return None
    return {
        "key": limit.key.value,
        "power_w": _watts(limit.power_kw),
        "level_pct": limit.level_pct,
    }


def overview_answer(whole: Overview, zone: tzinfo) -> PlainObject:
    """Return when the battery buys and sells, and what the plan saves."""
    return {
        "charging": [_window(window, zone) for window in whole.charging],
        "exporting": [_window(window, zone) for window in whole.exporting],
        "saving": whole.saving,
        "until": _time(whole.until, zone),
    }


def _window(window: Window, zone: tzinfo) -> PlainObject:
    return {
        "start": _time(window.start, zone),
        "end": _time(window.end, zone),
        "energy_kwh": window.energy_kwh,
        "price_per_kwh": window.price_per_kwh,
        "firm": window.firm,
    }


def command_answer(command: Command | None, zone: tzinfo) -> PlainObject | None:
    """Return a command; None where a battery is given back to its owner."""
    if command is None:
        return None
    return {
        "mode": command.mode.value,
        "power_w": command.power_w,
        "until": _time(command.until, zone),
    }


def owner_setting_answer(entry: LogEntry) -> PlainObject | None:
    """Return the owner's setting that was set; None for a command."""
    if entry.owner_setting is None:
        return None
    return {"setting": entry.owner_setting.value, "value": entry.owner_value}


def log_answer(entry: LogEntry, battery: str, zone: tzinfo) -> PlainObject:
    """Return an entry of the command log; `battery` is what to call its battery."""
    return {
        "time": _time(entry.at, zone),
        "battery": battery,
        "master": entry.master,
        "reason": entry.reason,
        "command": command_answer(entry.command, zone),
        "owner_setting": owner_setting_answer(entry),
        "writes": [
            {"setting": write.setting, "value": write.value} for write in entry.writes
        ],
        "read_back": dict(entry.read_back),
        "outcome": entry.outcome.value,
        "error": entry.error,
    }


def _time(when: datetime, zone: tzinfo) -> str:
    return when.astimezone(zone).isoformat()
