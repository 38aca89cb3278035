"""The demo's drive: a Zappi, its cloud, and a car that starts and stops by itself."""

import asyncio
from contextlib import suppress
from typing import Self

from simulators.car import SimulatedCar
from simulators.clock import Clock
from simulators.home import SimulatedHome
from simulators.myenergi import MyenergiSimulator, SimulatedZappi
from simulators.myenergi.server import FAST

RESTS_S = 60.0
CHARGES_S = 150.0
REPORTS_EVERY_S = 5.0


class Drive:
    """Charges the car in turns, from when it is told to live."""

    def __init__(self, clock: Clock, home: SimulatedHome) -> None:
        """Have the car plugged in; nothing runs before this is entered."""
        self.car = SimulatedCar(home)
        self.car.plug_in()
        self.zappi = SimulatedZappi(home, self.car, mode=FAST)
        self.cloud = MyenergiSimulator(clock, [self.zappi])
        self._tasks: list[asyncio.Task[None]] = []

    def live(self) -> None:
        """Let the car start and stop from now on."""
        self._tasks.append(asyncio.create_task(self._charge_in_turns()))

    async def __aenter__(self) -> Self:
        """Start the cloud, to which the hub reports all the time."""
        await self.cloud.start()
        self._tasks.append(asyncio.create_task(self._report()))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.cloud.stop()

    async def _report(self) -> None:
        while True:
            self.cloud.report()
            await asyncio.sleep(REPORTS_EVERY_S)

    async def _charge_in_turns(self) -> None:
        while True:
            await asyncio.sleep(RESTS_S)
            self.car.start()
            await asyncio.sleep(CHARGES_S)
            self.car.stop()
