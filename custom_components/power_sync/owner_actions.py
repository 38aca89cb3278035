"""The owner's settings of batteries, as the user asks for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .control.controlled import Controlled, shares
from .control.log import Outcome
from .control.owner_settings import OwnerChange, OwnerValueError, set_owner
from .devices.batteries.brand import OwnerAction
from .forcing import Problem, async_raise_if, battery_name
from .model.battery import Mode, OwnerSetting
from .settings import LOWEST_EXPORT_LIMIT_W
from .site import Site

_DONE = (
    Outcome.FOLLOWED,
    Outcome.ALREADY,
    Outcome.DRY_RUN,
    Outcome.WHEN_GIVEN_BACK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSet:
    """What one battery's owner has now; `value` is in the unit of the setting."""

    serial: str
    name: str
    value: float | None
    outcome: Outcome


async def async_set_owner(
    site: Site, action: OwnerAction, value: float, batteries: Sequence[str]
) -> list[OwnerSet]:
    """Set what is the owner's; `value` is as the action takes it.

    Raises ServiceValidationError before the first write for what cannot be, and
    HomeAssistantError for what does not work now.
    """
    wanted = None if action.zero_is_none and value == 0 else value * action.scale
    if action.setting is OwnerSetting.EXPORT_LIMIT_W:
        _check_export_limit(site, wanted)
    changes = {
        serial: OwnerChange(action.setting, part)
        for serial, part in _parts(site, action, wanted, batteries).items()
    }
    try:
        outcomes = await set_owner(site.controller, changes)
    except OwnerValueError as err:
        raise _not_possible(site, action, err) from err
    names = {serial: battery_name(site, serial) for serial in changes}
    problems = [
        Problem(names[serial], "outcome", outcome)
        for serial, outcome in outcomes.items()
        if outcome not in _DONE
    ]
    await async_raise_if(site, problems, "setting_failed")
    return [
        OwnerSet(
            serial=serial,
            name=names[serial],
            value=changes[serial].value,
            outcome=outcome,
        )
        for serial, outcome in outcomes.items()
    ]


def _parts(
    site: Site, action: OwnerAction, value: float | None, batteries: Sequence[str]
) -> dict[str, float | None]:
    """Return each battery's value: its share of a power that they have together."""
    if value is None or not action.shared:
        return dict.fromkeys(batteries, value)
    charging = action.setting is OwnerSetting.MAX_CHARGE_W
    chosen = [site.controller.batteries[serial] for serial in batteries]
    mode = Mode.CHARGE if charging else Mode.DISCHARGE
    return {
        each.battery_id: _power_w(each, action.setting, value * share)
        for each, share in shares(chosen, mode)
    }


def _power_w(battery: Controlled, setting: OwnerSetting, power_w: float) -> float:
    """Return a battery's part; 0 is the least that it can be told instead."""
    allowed = battery.executor.driver.owner_range(setting)
    return power_w if power_w or allowed is None else allowed.least


def _check_export_limit(site: Site, value: float | None) -> None:
    """Refuse what was meant as kW, and more than was found on the inverter."""
    if value is not None and value < LOWEST_EXPORT_LIMIT_W:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="export_limit_too_low"
        )
    ceiling_w = site.settings.export_ceiling_w
    if ceiling_w is not None and (value is None or value > ceiling_w):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="export_above_ceiling",
            translation_placeholders={"ceiling": f"{ceiling_w:.0f}"},
        )


def _not_possible(
    site: Site, action: OwnerAction, err: OwnerValueError
) -> ServiceValidationError:
    battery = battery_name(site, err.battery_id)
    if err.allowed is None:
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="owner_setting_missing",
            translation_placeholders={"battery": battery},
        )
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="owner_value_out_of_range",
        translation_placeholders={
            "battery": battery,
            "least": f"{err.allowed.least / action.scale:g}",
            "most": f"{err.allowed.most / action.scale:g}",
        },
    )
