"""The plan as a picture and in words."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
import logging
from pathlib import Path
import re
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from custom_components.power_sync.picture.palette import DARK, LIGHT
from homeassistant.components.recorder import history
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import translation
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from simulators.octopus import Fault, OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import IMPATIENT, NOON

from .conftest import SetUp, Wait, state_of, value_of

IMAGE = "image.powersync_plan"
WORDS = "sensor.powersync_plan_in_words"
THEME = "select.powersync_picture_theme"
DARK_ONLY = "@media (prefers-color-scheme:dark)"
MINUTE = timedelta(minutes=1)

type Look = Callable[[], Awaitable[str]]
type Client = Callable[[], Awaitable[TestClient]]  # type: ignore[type-arg]  # of any application


@pytest.fixture(autouse=True)
async def in_london(
    hass: HomeAssistant, with_custom_integrations: None
) -> AsyncIterator[None]:
    """Be where the tariff is, and keep the access log off a clock without a zone."""
    await hass.config.async_set_time_zone("Europe/London")
    logger = logging.getLogger("aiohttp.access")
    logger.disabled = True
    yield
    logger.disabled = False


@pytest.fixture
async def look(hass: HomeAssistant, hass_client: Client) -> Look:
    """Return what fetches the picture as a browser does."""

    async def async_look() -> str:
        client = await hass_client()
        answer = await client.get(state_of(hass, IMAGE).attributes["entity_picture"])
        assert answer.status == HTTPStatus.OK
        assert answer.content_type == "image/svg+xml"
        return await answer.text()

    return async_look


async def test_the_picture_is_served(
    hass: HomeAssistant, set_up: SetUp, look: Look
) -> None:
    """An SVG of the plan on the home's clock, in its currency."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up()
    svg = await look()
    assert svg.startswith("<svg")
    for text in (
        "The next 48 hours",
        "Planned at 13:00",
        "Price, p/kWh",
        "Reserve 10 %",
    ):
        assert f">{text}<" in svg
    assert value_of(hass, IMAGE) == NOON.isoformat()
    # Nothing has changed since, so nothing is drawn.
    with patch("custom_components.power_sync.image.draw_plan") as draw:
        assert await look() == svg
    draw.assert_not_called()


async def test_a_new_slot_is_a_new_picture(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, look: Look
) -> None:
    """With the plan of each slot, and once for both."""
    await set_up()
    before = await look()
    # Other states may change before the picture does.
    shown = value_of(hass, IMAGE)
    changes: list[str] = []

    @callback
    def note(event: object) -> None:
        changes.append(value_of(hass, IMAGE))

    hass.bus.async_listen("state_changed", note)
    await wait(5 * MINUTE + timedelta(seconds=2))
    await wait(timedelta(seconds=20))
    assert len(set(changes) - {shown}) == 1
    assert value_of(hass, IMAGE) > NOON.isoformat()
    assert await look() != before


@pytest.mark.parametrize("link", [IMPATIENT], ids=[""])
async def test_the_now_line_moves_without_a_new_plan(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    look: Look,
    sungrow: SungrowSimulator,
) -> None:
    """While planning fails the last plan is shown, and said to be old in the end."""
    await set_up()
    before = await look()
    sungrow.faults.silent = True
    await wait(5 * MINUTE + timedelta(seconds=20))
    after = await look()
    assert after != before
    assert ">Planned at 12:00<" in after
    assert "could not be renewed" not in after
    await wait(timedelta(minutes=65))
    assert "This plan could not be renewed" in await look()
    assert "could not be renewed" in state_of(hass, WORDS).attributes["text"]


async def test_no_prices_no_plan(
    hass: HomeAssistant, set_up: SetUp, look: Look, octopus: OctopusSimulator
) -> None:
    """The picture and the text say why there is none."""
    octopus.standing_fault = Fault(status=503)
    await set_up()
    svg = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", await look()))
    assert svg.startswith("No plan yet Electricity prices are not known yet.")
    assert value_of(hass, WORDS) == "unknown"
    text = state_of(hass, WORDS).attributes["text"]
    assert text.startswith("Electricity prices are not known yet.")


async def test_the_first_plan_is_on_its_way(
    hass: HomeAssistant, set_up: SetUp, octopus: OctopusSimulator
) -> None:
    """Until a plan has been tried for, nothing is said to be missing."""
    said: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.entity_id == WORDS:
            said.append(state.attributes.get("text", ""))

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    octopus.standing_fault = Fault(delay_s=1)
    await set_up()
    stop()
    assert said[0].startswith("The first plan is on its way.")
    assert "#### Today" in said[-1]


async def test_the_theme_is_chosen(
    hass: HomeAssistant, set_up: SetUp, look: Look, octopus: OctopusSimulator
) -> None:
    """At once, also for the picture that says why there is no plan, and for good."""
    entry = await set_up()
    planning = entry.runtime_data.coordinators.plan.planning
    assert value_of(hass, THEME) == "auto"
    assert DARK_ONLY in await look()
    for theme, ground in (("light", LIGHT["ground"]), ("dark", DARK["ground"])):
        await choose(hass, theme)
        svg = await look()
        assert f".f-ground{{fill:{ground}}}" in svg
        assert DARK_ONLY not in svg
    # The plan is only drawn anew, not made anew.
    assert entry.runtime_data.coordinators.plan.planning is planning
    octopus.standing_fault = Fault(status=503)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert value_of(hass, THEME) == "dark"
    svg = await look()
    assert "No plan yet" in svg
    assert f".f-ground{{fill:{DARK['ground']}}}" in svg
    assert DARK_ONLY not in svg
    await choose(hass, "auto")
    assert DARK_ONLY in await look()


async def choose(hass: HomeAssistant, theme: str) -> None:
    """Choose a theme, and have done what follows from it."""
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": THEME, "option": theme},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("link", [IMPATIENT], ids=[""])
async def test_no_battery_no_plan(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """A battery that does not answer is what is told first."""
    sungrow.faults.silent = True
    await set_up()
    text = state_of(hass, WORDS).attributes["text"]
    assert text.startswith("The battery cannot be read.")


async def test_no_load_no_plan(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prices and battery alone do not do. No simulated inverter hides its load."""
    monkeypatch.setattr(
        "custom_components.power_sync.site.Site.plan_inputs", lambda _: None
    )
    await set_up()
    text = state_of(hass, WORDS).attributes["text"]
    assert text.startswith("PowerSync does not know yet how much electricity")


async def test_the_plan_in_words(hass: HomeAssistant, set_up: SetUp) -> None:
    """What is planned now is the state; the text has the next steps."""
    await set_up()
    state = state_of(hass, WORDS)
    assert re.fullmatch(r"[A-Z][\w\- .\s]+ until \d\d:\d\d", state.state)
    lines = state.attributes["text"].splitlines()
    assert lines[0] == "#### Today"
    assert re.match(r"\*\*now.\d\d:\d\d\*\* [A-Z].*: .*\d\sp", lines[1])


async def test_what_else_holds_is_said(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, look: Look
) -> None:
    """Dry run, switched off, forced: a reader is not misled."""
    await set_up(dry_run=True)
    assert "Dry run: nothing is sent" in state_of(hass, WORDS).attributes["text"]
    assert "Dry run" in await look()
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.powersync_dry_run"}, blocking=True
    )
    await wait(timedelta(seconds=10))
    assert "Dry run" not in state_of(hass, WORDS).attributes["text"]
    assert "Dry run" not in await look()
    await hass.services.async_call(
        "power_sync", "force_charge", {"duration": 45}, blocking=True
    )
    await wait(timedelta(seconds=10))
    text = state_of(hass, WORDS).attributes["text"]
    assert "*Until 12:45 the battery does what you asked for." in text
    await hass.services.async_call("power_sync", "restore_normal", blocking=True)
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": "switch.powersync_automatic_control"},
        blocking=True,
    )
    text = state_of(hass, WORDS).attributes["text"]
    assert text.startswith("*Automatic control is off.")


async def test_a_plan_without_gain_is_said_to_be_so(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """The battery follows the home, and the reader learns that this is meant."""
    await set_up(grid_charging=False)
    made = (
        await hass.services.async_call(
            "power_sync", "get_plan", blocking=True, return_response=True
        )
        or {}
    )
    text = state_of(hass, WORDS).attributes["text"]
    assert ("There is nothing to gain" in text) is not made["accepted"]


async def test_another_language(
    hass: HomeAssistant,
    set_up: SetUp,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The texts are those of Home Assistant's language, its numbers too."""
    await set_up()
    load = translation._load_translations_files_by_language  # noqa: SLF001 - where files are read

    def with_german(files: dict[str, dict[str, Path]]) -> dict[str, dict[str, object]]:
        found = load(files)
        if "de" in files:
            found["de"]["power_sync"] = {
                "common": {
                    "decimal_mark": ",",
                    "picture_title": "Die nächsten 48 Stunden",
                }
            }
        return found

    monkeypatch.setattr(
        translation, "_load_translations_files_by_language", with_german
    )
    await hass.config.async_update(language="de")
    await hass.async_block_till_done()
    svg = await look()
    assert ">Die nächsten 48 Stunden<" in svg
    assert re.search(r">saves £\d+,\d\d<", svg)
    assert re.search(r"\d,\d\sp", state_of(hass, WORDS).attributes["text"])


async def test_the_text_is_not_recorded(
    hass: HomeAssistant, set_up: SetUp, frozen_time: FrozenDateTimeFactory
) -> None:
    """Only the short state is kept in the history."""
    await set_up()
    await async_wait_recording_done(hass)
    kept = await get_instance(hass).async_add_executor_job(
        history.get_significant_states,
        hass,
        NOON - MINUTE,
        dt_util.utcnow() + MINUTE,
        [WORDS],
    )
    assert kept[WORDS]
    for state in kept[WORDS]:
        assert isinstance(state, State)
        assert "text" not in state.attributes
