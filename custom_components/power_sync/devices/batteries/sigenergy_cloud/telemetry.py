"""What follows from the powers that the cloud tells."""

from .answers import Flow


def load_w(flow: Flow) -> float | None:
    """Return the home's load, cars excluded; from the other powers if not told."""
    if flow.load_w is not None:
        return flow.load_w
    if flow.solar_w is None or flow.battery_w is None or flow.grid_w is None:
        return None
    return max(0.0, flow.solar_w + flow.battery_w + flow.grid_w - (flow.car_w or 0.0))


def islanded(flow: Flow) -> bool | None:
    """Return whether the grid is gone: power at the meter is proof of the contrary."""
    if flow.grid_w:
        return False
    return None if flow.on_grid is None else not flow.on_grid
