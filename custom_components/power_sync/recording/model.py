"""What a recording holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from custom_components.power_sync.control.authority import Lease
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.control.trace import Stretch
from custom_components.power_sync.control.view import BatteryView
from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.model.battery import Settings, SettingValue, Write
from custom_components.power_sync.planner.inputs import PlanInputs

from .table import PlanTable, RunningPlan

SCHEMA = 1
"""Raised where a file of before can no longer be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What the recording was taken by."""

    power_sync: str
    home_assistant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPlanning:
    """What was planned from, and the plan; None where there was none."""

    inputs: PlanInputs
    running: RunningPlan | None
    plan: PlanTable | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """The last order that was carried out, as far as its writes follow from it.

    `found` are the device's settings before it; `owner`, `ours` and `lost` what
    the journal said then; `wanted` what was to be written.
    """

    order: Order
    releases: bool
    found: Settings
    owner: Settings
    ours: Mapping[str, tuple[SettingValue, ...]]
    lost: bool
    wanted: tuple[Write, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """What a battery's lease was decided on, and the lease.

    `plan_made_at` names the plan that control had then.
    """

    view: BatteryView
    plan_made_at: datetime | None
    share_charge: float
    share_discharge: float
    lease: Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBattery:
    """One battery. None is what had not happened yet, or is not known."""

    battery_id: str
    config: BatteryConfig | None
    decision: RecordedDecision | None
    run: RecordedRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A home at one moment."""

    versions: Versions
    taken_at: datetime
    planning: RecordedPlanning | None
    batteries: tuple[RecordedBattery, ...]
    trace: tuple[Stretch, ...] = ()
    """The last ten minutes, with the batteries in the same order."""
