"""Run the demo: `python -m simulators.demo [--check]`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
import json
from pathlib import Path
import signal
import sys
from typing import Final

from .check import check
from .check_methods import check_methods
from .check_phases import check_phases
from .check_prices import check_prices
from .check_tariff import check_tariff
from .check_two import check_two
from .check_wishes import check_wishes
from .dashboard import show_dashboard
from .dialogues import DemoError
from .follow import check_following
from .hass_process import HassProcessError
from .hold import check_hold
from .homes import ELSEWHERE, HOLDS, HOMES, PHASES, SUNGROW, TARIFF, WISHES, Home
from .json_values import HassApiError
from .providers import elsewhere_in_words
from .recorded import save_diagnostics
from .repairs import check_repairs
from .run import (
    PASSWORD,
    ROOT,
    USER,
    Demo,
    add_household,
    addresses,
    running_demo,
    set_up,
)

FIRST_HOUR = """\
PowerSync is in a dry run, as in everyone's first hour: it plans, and writes nothing.
Look at Settings > Repairs, "PowerSync is ready: go live". It shows what PowerSync
would have saved in this home's last 30 days (known after a few seconds) and what it
would write to the battery; confirm it, and the battery follows the plan.
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="A simulated home and a real Home Assistant that runs it.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--check",
        action="store_true",
        help="live through stops, kills and restarts without a person; exit 0 or 1",
    )
    how.add_argument(
        "--check-repairs",
        action="store_true",
        help="bring every repair issue about and solve it, which takes half an hour; "
        "exit 0 or 1",
    )
    how.add_argument(
        "--empty",
        action="store_true",
        help="leave PowerSync to be set up; print the addresses as a line of JSON, "
        "and end when the standard input does",
    )
    how.add_argument(
        "--diagnostics",
        type=Path,
        metavar="FILE",
        help="save the diagnostics of a home that follows its plan (gzip), and end",
    )
    how.add_argument(
        "--list", action="store_true", help="name the homes there are, and end"
    )
    parser.add_argument(
        "--home",
        choices=HOMES,
        default=SUNGROW.key,
        metavar="HOME",
        help="which battery and provider the home has (default: %(default)s)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / ".demo",
        help="Home Assistant's configuration folder, made anew (default: .demo)",
    )
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command's output


def _stop_asked_for() -> asyncio.Event:
    """Return what is set when the user has seen enough."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _show(folder: Path, home: Home) -> None:
    """Run until the user has seen enough."""
    stop = _stop_asked_for()
    _say("Starting a home and its Home Assistant …")
    async with running_demo(folder, home=home) as demo:
        await set_up(demo, live=False, home=home)
        await show_dashboard(demo.api)
        _say(f"\n  {demo.hass.url}   user: {USER}   password: {PASSWORD}\n")
        _say(FIRST_HOUR)
        _say(elsewhere_in_words(demo.home.feeds))
        _say("Ctrl+C ends everything.")
        await stop.wait()
        _say("\nStopping …")


async def _empty(folder: Path) -> None:
    """Run a Home Assistant with all that PowerSync needs, and without it."""
    stop = _stop_asked_for()
    # Whoever started this may be killed, and then cannot end it.
    asyncio.get_running_loop().add_reader(sys.stdin, stop.set)
    # Any port: several may run beside each other.
    async with running_demo(folder, port=0) as demo:
        demo.home.feeds.make_this_hour_cheap()
        await add_household(demo)
        _say(json.dumps(addresses(demo)))
        await stop.wait()


_ALONE: Final[Mapping[str, Callable[[Demo, Home], Awaitable[bool]]]] = {
    HOLDS.key: check_methods,
    PHASES.key: check_phases,
    TARIFF.key: check_tariff,
    WISHES.key: check_wishes,
}
"""Homes that are there for one thing to be seen."""


async def _check(folder: Path, home: Home) -> bool:
    # Any port: one that another demo waits for might be taken during a restart.
    async with running_demo(folder, port=0, home=home) as demo:
        if (alone := _ALONE.get(home.key)) is not None:
            return await alone(demo, home)
        if home.car:
            return await check_hold(demo, home)
        if home.second is not None:
            return await check_two(demo, home)
        if home in ELSEWHERE:
            return await check_prices(demo, home)
        if home.seen_inside:
            return await check(demo, home)
        return await check_following(demo, home)


def main() -> int:
    """Return the exit code."""
    arguments = _arguments()
    home = HOMES[arguments.home]
    if arguments.list:
        _say("\n".join(f"{each.key:24} {each.title}" for each in HOMES.values()))
        return 0
    try:
        if arguments.diagnostics:
            asyncio.run(save_diagnostics(arguments.folder, arguments.diagnostics))
            return 0
        if arguments.check:
            return 0 if asyncio.run(_check(arguments.folder, home)) else 1
        if arguments.check_repairs:
            return 0 if asyncio.run(check_repairs(arguments.folder)) else 1
        with suppress(KeyboardInterrupt):
            if arguments.empty:
                asyncio.run(_empty(arguments.folder))
            else:
                asyncio.run(_show(arguments.folder, home))
    except (DemoError, HassApiError, HassProcessError) as err:
        _say(f"The demo ended early: {err}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
