"""What a Powerwall tells, in the common signs.

The API has battery power positive while discharging and grid power while importing, as
PowerSync does; energies are in Wh. Some firmware leaves out level and energies.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import (
    BatteryReading,
    SettingValue,
)

from . import content, settings, tariff
from .access import Answer
from .owner import owners

PACK_KWH: Final = 13.5
"""The usable energy of one Powerwall, where a site tells only how many it has."""
PACK_W: Final = 5000.0
_HEALTH_MOST_PCT: Final = 130.0
"""New packs hold a tenth more than they are sold for; beyond, there are others."""
_POWERWALL_3: Final = "170"
"""How the part numbers of a Powerwall 3 begin, which is a gateway, too."""
STALE_AFTER: Final = timedelta(minutes=10)
"""The cloud goes on telling the last of a gateway that it has lost."""
_OFF_GRID: Final = frozenset(
    {"off_grid", "off_grid_intentional", "off_grid_unintentional"}
)
_RULE: Final = "customer_preferred_export_rule"
_NO_GRID_CHARGING: Final = "disallow_charge_from_grid_with_solar_installed"


def reading_of(live: Answer, info: Answer, at: datetime) -> BatteryReading:
    """Return what `live_status` says. Raises DeviceUnreachableError where it is old."""
    told = _moment(live.get("timestamp"))
    if told is not None and at - told > STALE_AFTER:
        raise DeviceUnreachableError("the gateway has not been heard of for a while")
    power_w = number(live, "battery_power")
    soc_pct = level_of(live)
    if power_w is None and soc_pct is None:
        raise DeviceUnreachableError("the cloud tells nothing of the battery")
    most_w = number(info, "nameplate_power") or None
    health = health_pct(live, info)
    return BatteryReading(
        at=at,
        soc_pct=soc_pct,
        battery_power_w=power_w,
        solar_power_w=_not_negative(number(live, "solar_power")),
        grid_power_w=number(live, "grid_power"),
        load_power_w=_not_negative(number(live, "load_power")),
        soh_pct=health,
        # What is left of the original capacity follows from the health.
        capacity_kwh=(
            capacity_kwh(live, info) if health is None else original_kwh(info)
        ),
        max_charge_w=most_w,
        max_discharge_w=most_w,
        islanded=_islanded(live),
        storm=_bool(live.get("storm_mode_active")),
        owner=owners(settings_of(info)),
        extra={
            "operation_mode": _text(info, "default_real_mode"),
            "backup_reserve_pct": number(info, "backup_reserve_percent"),
            "storm_mode_enabled": _flag(storm_mode_of(info)),
            "storm_mode_active": _flag(live.get("storm_mode_active")),
            "grid_services_w": number(live, "grid_services_power"),
        },
    )


def settings_of(info: Answer) -> dict[str, SettingValue]:
    """Return how a site is set. None stands for what is not told."""
    mode = _text(info, "default_real_mode")
    reserve = number(info, "backup_reserve_percent")
    components = _part(info, "components")
    rule = _text(components, _RULE) or _text(info, _RULE)
    if components.get("non_export_configured") is True:
        rule = settings.NEVER
    return {
        settings.MODE: mode if mode in settings.MODES else None,
        settings.RESERVE: None if reserve is None else round(reserve),
        settings.GRID_CHARGING: _grid_may_charge(components, info),
        settings.EXPORT_RULE: rule,
        settings.TARIFF: _tariff_of(info),
        settings.STORM: storm_mode_of(info),
    }


def _grid_may_charge(components: Answer, info: Answer) -> bool | None:
    """Return whether the grid may charge; None where no rule says so.

    A site with solar that does not tell its rule has none against it. Without solar
    there is no such rule, whatever is told: the grid may always charge.
    """
    solar = components.get("solar")
    refused = components.get(_NO_GRID_CHARGING, info.get(_NO_GRID_CHARGING))
    if solar is False or not isinstance(refused, bool):
        return True if solar is True else None
    return not refused


def _tariff_of(info: Answer) -> str | None:
    """Return the tariff; None where none is told, which is no word on there being one.

    Nobody can delete theirs.
    """
    told = tariff_in(info)
    return tariff.value_of(told) if told else None


def storm_mode_of(info: Answer) -> bool | None:
    """Return whether a site fills up before a storm; None where it cannot."""
    enabled = _part(info, "user_settings").get("storm_mode_enabled")
    able = _part(info, "components").get("storm_mode_capable")
    return enabled if able is True and isinstance(enabled, bool) else None


def tariff_in(info: Answer) -> Answer:
    """Return the tariff of a site, under its present name or the old one."""
    return _part(info, "tariff_content_v2") or content.in_present_shape(
        _part(info, "tariff_content")
    )


def currency_of(info: Answer) -> str:
    """Return the currency of the site's tariff; the empty text where it has none."""
    return _text(tariff_in(info), "currency") or ""


def zone_of(info: Answer) -> str | None:
    """Return the IANA name of the site's time zone."""
    return _text(info, "installation_time_zone")


def capacity_kwh(live: Answer, info: Answer) -> float | None:
    """Return the energy of all packs: as they are now, else as they were new."""
    present = number(live, "total_pack_energy")
    return present / 1000 if present else original_kwh(info)


def original_kwh(info: Answer) -> float | None:
    """Return the energy of all packs when they were new: as told, or by their count."""
    packs = number(info, "battery_count")
    told = number(info, "nameplate_energy")
    if told:
        return told / 1000
    return PACK_KWH * packs if packs else None


def health_pct(live: Answer, info: Answer) -> float | None:
    """Return what is left of the energy that all packs had; it may exceed 100.

    None where the nameplate leaves packs out.
    """
    present, original = number(live, "total_pack_energy"), original_kwh(info)
    if not present or not original:
        return None
    health = round(present / original / 10, 1)
    return health if health <= _HEALTH_MOST_PCT else None


def power_w(info: Answer) -> float:
    """Return the power of all packs: as told, or 5 kW of each."""
    told = number(info, "nameplate_power")
    return told or PACK_W * max(1.0, number(info, "battery_count") or 1.0)


def charge_w(info: Answer) -> float:
    """Return what the grid can charge all packs with: a Powerwall 3 takes 5 kW."""
    components = _part(info, "components")
    parts = [
        part
        for kind in ("batteries", "gateways")
        if isinstance(told := components.get(kind), list)
        for part in told
        if isinstance(part, dict)
    ]
    most_w = power_w(info)
    if not any(
        "Powerwall 3" in (_text(part, "part_name") or "")
        or (_text(part, "part_number") or "").startswith(_POWERWALL_3)
        for part in parts
    ):
        return most_w
    return min(most_w, PACK_W * max(1.0, number(info, "battery_count") or 1.0))


def packs_of(info: Answer) -> str:
    """Return what the packs are called, and how many there are."""
    batteries = _part(info, "components").get("batteries")
    named = [
        name
        for each in (batteries if isinstance(batteries, list) else ())
        if isinstance(each, dict) and (name := _text(each, "part_name"))
    ]
    count = round(number(info, "battery_count") or len(named) or 1)
    model = named[0] if named and named[0] != "Unknown" else "Powerwall"
    return model if count == 1 else f"{count} × {model}"  # noqa: RUF001 - "times"


def number(tree: Answer, key: str) -> float | None:
    """Return a number; None where it is none to believe."""
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def level_of(live: Answer) -> float | None:
    """Return the level in percent; some firmware tells only energies."""
    told = number(live, "percentage_charged")
    left, total = number(live, "energy_left"), number(live, "total_pack_energy")
    if told is None and left is not None and total:
        told = 100 * left / total
    return told if told is not None and 0 <= told <= settings.FULL else None


def _islanded(live: Answer) -> bool | None:
    island, grid = _text(live, "island_status"), _text(live, "grid_status")
    if island in _OFF_GRID:
        return True
    if island == "on_grid" or grid == "Active":
        return False
    return True if grid == "Inactive" else None


def _part(tree: Answer, key: str) -> Mapping[str, object]:
    value = tree.get(key)
    return value if isinstance(value, dict) else {}


def _text(tree: Answer, key: str) -> str | None:
    value = tree.get(key)
    return value if isinstance(value, str) and value else None


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _flag(value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _not_negative(value: float | None) -> float | None:
    return None if value is None else max(0.0, value)
