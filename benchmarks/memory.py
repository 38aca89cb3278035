"""How much memory a process holds that makes one plan and nothing else."""

from pathlib import Path
import resource
import sys

from benchmarks.homes import home
from custom_components.power_sync.planner import plan

_KB_PER_MB = 1024


def peak_mb() -> float:
    """Return the most memory that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / _KB_PER_MB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _KB_PER_MB / (_KB_PER_MB if sys.platform == "darwin" else 1)


def plan_once() -> None:
    """Print the peak memory after one plan, for a process of its own."""
    plan(home("wholesale"))
    sys.stdout.write(f"{peak_mb()}\n")
