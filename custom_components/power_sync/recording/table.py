"""Plans as columns of texts: what one said, and what another one depends on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import (
    Plan,
    PlannedBattery,
    PlannedSlot,
    Reason,
    ReasonKey,
)
from custom_components.power_sync.model.timegrid import TimeGrid

from .compact import numbers_of, numbers_text, words_of, words_text
from .errors import RecordingError

DIGITS = 6
MINUTE = timedelta(minutes=1)

_WORDS: Mapping[str, Callable[[PlannedSlot], str]] = {
    "mode": lambda slot: slot.mode.value,
    "reason": lambda slot: slot.reason.key.value,
    "firm": lambda slot: "firm" if slot.firm else "forecast",
}
_NUMBERS: Mapping[str, Callable[[PlannedSlot], float | None]] = {
    "power_kw": lambda slot: slot.power_kw,
    "battery_kw": lambda slot: slot.battery_kw,
    "solar_kw": lambda slot: slot.solar_kw,
    "load_kw": lambda slot: slot.load_kw,
    "grid_kw": lambda slot: slot.grid_kw,
    "curtailed_kw": lambda slot: slot.curtailed_kw,
    "soc_pct": lambda slot: slot.soc_pct,
    "import_per_kwh": lambda slot: slot.import_per_kwh,
    "export_per_kwh": lambda slot: slot.export_per_kwh,
    "cost": lambda slot: slot.cost,
    "baseline_cost": lambda slot: slot.baseline_cost,
    "baseline_soc_pct": lambda slot: slot.baseline_soc_pct,
    "stored_value_per_kwh": lambda slot: slot.stored_value_per_kwh,
    "reason_price_per_kwh": lambda slot: slot.reason.price_per_kwh,
    "reason_value_per_kwh": lambda slot: slot.reason.value_per_kwh,
}


def _rounded(value: float | None) -> float | None:
    # Adding zero leaves no minus before a zero.
    return None if value is None else round(value, DIGITS) + 0.0


_PART_WORDS: Mapping[str, Callable[[PlannedBattery], str]] = {
    "mode": lambda part: part.mode.value,
    "reason": lambda part: part.reason.key.value,
}
_PART_NUMBERS: Mapping[str, Callable[[PlannedBattery], float | None]] = {
    "power_kw": lambda part: _rounded(part.power_kw),
    "battery_kw": lambda part: _rounded(part.battery_kw),
    "soc_pct": lambda part: _rounded(part.soc_pct),
}


def _parts[T](
    plan: Plan,
    columns: Mapping[str, Callable[[PlannedBattery], T]],
    text: Callable[[Iterable[T]], str],
) -> dict[str, str]:
    """Return the columns of each battery, counted from 1, where there are several."""
    count = min((len(slot.batteries) for slot in plan.slots), default=0)
    return {
        f"{name}_{place + 1}": text(
            column(slot.batteries[place]) for slot in plan.slots
        )
        for place in range(count)
        for name, column in columns.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTable:
    """What a plan says, to six digits after the point: enough to tell two apart.

    `used_in_min` is when stored energy is used, in minutes from the plan's start.
    """

    made_at: datetime
    start: datetime
    step: timedelta
    solver: str
    currency: str
    accepted: bool
    softened: tuple[str, ...]
    figures: Mapping[str, float | None]
    words: Mapping[str, str]
    numbers: Mapping[str, str]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return the table of a plan."""
        used = (slot.reason.used_at for slot in plan.slots)
        notes = {
            key: value
            for key, value in plan.notes.items()
            if isinstance(value, int | float)
        }
        return cls(
            made_at=plan.made_at,
            start=plan.grid.start,
            step=plan.grid.step,
            solver=plan.solver,
            currency=plan.currency,
            accepted=plan.accepted,
            softened=plan.softened,
            figures={
                "cost": _rounded(plan.cost),
                "baseline_cost": _rounded(plan.baseline_cost),
                "bound": _rounded(plan.bound),
                "gap": _rounded(plan.gap),
                **{key: _rounded(value) for key, value in notes.items()},
            },
            words={
                **{
                    name: words_text(column(slot) for slot in plan.slots)
                    for name, column in _WORDS.items()
                },
                **_parts(plan, _PART_WORDS, words_text),
            },
            numbers={
                **_parts(plan, _PART_NUMBERS, numbers_text),
                **{
                    name: numbers_text(_rounded(column(slot)) for slot in plan.slots)
                    for name, column in _NUMBERS.items()
                },
                "used_in_min": numbers_text(
                    None if when is None else (when - plan.grid.start) / MINUTE
                    for when in used
                ),
            },
        )

    def column(self, name: str) -> list[str] | list[float | None]:
        """Return a column by its name."""
        if name in self.words:
            return words_of(self.words[name])
        return numbers_of(self.numbers[name])

    def starts(self) -> list[datetime]:
        """Return when each slot starts."""
        count = len(words_of(self.words["mode"]))
        return [self.start + self.step * index for index in range(count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPlan:
    """What a new plan takes from the one in force: modes, powers, and since when."""

    made_at: datetime
    start: datetime
    step: timedelta
    accepted: bool
    modes: str
    powers_kw: str
    begun: tuple[datetime | None, ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return what a new plan takes from `plan`."""
        return cls(
            made_at=plan.made_at,
            start=plan.grid.start,
            step=plan.grid.step,
            accepted=plan.accepted,
            modes=words_text(slot.mode.value for slot in plan.slots),
            powers_kw=numbers_text(slot.power_kw for slot in plan.slots),
            begun=plan.begun,
        )

    def plan(self) -> Plan:
        """Return a plan with these modes and powers; all its figures are zero."""
        modes = [Mode(word) for word in words_of(self.modes)]
        powers = numbers_of(self.powers_kw)
        if len(modes) != len(powers):
            raise RecordingError("the running plan has more modes than powers, or less")
        return Plan(
            grid=TimeGrid(self.start, self.step, len(modes)),
            slots=tuple(
                _slot(mode, power_kw)
                for mode, power_kw in zip(modes, powers, strict=True)
            ),
            currency="",
            made_at=self.made_at,
            solver="",
            solve_ms=0.0,
            cost=0.0,
            baseline_cost=0.0,
            bound=None,
            gap=None,
            accepted=self.accepted,
            begun=self.begun,
        )


def _slot(mode: Mode, power_kw: float | None) -> PlannedSlot:
    return PlannedSlot(
        mode=mode,
        power_kw=power_kw,
        battery_kw=0.0,
        solar_kw=0.0,
        load_kw=0.0,
        grid_kw=0.0,
        curtailed_kw=0.0,
        soc_pct=0.0,
        import_per_kwh=0.0,
        export_per_kwh=0.0,
        firm=False,
        cost=0.0,
        baseline_cost=0.0,
        baseline_soc_pct=0.0,
        stored_value_per_kwh=0.0,
        reason=Reason(ReasonKey.BALANCED),
    )
