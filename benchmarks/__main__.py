"""Run a benchmark by its name: `python -m benchmarks plan --json`."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
import json
import sys

from scripts.bare_package import install_bare_package

# The planner is measured as the pure Python it is, without Home Assistant.
install_bare_package()

# After the bare package is in place.
from benchmarks import home_assistant, load, planning, polling, year  # noqa: E402
from benchmarks.hold import run as hold  # noqa: E402

type Figures = Mapping[str, float | dict[str, float]]

BENCHMARKS: dict[str, Callable[[], Figures]] = {
    "hold": hold,
    "home": home_assistant.run,
    "load": load.run,
    "plan": planning.run,
    "poll": polling.run,
    "year": year.run,
}


def _flat(
    figures: Mapping[str, float | dict[str, float]],
) -> Iterator[tuple[str, float]]:
    """Yield each figure with its name, and with its home's where there are some."""
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value


def main() -> None:
    """Print the figures of one benchmark."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="year: 30 days of each")
    wanted = parser.parse_args()
    measure = BENCHMARKS[wanted.name]
    if wanted.quick:
        if wanted.name != "year":
            parser.error("only the year has a quick form")
        measure = partial(year.run, quick=True)
    figures = measure()
    if wanted.json:
        lines = [json.dumps(figures)]
    else:
        lines = [f"{name:40} {value:10.3f}" for name, value in _flat(figures)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
