"""The pure side loads and plans without Home Assistant, numpy and scipy."""

from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).parents[2]
PURE = (
    "model",
    "planner",
    "prices",
    "forecast",
    "control",
    "ledger",
    "devices",
    "words",
    "picture",
    "recording",
)

PROGRAM = """
import importlib, sys

class Refuse:
    refused = {refused!r}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.refused:
            raise ImportError("refused: " + name)
        return None

sys.meta_path.insert(0, Refuse())
from scripts.bare_package import install_bare_package
install_bare_package()
for name in {names!r}:
    importlib.import_module(name)
{then}
loaded = {{name.split(".")[0] for name in sys.modules}} & set(Refuse.refused)
assert not loaded, loaded
"""
PLAN_ONCE = """
from benchmarks.homes import home
from custom_components.power_sync.planner import plan
assert plan(home("half_hourly")).accepted
"""


def modules(folder: str) -> list[str]:
    """Return the modules of a folder of the package, as they are imported."""
    base = ROOT / "custom_components" / "power_sync" / folder
    paths = [path.relative_to(ROOT).with_suffix("") for path in base.rglob("*.py")]
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


def run(names: list[str], refused: tuple[str, ...], then: str = "") -> None:
    """Import in a process of its own, and do `then`; both must succeed."""
    program = PROGRAM.format(names=names, refused=refused, then=then)
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_pure_side_needs_no_home_assistant() -> None:
    """Every module of the pure side loads alone."""
    names = [name for folder in PURE for name in modules(folder)]
    assert len(names) > len(PURE)
    run(names, ("homeassistant", "numpy", "scipy"))


def test_the_planner_is_standard_library_only() -> None:
    """The planner plans without any library."""
    names = modules("model") + modules("planner")
    run(names, ("homeassistant", "numpy", "scipy", "aiohttp"), PLAN_ONCE)


def test_the_finder_does_refuse() -> None:
    """The proof above can fail."""
    program = PROGRAM.format(names=["json"], refused=("json",), then="")
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode != 0
