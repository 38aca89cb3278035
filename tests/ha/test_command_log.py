"""The command log as users see it: kept, told, and readable in the logbook."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
import json
from pathlib import Path
import re
import stat
import threading
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    async_capture_events,
)
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from custom_components.power_sync.bridges import kept
from custom_components.power_sync.command_log import EVENT_COMMAND
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.control.log import LogEntry, Outcome
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.devices.batteries.actions import OPERATION_MODE
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    OwnerSetting,
    OwnerValue,
)
from homeassistant.components.logbook.processor import EventProcessor
from homeassistant.components.recorder import history
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.helpers.storage import Store
from homeassistant.setup import async_setup_component
from simulators.home import Cells, SimulatedHome
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, SERIAL, HassClock

from .conftest import ENTRY_ID, SetUp, Wait, state_of
from .test_services import call, device_id, run
from .test_texts import TEXTS

MINUTE = timedelta(minutes=1)
LAST = "sensor.powersync_last_command"
SLOW_S = 20
"""How long a disk that is held up waits for the word to go on."""


def log_path(hass: HomeAssistant) -> Path:
    """Return the file of the log."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.command_log.{ENTRY_ID}"))


def outcomes(entries: Sequence[dict[str, Any]]) -> list[str]:
    """Return what came of commands."""
    return [entry["outcome"] for entry in entries]


def entry_of(
    outcome: Outcome, command: Command | None = None, **changes: str
) -> LogEntry:
    """Return an entry of the plan for our battery."""
    known: dict[str, Any] = {
        "battery_id": SERIAL,
        "master": "plan",
        "reason": "balanced",
        **changes,
    }
    return LogEntry(
        at=NOON, command=command, writes=(), read_back={}, outcome=outcome, **known
    )


async def test_the_last_command_is_shown(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """When, what, why, what was sent, what was read back, and what came of it."""
    await set_up()
    await run(hass, "force_charge", power_w=2000, duration=30)
    state = state_of(hass, LAST)
    assert state.state == NOON.isoformat()
    shown = dict(state.attributes)
    assert {
        key: shown[key]
        for key in ("battery", "mode", "power_w", "master", "reason", "outcome")
    } == {
        "battery": "Sungrow SH10RT",
        "mode": "charge",
        "power_w": 2000,
        "master": "force",
        "reason": "user_request",
        "outcome": "followed",
    }
    assert (shown["dry_run"], shown["error"]) == (False, None)
    assert "forced_power_w = 2000" in shown["sent"]
    assert "forced_power_w = 2000" in shown["read_back"]
    assert SERIAL not in str(shown)
    await run(hass, "restore_normal")
    assert state_of(hass, LAST).attributes["mode"] == "given_back"
    assert state_of(hass, LAST).attributes["power_w"] is None
    await async_wait_recording_done(hass)
    recorded = await get_instance(hass).async_add_executor_job(
        history.state_changes_during_period, hass, NOON - MINUTE, NOON + MINUTE, LAST
    )
    stored = recorded[LAST][-1].attributes
    assert stored["mode"] == "given_back"
    assert stored.keys() & {"sent", "read_back"} == set()


async def test_a_dry_run_is_marked(hass: HomeAssistant, set_up: SetUp) -> None:
    """It says what would have been sent, and that it was not."""
    await set_up(dry_run=True)
    await run(hass, "force_charge", power_w=2000)
    shown = state_of(hass, LAST).attributes
    assert (shown["dry_run"], shown["outcome"]) == (True, "dry_run")
    assert "forced_power_w = 2000" in shown["sent"]
    assert shown["read_back"] == []


async def test_events(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator, wait: Wait
) -> None:
    """Each entry is told once, with the device, and without a serial number."""
    await set_up()
    told = async_capture_events(hass, EVENT_COMMAND)
    await run(hass, "force_charge", power_w=2000, duration=30)
    (event,) = told
    (last,) = (await call(hass, "get_command_log", limit=1))["entries"]
    assert event.data == {
        "config_entry_id": ENTRY_ID,
        "device_id": device_id(hass, SERIAL),
        **last,
    }
    assert SERIAL not in str(event.data)
    # What fails over and over is one entry, so one event.
    await sungrow.refuse_connections()
    await run_failing(hass)
    for _ in range(5):
        await wait(timedelta(seconds=10))
    assert [(each.data["master"], each.data["outcome"]) for each in told] == [
        ("force", "followed"),
        ("force", "unreachable"),
        ("safety", "unreachable"),
    ]


async def run_failing(hass: HomeAssistant) -> None:
    """Force what cannot be done now, from an automation that does not mind."""
    await hass.services.async_call(DOMAIN, "hold", {"duration": 60}, blocking=False)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_filters(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """By battery, by time, and at most so many of the newest."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    cells = Cells(capacity_kwh=9.6)
    garage = SimulatedHome(HassClock(), constant(1200, 3000), cells=cells, soc_pct=75)
    async with SungrowSimulator(garage, serial="B1") as other:
        entry = await set_up(inverters=[sungrow, other], dry_run=True)
        log = entry.runtime_data.controller.log
        later = [
            replace(
                entry_of(Outcome.FOLLOWED, battery_id=battery_id, reason=str(minute)),
                at=NOON + minute * MINUTE,
            )
            for minute, battery_id in enumerate((SERIAL, "B1", SERIAL, "B1"), start=1)
        ]
        for each in later:
            log.add(each)

        async def reasons(**filters: object) -> list[str]:
            found = await call(hass, "get_command_log", **filters)
            return [each["reason"] for each in found["entries"]]

        every = await reasons()
        assert every[-4:] == ["1", "2", "3", "4"]
        mine = await reasons(battery=device_id(hass, SERIAL))
        theirs = await reasons(battery=[device_id(hass, "B1")])
        assert mine[-2:] == ["1", "3"]
        assert theirs[-2:] == ["2", "4"]
        assert len(mine) + len(theirs) == len(every)
        assert await reasons(limit=3) == ["2", "3", "4"]
        assert await reasons(limit=1, battery=device_id(hass, SERIAL)) == ["3"]
        # A time without an offset is the home's: an hour ahead of London.
        for since in ("2026-01-14 13:03:00", "2026-01-14T12:03:00+00:00"):
            assert await reasons(since=since) == ["3", "4"]
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_it_survives_a_restart(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """In its order, in a private file; what comes after follows."""
    entry = await set_up()
    await run(hass, "force_charge", power_w=2000)
    before = (await call(hass, "get_command_log"))["entries"]
    # The flash memory is spared: nothing is written at once.
    assert not log_path(hass).exists()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert stat.S_IMODE(log_path(hass).stat().st_mode) == 0o600
    told = async_capture_events(hass, EVENT_COMMAND)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    after = (await call(hass, "get_command_log"))["entries"]
    assert after[: len(before)] == before
    assert [each["reason"] for each in after[len(before) :]] == [
        "stopping",
        "user_request",
    ]
    # What was kept is not told again.
    assert len(told) == 1
    assert state_of(hass, LAST).attributes["reason"] == "user_request"


async def test_it_is_written_a_minute_later(
    hass: HomeAssistant, set_up: SetUp, wait: Wait
) -> None:
    """However much comes in meanwhile."""
    await set_up(dry_run=True)
    await run(hass, "force_charge", power_w=2000)
    for second in range(0, 60, 10):
        assert not log_path(hass).exists(), second
        await run(hass, "force_charge", power_w=2000 + second)
        await wait(timedelta(seconds=10))
    written = json.loads(log_path(hass).read_text(encoding="utf-8"))["data"]
    assert len(written) >= 6
    assert {each["battery"] for each in written} == {SERIAL}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"version": 9, "minor_version": 1, "key": "x", "data": []}',
        '{"version": 1, "minor_version": 1, "key": "x"}',
        b"\xff\xfe",
    ],
    ids=["torn", "odd", "newer", "no data", "no text"],
)
async def test_a_damaged_file_is_set_aside(
    hass: HomeAssistant, set_up: SetUp, content: str | bytes
) -> None:
    """Control starts with an empty log, and nobody has to do anything."""
    path = log_path(hass)
    path.parent.mkdir(exist_ok=True)
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(raw)
    entry = await set_up(dry_run=True)
    planned = (await call(hass, "get_command_log"))["entries"]
    assert outcomes(planned) == ["dry_run"]
    assert path.with_name(f"{path.name}.corrupt").read_bytes() == raw
    await run(hass, "force_charge", power_w=2000)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert len(json.loads(path.read_text(encoding="utf-8"))["data"]) == 2
    await hass.config_entries.async_remove(entry.entry_id)
    assert list(path.parent.glob(f"*command_log.{ENTRY_ID}*")) == []


async def test_a_file_that_cannot_be_read_stops_nothing(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """A directory in its place can neither be read nor replaced."""
    log_path(hass).mkdir(parents=True)
    await set_up()
    await run(hass, "force_charge", power_w=2000)
    assert sungrow.home.flows.battery_w == -2000


async def test_a_slow_disk_does_not_hold_up_the_unload(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The battery has been given back by then, and the log is no reason to wait."""
    entry = await set_up()
    await run(hass, "force_charge", power_w=2000)
    path, ready, written = log_path(hass), threading.Event(), threading.Event()
    write = Store._write_prepared_data  # noqa: SLF001 - the disk itself is to be slow

    def write_slowly(store: Store[Any], mode: str, data: str | bytes) -> None:
        if store.path == str(path):
            ready.wait(SLOW_S)
            written.set()
        write(store, mode, data)

    monkeypatch.setattr(Store, "_write_prepared_data", write_slowly)
    monkeypatch.setattr(kept, "FLUSH_PATIENCE_S", 0.05)
    try:
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert not written.is_set()
    finally:
        ready.set()
    await hass.async_add_executor_job(written.wait, SLOW_S)
    assert written.is_set()


async def messages(hass: HomeAssistant, events: Sequence[Event]) -> list[str]:
    """Return what the logbook says of the last events, read from the recorder."""
    # The logbook's page is the frontend's; its words are not.
    hass.config.components.add("frontend")
    assert await async_setup_component(hass, "logbook", {})
    await async_wait_recording_done(hass)
    processor = EventProcessor(hass, (EVENT_COMMAND,))
    found = await get_instance(hass).async_add_executor_job(
        processor.get_events, NOON - MINUTE, NOON + MINUTE
    )
    ours = [each for each in found if each.get("domain") == DOMAIN]
    said = [f"{each['name']} {each['message']}" for each in ours]
    return said[-len(events) :]


async def test_the_logbook(hass: HomeAssistant, set_up: SetUp) -> None:
    """What was done to the battery, by whom, why, and what came of it."""
    entry = await set_up()
    log = entry.runtime_data.controller.log
    told = async_capture_events(hass, EVENT_COMMAND)
    await run(hass, "force_charge", power_w=3000)
    log.add(
        entry_of(
            Outcome.DRY_RUN,
            Command(Mode.DISCHARGE, 4000.0, NOON),
            reason="discharge_to_grid",
        )
    )
    log.add(entry_of(Outcome.REFUSED, Command(Mode.STANDBY, None, NOON)))
    log.add(
        entry_of(Outcome.FOLLOWED, battery_id="X9", master="normal", reason="removed")
    )
    assert await messages(hass, told) == [
        "Sungrow SH10RT charging at 3\N{NO-BREAK SPACE}000 W, as you asked (In effect)",
        (
            "Sungrow SH10RT dry run, nothing was sent: discharging at "
            "4\N{NO-BREAK SPACE}000 W, from PowerSync's plan: "
            "Selling now pays more than keeping it"
        ),
        (
            "Sungrow SH10RT standing by, from PowerSync's plan: Nothing to gain "
            "(Refused by the battery)"
        ),
        (
            "PowerSync back to its own settings, the inverter decides: "
            "The battery has been removed from PowerSync (In effect)"
        ),
    ]


async def test_every_command_has_words(hass: HomeAssistant, set_up: SetUp) -> None:
    """Each mode, with and without a power, and each master; none is left over."""
    entry = await set_up(dry_run=True)
    log = entry.runtime_data.controller.log
    told = async_capture_events(hass, EVENT_COMMAND)
    log.add(entry_of(Outcome.FOLLOWED))
    for mode in Mode:
        log.add(entry_of(Outcome.FOLLOWED, Command(mode, None, NOON)))
    powered = (Mode.CHARGE, Mode.DISCHARGE, Mode.LIMIT)
    for mode in powered:
        log.add(entry_of(Outcome.FOLLOWED, Command(mode, 12_345.0, NOON)))
    for master in Master:
        log.add(entry_of(Outcome.FOLLOWED, master=master.value))
    choices: Mapping[OwnerSetting, Sequence[OwnerValue]] = {
        OwnerSetting.EXPORT_LIMIT_W: (30.0, None),
        OwnerSetting.STORM_MODE: (True, False),
        OwnerSetting.GRID_CHARGING: (True, False),
        OwnerSetting.GRID_EXPORT: ("battery_ok", "pv_only", "never"),
        OwnerSetting.OPERATION_MODE: tuple(OPERATION_MODE.options or ()),
    }
    for setting in OwnerSetting:
        for value in choices.get(setting, (30.0,)):
            of_owner = entry_of(Outcome.FOLLOWED, master="owner")
            log.add(replace(of_owner, owner_setting=setting, owner_value=value))
    said = " ".join(await messages(hass, told))
    assert "logbook_" not in said
    assert "{" not in said
    ends: Mapping[OwnerValue, str] = {
        30.0: "",
        None: "_off",
        False: "_off",
        True: "_on",
    }
    wanted = {
        *("entry", "asked", "dry_run", "given_back"),
        *(f"by_{master}" for master in (*Master, "owner")),
        *(
            f"set_{setting}{ends.get(value, f'_{value}')}"
            for setting in OwnerSetting
            for value in choices.get(setting, (30.0,))
        ),
        *Mode,
        *(f"{mode}_at" for mode in powered),
    }
    texts = {
        key: text for key, text in TEXTS["common"].items() if key.startswith("logbook_")
    }
    assert texts.keys() == {f"logbook_{name}" for name in wanted}
    for name, text in texts.items():
        named = set(re.findall(r"{(\w+)}", text))
        assert ("power" in named) == name.endswith("_at")
        numbers = {f"logbook_set_{setting}" for setting in OwnerSetting}
        assert ("value" in named) == (name in numbers)
