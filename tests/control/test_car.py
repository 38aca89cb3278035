"""Whether a car draws power: its charger, our own command, the home's load."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from custom_components.power_sync.control.car import CarSource, CarView, CarWatch
from custom_components.power_sync.control.leak import Leak
from custom_components.power_sync.model.charger import CarState, ChargerReading

from .bench import START

LASTS = timedelta(minutes=3)


class Life:
    """A watch, and the seconds since the start."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.watch = CarWatch()
        self.now = START
        self.local = True

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.now += timedelta(seconds=seconds)

    def charger(
        self, state: CarState, power_w: float | None = None, name: str = "Z"
    ) -> None:
        """Have a charger say something."""
        self.watch.read(
            name,
            ChargerReading(at=self.now, state=state, power_w=power_w, local=self.local),
            LASTS,
        )

    def loads(self, every_s: float, powers: Iterable[float]) -> None:
        """Have the home's load read so often."""
        for power in powers:
            self.wait(every_s)
            self.watch.load(self.now, power)

    def look(self) -> CarView | None:
        """Return the car now."""
        return self.watch.view(self.now)

    def car(self) -> CarView:
        """Return the car that there must be now."""
        view = self.look()
        assert view is not None
        return view

    def says(self) -> CarSource | None:
        """Return what says so."""
        view = self.look()
        return None if view is None else view.source


@pytest.fixture
def life() -> Life:
    """Return a home with a load of 500 W and a car plugged in."""
    life = Life()
    life.charger(CarState.CONNECTED)
    life.loads(10, [500] * 6)
    assert life.says() is None
    return life


def test_the_charger_says_so(life: Life) -> None:
    """At once, until it says otherwise, or nothing any more."""
    life.charger(CarState.CHARGING, 7400)
    view = life.look()
    assert view == CarView(
        source=CarSource.CHARGER,
        since=life.now,
        power_w=7400,
        before_w=500,
        fresh=True,
    )
    life.wait(60)
    assert not life.car().fresh
    life.charger(CarState.CONNECTED, 0)
    assert life.look() is None
    life.charger(CarState.CHARGING, 7400)
    life.wait(181)
    assert life.look() is None


def test_two_cars(life: Life) -> None:
    """Their powers add up; where one is not known, none is."""
    life.charger(CarState.CHARGING, 7400)
    life.charger(CarState.CHARGING, 3600, name="Y")
    assert life.car().power_w == 11000
    life.charger(CarState.CHARGING, None, name="Y")
    assert life.car().power_w is None
    life.charger(CarState.CONNECTED, name="Y")
    assert life.says() is CarSource.CHARGER


def test_a_rise_of_the_load(life: Life) -> None:
    """It counts until the charger confirms it, and its power then is the charger's."""
    life.loads(10, [7900])
    assert life.says() is CarSource.LOAD_STEP
    assert (life.car().power_w, life.car().before_w) == (7400, 500)
    life.wait(60)
    life.charger(CarState.CHARGING, 7300)
    assert life.says() is CarSource.CHARGER
    assert (life.car().power_w, life.car().before_w) == (7300, 500)
    life.charger(CarState.CHARGING, None)
    assert life.car().power_w == 7400
    assert life.watch.false_alarms == 0


def test_a_kettle(life: Life) -> None:
    """It is a false alarm, and ends with the kettle or after two minutes."""
    life.loads(10, [2800])
    assert life.says() is CarSource.LOAD_STEP
    life.loads(10, [2800, 500])
    assert (life.says(), life.watch.false_alarms) == (None, 1)
    life.loads(10, [500, 2800, *[2800] * 12])
    assert (life.says(), life.watch.false_alarms) == (None, 2)


def test_what_a_car_is_known_to_take(life: Life) -> None:
    """Once it is known, less is none."""
    life.charger(CarState.CHARGING, 7400)
    life.charger(CarState.CONNECTED)
    life.loads(10, [3500, 3500])
    assert life.says() is None
    # More is none, either: this is a shower.
    life.loads(10, [*[500] * 3, 9000])
    assert life.says() is None
    life.loads(10, [*[500] * 3, 5700])
    assert life.says() is CarSource.LOAD_STEP


def test_a_cloud_is_behind(life: Life) -> None:
    """What it tells while the car goes up is neither its power of now nor its usual."""
    life.local = False
    life.charger(CarState.CHARGING, 600)
    assert not life.car().fresh
    # 7900 W less 600 W are not the home's: it drew 500 W before.
    assert life.car().own_need_w(7900, 0) == 500
    life.wait(60)
    life.charger(CarState.CHARGING, 7400)
    life.wait(60)
    life.charger(CarState.CHARGING, 1000)
    life.charger(CarState.CONNECTED)
    life.loads(10, [*[500] * 3, 3000])
    assert life.says() is None


def test_quick_readings_must_say_it_twice(life: Life) -> None:
    """A car that goes up slowly is seen, one odd reading is nothing."""
    life.loads(1, [500, 2500, 500, 500])
    assert life.says() is None
    life.loads(1, [1000, 1500, 2000, 2500])
    assert life.says() is CarSource.LOAD_STEP


@pytest.mark.parametrize("state", [CarState.DISCONNECTED, None])
def test_nobody_plugged_in(state: CarState | None) -> None:
    """Then a load is a load."""
    life = Life()
    if state is not None:
        life.charger(state)
    life.loads(10, [500, 500, 7900])
    assert life.says() is None


def test_our_own_start(life: Life) -> None:
    """It counts before the car draws anything, for two minutes."""
    life.watch.starting(life.now)
    assert life.says() is CarSource.STARTING
    life.wait(119)
    assert life.says() is CarSource.STARTING
    life.wait(1)
    assert life.says() is None
    life.watch.starting(life.now)
    life.charger(CarState.CHARGING, 7400)
    life.charger(CarState.CONNECTED)
    assert life.says() is None


def test_the_load_shows_the_end_before_the_cloud(life: Life) -> None:
    """A home that draws as little as before the car has no car any more."""
    life.charger(CarState.CHARGING, 7400)
    life.loads(10, [7900, 7900])
    assert life.says() is CarSource.CHARGER
    life.loads(10, [520])
    assert life.says() is None
    # The cloud is behind: it goes on saying so, and is not believed.
    life.charger(CarState.CHARGING, 7400)
    assert life.says() is None
    # But where the load says so, too, the car is back.
    life.loads(10, [7900])
    assert life.says() is CarSource.CHARGER
    life.charger(CarState.CONNECTED)
    assert life.says() is None


def test_the_load_shows_the_end_after_a_start_while_a_car_charges() -> None:
    """The charger may be the first that is read: then no load was before the car."""
    life = Life()
    life.charger(CarState.CHARGING, 7400)
    assert life.car().before_w is None
    life.loads(10, [7900] * 3)
    assert life.says() is CarSource.CHARGER
    life.loads(10, [500])
    assert life.says() is None


def test_sun_that_nobody_measures(life: Life) -> None:
    """A load that never showed the car says nothing of its end."""
    life.charger(CarState.CHARGING, 7400)
    life.loads(10, [900, 900])
    assert life.says() is CarSource.CHARGER


def test_loads_that_are_none(life: Life) -> None:
    """Not known, or not newer: left out."""
    life.watch.load(life.now, 9000)
    life.watch.load(life.now + timedelta(seconds=5), None)
    assert life.says() is None
    blind = Life()
    blind.charger(CarState.CHARGING, 7400)
    assert blind.car().before_w is None


@pytest.mark.parametrize(
    ("fresh", "power_w", "before_w", "net_load_w", "need_w"),
    [
        (True, 7400, 500, 8400, 1000),
        (True, 7400, 500, 5400, 0),
        # An older power may be less by now: at most what the home drew before,
        # less the sun of 200 W.
        (False, 7400, 500, 8400, 300),
        (False, 7400, None, 8400, 0),
        (True, None, 500, 8400, 0),
        (True, 7400, 500, None, 0),
    ],
)
def test_the_homes_own_need(
    *,
    fresh: bool,
    power_w: float | None,
    before_w: float | None,
    net_load_w: float | None,
    need_w: float,
) -> None:
    """What cannot be told is nothing: the home buys it."""
    view = CarView(
        source=CarSource.CHARGER,
        since=START,
        power_w=power_w,
        before_w=before_w,
        fresh=fresh,
    )
    assert view.own_need_w(net_load_w, 200) == need_w


def test_leak() -> None:
    """What a battery gives beyond the home's own need, at most what the car takes."""
    leak = Leak()
    car = CarView(
        source=CarSource.CHARGER, since=START, power_w=3600, before_w=500, fresh=True
    )

    def after(seconds: float, battery_w: float | None, *, draws: bool = True) -> float:
        now = START + timedelta(seconds=seconds)
        leak.take(now, car if draws else None, battery_w, 4100)
        return round(leak.session_kwh * 1000, 3)

    assert after(0, 4100) == 0
    assert after(10, 500) == 10.0  # 3600 W for 10 s
    assert after(20, 1500) == 10.0
    assert after(56, None) == 20.0  # 1000 W for 36 s
    assert after(76, 4100) == 20.0
    # Too long between two readings to say anything.
    assert after(400, 4100) == 20.0
    assert after(410, 0, draws=False) == 30.0
    # Another car, another session; the total goes on.
    assert after(420, 4100) == 0
    assert after(430, 0) == 10.0
    assert leak.total_kwh == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("power_w", "before_w", "fresh", "load_w", "expected_w"),
    [
        (7000, 300, True, 7500, 500),
        # Another load than before counts only where the car is measured with it.
        (7000, 300, False, 7900, 300),
        # After a restart what was before has the car in it.
        (7000, 7500, False, 7500, 500),
        (None, 300, False, 7500, 300),
        (None, 800, False, 500, 500),
        (7000, None, False, 7500, 500),
        (7000, None, True, 6000, 0),
        (None, None, False, 7500, None),
        (7000, 300, True, None, None),
    ],
)
def test_the_home_beside_the_car(
    power_w: float | None,
    before_w: float | None,
    fresh: bool,  # noqa: FBT001 - from the table
    load_w: float | None,
    expected_w: float | None,
) -> None:
    """By the inverter alone it is what it drew before; else nobody can tell."""
    car = CarView(
        source=CarSource.LOAD_STEP,
        since=START,
        power_w=power_w,
        before_w=before_w,
        fresh=fresh,
    )
    assert car.home_w(load_w) == expected_w
