"""No battery charges another, whoever wants what of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.power_sync.control.authority import Lease
from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import (
    PlannedBattery,
    PlannedSlot,
    Reason,
    ReasonKey,
)

from .bench import OWNER, Bench, Device
from .test_controller import plan, slot

HOUR = timedelta(hours=1)


async def two(bench: Bench, other: Device, **reading: float) -> Controller:
    """Return a home with two batteries that have been read: 500 W of load, no sun."""
    controller = await bench.controller(other)
    read(controller, bench, **reading)
    await controller.tick()
    return controller


def read(controller: Controller, bench: Bench, **reading: float) -> None:
    """Let both batteries be read."""
    for serial in controller.batteries:
        controller.read(serial, bench.reading(**reading))


def leases(controller: Controller) -> list[Lease]:
    """Return what holds for each battery."""
    return [battery.lease for battery in controller.batteries.values()]


def apart(*parts: tuple[Mode, float | None]) -> PlannedSlot:
    """Return a slot in which each battery has an order of its own."""
    return replace(
        slot(parts[0][0], parts[0][1]),
        batteries=tuple(
            PlannedBattery(mode, power, 0.0, 50.0, Reason(ReasonKey.BALANCED))
            for mode, power in parts
        ),
    )


async def test_each_battery_is_told_its_own_part_of_the_plan() -> None:
    """3 kW for one, 1.2 kW for the other; one that is not planned is its owner's."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    told = apart((Mode.CHARGE, 3.0), (Mode.CHARGE, 1.2))
    controller.plan = replace(
        plan(bench, told, apart((Mode.CHARGE, 3.0), (Mode.STANDBY, None))),
        battery_ids=("A1", "B2"),
    )
    await controller.tick()
    assert bench.device.settings["forced_power_w"] == 3000
    assert other.settings["forced_power_w"] == 1200
    first, second = leases(controller)
    assert second.until == bench.time.now + timedelta(minutes=5)
    assert first.until == bench.time.now + timedelta(minutes=10)
    controller.plan = replace(controller.plan, battery_ids=("A1", "C3"))
    await controller.tick()
    assert leases(controller)[1].reason == "other_charges"


async def test_a_neighbour_that_charges_is_not_served() -> None:
    """Also where automatic control is off: holding it is part of the force."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    await controller.set_automatic(on=False)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR, batteries=["A1"])
    lease = leases(controller)[1]
    assert (lease.master, lease.mode) == (Master.FORCE, Mode.NO_DISCHARGE)
    assert lease.reason == "other_charges"
    assert lease.until == bench.time.now + HOUR
    assert other.settings["max_discharge_10w"] != OWNER["max_discharge_10w"]
    await controller.restore_normal(["A1"])
    await controller.tick()
    assert other.settings == OWNER


async def test_what_a_neighbour_sells_is_not_taken() -> None:
    """1500 W into a home that takes 500 W; into one that takes 2000 W it is served."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    await controller.force(
        Mode.DISCHARGE, power_w=1500, duration=HOUR, batteries=["A1"]
    )
    assert leases(controller)[1].mode is Mode.STANDBY
    assert leases(controller)[1].reason == "other_exports"
    for _ in range(31):
        bench.time.pass_by(seconds=10)
        read(controller, bench, load_power_w=2000.0)
        await controller.tick()
    assert leases(controller)[1].mode is Mode.SELF_CONSUMPTION
    assert other.settings == OWNER
    # A cloud is over, the kettle is off: at once it is export again.
    bench.time.pass_by(seconds=10)
    read(controller, bench, load_power_w=1400.0)
    await controller.tick()
    assert leases(controller)[1].mode is Mode.STANDBY


async def test_the_users_word_goes_before_the_plans() -> None:
    """One is forced to charge while the other was to sell, and the other way round."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    for planned, forced, held in (
        (Mode.DISCHARGE, Mode.CHARGE, Mode.NO_DISCHARGE),
        (Mode.CHARGE, Mode.DISCHARGE, Mode.STANDBY),
    ):
        told = apart((planned, 3.0), (planned, 3.0))
        controller.plan = replace(plan(bench, told), battery_ids=("A1", "B2"))
        await controller.force(forced, power_w=3000, duration=HOUR, batteries=["A1"])
        assert [each.mode for each in leases(controller)] == [forced, held]
        await controller.restore_normal()
    told = apart((Mode.DISCHARGE, 3.0), (Mode.CHARGE, 3.0))
    controller.plan = replace(plan(bench, told), battery_ids=("A1", "B2"))
    await controller.tick()
    assert [each.mode for each in leases(controller)] == [Mode.DISCHARGE, Mode.STANDBY]


def only(modes: set[Mode]) -> Callable[[pytest.MonkeyPatch, Device], None]:
    """Return what leaves a battery with these modes alone."""

    def patch(monkeypatch: pytest.MonkeyPatch, device: Device) -> None:
        able = replace(device.capabilities, modes=frozenset(modes))

        class Lame(type(device)):  # type: ignore[misc]  # a device of fewer modes
            capabilities = able

        monkeypatch.setattr(device, "__class__", Lame)

    return patch


@pytest.mark.parametrize(
    ("lame", "planned", "first", "second"),
    [
        pytest.param(
            only({Mode.CHARGE, Mode.DISCHARGE}),
            Mode.CHARGE,
            ("other_follows", Mode.SELF_CONSUMPTION),
            Mode.SELF_CONSUMPTION,
            id="what cannot be held would serve what charges",
        ),
        pytest.param(
            only({Mode.CHARGE, Mode.NO_DISCHARGE}),
            Mode.CHARGE,
            ("balanced", Mode.CHARGE),
            Mode.NO_DISCHARGE,
            id="held back it does not",
        ),
        pytest.param(
            only({Mode.CHARGE, Mode.NO_DISCHARGE}),
            Mode.DISCHARGE,
            ("other_follows", Mode.SELF_CONSUMPTION),
            Mode.SELF_CONSUMPTION,
            id="what cannot rest would take what is sold",
        ),
        pytest.param(
            only({Mode.CHARGE, Mode.STANDBY}),
            Mode.CHARGE,
            ("balanced", Mode.CHARGE),
            Mode.STANDBY,
            id="at rest it serves nobody",
        ),
    ],
)
async def test_where_a_neighbour_cannot_be_held_the_plan_yields(
    monkeypatch: pytest.MonkeyPatch,
    lame: Callable[[pytest.MonkeyPatch, Device], None],
    planned: Mode,
    first: tuple[str, Mode],
    second: Mode,
) -> None:
    """The user's own word does not."""
    bench, other = Bench(), Device(serial="B2")
    lame(monkeypatch, other)
    controller = await two(bench, other)
    told = apart((planned, 3.0), (Mode.SELF_CONSUMPTION, None))
    controller.plan = replace(plan(bench, told), battery_ids=("A1", "B2"))
    await controller.tick()
    one, two_ = leases(controller)
    assert (one.reason, one.mode) == first
    assert two_.mode is second
    await controller.force(planned, power_w=3000, duration=HOUR, batteries=["A1"])
    assert leases(controller)[0].mode is planned


async def test_a_battery_out_of_reach_keeps_nobody_from_anything() -> None:
    """It is nobody's to hold, and may be off."""
    bench, other = Bench(), Device(serial="B2")
    controller = await bench.controller(other)
    controller.read("A1", bench.reading())
    await controller.tick()
    told = apart((Mode.CHARGE, 3.0), (Mode.CHARGE, 3.0))
    controller.plan = replace(plan(bench, told), battery_ids=("A1", "B2"))
    await controller.tick()
    one, second = leases(controller)
    assert (one.mode, second.master) == (Mode.CHARGE, Master.SAFETY)


async def test_the_home_is_what_the_meter_and_all_batteries_say() -> None:
    """Each inverter takes its neighbour for load: 3 kW charged, 500 W in the home."""
    bench, other = Bench(), Device(serial="B2")
    controller = await bench.controller(other)
    controller.read(
        "A1",
        bench.reading(battery_power_w=-3000.0, grid_power_w=3500.0, load_power_w=500.0),
    )
    controller.read(
        "B2",
        bench.reading(battery_power_w=0.0, grid_power_w=3500.0, load_power_w=3500.0),
    )
    await controller.tick()
    decided = controller.batteries["A1"].decided
    assert decided is not None
    assert decided.view.net_load_w == 500.0


async def test_what_stops_and_what_is_held_comes_first() -> None:
    """Else a battery would serve its neighbour for as long as the writes take."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    told: list[str] = []
    bench.device.before_write = lambda: told.append("A1")
    other.before_write = lambda: told.append("B2")
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR, batteries=["A1"])
    assert list(dict.fromkeys(told)) == ["B2", "A1"]
    told.clear()
    controller.batteries["A1"].executor.patience.forgive()
    bench.time.pass_by(hours=1)
    read(controller, bench)
    await controller.tick()
    assert list(dict.fromkeys(told)) == ["A1", "B2"]
    assert bench.device.settings == other.settings == OWNER
