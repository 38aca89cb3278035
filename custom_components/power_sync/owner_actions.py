"""The owner's settings of batteries, as the user asks for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from homeassistant.exceptions import ServiceValidationError

from .const import DOMAIN
from .control.controlled import Controlled, shares
from .control.log import Outcome
from .control.owner_rules import rules_after
from .control.owner_settings import OwnerChange, OwnerValueError, set_owner
from .devices.batteries.brand import OwnerAction
from .entity import BatteryEntity
from .forcing import Problem, async_raise_if, battery_name
from .model.battery import Mode, OwnerChoice, OwnerRange, OwnerSetting, OwnerValue
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
    value: OwnerValue
    outcome: Outcome


async def async_set_owner(
    site: Site, action: OwnerAction, value: OwnerValue, batteries: Sequence[str]
) -> list[OwnerSet]:
    """Set what is the owner's; `value` is as the action takes it, or one of choices.

    Raises ServiceValidationError before the first write for what cannot be, and
    HomeAssistantError for what does not work now.
    """
    return await _async_set_each(site, action, _wanted(site, action, value, batteries))


async def _async_set_each(
    site: Site, action: OwnerAction, values: Mapping[str, OwnerValue]
) -> list[OwnerSet]:
    """Set what each battery's setting is to be, in the unit of the setting."""
    if action.setting is OwnerSetting.EXPORT_LIMIT_W:
        for value in values.values():
            _check_export_limit(site, value)
    changes = {
        serial: OwnerChange(action.setting, part) for serial, part in values.items()
    }
    try:
        outcomes = await set_owner(site.controller, changes)
    except OwnerValueError as err:
        raise _not_possible(site, action, err) from err
    for serial in changes:
        await site.coordinators.batteries[serial].async_refresh()
    await _keep_rules(
        site,
        {
            serial: changes[serial]
            for serial, outcome in outcomes.items()
            if outcome in _DONE and outcome is not Outcome.DRY_RUN
        },
    )
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


async def _keep_rules(site: Site, changes: Mapping[str, OwnerChange]) -> None:
    """Note which rules batteries have been given, and have the plan keep to them."""
    rules = dict(site.settings.owner_rules)
    for serial, change in changes.items():
        subentry_id = site.coordinators.batteries[serial].subentry_id
        before = rules.pop(subentry_id, [])
        if kept := rules_after(before, change.setting, change.value):
            rules[subentry_id] = kept
    if rules != site.settings.owner_rules:
        await site.async_set(owner_rules=rules)
    elif changes:
        site.async_replan_soon()


async def async_forget_rule(
    site: Site, setting: OwnerSetting, batteries: Sequence[str]
) -> None:
    """Take back the owner's word on a rule: its value stays, as if it had been found.

    Raises ServiceValidationError for a battery that does not have it.
    """
    rules = dict(site.settings.owner_rules)
    for serial in batteries:
        if (
            site.controller.batteries[serial].executor.driver.owner_range(setting)
            is None
        ):
            raise _missing(battery_name(site, serial))
        subentry_id = site.coordinators.batteries[serial].subentry_id
        left = [each for each in rules.pop(subentry_id, []) if each is not setting]
        rules |= {subentry_id: left} if left else {}
    await site.async_set(owner_rules=rules)


async def async_set_one(
    entity: BatteryEntity, action: OwnerAction, value: OwnerValue
) -> None:
    """Set what is the owner's of the battery of an entity, in the setting's unit."""
    values = {entity.coordinator.battery_id: value}
    await _async_set_each(entity.site, action, values)


def _wanted(
    site: Site, action: OwnerAction, value: OwnerValue, batteries: Sequence[str]
) -> Mapping[str, OwnerValue]:
    """Return what each battery's setting is to be. Raises ServiceValidationError."""
    if action.options is not None or isinstance(value, str | None):
        return dict.fromkeys(batteries, value)
    wanted = None if action.zero_is_none and value == 0 else value * action.scale
    return _parts(site, action, wanted, batteries)


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
    return power_w if power_w or not isinstance(allowed, OwnerRange) else allowed.least


def _check_export_limit(site: Site, value: OwnerValue) -> None:
    """Refuse what was meant as kW, and more than was found on the inverter."""
    if isinstance(value, str):
        return
    if value is not None and 0 < value < LOWEST_EXPORT_LIMIT_W:
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
        return _missing(battery)
    if isinstance(err.allowed, OwnerChoice):
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="owner_value_not_offered",
            translation_placeholders={
                "battery": battery,
                "options": ", ".join(str(each) for each in err.allowed.options),
            },
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


def _missing(battery: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="owner_setting_missing",
        translation_placeholders={"battery": battery},
    )
