"""Work that leaves no cycles is not looked through for some."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
import gc
from threading import Barrier

import pytest

from custom_components.power_sync.collector import collector_paused
from custom_components.power_sync.past import async_go_on
from homeassistant.core import HomeAssistant

WITHIN_S = 10


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """Have it on, and leave it on."""
    gc.enable()
    yield
    gc.enable()


def test_it_goes_on_afterwards() -> None:
    """Also where the work fails."""

    def fail() -> None:
        with collector_paused():
            assert not gc.isenabled()
            raise ValueError("fails")

    with pytest.raises(ValueError, match="fails"):
        fail()
    assert gc.isenabled()


def test_it_waits_for_the_last_one() -> None:
    """Two threads pause it, and the one that ends first does not let it go on."""
    both, first_ended = Barrier(2), Barrier(2)

    def first() -> None:
        with collector_paused():
            both.wait(WITHIN_S)
        first_ended.wait(WITHIN_S)

    def second() -> bool:
        with collector_paused():
            both.wait(WITHIN_S)
            first_ended.wait(WITHIN_S)
            return gc.isenabled()

    with ThreadPoolExecutor(2) as threads:
        ends, lasts = threads.submit(first), threads.submit(second)
        assert not lasts.result(WITHIN_S)
        ends.result(WITHIN_S)
    assert gc.isenabled()


def test_what_somebody_else_has_switched_off() -> None:
    """It stays off."""
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()


async def test_the_past_is_planned_so(hass: HomeAssistant) -> None:
    """It pauses during each part, and not in the rests between."""
    during: list[bool] = []
    between: list[bool] = []

    def work() -> Generator[float, None, str]:
        for share in (0.3, 0.6):
            during.append(gc.isenabled())
            yield share
        during.append(gc.isenabled())
        return "done"

    done = await async_go_on(hass, work(), lambda _: between.append(gc.isenabled()))
    assert done == "done"
    assert during == [False] * 3
    assert between == [True] * 2
    assert gc.isenabled()
