"""Which device answers on a borrowed link, and when that link is opened anew."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from modbus_connection import (
    GatewayPathUnavailableError,
    GatewayTargetError,
    IllegalDataAddressError,
    ModbusConnectionError,
    ModbusDesyncError,
    ModbusError,
    ModbusTimeoutError,
    ServerDeviceBusyError,
)
import pytest

from custom_components.power_sync.devices.batteries.confirmed import ConfirmedUnit
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)

from .sungrow_unit import LINK

if TYPE_CHECKING:
    from modbus_connection import ModbusUnit

SLOW = replace(LINK, spacing_s=0.1)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass
class MadeUpUnit:
    """A unit whose link is opened by the next request."""

    connected: bool = True
    closed: int = 0
    spacing_s: float = 0.02
    """As another user of the link has asked for, before it is used here."""

    def set_message_spacing(self, seconds: float) -> None:
        """Take how long there is to be between two messages."""
        self.spacing_s = seconds

    def require_timeout(self, seconds: float) -> None:
        """Take how long an answer may take."""

    def require_connect_delay(self, seconds: float) -> None:
        """Take how long to wait after the link has opened."""

    async def disconnect(self) -> None:
        """Close the link."""
        self.connected = False
        self.closed += 1


@dataclass
class MadeUpPlate:
    """Tells a serial, or fails."""

    serial: str | None = "SN1\0\0 "
    error: ModbusError | None = None
    reads: int = 0

    async def async_update(self) -> None:
        """Read it."""
        self.reads += 1
        if self.error is not None:
            raise self.error


@dataclass
class Bench:
    """A device that is to be SN1."""

    unit: MadeUpUnit = field(default_factory=MadeUpUnit)
    plate: MadeUpPlate = field(default_factory=MadeUpPlate)

    def device(self) -> ConfirmedUnit:
        """Return it, not confirmed yet."""
        return ConfirmedUnit(cast("ModbusUnit", self.unit), self.plate, "SN1", SLOW)


@pytest.mark.parametrize(
    ("error", "raised", "recycled", "doubted"),
    [
        pytest.param(
            ModbusTimeoutError(), DeviceUnreachableError, True, True, id="no answer"
        ),
        pytest.param(
            ModbusConnectionError(), DeviceUnreachableError, True, True, id="cut off"
        ),
        pytest.param(
            ModbusDesyncError(), DeviceUnreachableError, True, True, id="out of step"
        ),
        pytest.param(
            GatewayTargetError(), DeviceUnreachableError, False, True, id="gateway"
        ),
        pytest.param(
            GatewayPathUnavailableError(),
            DeviceUnreachableError,
            False,
            True,
            id="gateway without a path",
        ),
        pytest.param(
            IllegalDataAddressError(), DeviceRefusedError, False, False, id="refused"
        ),
        pytest.param(
            ServerDeviceBusyError(), DeviceRefusedError, False, False, id="busy"
        ),
    ],
)
async def test_a_needed_request_fails(
    error: ModbusError, raised: type[DeviceError], *, recycled: bool, doubted: bool
) -> None:
    """Only a link without usable answers is opened anew; a refusal is an answer."""
    bench = Bench()
    device = bench.device()
    await device.confirm(NOW)

    async def fails() -> None:
        raise error

    with pytest.raises(raised):
        await device.ask(fails)
    assert bench.unit.closed == int(recycled)
    assert device.is_due(NOW) is doubted


async def test_confirmed_for_a_while_and_on_one_connection() -> None:
    """Then, and after a reconnect, the serial is read before anything else."""
    bench = Bench()
    device = bench.device()
    assert device.is_due(NOW)
    await device.ensure(NOW)
    # However gently a dialogue has looked at it meanwhile.
    assert bench.unit.spacing_s == SLOW.spacing_s
    await device.ensure(NOW)
    assert bench.plate.reads == 1
    assert not device.is_due(NOW + LINK.settings_every - timedelta(seconds=1))
    assert device.is_due(NOW + LINK.settings_every)
    bench.unit.connected = False
    await device.ensure(NOW)
    assert bench.plate.reads == 2


@pytest.mark.parametrize(
    ("serial", "raised"),
    [
        pytest.param("SN2", WrongDeviceError, id="another"),
        pytest.param(None, DeviceUnreachableError, id="not told"),
        pytest.param("\0\0", DeviceUnreachableError, id="blank"),
    ],
)
async def test_not_the_one(serial: str | None, raised: type[DeviceError]) -> None:
    """It is asked again each time, and the link is left as it is."""
    bench = Bench()
    device = bench.device()
    await device.ensure(NOW)
    device.doubt()
    bench.plate.serial = serial
    for _ in range(2):
        with pytest.raises(raised):
            await device.ensure(NOW)
    assert (bench.plate.reads, bench.unit.closed) == (3, 0)


async def test_the_serial_goes_unanswered() -> None:
    """It is not taken for confirmed, and the link is opened anew."""
    bench = Bench()
    device = bench.device()
    bench.plate.error = ModbusTimeoutError()
    with pytest.raises(DeviceUnreachableError):
        await device.ensure(NOW)
    assert bench.unit.closed == 1
    assert device.is_due(NOW)
