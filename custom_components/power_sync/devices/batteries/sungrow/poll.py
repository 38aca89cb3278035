"""What a poll reads of a hybrid, and in how few requests."""

from datetime import UTC, datetime
from typing import Final

from modbus_connection import ModbusError, ModbusUnit
from modbus_connection.model import Component

from custom_components.power_sync.devices.batteries.blocks import (
    Part,
    Pool,
    not_served,
    silent,
)
from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.modbus import LinkOptions

from .codes import RS_MODELS
from .owner import OwnerLimits, found_in
from .registers import (
    AcLimit,
    Battery,
    BatteryPower,
    Bms,
    Ceilings,
    EmsMode,
    ExportBounds,
    ExportLimit,
    ExportRatio,
    ExportSwitch,
    Flows,
    Meter,
    MeterPhases,
    Phases,
    Ratings,
    Reserve,
    RsAcLimit,
    SocLimits,
    Solar,
    Status,
    Totals,
    WideExportLimit,
)
from .settings import CONTROL_SETTINGS, EXTERNAL_MODES
from .telemetry import EXTERNAL_EMS, Registers, running_state

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Poll:
    """The registers of a hybrid's telemetry, and what is known of each."""

    def __init__(
        self, unit: ModbusUnit, config: BatteryConfig, link: LinkOptions
    ) -> None:
        """Take the unit and what a probe found; nothing is read yet."""
        self._config = config
        self._every = link.settings_every
        self._battery = Part(Battery(unit), link, required=True)
        self._status = Part(Status(unit), link)
        self._flows = Part(Flows(unit), link)
        self._totals = Part(Totals(unit), link)
        self._core = Pool(
            unit, link, (self._battery, self._status, self._flows, self._totals)
        )
        self._solar = Part(Solar(unit), link)
        self._power = Part(BatteryPower(unit), link)
        self._meter = Part(Meter(unit), link)
        self._meter_phases = Part(MeterPhases(unit), link)
        self._meters = Pool(unit, link, (self._meter, self._meter_phases))
        self._phases = Part(Phases(unit), link)
        self._ratings = Part(Ratings(unit), link, keep=True)
        self._bounds = Part(ExportBounds(unit), link, keep=True)
        self._bms = Part(Bms(unit), link, keep=True)
        self._limits = Pool(unit, link, (self._ratings, self._bounds, self._bms))
        self._export_limit = Part(ExportLimit(unit), link, keep=True)
        self._owner: tuple[Part[Component], ...] = (
            Part(SocLimits(unit), link, keep=True),
            Part(Reserve(unit), link, keep=True),
            self._export_limit,
            Part(ExportSwitch(unit), link, keep=True),
            Part(ExportRatio(unit), link, keep=True),
        )
        self._wide_limit = Part(WideExportLimit(unit), link, keep=True)
        # Read for the poll to see; a command reads them anew.
        self.ceilings = Part(Ceilings(unit), link, keep=True)
        self._ems_mode = Part(EmsMode(unit), link)
        self._ac_limit: Part[AcLimit] | Part[RsAcLimit]
        self._alone: tuple[Part[Component], ...] = ()
        settings: tuple[Part[Component], ...] = self._owner
        if config.settings >= CONTROL_SETTINGS:
            # Where it is known to be refused, it would take the block with it.
            settings = (*settings, self._ems_mode)
        if config.identity.model in RS_MODELS:
            self._ac_limit = Part(RsAcLimit(unit), link, keep=True)
            self._alone = (self._ac_limit,)
        else:
            self._ac_limit = Part(AcLimit(unit), link, keep=True)
            settings = (*settings, self._ac_limit)
        self._settings = Pool(unit, link, settings)

    @property
    def core_requests(self) -> int:
        """How many requests `read_core` takes."""
        return self._core.requests

    @property
    def has_battery(self) -> bool:
        """Whether the last core read told the battery's own registers."""
        return self._battery.latest is not None

    async def read_core(self, at: datetime) -> ModbusError | None:
        """Read the battery, state, flows and totals; return what kept any away."""
        return await self._core.read(at, whole=True)

    async def read_optional(self, at: datetime, budget: int) -> bool:
        """Read what may be missing, as far as `budget` requests go.

        Returns False where it ended with a request that stayed unanswered: the
        others would only add their time-outs to this poll.
        """
        fast: tuple[Part[Component], ...] = (self._solar, self._power)
        due: list[Pool | Part[Component]] = [b for b in fast if b.is_due(at)]
        due += self._due_meters(at)
        for part in (*fast, *self._meters.parts):
            part.forget()
        slow = [
            *self._settings.blocks,
            *self._wide(),
            *self._alone,
            *self._limits.blocks,
            self.ceilings,
            self._phases,
        ]
        slow.sort(key=lambda block: block.tried_at or _NEVER)
        spare = max(1, budget - len(due))
        due += [b for b in slow if b.is_due(at, self._every)][:spare]
        for block in due:
            if block is self._meters:
                # Where it is refused with its phases, the meter is read all the same.
                error = await self._meters.read(at, whole=True)
            else:
                error = await block.read(at)
            if silent(error):
                return False
        return True

    def _due_meters(self, at: datetime) -> list[Pool | Part[Component]]:
        """Return how the meter is read now: with its phases, once it has answered."""
        parts = self._meters.parts
        if self._config.identity.model in RS_MODELS or self._meter.latest is None:
            parts = (self._meter,)
        elif self._meters.requests == 1 and self._meter.is_due(at):
            return [self._meters]
        return [part for part in parts if part.is_due(at)]

    async def read_owner(self, at: datetime) -> ModbusError | None:
        """Read the owner's settings anew; return what kept any from being read."""
        self._settings.expire()
        await self._settings.read(at, whole=True)
        for part in self._owner:
            if part.error is not None and not not_served(part.error):
                return part.error
        for part in self._wide():
            error = await part.read(at)
            if error is not None and not not_served(error):
                return error
        return None

    def expire_owner(self) -> None:
        """Have the owner's settings read again soon."""
        self._settings.expire()
        self.ceilings.expire()

    def owner(self) -> dict[str, int | None]:
        """Return the owner's settings, raw; None for what is not known."""
        parts = (*self._owner, self._wide_limit, self.ceilings)
        return found_in(part.latest for part in parts if part.latest is not None)

    def owner_limits(self) -> OwnerLimits:
        """Return what bounds the owner's settings."""
        config = self._config
        bounds, ratings = self._bounds.latest, self._ratings.latest
        battery_w = ratings.battery_power_w if ratings else None
        export_w = bounds.most_w if bounds else None
        return OwnerLimits(
            rated_w=config.rated_power_w,
            battery_w=battery_w or max(config.max_charge_w, config.max_discharge_w),
            export_least_w=(bounds.least_w if bounds else None) or 0,
            export_most_w=export_w or config.rated_power_w,
        )

    @property
    def externally_controlled(self) -> bool:
        """Whether another energy manager controls the battery, as last read."""
        status, mode = self._status.latest, self._ems_mode.latest
        return (mode is not None and mode.ems_mode in EXTERNAL_MODES) or (
            status is not None and running_state(status) == EXTERNAL_EMS
        )

    def registers(self) -> Registers:
        """Return what is known now."""
        return Registers(
            battery=self._battery.component,
            status=self._status.latest,
            flows=self._flows.latest,
            totals=self._totals.latest,
            solar=self._solar.latest,
            power=self._power.latest,
            meter=self._meter.latest,
            meter_phases=self._meter_phases.latest,
            bms=self._bms.latest,
            phases=self._phases.latest,
            ac_limit=self._ac_limit.latest,
            owner=self.owner(),
            limits=self.owner_limits(),
        )

    def _wide(self) -> tuple[Part[Component], ...]:
        """Return the wide export limit, where the one in W is known to be missing."""
        narrow = self._export_limit
        missing = narrow.tried_at is not None and (
            narrow.latest is None or narrow.latest.export_limit_w is None
        )
        return (self._wide_limit,) if missing else ()
