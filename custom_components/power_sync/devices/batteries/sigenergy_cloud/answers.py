"""What the answers of Sigenergy's cloud say, in the common units and signs.

Of two fields the signs are turned here: the cloud's battery power is positive while it
charges, and its grid power while the home exports. What is missing, or nothing to
believe, is None.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite
from typing import Final, NamedTuple

from custom_components.power_sync.devices.protocols import DeviceUnreachableError

AI_MODE: Final = "1"
"""The operating mode that plans by the tariff in the app."""
CUSTOM_MODE: Final = 9
"""A profile of the owner's own, which has a number, too."""
_GREATEST: Final = 100_000.0
"""No home has powers (kW) or percents beyond that: it stands for not known."""
_MILLISECONDS_FROM: Final = 1e11


class ManualMode(StrEnum):
    """What an instant manual control does."""

    CHARGE = "0"
    DISCHARGE = "1"
    HOLD = "2"
    SELF_USE = "3"


POWER_MODES: Final = frozenset({ManualMode.CHARGE, ManualMode.DISCHARGE})
"""Those that have a power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A station of the account; `station_id` is a number, except where it is unfit."""

    station_id: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    capacity_kwh: float | None = None

    @property
    def usable(self) -> bool:
        """Whether it can be controlled: there are ids that only log in."""
        return self.station_id.isdecimal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The powers of a home in W, in the common signs. None stands for not known."""

    soc_pct: float | None
    battery_w: float | None
    solar_w: float | None
    grid_w: float | None
    load_w: float | None
    car_w: float | None
    on_grid: bool | None


class OperatingMode(NamedTuple):
    """What the system does by itself. None stands for not known.

    `code` is 0 self-consumption, 1 AI, 2 by times, 5 fully fed in, 6 VPP, 7 remote
    EMS, 9 a profile; `value` is how it can be set again: a profile of the owner's own
    is "9:" and its number.
    """

    code: int | None = None
    value: str | None = None


class Powers(NamedTuple):
    """Most power in W. None stands for no limit, or not known."""

    charge_w: float | None = None
    discharge_w: float | None = None


class Levels(NamedTuple):
    """Lowest and highest level in percent. None stands for not known."""

    least_pct: float | None = None
    most_pct: float | None = None


@dataclass(frozen=True, slots=True)
class Manual:
    """The instant manual control: which one runs (None is none), and until when.

    `power_kw` is known only where the cloud tells it.
    """

    mode: str | None
    end: datetime | None = None
    power_kw: float | None = None


def stations_in(data: object) -> Iterable[Station]:
    """Yield the stations in a list, or in an object that has one."""
    if isinstance(data, dict):
        data = next((each for each in data.values() if isinstance(each, list)), [])
    for row in data if isinstance(data, list) else []:
        if not isinstance(row, dict):
            continue
        found = row.get("stationId", row.get("id"))
        if (
            isinstance(found, bool)
            or not isinstance(found, int | str)
            or not str(found)
        ):
            continue
        name = row.get("stationName", row.get("name"))
        yield Station(
            station_id=str(found),
            name=name if isinstance(name, str) and name else None,
            capacity_kwh=_number(row, "batteryCapacity") or None,
        )


def flow_in(answer: object) -> Flow:
    """Return the powers of a home. Raises DeviceUnreachableError."""
    data = _object(answer)
    cars = [_watts(data, "evPower"), _watts(data, "acPower")]
    known = [each for each in cars if each is not None]
    on_grid = data.get("onGrid")
    return Flow(
        soc_pct=_within(_number(data, "batterySoc"), 0, 100),
        battery_w=_turned(_watts(data, "batteryPower")),
        solar_w=_not_negative(_watts(data, "pvPower")),
        grid_w=_turned(_watts(data, "buySellPower")),
        load_w=_not_negative(_watts(data, "loadPower")),
        car_w=sum(known) if known else None,
        on_grid=on_grid if isinstance(on_grid, bool) else None,
    )


def operating_mode_in(answer: object) -> OperatingMode:
    """Return the operating mode that is set. Raises DeviceUnreachableError."""
    data = _object(answer)
    mode, profile = _number(data, "currentMode"), data.get("currentProfileId")
    if mode is None:
        return OperatingMode()
    if mode != CUSTOM_MODE:
        return OperatingMode(int(mode), f"{mode:.0f}")
    value = f"{CUSTOM_MODE}:{profile}" if isinstance(profile, int) else None
    return OperatingMode(CUSTOM_MODE, value)


def modes_in(answer: object) -> frozenset[str]:
    """Return the operating modes that are listed. Raises DeviceUnreachableError."""
    listed = _object(answer).get("defaultWorkingModes")
    return frozenset(
        str(each.get("value"))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
    )


def powers_in(answer: object) -> Powers:
    """Return the owner's limits of power. Raises DeviceUnreachableError."""
    data = _object(answer)
    return Powers(
        _watts(data, "batteryMaxChargingPower"),
        _watts(data, "batteryMaxDischargingPower"),
    )


def levels_in(answer: object) -> Levels:
    """Return the owner's limits of the level. Raises DeviceUnreachableError."""
    data = _object(answer)
    return Levels(
        _within(_number(data, "dischargeSOC"), 0, 100),
        _within(_number(data, "chargeSOC"), 0, 100),
    )


def manual_in(answer: object) -> Manual:
    """Return the instant manual control. Raises DeviceUnreachableError."""
    data = _object(answer)
    enabled = data.get("enable")
    if not isinstance(enabled, bool):
        raise DeviceUnreachableError("the cloud does not tell its manual control")
    if not enabled:
        return Manual(None)
    return Manual(
        str(data.get("mode", "")),
        _moment(_number(data, "endTime", most=None)),
        _number(data, "powerLimitation"),
    )


def _object(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise DeviceUnreachableError("the cloud did not answer what was asked")
    return data


def _number(
    data: Mapping[str, object], key: str, *, most: float | None = _GREATEST
) -> float | None:
    """Return a number, which may come as a text; None where it is none to believe."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    fits = isfinite(number) and (most is None or abs(number) <= most)
    return number if fits else None


def _watts(data: Mapping[str, object], key: str) -> float | None:
    """Return a power that comes in kW, to the watt."""
    kilowatts = _number(data, key)
    return None if kilowatts is None else float(round(1000 * kilowatts))


def _turned(value: float | None) -> float | None:
    return None if value is None else 0.0 - value


def _not_negative(value: float | None) -> float | None:
    return None if value is None else max(0.0, value)


def _within(value: float | None, least: float, most: float) -> float | None:
    return value if value is not None and least <= value <= most else None


def _moment(epoch: float | None) -> datetime | None:
    """Return a time that is given in seconds, or milliseconds, since 1970."""
    if epoch is None or epoch <= 0:
        return None
    seconds = epoch / 1000 if epoch >= _MILLISECONDS_FROM else epoch
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except ValueError, OverflowError, OSError:
        return None
