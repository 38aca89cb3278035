"""The numbers over the site's settings, and the range of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower
from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .entity import Followed, SiteEntity
from .forcing import most_w
from .model.battery import Mode
from .settings import (
    LEAST_SPAN_PCT,
    LOWEST_EXPORT_LIMIT_W,
    LOWEST_IMPORT_LIMIT_W,
    LOWEST_POWER_W,
    MOST_WEAR_PER_KWH,
)
from .site import PowerSyncConfigEntry, Site
from .site_values import currency

MOST_W: Final = 100_000.0
POWER_STEP_W: Final = 100.0

type Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class SettingNumberDescription(NumberEntityDescription):
    """Describe a number over the setting of that name.

    `range_fn` says between what it can be set now. With `top_is_no_limit` a
    setting of None is shown as the top of the range, and set by it; otherwise None
    is unknown, and comes back only in the options.
    """

    setting: str
    range_fn: Callable[[Site], Range]
    top_is_no_limit: bool = False
    entity_category: EntityCategory | None = EntityCategory.CONFIG
    mode: NumberMode | None = NumberMode.BOX


def _floor_pct(site: Site) -> float:
    """Return the level at which the lowest battery itself stops."""
    floors = [reading.min_soc_pct or 0.0 for reading in site.readings.values()]
    return min(floors, default=0.0)


def _top_pct(site: Site) -> float:
    """Return the level to which the highest battery charges."""
    tops = [reading.max_soc_pct for reading in site.readings.values()]
    return max((top for top in tops if top is not None), default=100.0)


def _reserve_range(site: Site) -> Range:
    return _floor_pct(site), site.settings.max_soc_pct


def _lowest_range(site: Site) -> Range:
    return _floor_pct(site), site.settings.max_soc_pct - LEAST_SPAN_PCT


def _highest_range(site: Site) -> Range:
    settings = site.settings
    lowest = max(settings.reserve_pct, settings.min_soc_pct + LEAST_SPAN_PCT)
    return lowest, _top_pct(site)


def _power_range(mode: Mode) -> Callable[[Site], Range]:
    return lambda site: (
        LOWEST_POWER_W,
        most_w(site.controller.batteries.values(), mode),
    )


def _export_range(site: Site) -> Range:
    ceiling_w = site.settings.export_ceiling_w
    return 0.0, MOST_W if ceiling_w is None else ceiling_w


def _level(
    key: str, setting: str, range_fn: Callable[[Site], Range]
) -> SettingNumberDescription:
    return SettingNumberDescription(
        key=key,
        setting=setting,
        native_unit_of_measurement=PERCENTAGE,
        native_step=1.0,
        range_fn=range_fn,
    )


def _power(
    key: str,
    setting: str,
    range_fn: Callable[[Site], Range],
    *,
    top_is_no_limit: bool = False,
) -> SettingNumberDescription:
    return SettingNumberDescription(
        key=key,
        setting=setting,
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        native_step=POWER_STEP_W,
        range_fn=range_fn,
        top_is_no_limit=top_is_no_limit,
    )


WEAR: Final = SettingNumberDescription(
    key="wear",
    setting="wear_per_kwh",
    native_step=0.001,
    range_fn=lambda _: (0.0, MOST_WEAR_PER_KWH),
)
SETTING_NUMBERS: Final = (
    _level("reserve", "reserve_pct", _reserve_range),
    _level("lowest_level", "min_soc_pct", _lowest_range),
    _level("highest_level", "max_soc_pct", _highest_range),
    _power(
        "charge_limit",
        "charge_limit_w",
        _power_range(Mode.CHARGE),
        top_is_no_limit=True,
    ),
    _power(
        "discharge_limit",
        "discharge_limit_w",
        _power_range(Mode.DISCHARGE),
        top_is_no_limit=True,
    ),
    _power("import_limit", "import_limit_w", lambda _: (LOWEST_IMPORT_LIMIT_W, MOST_W)),
    _power("export_limit", "export_limit_w", _export_range),
    WEAR,
)


class SettingNumber(SiteEntity, NumberEntity):
    """A number over one of the site's settings."""

    entity_description: SettingNumberDescription

    @property
    @override
    def native_min_value(self) -> float:
        """The least that can be set now."""
        return self.entity_description.range_fn(self.site)[0]

    @property
    @override
    def native_max_value(self) -> float:
        """The most that can be set now."""
        least, most = self.entity_description.range_fn(self.site)
        return max(least, most)

    @property
    @override
    def native_value(self) -> float | None:
        """What is in force: within the range, as the batteries have it."""
        value: float | None = getattr(
            self.site.settings, self.entity_description.setting
        )
        if value is None:
            no_limit = self.entity_description.top_is_no_limit
            return self.native_max_value if no_limit else None
        return min(max(value, self.native_min_value), self.native_max_value)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it: it is in force at once."""
        description = self.entity_description
        if description.key == "export_limit" and 0 < value < LOWEST_EXPORT_LIMIT_W:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="export_limit_too_low"
            )
        no_limit = description.top_is_no_limit and value >= self.native_max_value
        await self.site.async_set(**{description.setting: None if no_limit else value})


class Wear(SettingNumber):
    """What a kWh out of the battery costs in wear, in the currency of the prices."""

    @property
    @override
    def followed(self) -> Followed:
        """Control, and prices, which have the currency."""
        return (*super().followed, self.site.coordinators.prices)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The unit; None before there are prices."""
        code = currency(self.site)
        return None if code is None else f"{code}/kWh"


def setting_numbers(entry: PowerSyncConfigEntry) -> list[SettingNumber]:
    """Return the numbers of a site."""
    return [
        (Wear if description is WEAR else SettingNumber)(entry, description)
        for description in SETTING_NUMBERS
    ]
