"""A simulated Tesla account, and a driver of its first site."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from aiohttp import ClientSession

from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.devices.batteries.tesla import TESLA
from custom_components.power_sync.devices.batteries.tesla.access import (
    FoundSite,
    TeslaSiteApi,
)
from custom_components.power_sync.devices.batteries.tesla.client import (
    TeslaAccount,
    TeslaTokenSite,
)
from custom_components.power_sync.devices.batteries.tesla.content import tariff_of
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.devices.batteries.tesla.probe import probe
from custom_components.power_sync.model.battery import Command, Mode
from custom_components.power_sync.model.tariff import DayTariff
from simulators.home import Cells, SimulatedHome
from simulators.profile import constant
from simulators.tesla import TeslaSimulator, TeslaSite
from simulators.tesla.gateway import Told
from simulators.tesla.server import TOKEN
from tests.control.bench import MemoryJournal, Time

SITE_ID = "2252147638651"
PACK = Cells(capacity_kwh=13.5)
AFTERNOON = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)
OWNERS = tariff_of(
    code="GO",
    name="Octopus Go",
    utility="Octopus",
    currency="GBP",
    bought=[0.09 if slot < 10 else 0.28 for slot in range(48)],
    sold=[0.15] * 48,
)


def owners(**more: object) -> Told:
    """Return how the owner has set the site."""
    told = Told(tariff=dict(OWNERS))
    for name, value in more.items():
        setattr(told, name, value)
    return told


@dataclass
class Account:
    """A cloud with one site, its clock, and who asks it."""

    cloud: TeslaSimulator
    session: ClientSession
    time: Time
    journal: MemoryJournal

    @property
    def site(self) -> TeslaSite:
        """The site."""
        return self.cloud.site

    @property
    def api(self) -> TeslaSiteApi:
        """The way to it, with a token."""
        account = TeslaAccount(
            self.session, self.cloud.root, self.cloud.token, timeout_s=2.0
        )
        return TeslaTokenSite(account, SITE_ID)

    async def driver(self, api: TeslaSiteApi | None = None) -> TeslaBattery:
        """Set it up: probe it, and start a driver."""
        api = api or self.api
        found = await probe(api, FoundSite(SITE_ID, "My Home"))
        return self.again(TeslaBattery(api, found.config), api)

    def again(
        self,
        driver: TeslaBattery,
        api: TeslaSiteApi | None = None,
        zone: tzinfo | None = None,
    ) -> TeslaBattery:
        """Start a driver anew, in a home whose clock is in `zone`."""
        return TeslaBattery(
            api or self.api,
            driver._config,  # noqa: SLF001 - what is stored of it
            now=lambda: self.time.now,
            settle=timedelta(0),
            sleep=self.wait,
            zone=zone,
        )

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.time.now += timedelta(seconds=seconds)

    def pass_by(self, **parts: float) -> None:
        """Let time pass, and the gateway act."""
        self.time.now += timedelta(**parts)
        self.site.gateway.act()

    async def executor(self, driver: TeslaBattery) -> BatteryExecutor:
        """Start an executor from what the journal holds."""
        book = JournalBook(self.journal)
        await book.load()
        return BatteryExecutor(driver, {}, book, CommandLog(), self.time.clock())

    def order(
        self,
        mode: Mode | None,
        *,
        minutes: float = 60,
        by_user: bool = True,
        tariff: DayTariff | None = None,
    ) -> Order:
        """Return an order; None gives the battery back, or has it plan by a tariff."""
        until = self.time.now + timedelta(minutes=minutes)
        if tariff is not None:
            mode = Mode.SELF_CONSUMPTION
        command = None if mode is None else Command(mode, None, until, tariff)
        return Order(command=command, master="force", reason="test", by_user=by_user)

    def set_by(self) -> Told:
        """Return how the gateway is set now."""
        self.site.gateway.act()
        return self.site.gateway.told


@asynccontextmanager
async def tesla(  # noqa: PLR0913 - the parts of a home, by keyword
    *,
    told: Told | None = None,
    at: datetime = AFTERNOON,
    solar_w: float = 0.0,
    load_w: float = 800.0,
    cells: Cells | None = PACK,
    zone: str = "Europe/London",
    now: Callable[[], datetime] | None = None,
    cloud: type[TeslaSimulator] = TeslaSimulator,
    **site: object,
) -> AsyncIterator[Account]:
    """Run a cloud with one site, whose clock is `now` where there is one."""
    time = Time(at)

    class _Clock:
        def now(self) -> datetime:
            return time.now if now is None else now()

    home = SimulatedHome(
        _Clock(), constant(load_w, solar_w), cells=cells, rated_w=5000.0
    )
    one = TeslaSite(home, told or owners(), zone=zone, **site)  # type: ignore[arg-type]  # parts of it by name
    async with (
        cloud(_Clock(), [one], token=TOKEN) as running,
        ClientSession() as session,
    ):
        yield Account(running, session, time, MemoryJournal())


def told_of(account: Account) -> Mapping[str, object]:
    """Return all that the owner has set, to compare."""
    return vars(account.set_by()).copy()


__all__ = ["TESLA", "Account", "Outcome", "owners", "tesla", "told_of"]


async def everything_is_told(api: TeslaSiteApi, account: Account) -> None:
    """Set all that there is, and see that the gateway has it."""
    tariff = {**OWNERS, "code": "NEW"}
    await api.set_mode("autonomous")
    await api.set_reserve(35)
    await api.set_grid_charging(allowed=True)
    await api.set_export_rule("battery_ok")
    await api.set_storm_mode(enabled=True)
    await api.set_tariff(tariff)
    told = account.set_by()
    assert (told.mode, told.reserve_pct) == ("autonomous", 35)
    assert (told.grid_charging_off, told.export_rule) == (False, "battery_ok")
    assert (told.storm_mode, told.tariff) == (True, tariff)
