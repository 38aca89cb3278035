"""Run a downloaded diagnostics file through planner and control once more.

Exit code: 0 where plan, decisions and writes are those that the file says, 1 where
they differ, 2 where the file cannot be read or is of another version.
"""

import argparse
from pathlib import Path
import sys

from scripts.bare_package import install_bare_package

# Planner and control are the pure Python they are, without Home Assistant.
install_bare_package()

from custom_components.power_sync.recording.errors import (  # noqa: E402 - after the bare package is in place
    RecordingError,
)
from custom_components.power_sync.recording.file import (  # noqa: E402 - as above
    read_file,
)
from custom_components.power_sync.recording.replay import (  # noqa: E402 - as above
    replay,
)
from custom_components.power_sync.recording.report import (  # noqa: E402 - as above
    report,
)

SAME, DIFFERENT, UNREADABLE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Replay one file, print what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/replay", description=__doc__)
    parser.add_argument("file", type=Path, help="a downloaded diagnostics file")
    parser.add_argument(
        "--slots", action="store_true", help="print each slot of the plan on its own"
    )
    wanted = parser.parse_args(arguments)
    try:
        recording = read_file(wanted.file)
    except RecordingError as err:
        sys.stderr.write(f"{err}\n")
        return UNREADABLE
    replayed = replay(recording)
    lines = report(recording, replayed, every_slot=wanted.slots)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return DIFFERENT if replayed.differences else SAME


if __name__ == "__main__":
    sys.exit(main())
