"""Run the demo: `python -m simulators.demo [--check]`."""

import argparse
import asyncio
from contextlib import suppress
from pathlib import Path
import signal
import sys

from .check import check
from .hass_process import HassProcessError
from .json_values import HassApiError
from .run import PASSWORD, ROOT, USER, DemoError, running_demo, set_up


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="A simulated home and a real Home Assistant that runs it.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="live through stops, kills and restarts without a person; exit 0 or 1",
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


async def _show(folder: Path) -> None:
    """Run until the user has seen enough."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _say("Starting a home and its Home Assistant …")
    async with running_demo(folder) as demo:
        await set_up(demo, live=True)
        _say(f"\n  {demo.hass.url}   user: {USER}   password: {PASSWORD}\n")
        _say("Ctrl+C ends everything.")
        await stop.wait()
        _say("\nStopping …")


async def _check(folder: Path) -> bool:
    async with running_demo(folder) as demo:
        return await check(demo)


def main() -> int:
    """Return the exit code."""
    arguments = _arguments()
    try:
        if arguments.check:
            return 0 if asyncio.run(_check(arguments.folder)) else 1
        with suppress(KeyboardInterrupt):
            asyncio.run(_show(arguments.folder))
    except (DemoError, HassApiError, HassProcessError) as err:
        _say(f"The demo ended early: {err}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
