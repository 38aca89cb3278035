"""In which order the batteries of a home are acted on."""

from custom_components.power_sync.control.authority import Lease
from custom_components.power_sync.control.controlled import Controlled
from custom_components.power_sync.control.turns import in_turns

from .bench import Bench, Device


async def test_what_cannot_be_decided_is_acted_on_all_the_same() -> None:
    """It is told there, once; the others have their turn."""
    controller = await Bench().controller(Device(serial="B2"))
    batteries = list(controller.batteries.values())
    acted: list[tuple[Controlled, bool]] = []

    def undecided(_battery: Controlled) -> Lease:
        raise ValueError("nobody knows")

    async def act(battery: Controlled, *, by_user: bool) -> None:
        acted.append((battery, by_user))

    asked = [(battery, index == 0) for index, battery in enumerate(batteries)]
    await in_turns(asked, undecided, act)
    assert acted == asked
