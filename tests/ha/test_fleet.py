"""A home with two batteries: one plan, an order for each, and all of it visible."""

import asyncio
from datetime import timedelta

import pytest

from custom_components.power_sync.bridges import libraries
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import coupled
from custom_components.power_sync.planner.program import SolverMissingError
from homeassistant.core import HomeAssistant
from simulators.clock import Clock
from simulators.home import Cells
from simulators.neighbours import NeighbourHome, neighbours
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.common import SERIAL, HassClock

from .conftest import SetUp, Wait, state_of, value_of
from .test_services import call

CELLS = Cells(capacity_kwh=9.6)


def two_homes(clock: Clock) -> tuple[NeighbourHome, NeighbourHome]:
    """Return a home with 1.2 kW of load and two batteries, one nearly empty."""
    return neighbours(clock, constant(1200), (CELLS, 55.0), (CELLS, 12.0))


async def test_each_battery_has_its_part_and_shows_it(
    hass: HomeAssistant, set_up: SetUp, socket_enabled: None, wait: Wait
) -> None:
    """What control tells a battery is what its sensors, and `get_plan`, say."""
    one, other = two_homes(HassClock())
    async with (
        SungrowSimulator(one, serial=SERIAL) as first,
        SungrowSimulator(other, serial="B1") as second,
    ):
        entry = await set_up(inverters=[first, second])
        site = entry.runtime_data
        planning = site.coordinators.plan.planning
        assert planning.plan.solver == "coupled"
        assert planning.plan.battery_ids == (SERIAL, "B1")
        assert planning.capacity_kwh == pytest.approx(18.816)  # at 98 % of health
        slot = planning.plan.slots[0]
        for battery_id, part, number in zip(
            (SERIAL, "B1"), slot.batteries, ("", "_2"), strict=True
        ):
            lease = site.controller.batteries[battery_id].lease
            assert (lease.master, lease.mode) == (Master.PLAN, part.mode)
            shown = {
                key: state_of(hass, f"sensor.sungrow_sh10rt_planned_{key}{number}")
                for key in ("action", "power", "level")
            }
            assert shown["action"].state == part.mode.value
            assert float(shown["power"].state) == pytest.approx(
                part.battery_kw * 1000, abs=0.1
            )
            assert float(shown["level"].state) == pytest.approx(part.soc_pct, abs=0.1)
            points = shown["level"].attributes["forecast"]
            assert len(points) == len(planning.plan.slots)
            assert points[-1]["value"] == pytest.approx(
                planning.plan.slots[-1].batteries[number == "_2"].soc_pct, abs=0.1
            )
        answer = await call(hass, "get_plan")
        assert [each["serial"] for each in answer["batteries"]] == [SERIAL, "B1"]
        names = [each["name"] for each in answer["batteries"]]
        parts = answer["slots"][0]["batteries"]
        assert [each["name"] for each in parts] == names
        assert [each["mode"] for each in parts] == [
            part.mode.value for part in slot.batteries
        ]
        assert parts[1]["soc_pct"] == slot.batteries[1].soc_pct
        assert parts[0]["reason"]["key"] == slot.batteries[0].reason.key.value
        # Nobody plans the one that has fallen silent, and the other one goes on.
        await second.refuse_connections()
        for _ in range(14):
            await wait(timedelta(seconds=10))
        await site.coordinators.plan.async_refresh()
        assert site.coordinators.plan.planning.plan.battery_ids == (SERIAL,)
        assert value_of(hass, "sensor.sungrow_sh10rt_planned_action_2") == "unknown"
        assert value_of(hass, "sensor.sungrow_sh10rt_planned_action") in set(Mode)
        await second.accept_connections()
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_without_the_library_they_are_planned_as_one(
    hass: HomeAssistant,
    set_up: SetUp,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is a plan before it is installed, and a better one after that."""
    before: list[Plan] = []

    def load() -> None:
        if not before:
            raise SolverMissingError

    async def install(
        _hass: HomeAssistant, _domain: str, wanted: list[str], **_: object
    ) -> None:
        if not wanted[0].startswith("scipy"):
            return
        (entry,) = hass.config_entries.async_entries("power_sync")
        coordinator = entry.runtime_data.coordinators.plan
        planned = asyncio.Event()
        stop = coordinator.async_add_listener(planned.set)
        await planned.wait()
        stop()
        before.append(coordinator.planning.plan)

    monkeypatch.setattr(hass.config, "skip_pip", False)
    monkeypatch.setattr(libraries, "async_process_requirements", install)
    monkeypatch.setattr(coupled, "load", load)
    one, other = two_homes(HassClock())
    async with (
        SungrowSimulator(one, serial=SERIAL) as first,
        SungrowSimulator(other, serial="B1") as second,
    ):
        entry = await set_up(inverters=[first, second])
        (plan,) = before
        assert (plan.solver, plan.bound) == ("merged", None)
        assert plan.notes["coupled_solver"] == "missing"
        assert len(plan.slots[0].batteries) == 2
        assert entry.runtime_data.coordinators.plan.planning.plan.solver == "coupled"
        assert await hass.config_entries.async_unload(entry.entry_id)
