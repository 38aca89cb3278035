"""A battery while a car charges: what passes, what is cut, how, and for how long."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import override

import pytest

from custom_components.power_sync.control.car_hold import of_home
from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.view import (
    HoldMethod,
    HoldStatus,
    Master,
    SiteLimits,
)
from custom_components.power_sync.model.battery import Capabilities, Mode
from custom_components.power_sync.model.charger import CarState, ChargerReading

from .bench import OWNER, Bench, Device
from .test_controller import HOUR, lease, plan, slot

LASTS = timedelta(minutes=5)
ALL = SiteLimits(battery_export=True)


@dataclass
class Choosy(Device):
    """A battery that can do only some things."""

    modes: frozenset[Mode] = frozenset(Mode)

    @property
    @override
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return replace(super().capabilities, modes=self.modes)


@dataclass
class Life:
    """A home with a battery, a car and a load of 500 W."""

    bench: Bench = field(default_factory=Bench)
    controller: Controller = field(init=False)

    async def begin(
        self, *without: Mode, flash: bool = False, hold: HoldMethod | None = None
    ) -> None:
        """Start with a battery that lacks some modes, in self-consumption."""
        device = Choosy(modes=frozenset(Mode) - set(without))
        if flash:
            device.flash = frozenset({"max_discharge_10w"})
        self.bench = Bench(device)
        await self.start(hold or HoldMethod.AUTOMATIC)

    async def start(self, hold: HoldMethod | None) -> None:
        """Start Home Assistant (again)."""
        self.controller = await self.bench.controller(limits=ALL)
        self.controller.hold = hold
        await self.see(500)

    async def see(
        self, battery_w: float, *, load_w: float = 500, **more: float
    ) -> None:
        """Read the battery ten seconds later, and let control act."""
        self.bench.time.pass_by(seconds=10)
        reading = self.bench.reading(
            battery_power_w=battery_w, load_power_w=load_w, **more
        )
        self.controller.read("A1", reading)
        await self.controller.tick()

    async def car(self, power_w: float | None) -> None:
        """Have the charger say what the car draws; None is nothing."""
        state = CarState.CONNECTED if power_w is None else CarState.CHARGING
        reading = ChargerReading(
            at=self.bench.time.now, state=state, power_w=power_w or 0.0
        )
        self.controller.sight.cars.read("Z", reading, LASTS)
        assert self.controller.car_is_news()
        await self.controller.tick()
        assert not self.controller.car_is_news()

    @property
    def status(self) -> HoldStatus | None:
        """What a car means for the battery."""
        return self.controller.batteries["A1"].lease.hold

    @property
    def settings(self) -> dict[str, object]:
        """What the owner would find changed on the device."""
        now = self.bench.device.settings
        return {key: now[key] for key in now if now[key] != OWNER[key]}


@pytest.fixture
async def life() -> Life:
    """Return a home whose battery takes limits at no cost."""
    life = Life()
    await life.begin()
    assert life.status is HoldStatus.NO_CAR
    return life


async def test_the_home_is_served_and_the_car_is_not(life: Life) -> None:
    """A limit that costs nothing follows the home's own need, and goes with the car."""
    await life.car(7400)
    assert life.settings == {"max_discharge_10w": 1}
    await life.see(500, load_w=7900)
    assert lease(life.controller) == (Master.NORMAL, Mode.LIMIT, "car_charging")
    # 7900 W less 7400 W of the car.
    assert life.settings == {"max_discharge_10w": 50}
    await life.see(500, load_w=7950)
    assert life.settings == {"max_discharge_10w": 50}
    await life.see(500, load_w=9000)
    # The car's power is not new enough to trust the rest: the home drew 500 W.
    assert life.settings == {"max_discharge_10w": 50}
    await life.see(200, load_w=7600)
    assert life.settings == {"max_discharge_10w": 20}
    await life.car(None)
    assert (life.status, life.settings) == (HoldStatus.NO_CAR, {})


async def test_it_is_off(life: Life) -> None:
    """Then a car is nothing to it; switched on again, it acts at once."""
    await life.controller.set_hold(None)
    life.controller.sight.cars.starting(life.bench.time.now)
    await life.see(5000, load_w=7900)
    assert (life.status, life.settings) == (None, {})
    await life.controller.set_hold(HoldMethod.NO_DISCHARGE)
    assert (life.status, life.settings) == (
        HoldStatus.HOLDING,
        {"max_discharge_10w": 1},
    )


async def test_flash_writes_that_are_used_up() -> None:
    """Then the next way is taken, and no write made that is not there."""
    life = Life()
    await life.begin(flash=True)
    record = life.controller.book.get("A1")
    spent = replace(record, flash_writes=(life.bench.time.now,) * 20)
    life.controller.book.note("A1", lambda _: spent)
    await life.car(7400)
    assert lease(life.controller)[1] is Mode.STANDBY


async def test_before_a_start_of_ours(life: Life) -> None:
    """The battery is held before the car draws anything."""
    life.controller.sight.cars.starting(life.bench.time.now)
    assert life.controller.car_is_news()
    await life.controller.tick()
    assert life.settings == {"max_discharge_10w": 1}


@pytest.mark.parametrize(
    ("without", "flash", "wanted"),
    [
        ((), True, {"max_discharge_10w": 1}),
        ((Mode.LIMIT,), False, {"max_discharge_10w": 1}),
        (
            (Mode.LIMIT, Mode.NO_DISCHARGE),
            False,
            {"ems_mode": 2},
        ),
        (
            (Mode.LIMIT, Mode.NO_DISCHARGE, Mode.STANDBY),
            False,
            {"ems_mode": 2, "forced_command": 0xAA, "forced_power_w": 1000},
        ),
    ],
    ids=["flash", "no_limit", "standby", "small_charge"],
)
async def test_automatic(
    without: tuple[Mode, ...], wanted: dict[str, object], *, flash: bool
) -> None:
    """The best that the battery can do; what is in flash memory is written once."""
    life = Life()
    await life.begin(*without, flash=flash)
    await life.car(7400)
    await life.see(0, load_w=7900)
    assert life.settings == wanted
    written = len(life.bench.device.writes)
    for load_w in (8200, 7800, 8900):
        await life.see(-20, load_w=load_w)
    assert len(life.bench.device.writes) == written
    await life.car(None)
    assert life.settings == {}


async def test_the_user_chooses() -> None:
    """A method of his own is the only one."""
    life = Life()
    await life.begin(hold=HoldMethod.SMALL_CHARGE)
    await life.car(7400)
    assert life.settings["forced_power_w"] == 1000
    await life.controller.set_hold(HoldMethod.LIMIT)
    assert life.settings == {"max_discharge_10w": 1}


async def test_a_full_battery_cannot_be_charged_a_little() -> None:
    """It says so; and without leave to buy energy it is the same."""
    life = Life()
    await life.begin(Mode.LIMIT, Mode.NO_DISCHARGE, Mode.STANDBY)
    await life.see(500, soc_pct=100)
    await life.car(7400)
    assert (life.status, life.settings) == (HoldStatus.CANNOT_HOLD, {})
    await life.see(500, soc_pct=98)
    assert life.status is HoldStatus.HOLDING
    await life.controller.set_limits(replace(ALL, grid_charging=False))
    assert (life.status, life.settings) == (HoldStatus.CANNOT_HOLD, {})


async def test_what_is_planned(life: Life) -> None:
    """Charging passes, selling becomes holding, resting stays."""
    bench, controller = life.bench, life.controller
    await life.car(7400)
    seen = {}
    for mode in (Mode.CHARGE, Mode.DISCHARGE, Mode.STANDBY, Mode.NO_DISCHARGE):
        controller.plan = plan(bench, slot(mode, 3))
        await controller.tick()
        seen[mode] = (lease(controller), life.status)
    assert seen == {
        Mode.CHARGE: (
            (Master.PLAN, Mode.CHARGE, "charge_for_later"),
            HoldStatus.CHARGING,
        ),
        Mode.DISCHARGE: (
            (Master.PLAN, Mode.LIMIT, "car_charging"),
            HoldStatus.HOLDING,
        ),
        Mode.STANDBY: (
            (Master.PLAN, Mode.STANDBY, "charge_for_later"),
            HoldStatus.NOT_DISCHARGING,
        ),
        Mode.NO_DISCHARGE: (
            (Master.PLAN, Mode.NO_DISCHARGE, "charge_for_later"),
            HoldStatus.NOT_DISCHARGING,
        ),
    }
    await life.car(None)
    assert lease(controller) == (Master.PLAN, Mode.NO_DISCHARGE, "charge_for_later")


async def test_a_planned_limit_is_kept(life: Life) -> None:
    """The lower of the two holds."""
    life.controller.plan = plan(life.bench, slot(Mode.LIMIT, 0.3))
    await life.car(7400)
    await life.see(300, load_w=8400)
    assert life.settings == {"max_discharge_10w": 30}


async def test_selling_ends_where_nothing_holds() -> None:
    """What cannot be held is at least not sold into the car."""
    life = Life()
    await life.begin(Mode.LIMIT, Mode.NO_DISCHARGE, Mode.STANDBY, Mode.CHARGE)
    await life.controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    assert life.settings["forced_command"] == 0xBB
    await life.car(7400)
    assert (life.status, life.settings) == (HoldStatus.CANNOT_HOLD, {})


async def test_what_is_forced(life: Life) -> None:
    """The user's charge passes; his discharge waits for the car, and goes on then."""
    await life.controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    await life.car(7400)
    assert lease(life.controller)[1] is Mode.CHARGE
    await life.controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    assert lease(life.controller) == (Master.FORCE, Mode.LIMIT, "car_charging")
    await life.car(None)
    assert lease(life.controller) == (Master.FORCE, Mode.DISCHARGE, "user_request")


async def test_what_may_go_into_the_car(life: Life) -> None:
    """What the user has confirmed goes on, also after a restart, and no longer."""
    await life.car(7400)
    await life.controller.force(
        Mode.DISCHARGE, power_w=3000, duration=HOUR, into_car=True
    )
    discharges = (Master.FORCE, Mode.DISCHARGE, "user_request")
    assert lease(life.controller) == discharges
    await life.start(HoldMethod.AUTOMATIC)
    await life.car(7400)
    assert lease(life.controller) == discharges
    await life.controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    assert lease(life.controller) == (Master.FORCE, Mode.LIMIT, "car_charging")


async def test_a_battery_that_charges_by_itself(life: Life) -> None:
    """It is left alone, and held when it stops; what it gives meanwhile is nothing."""
    await life.see(-3000, load_w=500)
    await life.car(7400)
    assert (life.status, life.settings) == (HoldStatus.OWN_CHARGE, {})
    await life.see(-3000, load_w=7900)
    assert (life.status, life.bench.device.writes) == (HoldStatus.OWN_CHARGE, [])
    await life.see(500, load_w=7900)
    assert life.status is HoldStatus.HOLDING
    # From now on its charging is no will of its own.
    await life.see(-3000, load_w=7900)
    assert life.status is HoldStatus.HOLDING


async def test_spare_sun(life: Life) -> None:
    """Sun for home and car: nothing is written. Where it does not last, it is held."""
    for _ in range(32):
        await life.see(-3000, load_w=500, solar_power_w=9000)
    await life.car(7400)
    assert (life.status, life.settings) == (HoldStatus.NOT_DISCHARGING, {})
    await life.see(200, load_w=7900, solar_power_w=7700)
    assert life.status is HoldStatus.HOLDING


async def test_at_the_reserve(life: Life) -> None:
    """There is nothing to hold."""
    await life.see(0, soc_pct=9)
    await life.car(7400)
    assert life.status is HoldStatus.NOT_DISCHARGING


async def test_it_is_measured() -> None:
    """A hold that the battery's own power belies is tried another way, then another."""
    life = Life()
    await life.begin(Mode.STANDBY, flash=True)
    await life.car(7400)
    assert life.settings == {"max_discharge_10w": 1}
    battery = life.controller.batteries["A1"]
    await life.see(5000, load_w=7900)
    await life.see(5000, load_w=7900)
    assert battery.hold_excess_w(battery.health.reading) == 5000
    assert battery.hold_failed == frozenset()
    for _ in range(4):
        await life.see(5000, load_w=7900)
    assert battery.hold_failed == {Mode.NO_DISCHARGE}
    assert life.settings["forced_power_w"] == 1000
    for _ in range(6):
        await life.see(5000, load_w=7900)
    assert (life.status, life.settings) == (HoldStatus.CANNOT_HOLD, {})
    assert battery.hold_excess_w(battery.health.reading) is None
    # With the next car all is tried anew.
    await life.car(None)
    await life.see(500)
    await life.car(7400)
    assert life.settings == {"max_discharge_10w": 1}


async def test_energy_that_leaks_is_counted(life: Life) -> None:
    """What the battery gives beyond the home's need, from one reading to the next."""
    await life.car(7400)
    await life.see(5000, load_w=7900)
    await life.see(500, load_w=7900)
    # 4.5 kW too much for 10 s.
    assert life.controller.sight.leak.session_kwh == pytest.approx(4.5 * 10 / 3600)


async def test_it_survives_a_restart(life: Life) -> None:
    """After one the owner's settings are still known, and given back with the car."""
    await life.car(7400)
    await life.start(HoldMethod.AUTOMATIC)
    assert life.settings == {}
    await life.car(7400)
    assert life.settings == {"max_discharge_10w": 1}
    life.bench.device.settings["forced_power_w"] = 123
    await life.car(None)
    # What the owner has changed meanwhile stays.
    assert life.settings == {"forced_power_w": 123}


async def test_in_a_dry_run(life: Life) -> None:
    """It says what would be, and writes nothing."""
    await life.controller.set_dry_run(on=True)
    await life.car(7400)
    assert (life.status, life.bench.device.writes) == (HoldStatus.HOLDING, [])
    battery = life.controller.batteries["A1"]
    assert battery.hold_excess_w(battery.health.reading) is None


async def test_an_unreadable_battery_is_left_alone(life: Life) -> None:
    """Safety comes first."""
    await life.car(7400)
    for _ in range(3):
        life.controller.unread("A1")
    await life.controller.tick()
    assert lease(life.controller)[0] is Master.SAFETY
    assert (life.status, life.settings) == (None, {})


def test_of_a_home() -> None:
    """One battery that cannot be held counts more than one that is."""
    assert of_home([HoldStatus.HOLDING, HoldStatus.CANNOT_HOLD]) is (
        HoldStatus.CANNOT_HOLD
    )
    assert of_home([None]) is None
