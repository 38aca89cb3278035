"""A file that a demo recorded replays to the same; one that was changed does not."""

from collections.abc import Callable
import gzip
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Any

import pytest

from custom_components.power_sync.recording.errors import RecordingError
from custom_components.power_sync.recording.file import read_file, recording_of
from custom_components.power_sync.recording.replay import replay
from custom_components.power_sync.recording.report import report

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "data" / "demo_diagnostics.json.gz"
ALONE = """
import sys
from scripts.replay_file import main
code = main(sys.argv[1:])
assert not any(name.split(".")[0] == "homeassistant" for name in sys.modules)
sys.exit(code)
"""

type Change = Callable[[dict[str, Any]], object]


def content() -> dict[str, Any]:
    """Return what the demo's file holds."""
    found: dict[str, Any] = json.loads(gzip.decompress(RECORDED.read_bytes()))
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the demo's file as a browser has saved it."""
    path = tmp_path / "config_entry-power_sync.json"
    path.write_text(json.dumps(content(), indent=2), encoding="utf-8")
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Replay in a process of its own, which must do without Home Assistant."""
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", ALONE, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_demo_replays_to_the_same(file: Path) -> None:
    """Plan, decision and writes, without Home Assistant."""
    done = run(str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The same as recorded." in done.stdout
    assert re.search(r"battery_1: .*, decided by plan because of \w+", done.stdout)
    assert re.search(r"saves \d+\.\d+", done.stdout)


def test_each_slot_can_be_printed() -> None:
    """One line for each of the 576, and the stretches are fewer."""
    recording = recording_of(content())
    replayed = replay(recording)
    stretches = list(report(recording, replayed))
    slots = list(report(recording, replayed, every_slot=True))
    assert len(slots) > 576 > len(stretches)


def test_the_file_is_small() -> None:
    """As Home Assistant writes it, with its indents."""
    assert len(json.dumps(content(), indent=2)) < 1_000_000


def cheaper(recording: dict[str, Any]) -> None:
    """Have the first prices be others."""
    run = recording["planning"]["inputs"]["curve"]["runs"][-1]
    run["import_per_kwh"] = re.sub(r"\d\.\d+", "0.01", run["import_per_kwh"])


def emptier(recording: dict[str, Any]) -> None:
    """Have the battery be emptier."""
    recording["planning"]["inputs"]["fleet"][0]["soc_pct"] = 12.0


def without_load(recording: dict[str, Any]) -> None:
    """Have nothing be known of the load."""
    recording["planning"]["inputs"]["load_history"]["runs"] = []
    recording["planning"]["inputs"]["recent_load_w"] = None


def odd_battery(recording: dict[str, Any]) -> None:
    """Have the battery be none that can be."""
    recording["planning"]["inputs"]["fleet"][0]["capacity_kwh"] = -1.0


def in_trouble(recording: dict[str, Any]) -> None:
    """Have the battery have had a fault."""
    recording["batteries"][0]["decision"]["view"]["trouble"] = "device_fault"


def other_owner(recording: dict[str, Any]) -> None:
    """Have the inverter have been in another mode."""
    run = recording["batteries"][0]["run"]
    run["found"] = {**run["found"], "ems_mode": 3, "forced_power_w": 77}
    run["wanted"] = []


def shorter(recording: dict[str, Any]) -> None:
    """Have the plan have had a slot less."""
    words = recording["planning"]["plan"]["words"]
    words["firm"] = words["firm"].rpartition(" ")[0]


def other_figures(recording: dict[str, Any]) -> None:
    """Have the plan have had a figure that this version does not have."""
    recording["planning"]["plan"]["figures"]["luck"] = 7


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (cheaper, "Plan: cost was"),
        (emptier, "Plan: soc_pct differs in"),
        (without_load, "There was a plan, and there is none now."),
        (odd_battery, "a figure cannot be planned with"),
        (in_trouble, "battery_1: it was"),
        (other_owner, "battery_1: the writes were"),
        (shorter, "Plan: firm had"),
        (other_figures, "its figures are not the same"),
    ],
)
def test_a_difference_is_told(change: Change, said: str) -> None:
    """What differs, in words."""
    changed = content()
    change(changed["data"]["recording"])
    recording = recording_of(changed)
    replayed = replay(recording)
    assert replayed.differences
    assert said in "\n".join(report(recording, replayed))


def test_what_had_not_happened_is_told() -> None:
    """A file from the first seconds of a home."""
    early = content()
    recording = early["data"]["recording"]
    recording["planning"] = None
    recording["batteries"][0] |= {"decision": None, "run": None, "config": None}
    found = recording_of(early)
    replayed = replay(found)
    assert replayed.differences == ()
    text = "\n".join(report(found, replayed))
    assert "No plan: prices or a readable battery were missing." in text
    assert "battery_1: nothing was decided yet" in text
    assert "what would be written is not known" in text


def test_a_brand_that_is_gone_is_no_failure() -> None:
    """What would be written is then not known."""
    other = content()
    battery = other["data"]["recording"]["batteries"][0]
    battery["config"]["identity"]["brand"] = "gone"
    assert replay(recording_of(other)).batteries[0].writes is None


def test_a_file_is_read(file: Path, tmp_path: Path) -> None:
    """Or it is said why not."""
    assert read_file(file) == recording_of(content())
    with pytest.raises(RecordingError, match="cannot be read"):
        read_file(tmp_path / "none.json")
    file.write_text("{", encoding="utf-8")
    with pytest.raises(RecordingError, match="no JSON"):
        read_file(file)


def test_a_packed_file_is_read(file: Path) -> None:
    """As `scripts/demo --diagnostics` saves it; a part of one is said to be so."""
    assert read_file(RECORDED) == recording_of(content())
    packed = RECORDED.read_bytes()
    for damaged in (packed[:-400], packed[:2] + b"no gzip", packed[:99] + b"\0" * 999):
        file.write_bytes(damaged)
        with pytest.raises(RecordingError, match="packed, and damaged"):
            read_file(file)


def test_the_sun_goes_without_the_name_of_its_source() -> None:
    """It may be any name that a user has given."""
    planning = recording_of(content()).planning
    assert planning is not None
    assert planning.inputs.solar is not None
    assert planning.inputs.solar.source == "solar"


def test_exit_codes(file: Path, tmp_path: Path) -> None:
    """1 where it differs, 2 where it cannot be read, with a clear message."""
    changed = content()
    emptier(changed["data"]["recording"])
    file.write_text(json.dumps(changed), encoding="utf-8")
    differs = run(str(file))
    assert differs.returncode == 1, differs.stderr
    assert "Different from what is recorded:" in differs.stdout
    changed["data"]["recording"]["schema"] = 99
    file.write_text(json.dumps(changed), encoding="utf-8")
    other = run(str(file))
    assert (other.returncode, other.stdout) == (2, "")
    assert "Replay it with that version" in other.stderr
    assert run(str(tmp_path / "none.json")).returncode == 2
    file.write_text("{", encoding="utf-8")
    assert "The file is no JSON." in run(str(file)).stderr
