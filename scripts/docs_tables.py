"""The tables in README and docs that are made from the code."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
import sys

from benchmarks.homes import home
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import (
    AccessKind,
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    Capabilities,
    Mode,
)
from custom_components.power_sync.planner import plan

from .reference_tables import action_tables, entity_tables, table

ROOT = Path(__file__).parents[1]
COLUMNS = {
    Mode.CHARGE: "charge",
    Mode.DISCHARGE: "discharge",
    Mode.NO_DISCHARGE: "hold",
    Mode.STANDBY: "standby",
    Mode.LIMIT: "limited",
}
POWER_W = 5000.0
CAPACITY_KWH = 13.5
REFERENCE = "half_hourly"
AS_SET_UP = "as set up"
"""Where it is the user who says what a battery can be told."""


def battery_table() -> str:
    """Return what each brand's batteries can be told, as Markdown."""
    heads = (
        *("battery", "reached over", *COLUMNS.values()),
        *("least power", "shortest stretch", "between commands"),
        *("returns to normal by itself", "settings in flash", "costs what it lacks"),
    )
    rows = []
    for brand in BRANDS.values():
        able = capabilities(brand)
        told = [AS_SET_UP] * (len(heads) - 2) if able is None else _cells(able)
        rows.append((brand.name, _access(brand), *told))
    return table(heads, rows)


def _cells(able: Capabilities) -> list[str]:
    expiry = able.device_expiry
    flash = len(able.flash_settings)
    return [
        *("yes" if mode in able.modes else "no" for mode in COLUMNS),
        f"{able.min_power_w:.0f} W" if able.min_power_w else "any",
        f"{able.slot_minutes} min",
        _span(able.min_interval) if able.min_interval else "any",
        f"after {_span(expiry)}" if expiry else "no",
        f"{flash}, at most {able.flash_writes_per_day} writes a day"
        if flash
        else "none",
        _lost(able),
    ]


def _access(brand: BatteryBrand) -> str:
    kind = brand.access.kind
    return "no device" if kind is AccessKind.NONE else kind.value.capitalize()


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes} min" if not seconds else f"{span.total_seconds():.0f} s"


def capabilities(brand: BatteryBrand) -> Capabilities | None:
    """Return what a battery of a brand can be told that serves all its settings.

    None where that is not known before a battery is set up.
    """
    driver = brand.access.offline(
        BatteryConfig(
            identity=BatteryIdentity(brand.key, "1", "any"),
            rated_power_w=POWER_W,
            capacity_kwh=CAPACITY_KWH,
            max_charge_w=POWER_W,
            max_discharge_w=POWER_W,
            settings=frozenset(brand.words),
        )
    )
    return None if driver is None else driver.capabilities


def _lost(able: Capabilities) -> str:
    """Return which part of the saving is lost by what cannot be told.

    Of the benchmark's home with half-hourly prices, over its two days.
    """
    problem = home(REFERENCE)
    battery = replace(problem.battery, min_power_kw=able.min_power_w / 1000)
    known = able.modes | {Mode.SELF_CONSUMPTION}
    all_of_it, ours = (
        plan(replace(problem, battery=each))
        for each in (
            replace(battery, modes=frozenset(Mode)),
            replace(battery, modes=known, slot_minutes=able.slot_minutes),
        )
    )
    possible = all_of_it.baseline_cost - all_of_it.cost
    lost = max(0.0, ours.cost - all_of_it.cost)
    return f"{100 * lost / possible:.1f} % of the saving"


@dataclass(frozen=True, slots=True)
class Tables:
    """What is made from the code, and the name of its place in a document."""

    name: str
    make: Callable[[], str]

    def put_into(self, text: str) -> str:
        """Return a document with it made anew. Raises ValueError without a place."""
        begin, end = f"<!-- {self.name}: scripts/docs -->", f"<!-- {self.name}: end -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"there is no place for the tables: {begin} … {end}")
        return f"{before}{begin}\n\n{self.make()}\n\n{end}{after}"


BATTERIES = Tables("batteries", battery_table)
DOCS = ROOT / "docs"
PLACES = {
    ROOT / "README.md": (BATTERIES,),
    DOCS / "batteries" / "README.md": (BATTERIES,),
    DOCS / "reference.md": (
        Tables("entities", entity_tables),
        Tables("actions", action_tables),
    ),
}


def with_tables(path: Path) -> str:
    """Return a document with all of its tables made anew."""
    text = path.read_text(encoding="utf-8")
    for tables in PLACES[path]:
        text = tables.put_into(text)
    return text


def main() -> int:
    """Return the exit code."""
    stale = []
    for path in PLACES:
        made = with_tables(path)
        if made != path.read_text(encoding="utf-8"):
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(made, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"Run scripts/docs: {', '.join(stale)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
