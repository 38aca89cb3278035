"""The demo's folder and log, as far as they need no Home Assistant running."""

import json
from pathlib import Path
import socket

import pytest

from simulators.demo.hass_config import (
    HOST,
    HomeSettings,
    choose_port,
    prepare_config,
)
from simulators.demo.hass_process import HassProcess, LogRecord
from simulators.demo.issues import not_for_readers

HOME = HomeSettings("Demo", "GB", "GBP", "Europe/London", 51.5, -0.1)


def stored(folder: Path, key: str) -> dict[str, object]:
    """Return the data of a storage file."""
    content = json.loads((folder / ".storage" / key).read_text(encoding="utf-8"))
    data = content["data"]
    assert isinstance(data, dict)
    return data


@pytest.mark.usefixtures("socket_enabled")
def test_a_taken_port_is_left_alone() -> None:
    """A port that another server listens on is not chosen."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert choose_port(taken) != taken
    assert choose_port(taken) == taken


def test_a_second_preparation_keeps_what_the_user_did(tmp_path: Path) -> None:
    """The port changes; the finished onboarding and the home stay."""
    component = tmp_path / "power_sync"
    component.mkdir()
    folder = tmp_path / "config"
    prepare_config(folder, port=8123, home=HOME, components=[component])
    assert stored(folder, "onboarding") == {"done": ["core_config"]}
    done = {"version": 4, "data": {"done": ["core_config", "user"]}}
    (folder / ".storage" / "onboarding").write_text(json.dumps(done))

    prepare_config(folder, port=9000, home=HOME, components=[component])
    assert stored(folder, "onboarding") == {"done": ["core_config", "user"]}
    assert stored(folder, "core.config")["currency"] == "GBP"
    http = stored(folder, "http")["stable"]
    assert isinstance(http, dict)
    assert (http["server_host"], http["server_port"]) == ([HOST], 9000)
    link = folder / "custom_components" / "power_sync"
    assert link.resolve() == component.resolve()


def test_the_log_is_taken_apart(tmp_path: Path) -> None:
    """A traceback belongs to its record; a mark leaves out what came before."""
    hass = HassProcess(tmp_path, 8123)
    assert hass.log_records() == []
    hass.log_path.write_text(
        "2026-11-20 11:28:05.216+00:00 WARNING (MainThread) [homeassistant.x] old\n"
    )
    mark = hass.log_size()
    with hass.log_path.open("a") as log:
        log.write(
            "2026-11-20 11:28:06.000+00:00 ERROR (Recorder) [custom.y] failed\n"
            "Traceback (most recent call last):\n"
            "2026-11-20 11:28:07.000 INFO (MainThread) [custom.y] fine\n"
        )
    failed = LogRecord(
        "ERROR", "custom.y", "failed\nTraceback (most recent call last):"
    )
    assert hass.log_records(mark) == [failed, LogRecord("INFO", "custom.y", "fine")]
    assert hass.problems() == [failed]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        pytest.param(["The battery", "Look at it."], [], id="as it should be"),
        pytest.param(["{battery}", "Look at it."], ["{", "}"], id="an open name"),
        pytest.param(["The battery", "because of no_price"], ["no_price"], id="a key"),
        pytest.param(["The battery"], ["a text is missing"], id="what to do"),
        pytest.param(["The battery", " "], ["a text is missing"], id="nothing in it"),
    ],
)
def test_what_is_not_for_readers(texts: list[str], found: list[str]) -> None:
    """An issue says what is wrong and what to do, in words."""
    assert not_for_readers(texts) == found
