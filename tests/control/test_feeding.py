"""One battery feeds another though nobody asked for it."""

from datetime import timedelta

import pytest

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.problems import ProblemKey
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.watch import FEEDS_AFTER, Known, Watch

from .bench import OWNER, Bench, Device
from .test_beside import leases, only
from .test_controller import plan, slot
from .test_together import two_inverters

POLL_S = 10.0
QUIET = Known(
    curve=None, price_error=None, solar_power_w=0, solar_forecast=True, running=True
)


class Home:
    """Two batteries of which the test says what they do."""

    def __init__(self, bench: Bench, other: Device, controller: Controller) -> None:
        """Take what they are told by."""
        self.bench, self.other, self.controller = bench, other, controller

    async def polls(
        self, times: int, first_w: float, second_w: float, grid_w: float | None = 0.0
    ) -> None:
        """Let both be read some times, and control tick after each."""
        for _ in range(times):
            self.bench.time.pass_by(seconds=POLL_S)
            for serial, watts in (("A1", first_w), ("B2", second_w)):
                self.controller.read(
                    serial,
                    self.bench.reading(battery_power_w=watts, grid_power_w=grid_w),
                )
            await self.controller.tick()

    def modes(self) -> list[Mode]:
        """Return what holds for each battery."""
        return [lease.mode for lease in leases(self.controller)]


async def home(*, flash: frozenset[str] = frozenset()) -> Home:
    """Return a home whose plan has both follow the meter, for hours."""
    bench, other = Bench(device=Device(flash=flash)), Device(serial="B2")
    controller = await bench.controller(other)
    made = Home(bench, other, controller)
    await made.polls(1, 500, 0)
    controller.plan = plan(bench, *[slot(Mode.SELF_CONSUMPTION)] * 60)
    return made


@pytest.mark.parametrize(
    ("flash", "held"),
    [
        (frozenset(), Mode.NO_DISCHARGE),
        (frozenset({"max_discharge_10w"}), Mode.STANDBY),
    ],
)
async def test_the_giver_is_held_until_the_other_has_stopped(
    flash: frozenset[str], held: Mode
) -> None:
    """By a mode that costs no flash writes where there is one; then it is back."""
    made = await home(flash=flash)
    await made.polls(3, 2500, -2000)
    assert made.modes() == [Mode.SELF_CONSUMPTION] * 2
    assert made.bench.device.settings == OWNER
    await made.polls(1, 2500, -2000)
    lease = leases(made.controller)[0]
    assert (lease.master, lease.mode, lease.reason) == (
        Master.PLAN,
        held,
        "feeds_other",
    )
    assert made.modes()[1] is Mode.SELF_CONSUMPTION
    assert made.bench.device.settings != OWNER
    assert made.other.settings == OWNER
    # The other one serves the home at once; that is no reason to flap.
    await made.polls(5, 0, 500)
    assert made.modes()[0] is held
    await made.polls(1, 0, 500)
    assert made.modes()[0] is Mode.SELF_CONSUMPTION
    assert made.bench.device.settings == OWNER


async def test_what_comes_again_is_held_longer() -> None:
    """1, 4, 16 and then 30 minutes; after a quarter of an hour in peace 1 again."""
    made = await home()
    held_for = []
    for _ in range(4):
        await made.polls(4, 2500, -2000)
        polls = 0
        while made.modes()[0] is not Mode.SELF_CONSUMPTION:
            await made.polls(1, 0, 500)
            polls += 1
        held_for.append(polls * POLL_S)
        made.controller.plan = plan(made.bench, *[slot(Mode.SELF_CONSUMPTION)] * 60)
    assert held_for == [60, 240, 960, 1800]
    await made.polls(91, 0, 500)
    await made.polls(4, 2500, -2000)
    await made.polls(6, 0, 500)
    assert made.modes()[0] is Mode.SELF_CONSUMPTION


async def test_the_home_goes_before() -> None:
    """What it lacks the held one gives at once, and what is to spare it takes."""
    made = await home()
    await made.polls(4, 2500, -2000)
    await made.polls(2, 0, 5000, grid_w=1500)
    assert made.modes()[0] is Mode.NO_DISCHARGE
    await made.polls(1, 0, 5000, grid_w=1500)
    assert made.modes()[0] is Mode.SELF_CONSUMPTION
    await made.polls(4, 2500, -2000)
    await made.polls(3, 0, -5000, grid_w=-1500)
    assert made.modes()[0] is Mode.SELF_CONSUMPTION


async def test_one_that_charges_by_its_makers_will_is_not_served() -> None:
    """It takes from the grid now; with sun alone the hold would not be needed."""
    made = await home()
    await made.polls(4, 2500, -2000)
    await made.polls(12, 0, -2000, grid_w=2500)
    assert made.modes()[0] is Mode.NO_DISCHARGE
    await made.polls(2, 0, -2000, grid_w=0)
    assert made.modes()[0] is Mode.SELF_CONSUMPTION


@pytest.mark.parametrize(
    ("first_w", "second_w"), [(150, -2000), (2500, -150), (-1000, -2000), (2500, 300)]
)
async def test_what_is_no_feeding(first_w: float, second_w: float) -> None:
    """The balance of two meters, and both doing the same."""
    made = await home()
    await made.polls(9, first_w, second_w)
    assert made.modes() == [Mode.SELF_CONSUMPTION] * 2
    assert not made.controller.feeding.goes_on


async def test_a_kettle_and_an_unknown_power_begin_anew() -> None:
    """Two readings of each are none yet; one that says nothing counts for nothing."""
    made = await home()
    for powers in ((2500.0, -2000.0), (-1000.0, -1000.0)) * 3:
        await made.polls(2, *powers)
        assert made.modes() == [Mode.SELF_CONSUMPTION] * 2
    await made.polls(2, 2500, -2000)
    made.bench.time.pass_by(seconds=POLL_S)
    made.controller.read("A1", made.bench.reading(battery_power_w=None))
    await made.polls(2, 2500, -2000)
    assert made.modes() == [Mode.SELF_CONSUMPTION] * 2


async def test_what_is_told_to_flow_is_no_feeding() -> None:
    """A battery that the user has forced is no reason; another rule holds the rest."""
    made = await home()
    await made.controller.force(
        Mode.DISCHARGE, power_w=400, duration=timedelta(hours=1), batteries=["A1"]
    )
    await made.polls(9, 400, -300)
    assert made.modes()[0] is Mode.DISCHARGE
    assert not made.controller.feeding.to_hold


@pytest.mark.parametrize("dry_run", [True, False])
async def test_where_powersync_is_not_in_charge_it_only_tells(*, dry_run: bool) -> None:
    """After five minutes, and no more once they stop; it holds when it is in charge."""
    made, watch = await home(), Watch()
    if dry_run:
        await made.controller.set_dry_run(on=True)
    else:
        await made.controller.set_automatic(on=False)

    def told() -> set[ProblemKey]:
        found = watch.problems(made.controller, QUIET, made.bench.time.now)
        return {each.key for each in found} & {ProblemKey.BATTERIES_FEED}

    for _ in range(4 + int(FEEDS_AFTER.total_seconds() / POLL_S) - 1):
        await made.polls(1, 2500, -2000)
        assert told() == set()
    await made.polls(1, 2500, -2000)
    assert told() == {ProblemKey.BATTERIES_FEED}
    assert made.bench.device.settings == made.other.settings == OWNER
    # In a dry run it says what it would do.
    assert (made.modes()[0] is Mode.NO_DISCHARGE) is dry_run
    await made.controller.set_dry_run(on=False)
    await made.controller.set_automatic(on=True)
    assert made.modes()[0] is Mode.NO_DISCHARGE
    assert made.bench.device.settings != OWNER
    await made.polls(1, 0, 500)
    assert told() == set()


async def test_one_that_cannot_be_held_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes on by the plan."""
    made = await home()
    only({Mode.SELF_CONSUMPTION, Mode.CHARGE})(monkeypatch, made.bench.device)
    await made.polls(5, 2500, -2000)
    assert made.modes()[0] is Mode.SELF_CONSUMPTION
    assert made.controller.feeding.goes_on


@pytest.mark.usefixtures("socket_enabled")
async def test_two_inverters_that_settled_so_are_put_right() -> None:
    """On their registers: one gives 3 kW more than the home takes, and the other it."""
    async with two_inverters(1200, 0) as made:
        controller = made.controller
        controller.automatic = True
        first, second = made.homes
        second.last = second.last.__class__(1200.0, 0.0, -3000.0, 4200.0, 0.0)
        assert made.flows_w() == [4200, -3000]
        await made.read()
        for _ in range(3):
            assert made.flows_w() == [4200, -3000]
            await made.read()
        await controller.tick()
        await made.read()
        assert made.flows_w() == [0, 1200]
        for _ in range(7):
            await made.read()
        await controller.tick()
        assert not any(b.executor.held for b in controller.batteries.values())
        assert made.flows_w() == [0, 1200]
        assert first.control.running
