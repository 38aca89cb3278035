"""Import the pure side the way it must stay importable: without Home Assistant."""

import importlib.util
from pathlib import Path
import sys
from types import ModuleType

PACKAGE = "custom_components.power_sync"
ROOT = Path(__file__).parent.parent


def install_bare_package() -> None:
    """Put the package into `sys.modules` without running its `__init__`.

    The plain import of a pure module would run the package's `__init__` and so
    load all of Home Assistant.
    """
    if importlib.util.find_spec("custom_components") is None:
        sys.path.insert(0, str(ROOT))
    package = ModuleType(PACKAGE)
    package.__path__ = [str(ROOT / "custom_components" / "power_sync")]
    sys.modules[PACKAGE] = package
