"""What is seen of one battery of a home at one moment."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan

from .authority import lease_for
from .car import CarView
from .controlled import Controlled
from .load import NetLoad
from .market import Market
from .owner_rules import able, within
from .phases import FuseRoom
from .planned import Asked, planned_command
from .view import BatteryView, HoldMethod, Neighbour, SiteLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What all batteries of the home have in common at one moment."""

    now: datetime
    plan: Plan | None
    automatic: bool
    limits: SiteLimits
    net_load: NetLoad
    net_load_w: float | None
    car: CarView | None = None
    thirsty: bool = False
    hold: HoldMethod | None = None
    market: Market = field(default_factory=Market)
    feeding: frozenset[str] = frozenset()
    """The batteries that charge others unasked."""
    fuse: Callable[[str], FuseRoom | None] = lambda _: None
    """What the main fuse leaves a battery."""


def view_of(battery: Controlled, home: Seen) -> BatteryView:
    """Return one battery as the rules and masks see it."""
    now, reading = home.now, battery.health.reading
    record = battery.executor.record
    charging = record.force is not None and record.force.mode is Mode.CHARGE
    planned = planned_command(
        home.plan,
        now,
        Asked(battery.battery_id, battery.share_charge, battery.share_discharge),
    )
    if record.force is None and planned is not None:
        charging = planned.command.mode is Mode.CHARGE
    return BatteryView(
        now=now,
        battery_id=battery.battery_id,
        capabilities=able(battery),
        reading=reading,
        trouble=battery.health.trouble(now),
        force=record.force,
        planned=planned,
        automatic=home.automatic,
        flash_writes_left=battery.executor.flash_writes_left(),
        limits=within(battery, home.limits),
        net_load_w=home.net_load_w,
        net_load_high_w=home.net_load.highest_w,
        net_load_low_w=home.net_load.lowest_w,
        reading_age_s=(now - reading.at).total_seconds() if reading else None,
        share=battery.share_charge if charging else battery.share_discharge,
        share_charge=battery.share_charge,
        share_discharge=battery.share_discharge,
        at_reserve=battery.at_reserve,
        at_top=battery.at_top,
        soc_unknown=battery.soc_unknown,
        present=battery.order.command if battery.order is not None else None,
        car=home.car,
        hold=home.hold,
        hold_failed=battery.hold_failed,
        feeds_other=battery.battery_id in home.feeding,
        at_spike_floor=battery.at_spike_floor,
        spike=home.market.spike_at(now),
        thirsty=home.thirsty,
        too_dear=home.market.too_dear(now),
        peak_w=home.market.peak_w(now),
        planned_by=battery.planned_by,
        tariff=battery.tariff,
        fuse=home.fuse(battery.battery_id),
    )


def neighbour_of(battery: Controlled, home: Seen) -> Neighbour:
    """Return a battery as its neighbours see it: what it would do without them."""
    view = view_of(battery, home)
    lease, modes = lease_for(view), view.capabilities.modes
    # One in trouble is nobody's to hold, and does not keep the others from acting.
    follows = lease.mode is Mode.SELF_CONSUMPTION and view.trouble is None
    return Neighbour(
        master=lease.master,
        command=lease.command,
        takes=follows and Mode.STANDBY not in modes,
        serves=follows and not modes & {Mode.STANDBY, Mode.NO_DISCHARGE},
    )


def seen_beside(
    battery: Controlled, batteries: Iterable[Controlled], home: Seen
) -> BatteryView:
    """Return one battery with all the others of the home beside it."""
    others = [each for each in batteries if each is not battery]
    return replace(
        view_of(battery, home),
        others=tuple(neighbour_of(each, home) for each in others),
    )
