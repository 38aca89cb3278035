"""A home's gateway, and how the cloud shows it.

What it is told it does after `delay`, and shows after `shown_after`. Since firmware
26.2 it looks at a new tariff with the reserve that it had, and makes a new plan when
the reserve changes after that, else at the next half hour.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from simulators.home import InverterMode, SimulatedHome

from .tariff import Tree, in_old_shape, prices_at

RULES = ("battery_ok", "pv_only", "never")
MODES = ("self_consumption", "autonomous", "backup")
HALF_HOUR = timedelta(minutes=30)
NOTHING = timedelta(0)
BACKUP_W = 3300.0
FULL = 100.0


@dataclass
class Told:
    """What a gateway was told; `export_rule` is None where there is no rule."""

    mode: str = "self_consumption"
    reserve_pct: int = 20
    grid_charging_off: bool = True
    export_rule: str | None = "pv_only"
    storm_mode: bool = False
    tariff: dict[str, object] = field(default_factory=dict)


class Gateway:
    """Turns what it was told into what the home's battery does."""

    def __init__(
        self, home: SimulatedHome, zone: str, told: Told, *, solar: bool = True
    ) -> None:
        """Begin as it was told, which is its owner's, once it is asked or told."""
        self.solar = solar
        self.home = home
        self.zone = ZoneInfo(zone)
        self.told = told
        self.shown = deepcopy(told)
        self.delay = NOTHING
        self.shown_after = NOTHING
        self.ignores: set[str] = set()
        """What is acknowledged and not done, by the name of its field."""
        self.storm = False
        """Whether one is on its way: with Storm Watch it fills up, whatever is set."""
        self.waits = False
        """Whether it sells in the last of the half hours that bring the same."""
        self._under_way: list[tuple[datetime, Callable[[], None]]] = []
        self._dispatched: tuple[float, datetime] | None = None
        self._planned_at: datetime | None = None
        self._planned: Tree = told.tariff

    def tell(self, name: str, value: object) -> None:
        """Take a new value of one of the fields of `Told`."""
        if name in self.ignores:
            return
        now = self.home.clock.now()
        self._under_way.append((now + self.delay, lambda: self._take(name, value)))
        self._under_way.append(
            (now + self.shown_after, lambda: setattr(self.shown, name, deepcopy(value)))
        )
        self.act()

    def dispatch(self, power_w: float | None, for_: timedelta = NOTHING) -> None:
        """Discharge (charge where negative) for a while; None ends that."""
        until = self.home.clock.now() + for_
        self._dispatched = None if power_w is None else (power_w, until)
        self.act()

    def _take(self, name: str, value: object) -> None:
        changed = getattr(self.told, name) != value
        setattr(self.told, name, deepcopy(value))
        if name in {"reserve_pct", "mode"} and changed:
            self._planned = self.told.tariff

    def act(self) -> None:
        """Bring the home in line with what is in force now."""
        now = self.home.clock.now()
        due = [each for each in self._under_way if each[0] <= now]
        self._under_way = [each for each in self._under_way if each[0] > now]
        for _, done in due:
            done()
        slot = now.astimezone(self.zone).replace(second=0, microsecond=0)
        slot = slot.replace(minute=slot.minute // 30 * 30)
        if slot != self._planned_at:
            self._planned_at, self._planned = slot, self.told.tariff
        told = self.told
        self.home.control = replace(
            self.home.control,
            mode=self._mode(now),
            forced_power_w=BACKUP_W if told.mode == "backup" else self.home.rated_w,
            backup_reserve_pct=FULL if told.mode == "backup" else told.reserve_pct,
            export_limit_w=0.0 if told.export_rule == "never" else None,
            forced_until=None,
        )
        if self.fills_up:
            self.home.control = replace(
                self.home.control,
                mode=InverterMode.FORCED_CHARGE
                if self.home.soc_pct < FULL
                else InverterMode.SELF,
                forced_power_w=self.home.rated_w,
                backup_reserve_pct=FULL,
            )
        elif self._dispatched is not None and now < self._dispatched[1]:
            power_w, until = self._dispatched
            discharges = power_w > 0
            self.home.control = replace(
                self.home.control,
                mode=InverterMode.FORCED_DISCHARGE
                if discharges
                else InverterMode.FORCED_CHARGE,
                forced_power_w=abs(power_w),
                forced_until=until,
            )

    @property
    def fills_up(self) -> bool:
        """Whether it prepares for a storm."""
        return self.storm and self.told.storm_mode

    def _mode(self, now: datetime) -> InverterMode:
        told = self.told
        below = self.home.soc_pct < (
            FULL if told.mode == "backup" else told.reserve_pct
        )
        grid_charges = not (told.grid_charging_off and self.solar)
        if below and grid_charges:
            return InverterMode.FORCED_CHARGE
        if told.mode != "autonomous" or below:
            return InverterMode.SELF
        buy, sell = prices_at(self._planned, now.astimezone(self.zone))
        dear = self._highest_buy(buy)
        if sell is not None and dear is not None and sell >= dear > 0:
            may = told.export_rule == "battery_ok" and not self._may_wait(now, sell)
            return InverterMode.FORCED_DISCHARGE if may else InverterMode.SELF
        if buy == 0 and grid_charges:
            return InverterMode.FORCED_CHARGE
        return InverterMode.SELF

    def _may_wait(self, now: datetime, sell: float) -> bool:
        """Whether selling brings no less in the next half hour."""
        coming = (now + HALF_HOUR).astimezone(self.zone)
        later = prices_at(self._planned, coming).sell
        return self.waits and later is not None and later >= sell

    def _highest_buy(self, now: float | None) -> float | None:
        """Return the most that buying costs at other times: selling has to beat it."""
        charges = self._planned.get("energy_charges")
        found: list[float] = []
        for charge in charges.values() if isinstance(charges, Mapping) else ():
            rates = charge.get("rates") if isinstance(charge, Mapping) else None
            found += rates.values() if isinstance(rates, Mapping) else ()
        others = [price for price in found if price != now]
        return max(others or found, default=None)


@dataclass
class TeslaSite:
    """An energy site of the account: its home, and how it is set."""

    home: SimulatedHome
    told: Told = field(default_factory=Told)
    site_id: int = 2252147638651
    name: str = "My Home"
    zone: str = "Europe/London"
    batteries: int = 1
    tells_levels: bool = True
    """Some firmware tells neither level nor energies."""
    tells_energies: bool = True
    """Some firmware tells the level alone."""
    rule_at_top: bool = False
    """Whether the export rule is told beside the components, not within."""
    old_tariff: bool = False
    """Whether the tariff is told under its old name alone."""
    grid_charging_known: bool = True
    """Whether it is told also that the grid may charge, which goes without saying."""
    solar: bool = True
    """Without solar the grid may charge, whatever it is told, and no rule says so."""
    zone_told: bool = True
    reserve_told: bool = True
    tariff_told: bool = True
    removed: bool = False
    """Whether it is listed, and gone."""
    gateway: Gateway = field(init=False)

    def __post_init__(self) -> None:
        """Start its gateway."""
        self.gateway = Gateway(self.home, self.zone, self.told, solar=self.solar)

    def live(self) -> dict[str, object]:
        """Return what `live_status` says."""
        self.gateway.act()
        flows = self.home.flows
        cells = self.home.cells
        levels: dict[str, object] = {}
        if cells is not None and self.tells_levels:
            total = 1000 * cells.capacity_kwh
            levels = {"percentage_charged": self.home.soc_pct}
            if self.tells_energies:
                levels["energy_left"] = total * self.home.soc_pct / 100
                levels["total_pack_energy"] = total
        islanded = self.home.islanded
        return {
            "solar_power": round(flows.solar_w),
            "battery_power": round(flows.battery_w),
            "load_power": round(flows.load_w),
            "grid_power": round(flows.grid_w),
            "grid_services_power": 0,
            "generator_power": 0,
            "grid_status": "Inactive" if islanded else "Active",
            "island_status": "off_grid" if islanded else "on_grid",
            "grid_services_active": False,
            "storm_mode_active": self.gateway.fills_up,
            "backup_capable": True,
            "wall_connectors": [],
            "timestamp": self.home.clock.now().isoformat(),
            **levels,
        }

    def info(self) -> dict[str, object]:
        """Return what `site_info` says."""
        self.gateway.act()
        shown = self.gateway.shown
        cells = self.home.cells
        rule = (
            {}
            if shown.export_rule is None
            else {"customer_preferred_export_rule": shown.export_rule}
        )
        off = shown.grid_charging_off
        charging = (
            {"disallow_charge_from_grid_with_solar_installed": off}
            if self.solar and (off or self.grid_charging_known)
            else {}
        )
        capacity_kwh = 0.0 if cells is None else cells.capacity_kwh
        tariff = {}
        if shown.tariff and self.tariff_told:
            tariff = {"tariff_content": in_old_shape(shown.tariff)}
            if not self.old_tariff:
                tariff["tariff_content_v2"] = shown.tariff
        return {
            "id": "0000000-00-A--TEST000000000",
            "site_name": self.name,
            "default_real_mode": shown.mode,
            "backup_reserve_percent": shown.reserve_pct if self.reserve_told else None,
            "installation_date": "2024-01-15T12:00:00+00:00",
            "installation_time_zone": self.zone if self.zone_told else None,
            "version": "26.2.1 0000000",
            "battery_count": self.batteries,
            "nameplate_power": round(0 if cells is None else cells.max_discharge_w),
            "nameplate_energy": round(1000 * capacity_kwh),
            "user_settings": {"storm_mode_enabled": shown.storm_mode},
            "components": {
                "battery": cells is not None,
                "solar": self.solar,
                "grid": True,
                "load_meter": True,
                "storm_mode_capable": True,
                "tou_capable": True,
                "gateways": [
                    {"part_name": "Backup Gateway 2", "part_number": "1152100-14-J"}
                ],
                "batteries": [
                    {"part_name": "Powerwall 2", "part_number": "3012170-05-B"}
                ]
                * self.batteries,
                **charging,
                **({} if self.rule_at_top else rule),
            },
            **(rule if self.rule_at_top else {}),
            **tariff,
        }
