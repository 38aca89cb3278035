"""What a poll reads of a plant, and in how few requests."""

from dataclasses import dataclass
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
from custom_components.power_sync.devices.batteries.modbus import LinkOptions, Siblings

from .registers import (
    AcCharger,
    Battery,
    Control,
    Core,
    ExportLimit,
    Inverter,
    Levels,
    Loads,
    Newest,
    Phases,
    Strings,
    ThirdParty,
    Totals,
)
from .units import Units

REQUESTS_PER_POLL: Final = 6
_FAST: Final = 4
"""So many of them at most go to what is read at every poll beside the core."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InverterParts:
    """What is read of one inverter."""

    unit_id: int
    flows: Part[Inverter]
    strings: Part[Strings]
    phases: Part[Phases]
    grid_and_sun: Pool
    """Strings and phases, in one request."""


def _inverter(unit_id: int, unit: ModbusUnit, link: LinkOptions) -> InverterParts:
    strings, phases = Part(Strings(unit), link), Part(Phases(unit), link)
    return InverterParts(
        unit_id,
        Part(Inverter(unit), link),
        strings,
        phases,
        Pool(unit, link, (strings, phases)),
    )


class Poll:
    """The registers of a plant's telemetry, and what is known of each."""

    def __init__(
        self, plant: ModbusUnit, siblings: Siblings, units: Units, link: LinkOptions
    ) -> None:
        """Take the units; nothing is read yet."""
        self._every = link.settings_every
        self.core = Part(Core(plant), link, required=True)
        self.battery = Part(Battery(plant), link)
        self.third_party = Part(ThirdParty(plant), link)
        self.totals = Part(Totals(plant), link)
        self.loads = Part(Loads(plant), link)
        self.newest = Part(Newest(plant), link)
        self._pools = (
            Pool(plant, link, (self.third_party, self.totals)),
            Pool(plant, link, (self.loads, self.newest)),
        )
        self._export_limit = Part(ExportLimit(plant), link, keep=True)
        self._levels = Part(Levels(plant), link, keep=True)
        # Read for the poll to see; a command reads it anew.
        self.control = Part(Control(plant), link, keep=True)
        self._settings = Pool(
            plant, link, (self.control, self._export_limit, self._levels)
        )
        self.inverters = tuple(
            _inverter(unit_id, siblings[unit_id], link)
            for unit_id in units.inverters
            if unit_id in siblings
        )
        self.charger = (
            Part(AcCharger(siblings[units.charger]), link)
            if units.charger is not None and units.charger in siblings
            else None
        )

    @property
    def several(self) -> tuple[int, ...]:
        """The unit ids of the inverters; none where there is only one."""
        found = tuple(inverter.unit_id for inverter in self.inverters)
        return found if len(found) > 1 else ()

    async def read_core(self, at: datetime) -> ModbusError | None:
        """Read what every plant tells; return what kept it away."""
        return await self.core.read(at)

    async def read_optional(self, at: datetime, budget: int) -> bool:
        """Read what may be missing, as far as `budget` requests go.

        Returns False where it ended with a request that the plant left unanswered:
        the others would only add their time-outs to this poll. A device of its own
        that is silent, such as a car charger that is off, keeps nothing else away.
        """
        fast = self._by_age([self.battery, *(b for p in self._pools for b in p.blocks)])
        fast = [block for block in fast if block.is_due(at)][:_FAST]
        slow = [
            block for block in self._settings.blocks if block.is_due(at, self._every)
        ]
        plants: set[Pool | Part[Component]] = {*fast, *slow}
        devices = [b for b in self._devices() if b.is_due(at, self._every)]
        due = [*fast, *self._by_age([*slow, *devices])[: max(1, budget - len(fast))]]
        for block in due:
            if silent(await block.read(at)) and block in plants:
                return False
        return True

    def _devices(self) -> list[Pool | Part[Component]]:
        """Return what is read of devices with unit ids of their own, in turn."""
        found: list[Pool | Part[Component]] = []
        for inverter in self.inverters:
            found += [inverter.flows, *inverter.grid_and_sun.blocks]
        return found if self.charger is None else [*found, self.charger]

    @staticmethod
    def _by_age(
        blocks: list[Pool | Part[Component]],
    ) -> list[Pool | Part[Component]]:
        """Return blocks with the one that was read longest ago first."""
        return sorted(blocks, key=lambda block: block.tried_at or _NEVER)

    async def read_owner(self, at: datetime) -> ModbusError | None:
        """Read the owner's settings anew; return what kept any from being read."""
        self._settings.expire()
        error = await self._settings.read(at, whole=True)
        if silent(error):
            return error
        for part in (self._export_limit, self._levels):
            if part.error is not None and not not_served(part.error):
                return part.error
        return None

    def expire_owner(self) -> None:
        """Have the settings read again soon."""
        self._settings.expire()

    def owner(self) -> dict[str, int | None]:
        """Return the owner's settings, raw; None for what is not known."""
        limit, levels = self._export_limit.latest, self._levels.latest
        control = self.control.latest
        return {
            "max_charge_w": control.max_charge_w if control else None,
            "max_discharge_w": control.max_discharge_w if control else None,
            "export_limit_w": limit.export_limit_w if limit else None,
            "reserve_10th": levels.reserve_10th if levels else None,
            "max_soc_10th": levels.max_soc_10th if levels else None,
            "min_soc_10th": levels.min_soc_10th if levels else None,
        }
