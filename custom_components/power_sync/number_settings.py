"""The numbers over the site's settings, and the range of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower, UnitOfTime
from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .dear import dear_per_kwh
from .entity import Followed, SiteEntity
from .forcing import most_w
from .model.battery import Mode
from .settings import (
    LEAST_SPAN_PCT,
    LONGEST_WINDOW_H,
    LOWEST_EXPORT_LIMIT_W,
    LOWEST_IMPORT_LIMIT_W,
    LOWEST_POWER_W,
    MOST_SPIKE_PAID_PER_KWH,
    MOST_WEAR_PER_KWH,
    SHORTEST_WINDOW_H,
)
from .site import PowerSyncConfigEntry, Site
from .site_values import PER_MWH, answers_spikes, currency, watches_market

MOST_W: Final = 100_000.0
MOST_PER_MWH: Final = 30_000.0
"""The market has a cap, which rises each July: 20 300 in 2025-26."""
MOST_DEAR_PER_KWH: Final = 100.0
POWER_STEP_W: Final = 100.0

type Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class SettingNumberDescription(NumberEntityDescription):
    """Describe a number over the setting of that name.

    `range_fn` says between what it can be set now. With `top_is_no_limit` a
    setting of None is shown as the top of the range, and set by it; otherwise None
    is what `default_fn` says, else unknown. With `per_kwh` it is a price in
    the currency of the site's prices.
    """

    setting: str
    range_fn: Callable[[Site], Range]
    top_is_no_limit: bool = False
    per_kwh: bool = False
    exists_fn: Callable[[Site], bool] = lambda _: True
    default_fn: Callable[[Site], float | None] = lambda _: None
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


def _price(key: str, setting: str, most: float) -> SettingNumberDescription:
    """Return a price per kWh, in the currency of the prices."""
    return SettingNumberDescription(
        key=key,
        setting=setting,
        native_step=0.001,
        range_fn=lambda _: (0.0, most),
        per_kwh=True,
    )


def _spike(
    key: str, setting: str, range_fn: Callable[[Site], Range]
) -> SettingNumberDescription:
    """Return a wholesale price, where one is followed."""
    return SettingNumberDescription(
        key=key,
        setting=setting,
        native_unit_of_measurement=PER_MWH,
        native_step=1.0,
        range_fn=range_fn,
        exists_fn=watches_market,
    )


def _spike_floor_range(site: Site) -> Range:
    return _floor_pct(site), site.controller.limits.reserve_pct


def _usual_dear_per_kwh(site: Site) -> float | None:
    return dear_per_kwh(None, currency(site))


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
    _price("wear", "wear_per_kwh", MOST_WEAR_PER_KWH),
    _price("boost_offset", "boost_offset_per_kwh", 0.5),
    _price("boost_minimum", "boost_minimum_per_kwh", 1.0),
    _price("boost_threshold", "boost_threshold_per_kwh", 0.5),
    _price("chip_threshold", "chip_threshold_per_kwh", 2.0),
    _spike("spike_enter", "spike_enter_per_mwh", lambda _: (1.0, MOST_PER_MWH)),
    _spike(
        "spike_leave",
        "spike_leave_per_mwh",
        lambda site: (0.0, site.settings.spike_enter_per_mwh),
    ),
    SettingNumberDescription(
        key="spike_reserve",
        setting="spike_reserve_pct",
        native_unit_of_measurement=PERCENTAGE,
        native_step=1.0,
        range_fn=_spike_floor_range,
        top_is_no_limit=True,
        exists_fn=answers_spikes,
    ),
    replace(
        _price("spike_paid", "spike_paid_per_kwh", MOST_SPIKE_PAID_PER_KWH),
        exists_fn=answers_spikes,
    ),
    SettingNumberDescription(
        key="dear_charge",
        setting="dear_per_kwh",
        native_step=0.01,
        range_fn=lambda _: (0.01, MOST_DEAR_PER_KWH),
        per_kwh=True,
        default_fn=_usual_dear_per_kwh,
    ),
    SettingNumberDescription(
        key="cheapest_window_hours",
        setting="cheapest_window_h",
        device_class=NumberDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        native_step=0.5,
        range_fn=lambda _: (SHORTEST_WINDOW_H, LONGEST_WINDOW_H),
    ),
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
            if no_limit:
                return self.native_max_value
            value = self.entity_description.default_fn(self.site)
        if value is None:
            return None
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


class PriceNumber(SettingNumber):
    """A number per kWh, in the currency of the prices."""

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
        (PriceNumber if description.per_kwh else SettingNumber)(entry, description)
        for description in SETTING_NUMBERS
        if description.exists_fn(entry.runtime_data)
    ]
