#!/usr/bin/env python3
"""Print the Python packages that a list of Home Assistant integrations needs.

Home Assistant installs an integration's requirements when it first loads it.
Where that is not wanted (`hass --skip-pip`) they have to be there beforehand.
This reads the manifests of the installed `homeassistant` package and of a folder
of custom integrations. As Home Assistant's own requirements manager does, it
follows `dependencies` and `after_dependencies`: some modules import those.

    ha_requirements.py [--defaults] [--custom FOLDER] [DOMAIN ...]

The output is one requirement per line, sorted, fit for `uv pip install -r`.
"""

import argparse
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
import json
from pathlib import Path
import sys

type Manifest = dict[str, list[str]]

# What bootstrap loads without being asked. The sets are Home Assistant's own, so
# that a new version brings its new defaults along.
BOOTSTRAP_SETS = ("CORE_INTEGRATIONS", "DEFAULT_INTEGRATIONS", "FRONTEND_INTEGRATIONS")
# Loaded early by bootstrap as part of larger sets whose other members are optional.
EARLY = frozenset({"logger", "network", "system_log"})


class UnknownDomainError(Exception):
    """An integration is neither in Home Assistant nor in the custom folder."""


def components_folder() -> Path:
    """Return the folder of Home Assistant's own integrations."""
    spec = find_spec("homeassistant")
    if spec is None or spec.origin is None:
        message = "the homeassistant package is not installed"
        raise UnknownDomainError(message)
    return Path(spec.origin).parent / "components"


def default_domains() -> set[str]:
    """Return the integrations that Home Assistant loads without being asked."""
    bootstrap = import_module("homeassistant.bootstrap")
    return set(EARLY).union(*(getattr(bootstrap, name) for name in BOOTSTRAP_SETS))


def read_manifest(domain: str, folders: Iterable[Path]) -> Manifest:
    """Return the lists of a manifest; the first folder that has it wins."""
    for folder in folders:
        path = folder / domain / "manifest.json"
        if path.is_file():
            content = json.loads(path.read_text(encoding="utf-8"))
            return {key: v for key, v in content.items() if isinstance(v, list)}
    message = f"no integration {domain!r}"
    raise UnknownDomainError(message)


def requirements(domains: Iterable[str], folders: Iterable[Path]) -> set[str]:
    """Return the requirements of the domains and of all they depend on."""
    found: set[str] = set()
    seen: set[str] = set()
    folders = tuple(folders)
    waiting = list(domains)
    while waiting:
        domain = waiting.pop()
        if domain in seen:
            continue
        seen.add(domain)
        manifest = read_manifest(domain, folders)
        found.update(manifest.get("requirements", ()))
        waiting += manifest.get("dependencies", ())
        waiting += manifest.get("after_dependencies", ())
    return found


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("domains", nargs="*", metavar="DOMAIN")
    parser.add_argument(
        "--defaults", action="store_true", help="add what always is loaded"
    )
    parser.add_argument(
        "--custom", type=Path, metavar="FOLDER", help="custom_components"
    )
    options = parser.parse_args()
    custom: list[Path] = [options.custom] if options.custom else []
    try:
        folders = [*custom, components_folder()]
        domains = {*options.domains, *(default_domains() if options.defaults else ())}
        lines = sorted(requirements(domains, folders))
    except UnknownDomainError as err:
        sys.stderr.write(f"{err}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
