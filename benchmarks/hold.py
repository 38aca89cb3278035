"""What a battery gives to a car before it is held, and how soon it is free again.

A home of 400 W, a battery of 5 kW that follows the home three seconds late, a car of
7.4 kW that is at its power within three seconds. PowerSync's own controller acts on
it, and its commands take a second. Everything is drawn from fixed seeds.

- `meter_1s`: readings each second, a battery with a limit that wears out nothing
- `inverter_5s`: readings each five seconds, a battery held by a setting in flash memory
- `own_start`: the same, where PowerSync starts the car
- `cloud`: the charger's cloud alone, each 60 s; the battery says nothing of the load

Where there are readings the charger's cloud tells, too, but a minute late, so that a
car is noticed from the load.
"""

import asyncio
from collections.abc import Callable, Iterator
from random import Random
from statistics import fmean, quantiles
from typing import Final

from .hold_home import STEP_S, Bench, Way

HOME_W: Final = 400.0
STARTS: Final = 30
LONGEST_S: Final = 600.0
SESSION_S: Final = 300.0
SETTLED_S: Final = 60.0
DAYS: Final = 2
WAYS: Final = {
    "meter_1s": Way(1.0, flash=False),
    "inverter_5s": Way(5.0),
    "own_start": Way(5.0, own_start=True),
    "cloud": Way(None, lag_s=0.0),
}


def _busy_home(random: Random) -> Callable[[float], float]:
    """Return a home's load: 400 W with noise, in grains of five seconds."""
    noise = [random.gauss(0, 15) for _ in range(997)]
    return lambda s: HOME_W + noise[int(s // 5) % len(noise)]


async def _starts(way: Way) -> dict[str, float]:
    """Have the car start and stop at many moments of all rhythms."""
    leaks, releases, steady, car = [], [], 0.0, 0.0
    for number in range(STARTS):
        random = Random(number)  # noqa: S311 - no secret
        bench = Bench(way, _busy_home(random))
        await bench.begin(random.uniform(0, way.cloud_s))
        await bench.run(150 + random.uniform(0, 10))
        before_wh = bench.leaked_wh
        await bench.start_car()
        await bench.run(SETTLED_S + way.lag_s + way.cloud_s)
        leaks.append(bench.leaked_wh - before_wh)
        settled_wh, car_wh = bench.leaked_wh, bench.car_wh
        await bench.run(SESSION_S)
        steady += bench.leaked_wh - settled_wh
        car += bench.car_wh - car_wh
        bench.stop_car()
        waited = 0.0
        while bench.held and waited < LONGEST_S:
            await bench.run(STEP_S)
            waited += STEP_S
        releases.append(waited)
    return {
        "leak_mean_wh": round(fmean(leaks), 2),
        "leak_p95_wh": round(quantiles(leaks, n=20)[-1], 2),
        "release_s": round(fmean(releases), 1),
        "steady_leak_pct": round(100 * steady / car, 3),
    }


def _appliances(random: Random) -> Iterator[tuple[float, float, float]]:
    """Yield (begin, seconds, W) of a day that begins at noon, in seconds since then."""
    for _ in range(8):
        yield random.uniform(0, 86400), random.uniform(120, 240), 2200.0
    for shower in (7.5, 19.2):
        begin = 3600 * (shower + random.uniform(-0.3, 0.3))
        yield begin, random.uniform(240, 480), 8500.0
    oven = random.uniform(5.5, 6.5) * 3600
    for cycle in range(12):
        yield oven + cycle * 300, 140.0, 2400.0
    for machine in (random.uniform(1, 9), random.uniform(12, 20)):
        for part in range(3):
            yield machine * 3600 + part * 1500, 700.0, 2000.0


async def _days(way: Way) -> dict[str, float]:
    """Live through days in which the car is plugged in and charges for two hours."""
    random = Random(7)  # noqa: S311 - no secret
    every = [
        (day * 86400 + begin, seconds, watts)
        for day in range(DAYS)
        for begin, seconds, watts in _appliances(random)
    ]
    by_slot: dict[int, float] = {}
    for begin, seconds, watts in every:
        for slot in range(int(begin // 5), int((begin + seconds) // 5)):
            by_slot[slot] = by_slot.get(slot, 0.0) + watts
    quiet = _busy_home(random)
    bench = Bench(way, lambda s: quiet(s) + by_slot.get(int(s // 5), 0.0))
    await bench.begin(30.0)
    step_s = min(5.0, way.reads_s or 5.0)
    longest = 0.0
    for _ in range(DAYS):
        for charges, hours in ((False, 13.0), (True, 2.0), (False, 9.0)):
            if charges:
                await bench.start_car()
            else:
                bench.stop_car()
            await bench.run(3600 * hours, step_s=step_s)
    return {
        "false_holds_per_day": round(
            bench.controller.sight.cars.false_alarms / DAYS, 2
        ),
        "flash_writes_per_day": round(
            bench.battery.writes / DAYS if way.flash else longest, 2
        ),
    }


def run() -> dict[str, dict[str, float]]:
    """Return the figures of each way."""

    async def all_ways() -> dict[str, dict[str, float]]:
        return {
            name: {**await _starts(way), **await _days(way)}
            for name, way in WAYS.items()
        }

    return asyncio.run(all_ways())
