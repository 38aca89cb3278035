"""What going live will write to each battery, in the words of its owner."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.control.controlled import Controlled
from custom_components.power_sync.decision import next_action
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import SettingWords
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    Settings,
    Write,
    shown,
)
from custom_components.power_sync.site import Site
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

type Texts = Mapping[str, str]


async def async_batteries_text(hass: HomeAssistant, site: Site) -> str:
    """Return a list of all batteries. Raises DeviceError where one is silent.

    Only reads from them.
    """
    texts: dict[str, str] = {}
    for category in ("selector", "entity"):
        texts |= await async_get_translations(
            hass, hass.config.language, category, {DOMAIN}
        )
    parts = [
        "\n".join(await _async_battery(site, battery, texts))
        for battery in site.controller.batteries.values()
    ]
    return "\n\n".join(parts)


async def _async_battery(site: Site, battery: Controlled, texts: Texts) -> list[str]:
    """Return the lines about one battery."""
    driver, record = battery.executor.driver, battery.executor.record
    present = await driver.read_settings()
    # What is still to be put back is not the owner's.
    owner = record.owner if record.held else driver.owner_settings(present)
    words = BRANDS[driver.identity.brand].words
    title = site.coordinators.batteries[battery.battery_id].title
    # In the order in which the brand names them; what it does not name comes last.
    keys = sorted(present, key=[*words, *sorted(present)].index)
    lines = [
        f"- {_name(texts, words, key)}: {value_text(texts, words.get(key), owner[key])}"
        for key in keys
        if owner.get(key) is not None
    ]
    if not lines:
        return [f"**{title}**", "", _word(texts, "go_live", "nothing")]
    following = _next_lines(site, battery, owner, present, texts)
    return [f"**{title}**", "", *lines, "", *following]


def _next_lines(
    site: Site, battery: Controlled, owner: Settings, present: Settings, texts: Texts
) -> Iterator[str]:
    """Yield what would be sent now, and what comes after that."""
    driver, command = battery.executor.driver, battery.lease.command
    yield f"{_word(texts, 'go_live', 'now')}: {_told(texts, command)}"
    words = BRANDS[driver.identity.brand].words
    writes: tuple[Write, ...] = ()
    if command is not None:
        with suppress(DeviceRefusedError):
            writes = driver.writes_for(command, owner, present)
    for write in writes:
        if present.get(write.setting) != write.value:
            name = _name(texts, words, write.setting)
            value = value_text(texts, words.get(write.setting), write.value)
            yield f"- {name}: {value}"
    if (following := next_action(site.controller, dt_util.utcnow())) is not None:
        when, mode = following
        yield ""
        yield (
            f"{_word(texts, 'go_live', 'next')}, "
            f"{dt_util.as_local(when):%H:%M}: {_mode(texts, mode)}"
        )


def _told(texts: Texts, command: Command | None) -> str:
    """Return a command as a text."""
    mode = _mode(texts, Mode.SELF_CONSUMPTION if command is None else command.mode)
    if command is None or command.power_w is None:
        return mode
    return f"{mode}, {command.power_w:.0f} W"


def _name(texts: Texts, words: Mapping[str, SettingWords], key: str) -> str:
    """Return what a setting is called; one without words has its own name."""
    return _word(texts, "setting", words[key].name) if key in words else key


def value_text(texts: Texts, words: SettingWords | None, value: object) -> str:
    """Return a setting's value as its owner knows it.

    A text can be a choice with a power behind it, as in `charge 3000`; what is no
    choice that has words is shown as it is.
    """
    if words is None:
        return str(shown(value))
    if not words.choices and isinstance(value, int | float):
        return f"{value * words.scale:.0f} {words.unit}"
    code, watts = value, ""
    if isinstance(value, str):
        code, _, watts = value.partition(" ")
    named = (choice for each, choice in words.choices.items() if each == code)
    choice = next(named, None)
    if choice is None:
        return str(shown(value))
    word = _word(texts, "setting_value", choice)
    return f"{word}, {watts} W" if watts else word


def _mode(texts: Texts, mode: Mode) -> str:
    key = f"component.{DOMAIN}.entity.sensor.current_action.state.{mode.value}"
    return texts.get(key, mode.value)


def _word(texts: Texts, group: str, key: str) -> str:
    return texts.get(f"component.{DOMAIN}.selector.{group}.options.{key}", key)
