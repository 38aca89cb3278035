"""A user who goes through the steps of a dialogue."""

from collections.abc import Mapping
from typing import Any

import probatio

from custom_components.power_sync.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentry,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowManager, FlowResult, section
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import EXPORT_PRODUCT, IMPORT_PRODUCT

TARIFFS = {"import_product": IMPORT_PRODUCT, "export_product": EXPORT_PRODUCT}
POWERS = {"max_charge_w": 8000, "max_discharge_w": 9000}
LIMITS = {
    "reserve_pct": 12,
    "import_limit_w": 14_000,
    "grid_charging": True,
    "battery_export": False,
}


def address(sungrow: SungrowSimulator) -> dict[str, Any]:
    """Return what to type to reach an inverter."""
    return {"host": sungrow.host, "port": sungrow.port, "unit_id": sungrow.unit_id}


def filled_in(schema: probatio.Schema) -> dict[str, Any]:
    """Return what a form holds when it is shown."""
    values: dict[str, Any] = {}
    for key, field in schema.schema.items():
        if isinstance(field, section):
            values[key.schema] = filled_in(field.schema)
        elif key.description is not None:
            values[key.schema] = key.description["suggested_value"]
        elif not isinstance(key.default, probatio.Undefined):
            values[key.schema] = key.default()
    return values


class Dialogue:
    """One dialogue; `step`, `form` and `errors` are those shown now."""

    def __init__(
        self, hass: HomeAssistant, manager: FlowManager[Any, Any, Any]
    ) -> None:
        """Use a manager of dialogues."""
        self.hass = hass
        self.manager = manager
        self.result: FlowResult[Any, Any]

    async def open(self, handler: object, **context: Any) -> None:
        """Open it."""
        self.result = await self.manager.async_init(handler, context=context)

    async def submit(self, values: Mapping[str, Any]) -> None:
        """Type values and go on."""
        self.result = await self.manager.async_configure(
            self.result["flow_id"], dict(values)
        )
        await self.hass.async_block_till_done()

    @property
    def step(self) -> str | None:
        """The step that is shown; None at the end."""
        return self.result.get("step_id")

    @property
    def errors(self) -> dict[str, str]:
        """The errors that are shown."""
        return self.result["errors"] or {}

    @property
    def form(self) -> dict[str, Any]:
        """What the form holds."""
        schema = self.result["data_schema"]
        assert schema is not None
        return filled_in(schema)

    @property
    def folded_up(self) -> set[str]:
        """The sections of which only the name is shown."""
        schema = self.result["data_schema"]
        assert schema is not None
        return {
            key.schema
            for key, field in schema.schema.items()
            if isinstance(field, section) and field.options["collapsed"]
        }

    @property
    def fields(self) -> set[str]:
        """The names of the form's fields."""
        schema = self.result["data_schema"]
        assert schema is not None
        return {key.schema for key in schema.schema}

    @property
    def reason(self) -> str | None:
        """Why the dialogue ended without a result."""
        return self.result.get("reason")


class ConfigDialogue(Dialogue):
    """The dialogue that sets up a site."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Use Home Assistant's config flows."""
        super().__init__(hass, hass.config_entries.flow)

    @property
    def entry(self) -> ConfigEntry[Any]:
        """The entry that was made."""
        assert self.result["type"] == "create_entry"
        entry: ConfigEntry[Any] = self.hass.config_entries.async_entries(DOMAIN)[-1]
        return entry

    async def to_provider(self, provider: str) -> None:
        """Go to the first step of a provider."""
        await self.open(DOMAIN, source=SOURCE_USER)
        assert self.step == "user"
        await self.submit({"provider": provider})

    async def to_change(self, entry: ConfigEntry[Any]) -> None:
        """Go to the first step of the provider of an entry, to change its tariff."""
        await self.open(DOMAIN, source=SOURCE_RECONFIGURE, entry_id=entry.entry_id)
        assert self.step == "reconfigure"
        await self.submit(self.form)

    async def to_region(self) -> None:
        """Go to the region's step."""
        await self.to_provider("octopus")
        assert self.step == "octopus"

    async def to_tariff(self, octopus: OctopusSimulator) -> None:
        """Go to the tariffs' step."""
        await self.to_region()
        await self.submit(region(octopus))
        assert self.step == "octopus_tariff"

    async def to_link(self, octopus: OctopusSimulator) -> None:
        """Go to how the battery is connected."""
        await self.to_tariff(octopus)
        await self.submit(TARIFFS)
        # Asked only where there is a choice.
        if self.step == "battery":
            await self.submit({"brand": "sungrow"})
        assert self.step == "battery_link"

    async def to_address(self, octopus: OctopusSimulator) -> None:
        """Go to the battery's address."""
        await self.to_link(octopus)
        await self.submit({"link": "lan"})
        assert self.step == "battery_connect"

    async def to_powers(
        self, octopus: OctopusSimulator, sungrow: SungrowSimulator
    ) -> None:
        """Go to the battery that was found."""
        await self.to_address(octopus)
        await self.submit(address(sungrow))
        assert self.step == "battery_found"

    async def to_limits(
        self, octopus: OctopusSimulator, sungrow: SungrowSimulator
    ) -> None:
        """Go to the site's limits."""
        await self.to_powers(octopus, sungrow)
        await self.submit(POWERS)
        assert self.step == "limits"

    async def finish_from_address(self, sungrow: SungrowSimulator) -> None:
        """Go from how the battery is connected, or its address, to the end."""
        if self.step == "battery_link":
            await self.submit({"link": "lan"})
        await self.submit(address(sungrow))
        await self.submit(POWERS)
        await self.submit(LIMITS)
        assert self.result["type"] == "create_entry"

    async def finish_from_tariff(self, sungrow: SungrowSimulator) -> None:
        """Go from the tariffs to the end."""
        await self.submit(TARIFFS)
        await self.finish_from_address(sungrow)


class BatteryDialogue(Dialogue):
    """The dialogues that add a battery to a site, and change one."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Use those of the parts of `entry`."""
        super().__init__(hass, hass.config_entries.subentries)
        self._entry = entry

    async def add(self, brand: str, *answers: Mapping[str, Any]) -> None:
        """Open the one that adds a battery, and answer the first steps."""
        await self.open((self._entry.entry_id, "battery"), source=SOURCE_USER)
        for answer in ({"brand": brand}, *answers):
            await self.submit(answer)

    async def change(self, battery: ConfigSubentry) -> None:
        """Open the one that changes a battery."""
        await self.open(
            (self._entry.entry_id, "battery"),
            source=SOURCE_RECONFIGURE,
            subentry_id=battery.subentry_id,
        )

    @property
    def added(self) -> ConfigSubentry:
        """The battery that was added."""
        assert self.result["type"] == "create_entry"
        return list(self._entry.subentries.values())[-1]


def region(octopus: OctopusSimulator, letter: str = "C") -> dict[str, Any]:
    """Return what to type in the region's step."""
    return {
        "region": letter,
        "account": {},
        "advanced": {"base_url": octopus.url},
    }
