"""The worked example of docs/batteries/add-a-brand.md, run as it stands there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import importlib
from pathlib import Path
import re
import sys

from modbus_connection import ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection, MockModbusUnit
import pytest

from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    NotThisBrandError,
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.modbus import (
    LinkOptions,
    modbus_access,
)
from custom_components.power_sync.devices.protocols import (
    BatteryDriver,
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from custom_components.power_sync.model.battery import Command, Mode, Settings, Write
from tests.control.bench import MemoryJournal, PowerCutError, Time
from tests.control.test_power_cut_brands import Cutting, order, started

PAGE = Path(__file__).parents[2] / "docs" / "batteries" / "add-a-brand.md"
BLOCK = re.compile(r"```python\n# (acme/\w+\.py)\n(.*?)```", re.DOTALL)
LINK = LinkOptions(
    spacing_s=0,
    timeout_s=1,
    connect_delay_s=0,
    patience_s=1,
    settle=timedelta(0),
)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
COMMANDS = [(Mode.CHARGE, 3000.0), (Mode.DISCHARGE, 2500.0), (Mode.STANDBY, None)]


@pytest.fixture
def brand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatteryBrand]:
    """Write the page's code into a folder, and import it."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert {name for name, _ in blocks} == {
        "acme/__init__.py",
        "acme/driver.py",
        "acme/settings.py",
    }
    # An installed package may be called like the brand.
    folder = tmp_path / "of_the_page"
    (folder / "acme").mkdir(parents=True)
    for name, code in blocks:
        (folder / name).write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    made: BatteryBrand = importlib.import_module("of_the_page.acme").ACME
    yield made
    for name in [name for name in sys.modules if name.split(".")[0] == "of_the_page"]:
        del sys.modules[name]


def unit(serial: bytes = b"AC001234") -> MockModbusUnit:
    """Return an Acme at 61.5 % that charges with 700 W, by its registers."""
    made = MockModbusConnection().for_unit(1)
    words = [int.from_bytes(serial[i : i + 2], "big") for i in range(0, 8, 2)]
    made.holding.update(dict(enumerate([*words, 615, 700, 0, 0, 0, 0, 0, 1200])))
    return made


async def driver_at(brand: BatteryBrand, at: MockModbusUnit) -> BatteryDriver:
    """Return the driver of what is found at a unit."""
    access = modbus_access(brand)
    found = await access.probe(at, LINK)
    return access.driver(at, found.config, now=lambda: NOW, link=LINK)


async def test_found_and_read(brand: BatteryBrand) -> None:
    """The registers of the page, by hand."""
    at = unit()
    found = await modbus_access(brand).probe(at, LINK)
    assert (found.config.identity.serial, found.soc_pct) == ("AC001234", 61.5)
    reading = await (await driver_at(brand, at)).read()
    assert (reading.soc_pct, reading.battery_power_w) == (61.5, -700)
    offline = brand.access.offline(found.config)
    assert offline is not None
    assert offline.capabilities.modes == {
        Mode.SELF_CONSUMPTION,
        *(mode for mode, _ in COMMANDS),
    }


async def test_what_goes_wrong(brand: BatteryBrand) -> None:
    """Each in the words of the protocols."""
    with pytest.raises(NotThisBrandError):
        await driver_at(brand, unit(b"XX001234"))
    at = unit()
    battery = await driver_at(brand, at)
    with pytest.raises(DeviceRefusedError):
        battery.writes_for(Command(Mode.LIMIT, 500, NOW), {}, {})
    with pytest.raises(DeviceRefusedError):
        await battery.write(Write("colour", 1))
    at.fail_requests(ModbusTimeoutError("silent"))
    with pytest.raises(DeviceUnreachableError):
        await battery.read()
    with pytest.raises(WrongUnitError):
        await driver_at(brand, at)
    at.fail_requests(None)
    at.holding.update(unit(b"AC009999").holding)
    for attempt in (battery.read(), battery.write(Write("mode", 1))):
        with pytest.raises(WrongDeviceError):
            await attempt
    assert at.holding[10] == 0


@dataclass
class Registers:
    """What is left of an Acme after a power cut: its registers."""

    at: MockModbusUnit = field(default_factory=unit)

    def settings(self) -> Settings:
        """Return how it is set."""
        return {
            str(address): int(str(self.at.holding[address])) for address in (10, 11)
        }


@pytest.mark.parametrize("before", [None, *COMMANDS])
@pytest.mark.parametrize("command", [*COMMANDS, (None, None)])
async def test_a_power_cut_after_every_write(
    brand: BatteryBrand,
    before: tuple[Mode, float | None] | None,
    command: tuple[Mode | None, float | None],
) -> None:
    """The owner has the battery back, from wherever it was cut off."""
    for cut_after in range(1, 6):
        left, journal, time = Registers(), MemoryJournal(), Time()
        owners = left.settings()
        first = await started(await driver_at(brand, left.at), journal, time)
        if before is not None:
            assert (await first.carry_out(order(time, *before))).good
            assert left.settings() != owners
        finished = False
        first.driver = Cutting(first.driver, cut_after)  # type: ignore[assignment]  # passes everything on
        try:
            assert (await first.carry_out(order(time, *command))).good
            finished = True
        except PowerCutError:
            pass
        again = await started(await driver_at(brand, left.at), journal, time)
        assert (await again.carry_out(order(time, None))).good
        assert left.settings() == owners
        if finished:
            return
    raise AssertionError("never ran to its end")
