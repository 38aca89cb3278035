"""Checks of the repository itself: its descriptions agree, its borders hold."""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import subprocess
import tomllib

import pytest

from custom_components.power_sync.devices.batteries import BRANDS
from homeassistant.util.yaml import parse_yaml
from scripts import docs_tables, reference_tables

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / "power_sync"
PURE = (
    *("model", "prices", "forecast", "planner", "control", "devices"),
    *("ledger", "words", "picture"),
)
# Declarative tables may be longer.
TABLES = re.compile(r"(registers|tables?|models|tariffs)\.py$")
MAX_LINES = 400
# Spelt apart, so that this file does not find itself.
FORBIDDEN_PATHS = [
    re.compile(rf"(?<![\w./$}}{{:-])/{folder}/[A-Za-z0-9_.-]")
    for folder in ("work", "root", "tmp")
]
FORBIDDEN_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
    )
]
BINARY = {".png", ".gz", ".woff2", ".ico", ".jpg"}


def tracked_files() -> list[Path]:
    """Return the files that git has or would take: ignored ones are left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(  # noqa: S603 (a fixed command)
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """Yield the name and the content of each text file."""
    for path in tracked_files():
        if path.suffix not in BINARY:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def load_json(path: Path) -> dict[str, object]:
    """Return a JSON file's object."""
    content = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def section(content: dict[str, object], name: str) -> dict[str, object]:
    """Return a part of a JSON object, empty where it is missing."""
    part = content.get(name, {})
    assert isinstance(part, dict)
    return part


def imported_modules(path: Path) -> set[str]:
    """Return the absolute names of all that a module imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def test_the_manifest_says_what_home_assistant_asks_for() -> None:
    """The keys that hassfest asks of a custom integration are there, in order."""
    manifest = load_json(PACKAGE / "manifest.json")
    assert manifest["domain"] == PACKAGE.name
    required = {
        *("domain", "name", "codeowners", "documentation", "iot_class"),
        *("integration_type", "version", "issue_tracker", "config_flow"),
    }
    assert required <= manifest.keys()
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(keys[2:])]


def test_versions_agree() -> None:
    """The manifest, the project file and the changelog name the same version."""
    version = load_json(PACKAGE / "manifest.json")["version"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == version
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_hacs_finds_the_release() -> None:
    """The file that HACS downloads is the one that the release attaches."""
    hacs = load_json(ROOT / "hacs.json")
    assert hacs["zip_release"] is True
    workflow = ROOT / ".github" / "workflows" / "release.yml"
    name = str(hacs["filename"])
    assert f'gh release upload "$TAG" {name}' in workflow.read_text(encoding="utf-8")


def test_the_tests_have_what_modbus_needs() -> None:
    """The versions that the tests run with are exact."""
    lines = (ROOT / "requirements_test.txt").read_text(encoding="utf-8").splitlines()
    loose = [line for line in lines if line[:1].isalnum() and "==" not in line]
    assert loose == []


def test_every_action_is_described() -> None:
    """Each action has a text and an icon, and each of its fields a text."""
    described = parse_yaml((PACKAGE / "services.yaml").read_text(encoding="utf-8"))
    english = section(load_json(PACKAGE / "translations" / "en.json"), "services")
    icons = section(load_json(PACKAGE / "icons.json"), "services")
    assert isinstance(described, dict)
    assert described
    assert described.keys() == english.keys()
    assert described.keys() == icons.keys()
    for name, action in described.items():
        text = english[name]
        assert isinstance(text, dict)
        assert {"name", "description"} <= text.keys(), name
        assert field_names(action) == section(text, "fields").keys(), name


def field_names(action: dict[str, object] | None) -> set[str]:
    """Return the fields of an action, those in sections too."""
    names: set[str] = set()
    for name, field in section(action or {}, "fields").items():
        inner = field.get("fields") if isinstance(field, dict) else None
        names |= set(inner) if isinstance(inner, dict) else {name}
    return names


def test_texts_are_complete_sentences_of_their_own() -> None:
    """No text is empty, quotes a placeholder or has what only core resolves."""
    english = load_json(PACKAGE / "translations" / "en.json")
    wrong = [
        key
        for key, text in leaves(english)
        if not text.strip() or "[%key:" in text or "'{" in text or "://" in text
    ]
    assert wrong == []


def leaves(content: dict[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each leaf."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            assert isinstance(value, str), f"{prefix}{key}"
            yield f"{prefix}{key}", value


def test_entities_with_icons_have_names() -> None:
    """Each key in icons.json's entities stands in the translations too."""
    icons = section(load_json(PACKAGE / "icons.json"), "entity")
    english = section(load_json(PACKAGE / "translations" / "en.json"), "entity")
    left_over = {
        f"{platform}.{key}"
        for platform in icons
        for key in section(icons, platform).keys() - section(english, platform).keys()
    }
    assert left_over == set()


@pytest.mark.parametrize("room", PURE)
def test_the_pure_side_knows_no_home_assistant(room: str) -> None:
    """No module of a pure room imports Home Assistant or a room that does."""
    allowed = tuple(f"custom_components.power_sync.{name}" for name in PURE)
    modules = sorted((PACKAGE / room).rglob("*.py"))
    assert modules
    for module in modules:
        for name in imported_modules(module):
            where = f"{module.relative_to(PACKAGE)} imports {name}"
            assert name.partition(".")[0] != "homeassistant", where
            if name.startswith("custom_components"):
                assert name.startswith(allowed), where


def test_files_stay_readable() -> None:
    """No module is longer than one can review in a sitting; tables may be."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (*PACKAGE.rglob("*.py"), *(ROOT / "simulators").rglob("*.py"))
        if not TABLES.search(path.name)
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def test_no_path_of_a_developers_machine() -> None:
    """Nothing points to a folder that exists on one machine only."""
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        for pattern in FORBIDDEN_PATHS
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_no_package_registry_is_named() -> None:
    """Where packages come from is the machine's choice."""
    found = [
        f"{name}: {host}"
        for name, text in texts()
        for host in FORBIDDEN_HOSTS
        if host in text
    ]
    assert found == []


def test_scripts_stop_at_the_first_error() -> None:
    """Each script is executable, and a failing step ends it."""
    scripts = [ROOT / ".ci" / "run", *sorted((ROOT / "scripts").iterdir())]
    for script in scripts:
        if script.is_dir() or script.suffix == ".py" or script.name == "lib.sh":
            continue
        assert script.stat().st_mode & 0o100, f"{script.name} is not executable"
        lines = script.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("#!"), script.name
        if "bash" in lines[0]:
            assert "set -euo pipefail" in lines, script.name


def test_the_icon_is_what_home_assistant_shows() -> None:
    """The brand icon is a PNG of 256 by 256 pixels with transparency."""
    icon = (PACKAGE / "brand" / "icon.png").read_bytes()
    assert icon[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(icon[at : at + 4]) for at in (16, 20))
    colour_type = icon[25]
    assert (width, height) == (256, 256)
    assert colour_type == 6, "not RGBA"


@pytest.mark.parametrize("path", docs_tables.PLACES, ids=lambda path: path.name)
def test_tables_are_what_the_code_says(path: Path) -> None:
    """Whoever changes an entity, an action or a battery's modes runs scripts/docs."""
    assert docs_tables.with_tables(path) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "docs/batteries/README.md"])
def test_each_brand_is_named(name: str) -> None:
    """No brand is missing where a reader looks for their own."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [each.name for each in BRANDS.values() if each.name not in text] == []


def test_a_table_needs_a_place() -> None:
    """A document that has lost its marks is named as an error, not left stale."""
    with pytest.raises(ValueError, match="no place"):
        docs_tables.BATTERIES.put_into("# A page\n")


def test_the_reference_has_all_that_there_is() -> None:
    """Each entity and each action that has a text stands in the reference."""
    english = load_json(PACKAGE / "translations" / "en.json")
    listed = {
        f"{platform}.{each.key}"
        for platforms in reference_tables.DEVICES.values()
        for platform, described in platforms
        for each in described
    }
    named = section(english, "entity")
    assert listed == {
        f"{platform}.{key}" for platform in named for key in section(named, platform)
    }
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    missing = {
        name
        for name in section(english, "services")
        if f"power_sync.{name}`" not in text
    }
    assert missing == set()


def test_what_sensors_say_is_quoted_as_they_say_it() -> None:
    """The page that goes by what one sees has the words that one sees."""
    english = load_json(PACKAGE / "translations" / "en.json")
    sensors = section(section(english, "entity"), "sensor")
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    for name, key in (("Because", "because"), ("Outcome", "outcome")):
        states = section(section(sensors, key), "state").values()
        said = sorted(map(str, states), key=len, reverse=True)
        quoted = re.findall(rf"^\| \*{name}\*: ([^|]+) \|", text, re.MULTILINE)
        assert quoted
        for each in quoted:
            left = each
            for words in said:
                left = left.replace(words, "")
            assert left.strip(", ") == "", each


def test_each_repair_issue_is_explained() -> None:
    """The page that goes by what one sees quotes the title of each issue."""
    issues = section(load_json(PACKAGE / "translations" / "en.json"), "issues")
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    titles = [str(section(issues, key)["title"]) for key in issues]
    # What depends on the home is an ellipsis there.
    quoted = [re.sub(r"\{\w+\}", "…", title) for title in titles]
    assert [title for title in quoted if f'"{title}"' not in text] == []
