"""Who knows a brand: its own module and the registry, and in texts and docs its users.

So adding one touches nothing else; docs/batteries/add-a-brand.md says how.
"""

import ast
from collections.abc import Iterator
import json
from pathlib import Path

import pytest

from custom_components.power_sync.devices.batteries import BRANDS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "custom_components" / "power_sync"
BATTERIES = PACKAGE / "devices" / "batteries"
REGISTRY = "devices/batteries/__init__.py"
KINDS_OF_THEIR_OWN = {
    "entities": {
        "bridges/entities.py",
        "flows/battery_entities.py",
        "flows/battery_entities_forms.py",
    },
    "tesla": {
        "bridges/tesla.py",
        "bridges/tesla_borrowed.py",
        "bridges/tesla_entries.py",
        "flows/battery_tesla.py",
    },
}
"""A kind of access has two lines of its own (docs/architecture.md): theirs."""


def named_in(path: Path, brand: str) -> bool:
    """Whether a file imports a brand's module, or has its key as a text.

    The name of a kind of access is no key of a brand, though it may be the same word.
    """
    return any(_is(node, path, brand) for node in ast.walk(_kinds_left_out(path)))


def _kinds_left_out(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.ClassDef) and node.name.endswith("Kind"))
    ]
    return tree


def _is(node: ast.AST, path: Path, brand: str) -> bool:
    if isinstance(node, ast.Constant):
        return node.value == brand
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return False
    if node.level:
        return path.parent == BATTERIES and node.module.split(".")[0] == brand
    return f"devices.batteries.{brand}" in {
        node.module.removeprefix("custom_components.power_sync."),
        ".".join(node.module.split(".")[2:5]),
    }


def knowing(brand: str) -> Iterator[str]:
    """Return the files outside of a brand's module that know it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        chargers = PACKAGE / "devices" / "chargers"
        if BATTERIES / brand in path.parents or chargers in path.parents:
            continue
        if named_in(path, brand):
            yield path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("brand", BRANDS)
def test_who_knows_it(brand: str) -> None:
    """The line in the registry does; beside it only what a kind of access has."""
    assert set(knowing(brand)) == {REGISTRY} | KINDS_OF_THEIR_OWN.get(brand, set())


def test_all_that_the_simulated_battery_is() -> None:
    """Its module, the line, and the words of its settings in the texts."""
    own = {path.name for path in (BATTERIES / "simulated").glob("*.py")}
    assert own == {"__init__.py", "cells.py", "day.py", "driver.py", "words.py"}
    texts = json.loads((PACKAGE / "translations" / "en.json").read_text("utf-8"))
    words = BRANDS["simulated"].words.values()
    assert {each.name for each in words} <= texts["selector"]["setting"][
        "options"
    ].keys()
    named = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"))
        if "imulated battery" in path.read_text(encoding="utf-8")
    }
    assert "docs/batteries/simulated.md" in named
