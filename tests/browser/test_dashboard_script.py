"""`scripts/dashboard --url` at a running Home Assistant."""

import os
import subprocess

from dashboard.__main__ import FILE, TOKEN
from simulators.demo.run import ROOT

from .household import Household
from .walk import Walk


def run(url: str, token: str) -> subprocess.CompletedProcess[str]:
    """Run the script as its help says."""
    return subprocess.run(  # noqa: S603 - our own script
        [ROOT / "scripts" / "dashboard", "--url", url],
        env={**os.environ, TOKEN: token},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_running_home_assistant(set_up: Walk, household: Household) -> None:
    """A home set up in English, nothing renamed, gives the file of the repository."""
    made = run(f"{household.url}/", household.access_token())
    assert made.returncode == 0, made.stderr
    assert made.stdout == FILE.read_text(encoding="utf-8")


def test_a_wrong_token(household: Household) -> None:
    """What is wrong is said in one line, without the token."""
    refused = run(household.url, "not-a-token")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("No dashboard was made: ")
    assert refused.stderr.count("\n") == 1
    assert "not-a-token" not in refused.stderr


def test_nobody_there() -> None:
    """An address where nothing listens is named."""
    gone = run("http://127.0.0.1:9", "any")
    assert gone.returncode == 1
    assert gone.stderr.startswith("No dashboard was made: http://127.0.0.1:9: ")
    assert gone.stderr.count("\n") == 1
