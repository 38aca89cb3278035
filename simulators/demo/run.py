"""A real Home Assistant beside the simulated home, set up as a user would."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import shutil

import aiohttp

from .api import FlowResult, HassApi
from .go_live import go_live
from .hass_config import DEFAULT_PORT, HomeSettings, choose_port, prepare_config
from .hass_process import HassProcess
from .home import DemoHome
from .json_values import Json, as_list, as_object

ROOT = Path(__file__).parents[2]
COMPONENTS = (
    ROOT / "custom_components" / "power_sync",
    ROOT / "simulators" / "custom_components" / "simulated_home",
)
HASS_PYTHON = ROOT / ".venv-demo" / "bin" / "python"
"""What runs the demo's Home Assistant; the browser tests run in another one."""
USER = "demo"
PASSWORD = "demo-home"  # noqa: S105 - of a home that exists on this machine only
HOME = HomeSettings(
    name="Demo home",
    country="GB",
    currency="GBP",
    time_zone="Europe/London",
    latitude=51.5,
    longitude=-0.1,
)


class DemoError(Exception):
    """The demo cannot go on."""


@dataclass(slots=True)
class Demo:
    """The home, its Home Assistant, and a user who is logged in."""

    home: DemoHome
    hass: HassProcess
    api: HassApi
    entry_id: str = ""

    async def start(self) -> None:
        """Start Home Assistant (again) and wait until it runs."""
        await self.hass.start()
        await self.api.wait_until_running()

    async def entity(self, key: str) -> str:
        """Return the entity of the site with this key. Raises DemoError."""
        listed = as_list(await self.api.command("config/entity_registry/list"))
        for value in listed:
            entity = as_object(value)
            if entity.get("unique_id") == f"{self.entry_id}_{key}":
                return str(entity["entity_id"])
        raise DemoError(f"there is no entity with the key {key}")

    async def state(self, key: str) -> str:
        """Return the state of an entity of the site."""
        state = await self.api.state(await self.entity(key))
        return "none" if state is None else state.state


@asynccontextmanager
async def running_demo(
    folder: Path,
    *,
    port: int = DEFAULT_PORT,
    python: Path | None = None,
    beside: Iterable[Path] = (),
) -> AsyncGenerator[Demo]:
    """Run the home and a new Home Assistant, up to the user who is logged in.

    With a `port` of 0, or one that is taken, any free one is used. `python` runs
    Home Assistant, where that is not the Python of this process. `beside` are the
    folders of further integrations, which are loaded at once.
    """
    port = choose_port(port)
    await asyncio.to_thread(_new_folder, folder, port, tuple(beside))
    async with (
        DemoHome() as home,
        HassProcess(folder, port, python) as hass,
        aiohttp.ClientSession() as session,
    ):
        demo = Demo(home, hass, HassApi(session, hass.url, USER, PASSWORD))
        await hass.start()
        await demo.api.onboard("Demo")
        await demo.api.wait_until_running()
        yield demo


def _new_folder(folder: Path, port: int, beside: tuple[Path, ...]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    components = (*COMPONENTS, *beside)
    prepare_config(folder, port=port, home=HOME, components=components)
    with (folder / "configuration.yaml").open("a", encoding="utf-8") as file:
        file.writelines(f"{component.name}:\n" for component in beside)


def addresses(demo: Demo) -> dict[str, Json]:
    """Return where everything is, for a program that does the rest itself."""
    return {
        "url": demo.hass.url,
        "user": USER,
        "password": PASSWORD,
        "octopus": demo.home.octopus.url,
        "inverter_host": demo.home.inverter.host,
        "inverter_port": demo.home.inverter.port,
    }


async def add_household(demo: Demo) -> None:
    """Add the household's meters through their config flow, unless they are there."""
    if not await demo.api.entries("simulated_home"):
        await _walk(demo.api, "simulated_home", {"user": {}})


async def set_up(demo: Demo, *, live: bool) -> None:
    """Add the household's meters, then PowerSync, through their config flows.

    It is in a dry run then, as every new site is; `live` goes on from there.
    """
    await add_household(demo)
    done = await _walk(
        demo.api,
        "power_sync",
        {
            "user": {"provider": "octopus"},
            "octopus": {
                "region": "D",
                "advanced": {"base_url": demo.home.octopus.url},
            },
            "octopus_tariff": {},
            "battery": {"brand": "sungrow"},
            "battery_link": {"link": "lan"},
            "battery_connect": {
                "host": "127.0.0.1",
                "port": demo.home.inverter.port,
                "unit_id": 1,
            },
            "battery_found": {},
            "limits": {"battery_export": True},
        },
    )
    if done.entry_id is None:
        raise DemoError("the config flow made no entry")
    demo.entry_id = done.entry_id
    if live:
        await go_live(demo.api)


async def _walk(
    api: HassApi, domain: str, answers: Mapping[str, Mapping[str, Json]]
) -> FlowResult:
    """Answer a flow to its end, taking what it suggests where nothing is given."""
    step = await api.start_flow(domain)
    while step.type == "form":
        step_id = step.step_id or ""
        if step.errors or step_id not in answers:
            raise DemoError(f"{domain}: {step_id} {dict(step.errors)}")
        given = {**_suggested(step), **answers[step_id]}
        step = await api.configure_flow(step.flow_id, given)
    if step.type != "create_entry":
        raise DemoError(f"{domain}: {step.type} {step.reason}")
    return step


def _suggested(step: FlowResult) -> dict[str, Json]:
    """Return what a user finds filled in."""
    found: dict[str, Json] = {}
    for value in as_list(step.content.get("data_schema") or []):
        field = as_object(value)
        description = field.get("description")
        if isinstance(description, dict) and "suggested_value" in description:
            found[str(field["name"])] = description["suggested_value"]
        elif "default" in field:
            found[str(field["name"])] = field["default"]
    return found
