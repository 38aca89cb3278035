"""A charger that follows the meter is stopped before a sale, and set back after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from custom_components.power_sync.control.car_stop import (
    SEND_AGAIN,
    CarStops,
    StopNotStoredError,
    Stopped,
    stopped_from_json,
    stopped_to_json,
)
from custom_components.power_sync.control.view import Master, SiteLimits
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.charger import (
    CarState,
    ChargeMode,
    ChargerReading,
)

from .bench import START, Bench
from .test_controller import HOUR, lease, running

POLL = timedelta(seconds=30)
ECO, ECO_PLUS = ChargeMode.ECO, ChargeMode.ECO_PLUS
FAST, STOPPED = ChargeMode.FAST, ChargeMode.STOPPED


@dataclass
class Street:
    """A Zappi whose cloud tells late, the disk, and a battery that may sell."""

    mode: ChargeMode = ECO_PLUS
    state: CarState = CarState.CONNECTED
    lag: timedelta = timedelta(0)
    now: datetime = START
    wanted: bool = False
    reachable: bool = True
    broken_disk: bool = False
    sent: list[ChargeMode] = field(default_factory=list)
    disk: dict[str, Stopped] = field(default_factory=dict)
    _was: list[tuple[datetime, ChargeMode]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start Home Assistant."""
        self._was.append((self.now - HOUR, self.mode))
        self.stops = self._stops()

    def _stops(self) -> CarStops:
        return CarStops(self, self.set_mode, frozenset({"Z"}), lambda: self.now)

    async def restart(self) -> None:
        """Lose what is only in memory."""
        self.stops = self._stops()
        await self.stops.start()

    async def load(self) -> dict[str, Stopped]:
        """Return what the disk has."""
        return stopped_from_json(stopped_to_json(self.disk))

    async def save(self, stopped: Mapping[str, Stopped]) -> None:
        """Store, or fail as a full disk does."""
        if self.broken_disk:
            raise StopNotStoredError("full")
        self.disk = dict(stopped)

    async def set_mode(self, charger_id: str, mode: ChargeMode) -> None:
        """Take a command, if the cloud answers."""
        assert charger_id == "Z"
        if not self.reachable:
            raise DeviceUnreachableError("no answer")
        if mode is STOPPED:
            assert self.disk["Z"].mode in (ECO, ECO_PLUS), "stored before it is sent"
        self.sent.append(mode)
        self.turn(mode)

    def turn(self, mode: ChargeMode) -> None:
        """Have the charger be in another mode."""
        self.mode = mode
        self._was.append((self.now, mode))

    async def go_on(self, polls: int = 1) -> None:
        """Let time go by, and act on what is told then."""
        for _ in range(polls):
            self.now += POLL
            told = [mode for at, mode in self._was if at <= self.now - self.lag]
            reading = ChargerReading(at=self.now, state=self.state, mode=told[-1])
            readings = {"Z": reading if self.reachable else None}
            await self.stops.act(readings, wanted=self.wanted)


@pytest.mark.parametrize("mode", [ECO, ECO_PLUS])
@pytest.mark.parametrize("lag_s", [0, 60, 120])
async def test_stopped_before_a_sale_and_set_back(mode: ChargeMode, lag_s: int) -> None:
    """Once each, however late the cloud tells."""
    street = Street(mode=mode, lag=timedelta(seconds=lag_s))
    await street.go_on(2)
    assert street.sent == []
    street.wanted = True
    await street.go_on(20)
    assert street.sent == [STOPPED]
    assert street.disk == {"Z": Stopped(mode, seen=True)}
    street.wanted = False
    await street.go_on(1)
    assert street.sent == [STOPPED], "a sale may go on a moment later"
    await street.go_on(20)
    assert street.sent == [STOPPED, mode]
    assert street.disk == street.stops.stopped == {}


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        (FAST, CarState.CONNECTED),
        (STOPPED, CarState.CONNECTED),
        (ECO, CarState.DISCONNECTED),
    ],
)
async def test_left_alone(mode: ChargeMode, state: CarState) -> None:
    """What takes nothing of a sale."""
    street = Street(mode=mode, state=state, wanted=True)
    await street.go_on(5)
    assert (street.sent, street.disk) == ([], {})


async def test_nothing_is_sent_that_is_not_stored() -> None:
    """No proof, no command."""
    street = Street(wanted=True, broken_disk=True)
    await street.go_on(5)
    assert street.sent == []
    street.broken_disk = False
    await street.go_on()
    assert street.sent == [STOPPED]


@pytest.mark.parametrize("seen", [False, True])
async def test_over_a_restart(*, seen: bool) -> None:
    """What was stopped is set back by the next run, also where it never told."""
    street = Street(wanted=True)
    await street.go_on(5 if seen else 1)
    street.wanted = False
    await street.restart()
    await street.go_on(10)
    assert (street.mode, street.disk) == (ECO_PLUS, {})


async def test_before_a_stop() -> None:
    """It is set back at once; only the next run knows that it is."""
    street = Street(wanted=True)
    await street.go_on(5)
    assert await street.stops.give_back() == []
    assert street.mode is ECO_PLUS
    assert street.disk["Z"].back
    await street.restart()
    street.wanted = False
    await street.go_on(2)
    assert street.disk == {}
    assert street.sent == [STOPPED, ECO_PLUS] + [ECO_PLUS] * (len(street.sent) - 2)
    street.wanted = True
    await street.go_on(5)
    street.reachable = False
    assert await street.stops.give_back() == ["Z"]
    assert not street.disk["Z"].back


async def test_before_home_assistant_stops() -> None:
    """Nothing is stored any more by then: it is set back all the same, and known."""
    street = Street(wanted=True)
    await street.go_on(5)
    street.broken_disk = True
    assert await street.stops.give_back() == []
    assert (street.mode, street.disk["Z"].back) == (ECO_PLUS, False)
    street.broken_disk, street.wanted = False, False
    await street.restart()
    await street.go_on(5)
    assert (street.sent, street.disk) == ([STOPPED, ECO_PLUS], {})


@pytest.mark.parametrize("here", [False, True])
async def test_what_the_owner_sets_meanwhile_stays(*, here: bool) -> None:
    """Also Stopped, where it is set here; another sale may stop it again."""
    street = Street(wanted=True)
    await street.go_on(5)
    if here:
        await street.stops.owner_chose("Z")
    else:
        street.now += POLL
    street.turn(ECO)
    await street.go_on(10)
    assert (street.mode, street.sent) == (ECO, [STOPPED])
    street.wanted = False
    await street.go_on(10)
    assert street.sent == [STOPPED]
    street.wanted = True
    await street.go_on(5)
    assert street.sent == [STOPPED, STOPPED]
    await street.stops.owner_chose("Z")
    await street.restart()
    street.wanted = False
    await street.go_on(10)
    assert (street.mode, street.disk) == (STOPPED, {})


async def test_stopped_in_the_makers_app() -> None:
    """Cannot be told from ours; after another mode that was seen, it is the owner's."""
    street = Street(wanted=True)
    await street.go_on(5)
    street.turn(STOPPED)
    street.wanted = False
    await street.go_on(10)
    assert street.sent == [STOPPED, ECO_PLUS]
    street.wanted = True
    await street.go_on(5)
    street.turn(ChargeMode.FAST)
    await street.go_on(2)
    street.turn(STOPPED)
    await street.go_on(5)
    street.wanted = False
    await street.go_on(10)
    assert (street.mode, street.disk) == (STOPPED, {})
    assert street.sent == [STOPPED, ECO_PLUS, STOPPED]


async def test_what_the_owner_sets_cannot_be_stored() -> None:
    """It is the owner's all the same, for as long as this run lasts."""
    street = Street(wanted=True)
    await street.go_on(5)
    street.broken_disk = True
    await street.stops.owner_chose("Z")
    street.wanted = False
    await street.go_on(10)
    assert street.mode is STOPPED


async def test_a_car_that_leaves() -> None:
    """The next one shall find the owner's mode."""
    street = Street(wanted=True)
    await street.go_on(5)
    street.state = CarState.DISCONNECTED
    await street.go_on(10)
    assert (street.mode, street.disk) == (ECO_PLUS, {})


async def test_a_cloud_that_does_not_answer() -> None:
    """It is tried now and then until it has worked, and said after three tries."""
    street = Street(wanted=True)
    await street.go_on(5)
    street.wanted, street.reachable = False, False
    await street.go_on(6 * 7)
    assert street.stops.failing == ["Z"]
    street.reachable = True
    await street.go_on(2 * SEND_AGAIN // POLL)
    assert (street.mode, street.stops.failing) == (ECO_PLUS, [])


async def test_a_command_that_is_lost() -> None:
    """A charger that goes on is told again; a sale that goes on stops it again."""
    street = Street(wanted=True)
    await street.go_on(1)
    street.turn(ECO_PLUS)
    await street.go_on(7)
    assert street.sent == [STOPPED, STOPPED]
    await street.go_on(2)
    street.wanted = False
    await street.go_on(2)
    assert street.sent[-1] is ECO_PLUS
    street.turn(STOPPED)
    street.wanted = True
    await street.go_on(2)
    assert (street.sent[-1], street.disk["Z"].back) == (STOPPED, False)
    street.wanted = False
    await street.go_on(10)
    assert street.mode is ECO_PLUS


def test_what_is_stored() -> None:
    """What cannot be understood is no charger."""
    nothing: tuple[object, ...] = (None, [], {"Z": {}}, {"Z": {"mode": "x"}}, {"Z": 3})
    for nonsense in nothing:
        assert stopped_from_json(nonsense) == {}


async def test_a_sale_waits_for_the_charger() -> None:
    """Nothing is sold while it would be taken; then it is. Serving the home goes on."""
    bench = Bench()
    controller = await running(bench, SiteLimits(battery_export=True))
    cars = controller.sight.cars

    def says(mode: ChargeMode) -> None:
        at, lasts = bench.time.now, timedelta(minutes=5)
        reading = ChargerReading(at=at, state=CarState.CONNECTED, mode=mode)
        cars.read("Z", reading, lasts)

    says(ECO_PLUS)
    await controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    waits = (Master.FORCE, Mode.SELF_CONSUMPTION, "car_would_take")
    assert lease(controller) == waits
    says(STOPPED)
    await controller.tick()
    assert lease(controller) == (Master.FORCE, Mode.DISCHARGE, "user_request")
    says(ECO)
    await controller.tick()
    assert lease(controller) == waits
    await controller.force(Mode.DISCHARGE, power_w=400, duration=HOUR)
    assert lease(controller) == (Master.FORCE, Mode.DISCHARGE, "user_request")
    # What a charger said long ago is nothing known.
    await controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    bench.time.pass_by(minutes=6)
    controller.read("A1", bench.reading())
    await controller.tick()
    assert lease(controller) == (Master.FORCE, Mode.DISCHARGE, "user_request")
