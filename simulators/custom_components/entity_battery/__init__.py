"""A battery that is known to Home Assistant through its entities only, for the demo.

It lives in the recorded household. As a device would, it keeps its settings and its
level while Home Assistant is away; time stands still for it then.
"""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from simulators.clock import RealClock
from simulators.home import Cells, InverterControl, InverterMode, SimulatedHome
from simulators.profile import RecordedHousehold

from .const import CAPACITY_KWH, DOMAIN, OWNERS_MODE, OWNERS_POWER_W, POWER_W

PLATFORMS = (Platform.NUMBER, Platform.SELECT, Platform.SENSOR)
MODES = {
    OWNERS_MODE: InverterMode.SELF,
    "auto": InverterMode.SELF,
    "charge": InverterMode.FORCED_CHARGE,
    "discharge": InverterMode.FORCED_DISCHARGE,
    "rest": InverterMode.FORCED_STOP,
}


@dataclass(slots=True)
class Battery:
    """The battery, and where it keeps what it is set to."""

    home: SimulatedHome
    store: Store[dict[str, float | str]]
    mode: str
    power_w: float

    async def async_set(
        self, *, mode: str | None = None, power_w: float | None = None
    ) -> None:
        """Change a setting, and keep it."""
        self.mode = mode or self.mode
        self.power_w = self.power_w if power_w is None else power_w
        self.home.control = InverterControl(
            mode=MODES[self.mode], forced_power_w=self.power_w
        )
        await self.store.async_save(
            {
                "mode": self.mode,
                "power_w": self.power_w,
                "soc_pct": self.home.soc_pct,
            }
        )


type BatteryEntry = ConfigEntry[Battery]


async def async_setup_entry(hass: HomeAssistant, entry: BatteryEntry) -> bool:
    """Put the battery back as it was."""
    store: Store[dict[str, float | str]] = Store(hass, 1, f"{DOMAIN}.battery")
    kept = await store.async_load() or {}
    cells = Cells(
        capacity_kwh=CAPACITY_KWH, max_charge_w=POWER_W, max_discharge_w=POWER_W
    )
    home = SimulatedHome(
        RealClock(),
        RecordedHousehold(),
        cells=cells,
        soc_pct=float(kept.get("soc_pct", 45.0)),
    )
    # Reading the recording opens a file.
    await hass.async_add_executor_job(lambda: home.flows)
    battery = Battery(home, store, OWNERS_MODE, OWNERS_POWER_W)
    await battery.async_set(
        mode=str(kept.get("mode", OWNERS_MODE)),
        power_w=float(kept.get("power_w", OWNERS_POWER_W)),
    )
    entry.runtime_data = battery
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: BatteryEntry) -> bool:
    """Leave the battery as it is."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
