"""What a demo home shows of a plant of several inverters: devices and phases."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from simulators.sigenergy import SigenergySimulator

from .json_values import Json, as_list, as_object
from .report import Report, until

if TYPE_CHECKING:
    from .run import Demo

SHOWN_WITHIN_S: Final = 150.0
"""Home Assistant takes half a minute to enable what was disabled, and an inverter is
read once a minute."""
PHASES: Final = (1, 2, 3)
NOTHING: Final = {"unknown", "unavailable", "none"}


async def enable_phases(demo: Demo) -> None:
    """Enable the voltages of the phases, as a user does who wants to see them."""
    for entity_id in (await _entities(demo, _phases(_plant(demo)))).values():
        await demo.api.command(
            "config/entity_registry/update", entity_id=entity_id, disabled_by=None
        )


async def check_plant(demo: Demo, report: Report) -> None:
    """See each inverter as a device behind the battery's, with its own share."""
    plant = _plant(demo)
    devices = {
        str(as_list(identifier)[1]): as_object(device)
        for device in as_list(await demo.api.command("config/device_registry/list"))
        for identifier in as_list(as_object(device)["identifiers"])
    }
    battery = devices[plant.serial]["id"]
    for unit in plant.plates:
        name = f"{plant.serial}_inverter_{unit}"
        device = devices.get(name, {})
        parts = {f"{name}_{key}": key for key in _expected(plant)}
        shown = await _shown(demo, parts)
        told = ", ".join(f"{parts[key]} {value}" for key, value in shown.items())
        report.judge(
            f"{device.get('name')}: {told}",
            good=device.get("via_device_id") == battery
            and len(shown) == len(parts)
            and all(
                _as_expected(shown[f"{name}_{key}"], value)
                for key, value in _expected(plant).items()
            ),
        )
    volts = await _shown(demo, _phases(plant))
    report.judge(
        f"the phases have {', '.join(volts.values())} V",
        good=len(volts) == len(PHASES)
        and all(_as_expected(value, 230.0) for value in volts.values()),
    )


def _expected(plant: SigenergySimulator) -> Mapping[str, float | str | None]:
    """Return what each inverter shows; None for any number."""
    return {
        "solar_power": None,
        "battery_power": None,
        "inverter_power": None,
        "battery_level": plant.home.soc_pct,
        "health": 98.0,
        "temperature": 25.0,
        "inverter_state": "running",
    }


def _as_expected(shown: str, expected: float | str | None) -> bool:
    if isinstance(expected, str):
        return shown == expected
    try:
        value = float(shown)
    except ValueError:
        return False
    return expected is None or abs(value - expected) <= 1


async def _shown(demo: Demo, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the states of entities by their unique ids, once all have one."""
    found: dict[str, str] = {}

    async def all_shown() -> bool:
        entities = await _entities(demo, wanted)
        states = await demo.api.states()
        found.clear()
        for key, entity_id in entities.items():
            state = states.get(entity_id)
            if state is not None and state.state not in NOTHING:
                found[key] = state.state
        return len(found) == len(wanted)

    await until(all_shown, SHOWN_WITHIN_S)
    return found


async def _entities(demo: Demo, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return entity ids by unique id, in the order of `wanted`."""
    listed: dict[Json, str] = {}
    for value in as_list(await demo.api.command("config/entity_registry/list")):
        entity = as_object(value)
        listed[str(entity["unique_id"])] = str(entity["entity_id"])
    return {key: listed[key] for key in wanted if key in listed}


def _phases(plant: SigenergySimulator) -> Mapping[str, str]:
    return {f"{plant.serial}_voltage_phase_{phase}": str(phase) for phase in PHASES}


def _plant(demo: Demo) -> SigenergySimulator:
    """Return the home's plant. Raises TypeError where there is none."""
    plant = demo.home.inverter
    if not isinstance(plant, SigenergySimulator):
        raise TypeError("the home has no plant")
    return plant
