"""The myenergi Zappi: what its hub's status says, and the requests that set it.

The hub has no local interface: everything goes through the maker's cloud. Numbers
that are zero are left out of a status; texts and codes that are left out are not
known. Codes that are not known are no error: a firmware may have new ones.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Protocol

from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from custom_components.power_sync.model.charger import (
    DRAWS_W,
    CarState,
    ChargeMode,
    ChargerIdentity,
    ChargerReading,
)

from .protocol import ChargerKind, Polling

ZAPPI: Final = ChargerKind(key="zappi", manufacturer="myenergi")
MODEL: Final = "Zappi"

POLL_LEAST_S: Final = 30
POLL_MOST_S: Final = 300
POLL_S: Final = 60

MODE_CODES: Final[Mapping[ChargeMode, int]] = MappingProxyType(
    {
        ChargeMode.FAST: 1,
        ChargeMode.ECO: 2,
        ChargeMode.ECO_PLUS: 3,
        ChargeMode.STOPPED: 4,
    }
)
_MODES: Final = MappingProxyType({code: mode for mode, code in MODE_CODES.items()})
_CHARGES: Final = frozenset({3, 4})
"""`sta`: charging (from the sun, too), boosting."""
_COMPLETE: Final = 5
_PLUG: Final[Mapping[str, CarState]] = MappingProxyType(
    {
        "A": CarState.DISCONNECTED,
        "B1": CarState.CONNECTED,
        "B2": CarState.CONNECTED,
        "C1": CarState.CONNECTED,
        "C2": CarState.CONNECTED,
        "F": CarState.FAULT,
    }
)
_DRAWING: Final = "C2"

type Status = Mapping[str, object]


class Hub(Protocol):
    """A myenergi hub in its maker's cloud. Methods raise DeviceError."""

    async def get(self, path: str) -> object:
        """Return the JSON answer to a request."""

    async def close(self) -> None:
        """Let go of the connection."""


class ZappiCharger:
    """One Zappi behind a hub."""

    def __init__(
        self, hub: Hub, serial: str, *, poll_s: int, now: Callable[[], datetime]
    ) -> None:
        """Take the hub and which of its Zappis it is; nothing is read yet."""
        self._hub = hub
        self._serial = serial
        self._now = now
        self._sw_version: str | None = None
        poll = timedelta(seconds=poll_s)
        self._polling = Polling(
            plugged=poll,
            idle=min(2 * poll, timedelta(seconds=POLL_MOST_S)),
            slowest=timedelta(seconds=POLL_MOST_S),
        )

    @property
    def identity(self) -> ChargerIdentity:
        """Which Zappi it is."""
        return ChargerIdentity(ZAPPI.key, self._serial, MODEL, self._sw_version)

    @property
    def modes(self) -> frozenset[ChargeMode]:
        """All of its modes."""
        return frozenset(MODE_CODES)

    @property
    def polling(self) -> Polling:
        """How often its cloud may be asked: it answers haste with 429."""
        return self._polling

    @property
    def followed(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    async def read(self) -> ChargerReading:
        """Read it. Raises WrongDeviceError where the hub does not know it."""
        at = self._now()
        status = statuses(await self._hub.get(f"/cgi-jstatus-Z{self._serial}")).get(
            self._serial
        )
        if status is None:
            raise WrongDeviceError("the hub has no such Zappi")
        self._sw_version = _text(status, "fwv")
        return reading(status, at)

    async def set_mode(self, mode: ChargeMode) -> None:
        """Set its mode. Raises DeviceRefusedError where the cloud says no."""
        code = MODE_CODES[mode]
        answer = await self._hub.get(f"/cgi-zappi-mode-Z{self._serial}-{code}-0-0-0000")
        taken = answer.get("status") if isinstance(answer, Mapping) else None
        if taken != 0:
            raise DeviceRefusedError(f"the mode was not taken: status {taken!r}")

    async def close(self) -> None:
        """Let go of the connection."""
        await self._hub.close()


def reading(status: Status, at: datetime) -> ChargerReading:
    """Return what a Zappi's status says."""
    power_w = max(0.0, _number(status, "div"))
    return ChargerReading(
        at=at,
        state=_state(status, power_w),
        power_w=power_w,
        mode=_MODES.get(int(_number(status, "zmo"))),
        session_energy_kwh=_number(status, "che"),
        extra={
            "sta": _code(status, "sta"),
            "pst": _text(status, "pst"),
            "cmt": _code(status, "cmt"),
            "min_green_pct": _code(status, "mgl"),
        },
    )


def _state(status: Status, power_w: float) -> CarState | None:
    """Return what the car does: what flows counts more than what it is called.

    A status says "paused" now and then while the car charges, and "charging" for
    the few watts of a car that is full.
    """
    sta, pst = _code(status, "sta"), _text(status, "pst")
    if power_w > DRAWS_W or (pst == _DRAWING and sta in _CHARGES):
        return CarState.CHARGING
    state = _PLUG.get(pst or "")
    if state is CarState.CONNECTED and sta == _COMPLETE:
        return CarState.COMPLETE
    return state


def statuses(answer: object) -> dict[str, Status]:
    """Return the status of each Zappi in an answer, by serial.

    A hub answers with a list of one group per kind of device, a question for one
    device with its group alone. Raises DeviceUnreachableError for anything else.
    """
    groups: list[object] = answer if isinstance(answer, list) else [answer]
    found: dict[str, Status] = {}
    for group in groups:
        if not isinstance(group, Mapping):
            raise DeviceUnreachableError("the answer is no status")
        zappis = group.get("zappi", [])
        for status in zappis if isinstance(zappis, list) else []:
            if isinstance(status, Mapping) and status.get("sno") is not None:
                found[str(status["sno"])] = status
    return found


def _number(status: Status, key: str) -> float:
    """Return a number; zeros are left out of a status."""
    value = status.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value)


def _code(status: Status, key: str) -> int | None:
    value = status.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(status: Status, key: str) -> str | None:
    value = status.get(key)
    return value if isinstance(value, str) else None
