#!/usr/bin/env python3
"""Name each module that the tests cover too little of; exit 1 where there is one.

Reads the JSON report of `coverage` that `scripts/test` has made.
"""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import sys
from typing import Any

PACKAGE = "custom_components/power_sync/"
LEAST_PCT = 95.0
FLOWS = ("config_flow.py", "flows/", "repairs.py")
"""What users go through step by step is covered to the last line."""


def least_pct(module: str) -> float:
    """Return how much of a module has to be covered; its path is in the package."""
    return 100.0 if module.startswith(FLOWS) else LEAST_PCT


def shortfalls(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said of each module below its limit.

    A report without any module of the package was made of something else.
    """
    measured = 0
    for path, file in sorted(report["files"].items()):
        _, found, module = path.partition(PACKAGE)
        statements = file["summary"]["num_statements"]
        if not found or not statements:
            continue
        measured += 1
        covered_pct = 100 * file["summary"]["covered_lines"] / statements
        if covered_pct < least_pct(module):
            lines = ", ".join(map(str, file["missing_lines"]))
            yield (
                f"{module}: {covered_pct:.1f} % of {least_pct(module):.0f} %, "
                f"without line {lines}"
            )
    if not measured:
        yield "no module was measured"


def main() -> int:
    """Return the exit code."""
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    short = list(shortfalls(report))
    if short:
        sys.stderr.write("Too little is covered by the tests:\n")
        sys.stderr.writelines(f"  {line}\n" for line in short)
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
