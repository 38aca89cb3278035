"""All that repair issues are about, done to running homes.

Two homes at once, because some problems are told only after a quarter of an hour: one
loses its inverter and its prices, the inverter of the other does not obey. Each issue
has to be seen with its text, and to be gone when its cause is.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
import sys
from time import monotonic
from typing import Final

from custom_components.power_sync.bridges.libraries import Library
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.issues import FOREIGN_CONTROL_BY
from custom_components.power_sync.model.battery import Mode
from simulators.home import InverterMode
from simulators.octopus.rates import AgileBook
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator

from .check import set_automatic
from .dialogues import DemoError
from .faults import another_program, damaged, in_the_way
from .homes import SIMULATED
from .issues import fix, issues, not_for_readers, shown
from .json_values import HassApiError
from .report import Report, until
from .run import Demo, add_battery, running_demo, set_up

FOLLOWED_WITHIN_S: Final = 90.0
SOON_S: Final = 180.0
"""For what is told after a few tries."""
LATE_S: Final = 18 * 60.0
"""For what is told after a quarter of an hour, or of ten minutes of leaving alone."""
FORCED_BY: Final[dict[str, InverterMode]] = {
    Mode.CHARGE: InverterMode.FORCED_CHARGE,
    Mode.DISCHARGE: InverterMode.FORCED_DISCHARGE,
}
"""In hours so cheap a battery is emptied, to be filled again."""
SOC_PCT: Final = 45.0
PRODUCT: Final = "AGILE-24-10-01"


async def check_repairs(folder: Path) -> bool:
    """Bring every issue about; return whether each was as it must be."""
    report = Report()
    await asyncio.gather(
        _lost(folder / "lost", report), _unruly(folder / "unruly", report)
    )
    report.say("all is well" if not report.failures else "it is not well")
    return not report.failures


@dataclass(frozen=True, slots=True)
class Watched:
    """A home that is live, and what is seen of its issues."""

    demo: Demo
    report: Report
    owners: Mapping[int, int]
    """What the owner has set."""

    async def raised(self, key: str, within_s: float) -> None:
        """Wait for an issue, and read it."""

        async def there() -> bool:
            return key in await self._issues()

        if not await until(there, within_s):
            self.report.judge(f"{key}: not raised in {within_s:.0f} s", good=False)
            return
        texts = await shown(self.demo.api, key)
        wrong = not_for_readers(texts)
        self.report.judge(
            f"{key}: raised: {' | '.join(texts)} {' '.join(wrong)}", good=not wrong
        )

    async def gone(self, key: str, within_s: float) -> None:
        """Wait until an issue is gone."""

        async def over() -> bool:
            return key not in await self._issues()

        good = await until(over, within_s)
        self.report.judge(f"{key}: gone when it is solved", good=good)

    async def follows(self) -> None:
        """Wait until the plan is followed: nothing is wrong then."""

        async def followed() -> bool:
            planned = await self.demo.state("controlled_by") == "plan"
            action = await self.demo.state("current_action")
            mode = self.demo.home.home.effective_mode
            return planned and action in FORCED_BY and mode is FORCED_BY[action]

        # Or it would be full after an hour, with nothing left to follow.
        self.demo.home.home.soc_pct = SOC_PCT
        good = await until(followed, FOLLOWED_WITHIN_S)
        left = ", ".join(await self._issues())
        self.report.judge(f"the plan is followed {left}", good=good and not left)

    async def given_back(self) -> None:
        """Switch automatic control off; the inverter is as its owner had set it."""
        await set_automatic(self.demo, on=False)

        async def owners() -> bool:
            return self.demo.home.inverter.settings() == self.owners

        good = await until(owners, SOON_S)
        self.report.judge("given back: the inverter is the owner's", good=good)
        await set_automatic(self.demo, on=True)
        await self.follows()

    async def act(self, action: str, **data: int) -> None:
        """Do what the user does; where it fails, that is what there is to see."""
        with suppress(HassApiError):
            await self.demo.api.call_action("power_sync", action, data)

    async def _issues(self) -> list[str]:
        return list(await issues(self.demo.api))


@asynccontextmanager
async def _live(folder: Path, report: Report) -> AsyncGenerator[Watched]:
    """Run a home that follows its plan."""
    async with running_demo(folder, port=0) as demo:
        owners = demo.home.inverter.settings()
        demo.home.feeds.make_this_hour_cheap(hours=2)
        await set_up(demo, live=True)
        watched = Watched(demo, report, owners)
        await watched.follows()
        yield watched


async def _lost(folder: Path, report: Report) -> None:
    """Lose the inverter, and the prices."""
    async with _live(folder, report) as home:
        demo = home.demo
        await demo.home.inverter.refuse_connections()
        await set_automatic(demo, on=False)
        await home.raised("restore_failing", SOON_S)
        await demo.home.inverter.accept_connections()
        await home.gone("restore_failing", SOON_S)
        await demo.home.inverter.refuse_connections()
        demo.home.feeds.octopus.standing_fault = Fault(status=503)
        # The prices of the day are known, and are kept until Home Assistant stops.
        await demo.hass.stop()
        await demo.start()
        await home.raised("prices_missing", LATE_S)
        demo.home.feeds.octopus.heal()
        await home.raised("device_unreachable", LATE_S)
        await demo.home.inverter.accept_connections()
        await home.gone("device_unreachable", SOON_S)
        await home.gone("prices_missing", LATE_S)
        await set_automatic(demo, on=True)
        await home.follows()


async def _unruly(folder: Path, report: Report) -> None:
    """Have an inverter that does not obey, and what else goes wrong at once."""
    async with _live(folder, report) as home:
        await _not_followed(home)
        await _wrong_device(home)
        await _not_writable(home)
        await _settings_lost(home)
        await _tariff_ends(home)
        await _foreign(home)
        await _library(home)


async def _not_followed(home: Watched) -> None:
    demo = home.demo
    await set_automatic(demo, on=False)
    demo.home.inverter.faults.ignore_all_writes = True
    await set_automatic(demo, on=True)
    await home.raised("command_not_followed", SOON_S)
    demo.home.inverter.faults.ignore_all_writes = False
    # It would be tried again within half an hour; the user does not wait.
    await home.act("force_charge", duration=30, power_w=2000)
    await home.gone("command_not_followed", SOON_S)
    await home.act("restore_normal")
    await home.follows()


async def _wrong_device(home: Watched) -> None:
    demo = home.demo
    await set_automatic(demo, on=False)
    inverter = demo.home.inverter
    if not isinstance(inverter, SungrowSimulator):
        raise DemoError("the home has another inverter")
    before = inverter.serial
    inverter.serial = "A2320599999"
    inverter.drop_connections()
    await home.raised("wrong_device", SOON_S)
    inverter.serial = before
    inverter.drop_connections()
    await home.gone("wrong_device", SOON_S)
    await set_automatic(demo, on=True)
    await home.follows()


async def _not_writable(home: Watched) -> None:
    await set_automatic(home.demo, on=False)
    with in_the_way(_journal(home.demo)):
        await home.act("force_charge", duration=30, power_w=2000)
        await set_automatic(home.demo, on=True)
        await home.raised("journal_not_writable", SOON_S)
    await home.gone("journal_not_writable", SOON_S)
    await home.act("restore_normal")
    await home.follows()


def _journal(demo: Demo) -> Path:
    return demo.hass.folder / ".storage" / f"power_sync.journal.{demo.entry_id}"


async def _settings_lost(home: Watched) -> None:
    demo = home.demo
    await demo.hass.stop()
    _journal(demo).write_text("{", encoding="utf-8")
    await demo.start()
    await home.raised("owner_settings_lost", SOON_S)
    await fix(demo.api, "owner_settings_lost")
    await home.gone("owner_settings_lost", SOON_S)
    await home.follows()


async def _tariff_ends(home: Watched) -> None:
    demo, products = home.demo, home.demo.home.feeds.octopus.products
    product = products[PRODUCT]
    ended = AgileBook(export=False, ends=datetime.now(UTC) - timedelta(days=4))
    products[PRODUCT] = replace(product, book=ended)
    cheap = demo.home.feeds.octopus.extra_rows.pop(PRODUCT)
    await demo.api.reload_entry(demo.entry_id)
    await home.raised("tariff_ended", SOON_S)
    products[PRODUCT] = product
    demo.home.feeds.octopus.extra_rows[PRODUCT] = cheap
    await demo.api.reload_entry(demo.entry_id)
    await home.gone("tariff_ended", SOON_S)
    await home.follows()


async def _library(home: Watched) -> None:
    """Have two batteries where what plans them together is damaged.

    The demo's Home Assistant installs nothing by itself.
    """
    demo = home.demo
    with damaged(demo.hass.libraries / "scipy"):
        await add_battery(demo, SIMULATED.battery(demo))
        await home.raised("library_missing", SOON_S)
        with suppress(HassApiError):
            await fix(demo.api, "library_missing")
        await home.raised("library_missing", SOON_S)
    if find_spec("scipy") is None:
        await _install(Library.SCIPY, demo.hass.libraries)
    await fix(demo.api, "library_missing")
    await home.gone("library_missing", SOON_S)


async def _install(library: Library, folder: Path) -> None:
    """Install a library alone: what it needs is there. Raises DemoError."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"),
        *("--target", str(folder), library.value.requirement),
    )
    if await process.wait() != 0:
        raise DemoError(f"{library.label} cannot be installed here either")


async def _foreign(home: Watched) -> None:
    """Have another integration force the battery; take it over when that has ended.

    It is told at once that something else controls the battery, and who that may be
    once it has come back after ten minutes of leaving it alone.
    """
    demo = home.demo
    async with another_program(demo):
        began = monotonic()

        async def left_alone() -> bool:
            return await demo.state("outcome") == Outcome.FOREIGN

        good = await until(left_alone, SOON_S)
        home.report.judge(
            f"something else controls the battery: said after "
            f"{monotonic() - began:.0f} s",
            good=good,
        )
        await home.raised(FOREIGN_CONTROL_BY, LATE_S)
    forced = demo.home.home.effective_mode
    await fix(demo.api, FOREIGN_CONTROL_BY)
    await home.gone(FOREIGN_CONTROL_BY, SOON_S)
    await home.follows()
    home.report.say(f"the other one left it in {forced}; that is over")
    await home.given_back()
