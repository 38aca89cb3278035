"""What the user asks for at once, checked before anything is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .control.controlled import Controlled
from .control.journal import JournalError
from .control.log import Outcome
from .control.owner_rules import forbidden
from .control.reasons import ControlReason
from .control.view import Master
from .model.battery import Command, Mode
from .site import Site

_WAITS = (ControlReason.TOO_DEAR, ControlReason.CAR_WOULD_TAKE)
_FORCED = (Mode.CHARGE, Mode.DISCHARGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """What one battery has been told.

    `power_w` is its part after the home's limits; None where the mode has none, and
    0 while a charge waits for a lower price, or a discharge for a charger to stop.
    """

    serial: str
    name: str
    power_w: float | None
    outcome: Outcome
    until: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a battery does not do what was asked: a state of a sensor of the home.

    `state` is None where nothing came of it that has a name.
    """

    battery: str
    sensor: str
    state: str | None


def battery_name(site: Site, serial: str) -> str:
    """Return what the user calls a battery; its serial where it has left the site."""
    coordinator = site.coordinators.batteries.get(serial)
    if coordinator is None:
        return serial
    return site.entry.subentries[coordinator.subentry_id].title


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user asks for at once; `power_w` is that of all batteries chosen.

    Without a power, charging and discharging take the one that the user has set,
    else the batteries' maximum. `into_car` is the user's word that a discharge may go
    into a car: while one charges it needs that.
    """

    mode: Mode
    duration: timedelta
    power_w: float | None = None
    into_car: bool = False


async def async_force(
    site: Site, asked: Asked, batteries: Sequence[str] | None = None
) -> list[Forced]:
    """Force batteries (default: all).

    Raises ServiceValidationError for what can never work, and HomeAssistantError
    where it does not work now.
    """
    mode, power_w = asked.mode, asked.power_w
    chosen = _chosen(site, batteries)
    _check_allowed(site, mode, chosen)
    if mode is Mode.DISCHARGE and not asked.into_car:
        _check_no_car(site)
    if power_w is None:
        power_w = _default_power_w(site, mode, chosen)
    else:
        _check_power(mode, power_w, chosen)
    try:
        answers = await site.controller.force(
            mode,
            power_w=power_w,
            duration=asked.duration,
            batteries=[battery.battery_id for battery in chosen],
            into_car=asked.into_car,
        )
    except JournalError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="not_stored"
        ) from err
    forced: list[Forced] = []
    problems: list[Problem] = []
    for battery in chosen:
        name = battery_name(site, battery.battery_id)
        _, outcome = answers[battery.battery_id]
        lease, command = battery.lease, battery.lease.command
        waits = lease.master is Master.FORCE and lease.reason in _WAITS
        as_asked = (lease.master, lease.mode) == (Master.FORCE, mode)
        if not waits and (command is None or not as_asked):
            # Something that ranks higher, or a mask, is in the way.
            problems.append(Problem(name, "because", lease.reason))
        elif outcome is None or not (outcome.good or outcome is Outcome.DRY_RUN):
            problems.append(Problem(name, "outcome", outcome))
        else:
            forced.append(
                Forced(
                    serial=battery.battery_id,
                    name=name,
                    power_w=0.0 if command is None else _power_w(battery, command),
                    outcome=outcome,
                    until=lease.until or dt_util.utcnow(),
                )
            )
    await async_raise_if(site, problems, "command_failed")
    return forced


def hold_mode(site: Site, batteries: Sequence[str] | None) -> Mode:
    """Return the mode in which the batteries (default: all) keep their charge.

    Where one of them cannot keep the sun's way in open, they rest.
    """
    able = [b.executor.driver.capabilities.modes for b in _chosen(site, batteries)]
    if all(Mode.NO_DISCHARGE in modes for modes in able):
        return Mode.NO_DISCHARGE
    rest = all(Mode.STANDBY in modes for modes in able)
    return Mode.STANDBY if rest else Mode.NO_DISCHARGE


async def async_restore_normal(
    site: Site, batteries: Sequence[str] | None = None
) -> None:
    """End what is forced and give batteries (default: all) back.

    Raises HomeAssistantError where one could not be given back yet.
    """
    answers = await site.controller.restore_normal(
        [battery.battery_id for battery in _chosen(site, batteries)]
    )
    problems = [
        Problem(battery_name(site, serial), "outcome", outcome)
        for serial, outcome in answers.items()
        if outcome is None or not outcome.good
    ]
    await async_raise_if(site, problems, "restore_failed")


async def async_replan(site: Site) -> None:
    """Make a new plan now. Raises HomeAssistantError where there is none to make."""
    await site.async_replan()
    if not site.coordinators.plan.last_update_success:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_inputs")


def most_w(batteries: Iterable[Controlled], mode: Mode) -> float:
    """Return the greatest power of batteries together, charging or discharging."""
    able = (battery.executor.driver.capabilities for battery in batteries)
    if mode is Mode.CHARGE:
        return sum(each.max_charge_w for each in able)
    return sum(each.max_discharge_w for each in able)


def least_w(batteries: Iterable[Controlled]) -> float:
    """Return the smallest forced power that batteries follow together."""
    return sum(
        battery.executor.driver.capabilities.min_power_w for battery in batteries
    )


def _chosen(site: Site, batteries: Sequence[str] | None) -> list[Controlled]:
    known = site.controller.batteries
    chosen = [known[serial] for serial in (known if batteries is None else batteries)]
    if not chosen:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_battery"
        )
    return chosen


def _check_allowed(site: Site, mode: Mode, chosen: list[Controlled]) -> None:
    limits = site.controller.limits
    if mode is Mode.CHARGE and not limits.grid_charging:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="grid_charging_not_allowed"
        )
    if mode is Mode.DISCHARGE and not limits.battery_export:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="battery_export_not_allowed"
        )
    for battery in chosen:
        if mode in forbidden(battery):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="owner_forbids",
                translation_placeholders={
                    "battery": battery_name(site, battery.battery_id)
                },
            )
        if mode not in battery.executor.driver.capabilities.modes:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="mode_not_supported",
                translation_placeholders={
                    "battery": battery_name(site, battery.battery_id)
                },
            )


def _check_no_car(site: Site) -> None:
    """Refuse a discharge that a car would take, unless nothing is held for cars."""
    controller = site.controller
    draws = controller.sight.cars.view(controller.clock.now()) is not None
    if draws and controller.hold is not None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="car_charges"
        )


def _check_power(mode: Mode, power_w: float, chosen: list[Controlled]) -> None:
    least = least_w(chosen) if mode in _FORCED else 0.0
    most = most_w(chosen, mode)
    # Written so that a power that is no number is refused too.
    if not least <= power_w <= most:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="power_out_of_range",
            translation_placeholders={"least": f"{least:.0f}", "most": f"{most:.0f}"},
        )


def _default_power_w(site: Site, mode: Mode, chosen: list[Controlled]) -> float | None:
    set_w = site.settings.force_power_w
    if mode not in _FORCED or set_w is None:
        return None
    return min(set_w, most_w(chosen, mode))


def _power_w(battery: Controlled, command: Command) -> float | None:
    if command.power_w is None and command.mode in _FORCED:
        return most_w([battery], command.mode)
    return command.power_w


def _words(problem: Problem, texts: Mapping[str, str]) -> str:
    """Return a problem as the state of its sensor reads."""
    if problem.state is None:
        return f"{problem.battery}: failed"
    key = f"component.{DOMAIN}.entity.sensor.{problem.sensor}.state.{problem.state}"
    return f"{problem.battery}: {texts.get(key, problem.state.replace('_', ' '))}"


async def async_raise_if(site: Site, problems: Sequence[Problem], key: str) -> None:
    """Raise HomeAssistantError where there are problems, in the user's language."""
    if not problems:
        return
    texts = await async_get_translations(
        site.hass, site.hass.config.language, "entity", {DOMAIN}
    )
    words = (_words(problem, texts) for problem in problems)
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"problems": ", ".join(words)},
    )
