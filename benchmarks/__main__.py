"""Run a benchmark by its name: `python -m benchmarks plan --json`."""

import argparse
from collections.abc import Callable
import json
import sys

from scripts.bare_package import install_bare_package

# The planner is measured as the pure Python it is, without Home Assistant.
install_bare_package()

# After the bare package is in place.
from benchmarks import home_assistant, planning, polling  # noqa: E402

BENCHMARKS: dict[str, Callable[[], dict[str, float]]] = {
    "home": home_assistant.run,
    "plan": planning.run,
    "poll": polling.run,
}


def main() -> None:
    """Print the figures of one benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args()
    figures = BENCHMARKS[wanted.name]()
    if wanted.json:
        lines = [json.dumps(figures)]
    else:
        lines = [f"{name:20} {value:10.3f}" for name, value in figures.items()]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
