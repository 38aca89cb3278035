"""A real Home Assistant beside the simulated home, set up as a user would."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import shutil

import aiohttp

from .api import HassApi
from .dialogues import DemoError, walk
from .go_live import go_live
from .hass_config import DEFAULT_PORT, HomeSettings, choose_port, prepare_config
from .hass_process import HassProcess
from .home import DemoHome
from .homes import SUNGROW, Home
from .json_values import Json, as_list, as_object
from .providers import Provider

ROOT = Path(__file__).parents[2]
COMPONENTS = (
    ROOT / "custom_components" / "power_sync",
    ROOT / "simulators" / "custom_components" / "simulated_home",
    ROOT / "simulators" / "custom_components" / "entity_battery",
    ROOT / "simulators" / "custom_components" / "nordpool",
    ROOT / "simulators" / "custom_components" / "other_ems",
    ROOT / "simulators" / "custom_components" / "phase_meter",
    ROOT / "simulators" / "custom_components" / "public_holidays",
)
HASS_PYTHON = ROOT / ".venv-demo" / "bin" / "python"
"""What runs the demo's Home Assistant; the browser tests run in another one."""
USER = "demo"
PASSWORD = "demo-home"  # noqa: S105 - of a home that exists on this machine only


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

    async def entity(self, key: str, platform: str = "") -> str:
        """Return the entity of the site with this key. Raises DemoError.

        Where a sensor and a switch share a key, `platform` says which is meant.
        """
        listed = as_list(await self.api.command("config/entity_registry/list"))
        for value in listed:
            entity = as_object(value)
            entity_id = str(entity["entity_id"])
            mine = entity.get("unique_id") == f"{self.entry_id}_{key}"
            if mine and entity_id.startswith(platform):
                return entity_id
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
    home: Home = SUNGROW,
) -> AsyncGenerator[Demo]:
    """Run the home and a new Home Assistant, up to the user who is logged in.

    With a `port` of 0, or one that is taken, any free one is used. `python` runs
    Home Assistant, where that is not the Python of this process. `beside` are the
    folders of further integrations, which are loaded at once.
    """
    port = choose_port(port)
    place = home.provider.place
    await asyncio.to_thread(_new_folder, folder, port, place, tuple(beside))
    async with (
        DemoHome(
            inverter=home.inverter,
            second=home.second,
            rated_w=home.rated_w,
            serial=home.serial,
        ) as devices,
        HassProcess(
            folder,
            port,
            python,
            trusted=devices.drive.cloud.authority.certificate if home.car else None,
        ) as hass,
        aiohttp.ClientSession() as session,
    ):
        demo = Demo(devices, hass, HassApi(session, hass.url, USER, PASSWORD))
        await hass.start()
        await demo.api.onboard("Demo")
        await demo.api.wait_until_running()
        yield demo


def _new_folder(
    folder: Path, port: int, place: HomeSettings, beside: tuple[Path, ...]
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    components = (*COMPONENTS, *beside)
    prepare_config(folder, port=port, home=place, components=components)
    with (folder / "configuration.yaml").open("a", encoding="utf-8") as file:
        file.writelines(f"{component.name}:\n" for component in beside)


def addresses(demo: Demo) -> dict[str, Json]:
    """Return where everything is, for a program that does the rest itself."""
    return {
        "url": demo.hass.url,
        "user": USER,
        "password": PASSWORD,
        "octopus": demo.home.feeds.octopus.url,
        "inverter_host": demo.home.inverter.host,
        "inverter_port": demo.home.inverter.port,
    }


async def add_household(demo: Demo) -> None:
    """Add the household's meters through their config flow, unless they are there."""
    if not await demo.api.entries("simulated_home"):
        await add_beside(demo, "simulated_home")


async def add_beside(demo: Demo, domain: str) -> None:
    """Add an integration that has no questions."""
    await walk(demo.api, await demo.api.start_flow(domain), {"user": {}})


async def set_up(demo: Demo, *, live: bool, home: Home = SUNGROW) -> None:
    """Add the household's meters, then PowerSync, through their config flows.

    It is in a dry run then, as every new site is; `live` goes on from there.
    """
    await add_household(demo)
    provider = home.provider
    for domain in (*provider.beside, *home.beside):
        await add_beside(demo, domain)
    done = await walk(
        demo.api,
        await demo.api.start_flow("power_sync"),
        {
            "user": {"provider": provider.domain or provider.key},
            **provider.answers(demo),
            **home.battery(demo),
            "limits": {"battery_export": True},
        },
        (*provider.rounds(), *home.modes),
    )
    if done.entry_id is None:
        raise DemoError("the config flow made no entry")
    demo.entry_id = done.entry_id
    if home.prepare is not None:
        await home.prepare(demo)
    if home.car:
        await add_zappi(demo)
    if home.second_battery is not None:
        await add_battery(demo, home.second_battery(demo))
    if live:
        await go_live(demo.api)


async def add_zappi(demo: Demo) -> None:
    """Add the Zappi through the dialogue of car chargers, and let its car live."""
    cloud = demo.home.drive.cloud
    answers: dict[str, dict[str, Json]] = {
        "user": {"kind": "zappi"},
        "zappi": {
            "hub_serial": cloud.digest.user,
            "api_key": cloud.digest.password,
            "poll_s": 30,
            "advanced": {"base_url": cloud.url},
        },
    }
    step = await demo.api.start_subentry_flow(demo.entry_id, "charger")
    while step.type == "form":
        if step.errors:
            raise DemoError(f"{step.step_id}: {dict(step.errors)}")
        answer = answers[step.step_id or ""]
        step = await demo.api.configure_subentry_flow(step.flow_id, answer)
    if step.type != "create_entry":
        raise DemoError(f"the Zappi was not added: {step.reason}")
    demo.home.drive.live()


async def move_to(demo: Demo, provider: Provider) -> None:
    """Change to another provider, through the dialogue that reconfigures a site."""
    for domain in provider.beside:
        if not await demo.api.entries(domain):
            await add_beside(demo, domain)
    await walk(
        demo.api,
        await demo.api.start_flow("power_sync", demo.entry_id),
        {
            "reconfigure": {"provider": provider.domain or provider.key},
            **provider.answers(demo),
        },
        provider.rounds(),
        ends="reconfigure_successful",
    )


async def set_billing(
    demo: Demo, monthly_fee: float, demand: Mapping[str, Json] | None = None
) -> None:
    """Enter a monthly fee and a demand charge in the options: the bill is shown."""
    step = await demo.api.start_options_flow(demo.entry_id)
    await walk(
        demo.api,
        step,
        {
            "init": {"next_step_id": "billing"},
            "billing": {"monthly_fee": monthly_fee, "demand": dict(demand or {})},
        },
        go_on=demo.api.configure_options_flow,
    )


async def add_battery(demo: Demo, answers: Mapping[str, Mapping[str, Json]]) -> None:
    """Add a battery to the site, through the dialogue for that."""
    step = await demo.api.start_subentry_flow(demo.entry_id, "battery")
    await walk(demo.api, step, answers, go_on=demo.api.configure_subentry_flow)
