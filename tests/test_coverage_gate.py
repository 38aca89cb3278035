"""The gate of the coverage names what is short, and nothing else."""

import json
from pathlib import Path
import subprocess
import sys

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "check_coverage.py"
PACKAGE = "custom_components/power_sync"


def judged(
    folder: Path, covered: dict[str, tuple[int, int]]
) -> subprocess.CompletedProcess[str]:
    """Run the gate on a report: each module's covered lines, and all it has."""
    files = {
        path: {
            "summary": {"covered_lines": lines, "num_statements": of},
            "missing_lines": list(range(lines + 1, of + 1)),
        }
        for path, (lines, of) in covered.items()
    }
    report = folder / "coverage.json"
    report.write_text(json.dumps({"files": files}), encoding="utf-8")
    command = [sys.executable, str(SCRIPT), str(report)]
    return subprocess.run(  # noqa: S603 - a fixed command
        command, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("module", "lines", "passes"),
    [
        ("planner/plan.py", 95, True),
        ("planner/plan.py", 94, False),
        ("flows/battery.py", 100, True),
        ("flows/battery.py", 99, False),
        ("config_flow.py", 99, False),
        ("repairs.py", 99, False),
    ],
)
def test_a_module_has_a_limit(
    tmp_path: Path, module: str, lines: int, *, passes: bool
) -> None:
    """Each module needs 95 %; what users go through needs all of it."""
    result = judged(tmp_path, {f"{PACKAGE}/{module}": (lines, 100)})
    assert (result.returncode == 0) is passes
    assert (module in result.stderr) is not passes


def test_the_missing_lines_are_named(tmp_path: Path) -> None:
    """Only what is short is named, with the lines to go to."""
    result = judged(
        tmp_path, {f"{PACKAGE}/good.py": (10, 10), f"{PACKAGE}/bad.py": (8, 10)}
    )
    assert "bad.py: 80.0 % of 95 %, without line 9, 10" in result.stderr
    assert "good.py" not in result.stderr


def test_a_report_of_something_else_is_no_pass(tmp_path: Path) -> None:
    """A gate that measured nothing must not be green."""
    assert judged(tmp_path, {"tests/test_x.py": (1, 1)}).returncode == 1
    assert judged(tmp_path, {f"{PACKAGE}/__init__.py": (0, 0)}).returncode == 1
