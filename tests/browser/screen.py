"""What a person sees of a page, and what nobody should see there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Any, Final

from playwright.sync_api import Locator

SCRIPT: Final = (Path(__file__).parent / "screen.js").read_text(encoding="utf-8")

RAW: Final = (
    re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b"),  # a_key
    re.compile(r"\{\w*\}"),  # {a_placeholder}
    re.compile(r"\b[a-z_]+(?:\.[a-z_]+){2,}\b"),  # a.path.of.keys
    re.compile(r"\[%|%\]|\bundefined\b|\bNaN\b|\[object "),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: its key, and what is said about it."""

    name: str
    kind: str
    label: str
    description: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """What is seen.

    Attributes:
        kind: `form`, `menu`, `create-entry`, `abort` …; empty outside a dialogue.
        step: The key of the step, empty where it has none.
        text: All that is written, without what is typed in.
        errors: Field to error key.

    """

    kind: str
    step: str
    reason: str
    text: str
    fields: tuple[Field, ...]
    errors: Mapping[str, str]

    def untold(self) -> list[str]:
        """Return what a householder could not understand, empty when all is well."""
        found = [match.group() for raw in RAW for match in raw.finditer(self.text)]
        for field in self.fields:
            if not field.label or field.label == field.name:
                found.append(f"{field.name} has no label")
            if field.description not in " ".join(self.text.split()):
                found.append(f"the description of {field.name} is not shown")
            if not field.description:
                found.append(f"{field.name} has no description")
            found += [
                f"{field.name}: {choice}"
                for choice in field.choices
                if choice[:1].islower() or any(raw.search(choice) for raw in RAW)
            ]
        return [f"{self.step or self.kind}: {text}" for text in found]


def look_at(element: Locator) -> Screen:
    """Return what is seen of an element now."""
    seen: dict[str, Any] = element.evaluate(SCRIPT)
    step = seen["step"] or {}
    return Screen(
        kind=step.get("kind") or "",
        step=step.get("step_id") or "",
        reason=step.get("reason") or "",
        text=seen["text"],
        fields=tuple(
            Field(**{**field, "choices": tuple(field["choices"])})
            for field in seen["fields"]
        ),
        errors=step.get("errors") or {},
    )
