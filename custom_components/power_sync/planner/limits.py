"""What limits a slot: why the battery does not do more of what it does."""

from math import isinf

from custom_components.power_sync.model.plan import Limit, LimitKey

from .home import Home
from .replay import Replay

_SOME_KWH = 1e-6


def limits_of(home: Home, replay: Replay) -> list[Limit | None]:
    """Return for each slot what limits it, None where nothing does.

    Of several the one that the battery meets first: its level, its power, then what
    the meter allows. Sun that is held back meets the export limit.
    """
    return [_limit(home, replay, index) for index in range(home.count)]


def _limit(home: Home, replay: Replay, index: int) -> Limit | None:
    kwh = replay.battery[index]
    return (
        _of_the_battery(home, kwh, replay.energy[index], home.net[index])
        or _of_import(home, replay, index)
        or _of_export(home, replay, index)
    )


def _of_the_battery(
    home: Home, kwh: float, energy: float, net_kwh: float
) -> Limit | None:
    """Return the level or the power that the battery has reached.

    An idle battery is limited by its level where the home would use or fill it.
    """
    battery = home.problem.battery
    giving = kwh > _SOME_KWH or (kwh >= -_SOME_KWH and net_kwh > _SOME_KWH)
    taking = kwh < -_SOME_KWH or (kwh <= _SOME_KWH and net_kwh < -_SOME_KWH)
    if giving and energy <= _SOME_KWH:
        return Limit(LimitKey.RESERVE, level_pct=battery.reserve_pct)
    if taking and energy >= home.span_kwh - _SOME_KWH:
        top_pct = max(battery.max_soc_pct, battery.reserve_pct)
        return Limit(LimitKey.FULL, level_pct=top_pct)
    most_kw = battery.max_discharge_kw if kwh > 0 else battery.max_charge_kw
    if abs(kwh) > _SOME_KWH and abs(kwh) >= most_kw * home.step_h - _SOME_KWH:
        return Limit(LimitKey.POWER, power_kw=most_kw)
    return None


def _of_import(home: Home, replay: Replay, index: int) -> Limit | None:
    """Return the import limit, where the battery would otherwise do more or less."""
    most_kwh, imported_kwh = home.import_max[index], replay.flows[index].imported
    idle = abs(replay.battery[index]) <= _SOME_KWH or imported_kwh <= _SOME_KWH
    if isinf(most_kwh) or idle or imported_kwh < most_kwh - _SOME_KWH:
        return None
    return Limit(LimitKey.IMPORT_LIMIT, power_kw=most_kwh / home.step_h)


def _of_export(home: Home, replay: Replay, index: int) -> Limit | None:
    """Return the export limit, where the battery sells or sun is held back."""
    most_kwh, flow = home.export_max[index], replay.flows[index]
    # Below a price of zero nothing is sold, whatever the limit is.
    if isinf(most_kwh) or home.problem.export_per_kwh[index] < 0:
        return None
    sells = replay.battery[index] > _SOME_KWH and flow.exported > _SOME_KWH
    at_it = flow.exported >= most_kwh - _SOME_KWH
    if flow.curtailed > _SOME_KWH or (sells and at_it):
        return Limit(LimitKey.EXPORT_LIMIT, power_kw=most_kwh / home.step_h)
    return None
