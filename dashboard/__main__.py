"""Make the dashboard: `scripts/dashboard --help` says for whom."""

import argparse
import asyncio
from getpass import getpass
import json
import os
from pathlib import Path
import sys

from homeassistant.util.yaml import dump
from simulators.demo.json_values import HassApiError

from . import Site, build, english_site
from .sources import sites_at, sites_in

FILE = Path(__file__).parents[1] / "HA Dashboard" / "power_sync_dashboard_basic.yaml"
TOKEN = "HASS_TOKEN"  # noqa: S105 - the name of a variable
HEADER = """\
# A dashboard for PowerSync from Home Assistant's own cards.
#
# Settings → Dashboards → Add dashboard → New dashboard from scratch, open it,
# choose Edit, then Raw configuration editor in the menu, and paste this file.
# The entity ids are those that Home Assistant gives in English: for another
# language, or after renaming, scripts/dashboard makes the file for your home.
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/dashboard",
        description="Make the dashboard from the entities of a home. Without "
        "arguments, the file in the repository is written, which fits a set-up in "
        "English.",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--url",
        help="a running Home Assistant; its long-lived access token is taken from "
        f"the variable {TOKEN}, or asked for",
    )
    source.add_argument(
        "--config", type=Path, help="a configuration folder of Home Assistant"
    )
    parser.add_argument(
        "--output", type=Path, help="where to write (default: the terminal)"
    )
    return parser.parse_args()


def main() -> int:
    """Return the exit code."""
    arguments = _arguments()
    try:
        sites = _sites(arguments.url, arguments.config)
    except (HassApiError, OSError, KeyError, ValueError) as err:
        return _failed(str(err))
    if not sites:
        return _failed("PowerSync has no entities there")
    english = arguments.url is None and arguments.config is None
    output = arguments.output or (FILE if english else None)
    if output is None:
        print(written(sites), end="")  # noqa: T201 - a command's output
    else:
        output.write_text(written(sites), encoding="utf-8")
    return 0


def _sites(url: str | None, config: Path | None) -> list[Site]:
    if url is not None:
        token = os.environ.get(TOKEN) or getpass("Long-lived access token: ")
        return asyncio.run(sites_at(url, token))
    return [english_site()] if config is None else sites_in(config)


def _failed(why: str) -> int:
    print(f"No dashboard was made: {why}", file=sys.stderr)  # noqa: T201 - a command's output
    return 1


def written(sites: list[Site]) -> str:
    """Return the file to paste."""
    # What is the same in several places would be written as a reference to it.
    plain = json.loads(json.dumps(build(sites)))
    return HEADER + dump(plain)


if __name__ == "__main__":
    sys.exit(main())
