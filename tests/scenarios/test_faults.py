"""Each fault of the inverter or its link: a defined state, and a clear message."""

from collections.abc import Callable
from datetime import timedelta

from pymodbus.constants import ExcCodes
import pytest

from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.control.log import Outcome
from homeassistant.exceptions import HomeAssistantError
from simulators.modbus_faults import ModbusFaults, Space
from tests.common import IMPATIENT

from .life import (
    CHARGE,
    COMMAND,
    CONTROLS,
    EMS_MODE,
    MAX_CHARGE,
    OWNERS,
    POWER,
    Life,
    controls,
    forced,
)

pytestmark = pytest.mark.usefixtures("plain_prices")

POLLS = timedelta(seconds=10)
SLOW = timedelta(seconds=100)
"""A step at which no reading is yet too old."""
UNREAD = "Error fetching Sungrow SH10RT"
NO_PLAN = "Error fetching plan data"

type Break = Callable[[ModbusFaults], None]


def set_fault(name: str, value: object) -> Break:
    """Return what sets one of the faults."""
    return lambda faults: setattr(faults, name, value)


PASSING = {
    "one drop": set_fault("drop_next", 1),
    "five drops": set_fault("drop_next", 5),
    "dropped after the deed": set_fault("drop_answer_next", 4),
    "every third": set_fault("drop_every", 3),
    "garbage": set_fault("garbage_next", 3),
    "half frames": set_fault("half_frame_next", 3),
    "slow": set_fault("delay_s", 0.02),
    "too slow": set_fault("delay_s", 0.6),
    "silent": set_fault("silent", True),  # noqa: FBT003 - a value
}


def heal(faults: ModbusFaults) -> None:
    """Take the faults of the link away."""
    clean = ModbusFaults()
    for name in ("drop_next", "drop_answer_next", "drop_every", "garbage_next"):
        setattr(faults, name, getattr(clean, name))
    for name in ("half_frame_next", "delay_s", "silent", "ignore_all_writes"):
        setattr(faults, name, getattr(clean, name))
    faults.refuse_all_writes = None
    faults.ignored_registers.clear()
    faults.refused_registers.clear()


@pytest.mark.parametrize("link", [IMPATIENT], ids=[""])
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_a_bad_link_at_the_start_of_a_force(life: Life, fault: Break) -> None:
    """The force is followed when the link is well again, and ends as it should."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    fault(life.inverter.faults)
    try:
        await life.act("force_charge", duration=15, power_w=3000)
    except HomeAssistantError as err:
        assert err.translation_key == "command_failed"  # noqa: PT017 - may succeed
    await life.wait(timedelta(seconds=40), 2 * POLLS)
    heal(life.inverter.faults)
    await life.wait(timedelta(minutes=2), 2 * POLLS)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    assert life.issues == set()
    await life.wait(timedelta(minutes=14), SLOW)
    assert controls(life.inverter) == OWNERS
    assert not life.battery.executor.held


@pytest.mark.parametrize("link", [IMPATIENT], ids=[""])
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_a_bad_link_at_the_end_of_a_force(life: Life, fault: Break) -> None:
    """The battery is given back when the link is well again."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.charge(2)
    await life.wait(timedelta(seconds=100), SLOW)
    fault(life.inverter.faults)
    await life.wait(timedelta(seconds=60), 2 * POLLS)
    heal(life.inverter.faults)
    await life.wait(timedelta(minutes=2), 2 * POLLS)
    assert controls(life.inverter) == OWNERS
    assert not life.battery.executor.held
    assert life.record()["force"] is None
    assert life.issues == set()


async def test_refused_connections_while_giving_back(life: Life) -> None:
    """Tried again and again; a repair issue meanwhile, and none afterwards."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.charge(15)
    await life.inverter.refuse_connections()
    await life.wait(timedelta(minutes=20))
    assert life.issues == {"restore_failing"}
    assert life.battery.health.trouble(life.now) is Trouble.UNREADABLE
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    assert life.issues == set()


async def test_an_outage_in_the_middle_of_a_force(life: Life) -> None:
    """The force goes on after it: neither forgotten nor longer."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.charge(15)
    await life.inverter.refuse_connections()
    await life.wait(timedelta(minutes=4), POLLS)
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=3), POLLS)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    assert life.issues == set()
    await life.wait(timedelta(minutes=8))
    assert controls(life.inverter) == OWNERS


async def test_the_user_is_told_that_the_inverter_does_not_answer(life: Life) -> None:
    """In the answer to the action; it is done when the inverter is back."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.inverter.refuse_connections()
    with pytest.raises(HomeAssistantError) as failed:
        await life.act("force_charge", duration=15, power_w=3000)
    assert failed.value.translation_key == "command_failed"
    assert life.battery.outcome is Outcome.UNREACHABLE
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=1), POLLS)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.act("restore_normal")
    assert controls(life.inverter) == OWNERS


async def test_optional_registers_that_the_inverter_lacks(life: Life) -> None:
    """Exception 2 for meter, battery power and management: all goes on."""
    for first, count in ((5600, 10), (5213, 2), (5627, 40), (13100, 24)):
        life.inverter.faults.hide(Space.INPUT, first, count)
    for first in (13057, 13073, 13086, 13099):
        life.inverter.faults.hide(Space.HOLDING, first, 2)
    await life.set_up()
    await life.charge(15)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS
    assert life.site.reading.load_power_w == 1200
    assert life.issues == set()


async def test_an_inverter_without_ceilings_is_not_asked_for_a_limit(
    life: Life,
) -> None:
    """It charges all the same."""
    life.inverter.faults.hide(Space.HOLDING, MAX_CHARGE, 2)
    await life.set_up(ceilings=False)
    await life.charge(15)
    with pytest.raises(HomeAssistantError) as failed:
        await life.act("hold", duration=15, power_w=700)
    assert failed.value.translation_key == "mode_not_supported"
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


IGNORED = [set(), {COMMAND}, {EMS_MODE}, {POWER}]


@pytest.mark.parametrize("registers", IGNORED, ids=["all", "command", "mode", "power"])
async def test_writes_that_are_acknowledged_and_ignored(
    life: Life, registers: set[int]
) -> None:
    """No half command stays: given back, tried thrice, told, done when it works."""
    faults = life.inverter.faults
    faults.ignored_registers.update(registers)
    faults.ignore_all_writes = not registers
    await life.set_up()
    with pytest.raises(HomeAssistantError) as failed:
        await life.act("force_charge", duration=40, power_w=3000)
    assert failed.value.translation_key == "command_failed"
    assert life.battery.outcome is Outcome.NOT_FOLLOWED
    assert controls(life.inverter) == OWNERS
    await life.wait(timedelta(minutes=5), POLLS)
    assert life.issues == {"command_not_followed"}
    assert controls(life.inverter) == OWNERS
    tries = sum(write.register == POWER for write in life.inverter.writes)
    await life.wait(timedelta(minutes=15), SLOW)
    assert sum(write.register == POWER for write in life.inverter.writes) == tries
    heal(faults)
    await life.wait(timedelta(minutes=13), SLOW)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    assert life.issues == set()
    await life.wait(timedelta(minutes=7), SLOW)
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize("register", [None, COMMAND, EMS_MODE, POWER])
async def test_writes_that_are_refused(life: Life, register: int | None) -> None:
    """The same, but that the inverter says so."""
    faults = life.inverter.faults
    if register is None:
        faults.refuse_all_writes = ExcCodes.DEVICE_FAILURE
    else:
        faults.refused_registers[register] = ExcCodes.ILLEGAL_VALUE
    await life.set_up()
    with pytest.raises(HomeAssistantError) as failed:
        await life.act("force_charge", duration=40, power_w=3000)
    assert failed.value.translation_key == "command_failed"
    assert life.battery.outcome is Outcome.REFUSED
    assert controls(life.inverter) == OWNERS
    await life.wait(timedelta(minutes=5), POLLS)
    assert life.issues == {"command_not_followed"}
    assert controls(life.inverter) == OWNERS
    heal(faults)
    await life.wait(timedelta(minutes=28), SLOW)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    assert life.issues == set()
    await life.wait(timedelta(minutes=7), SLOW)
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize("register", [COMMAND, EMS_MODE, POWER])
async def test_a_release_that_is_refused(life: Life, register: int) -> None:
    """Told while it lasts, and finished when the inverter takes it."""
    await life.set_up()
    await life.charge(15)
    life.inverter.faults.refused_registers[register] = ExcCodes.DEVICE_FAILURE
    await life.wait(timedelta(minutes=20))
    assert life.issues == {"restore_failing"}
    heal(life.inverter.faults)
    # However often it was tried: the battery must not stay forced.
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    assert life.issues == set()
    assert life.record()["ours"] == {}


@pytest.mark.parametrize("home_assistant_too", [False, True])
@pytest.mark.parametrize("writes", [1, 2, 3])
async def test_a_power_loss_after_each_write_of_a_force(
    life: Life, writes: int, *, home_assistant_too: bool
) -> None:
    """Of the inverter alone, and of the whole house."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    life.inverter.faults.power_loss_after_writes = writes
    with pytest.raises(HomeAssistantError):
        await life.act("force_charge", duration=15, power_w=3000)
    if home_assistant_too:
        await life.crash()
        await life.inverter.restore_power()
        await life.start()
    else:
        await life.wait(timedelta(minutes=1), POLLS)
        await life.inverter.restore_power()
        await life.wait(timedelta(minutes=2), POLLS)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    assert life.issues == set()
    await life.wait(timedelta(minutes=15))
    assert controls(life.inverter) == OWNERS


@pytest.mark.parametrize("home_assistant_too", [False, True])
@pytest.mark.parametrize("writes", [1, 2, 3])
async def test_a_power_loss_after_each_write_of_a_release(
    life: Life, writes: int, *, home_assistant_too: bool
) -> None:
    """What was not put back is put back later, and nothing else is written."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.charge(5)
    life.inverter.faults.power_loss_after_writes = writes
    await life.wait(timedelta(minutes=5))
    assert controls(life.inverter) != forced(CHARGE, 3000)
    if home_assistant_too:
        await life.crash()
        await life.inverter.restore_power()
        await life.start()
    else:
        await life.inverter.restore_power()
        await life.wait(timedelta(minutes=2), POLLS)
    assert controls(life.inverter) == OWNERS
    assert not life.battery.executor.held
    assert life.issues == set()


async def test_another_inverter_at_the_address_is_never_written_to(
    life: Life,
) -> None:
    """It is told, and the right one is given back when it answers again."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.charge(15)
    serial = life.inverter.serial
    life.inverter.drop_connections()
    life.inverter.swap_device("B9990000001")
    others = life.inverter.settings()
    done = len(life.inverter.writes)
    await life.wait(timedelta(minutes=20))
    assert "wrong_device" in life.issues
    assert life.inverter.settings() == others
    assert len(life.inverter.writes) == done
    life.inverter.drop_connections()
    life.inverter.swap_device(serial)
    for register, value in zip(CONTROLS, forced(CHARGE, 3000), strict=True):
        life.inverter.owner_writes(register, value)
    await life.wait(timedelta(minutes=3))
    assert controls(life.inverter) == OWNERS
    assert life.issues == set()


async def test_a_fault_of_the_inverter_ends_what_was_forced(life: Life) -> None:
    """Safety goes over the user's force; it goes on when the fault is gone."""
    await life.set_up()
    await life.charge(30)
    life.inverter.fault = True
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    life.inverter.fault = False
    await life.wait(timedelta(minutes=1), POLLS)
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.act("restore_normal")


async def test_an_outage_of_the_grid_suspends_a_force(life: Life) -> None:
    """Until the grid has been back for five minutes."""
    await life.set_up()
    await life.charge(30)
    life.inverter.home.islanded = True
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    life.inverter.home.islanded = False
    await life.wait(timedelta(minutes=4))
    assert controls(life.inverter) == OWNERS
    await life.wait(timedelta(minutes=3))
    assert controls(life.inverter) == forced(CHARGE, 3000)
    await life.act("restore_normal")
    assert controls(life.inverter) == OWNERS


async def test_an_inverter_that_is_away_at_the_start(life: Life) -> None:
    """The site loads without it, and gives back what the last run left."""
    life.log.expect(UNREAD, NO_PLAN)
    await life.set_up()
    await life.charge(15)
    await life.crash()
    await life.inverter.refuse_connections()
    life.clock.tick(timedelta(hours=1))
    await life.start()
    await life.wait(timedelta(minutes=5))
    assert life.issues == {"restore_failing"}
    await life.inverter.accept_connections()
    await life.wait(timedelta(minutes=2))
    assert controls(life.inverter) == OWNERS
    assert life.issues == set()
