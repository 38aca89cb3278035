"""The configuration folder of the demo's Home Assistant."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
import errno
import json
from pathlib import Path
import socket

HOST = "127.0.0.1"
DEFAULT_PORT = 8123

# `frontend` and what it brings are loaded without being asked for. There is no
# `http:` here: since 2026.11 that would be taken for a change on trial, which
# restarts Home Assistant after five minutes.
CONFIGURATION = """\
config:
energy:
history:
logbook:
logger:
  default: warning
  logs:
    custom_components: info
    # The demo has no camera and plays no sound: the programs for them are missed
    # by nobody.
    haffmpeg: fatal
    homeassistant.components.camera.img_util: fatal
recorder:
  commit_interval: 1
"""


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """What a user would answer when asked about the home."""

    name: str
    country: str
    currency: str
    time_zone: str
    latitude: float
    longitude: float
    language: str = "en"


def choose_port(preferred: int = DEFAULT_PORT) -> int:
    """Return the preferred port, or one that is free where that is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            # As Home Assistant does: a port of a server that just ended is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                chosen: int = probe.getsockname()[1]
                return chosen
    message = "no free port"
    raise OSError(errno.EADDRINUSE, message)


def prepare_config(
    folder: Path, *, port: int, home: HomeSettings, components: Iterable[Path]
) -> None:
    """Write a configuration folder, or bring an existing one up to date.

    The user is left to be created through the API, as in a browser. The
    `core_config` step of the onboarding is marked as done, because finishing it
    would add integrations that need the internet.

    Args:
        folder: Home Assistant's configuration folder.
        port: The port to serve, on loopback.
        home: The answers to what `core_config` would ask.
        components: Folders of custom integrations; they are linked, so that a
            restart runs the code as it is then.

    """
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION, encoding="utf-8")
    custom = folder / "custom_components"
    custom.mkdir(exist_ok=True)
    # Without this, the repository's own package of that name, which is on the
    # path for the simulators' sake, would be found in its place.
    (custom / "__init__.py").touch()
    for component in components:
        link = custom / component.name
        link.unlink(missing_ok=True)
        link.symlink_to(component.resolve(), target_is_directory=True)
    _store(storage, "http", (3, 1), _http_settings(port))
    if not (storage / "core.config").exists():
        _store(storage, "core.config", (1, 4), _core_settings(home))
    if not (storage / "core.config_entries").exists():
        _store(storage, "core.config_entries", (1, 5), {"entries": [_marketplace()]})
    if not (storage / "onboarding").exists():
        _store(storage, "onboarding", (4, 1), {"done": ["core_config"]})


def _store(
    storage: Path, key: str, version: tuple[int, int], data: Mapping[str, object]
) -> None:
    """Write a file in the form of Home Assistant's `helpers.storage.Store`."""
    major, minor = version
    content = {"version": major, "minor_version": minor, "key": key, "data": data}
    path = storage / key
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")
    path.chmod(0o600)


def _http_settings(port: int) -> dict[str, object]:
    """Return the settings of Home Assistant's `http` as confirmed ones."""
    return {
        "stable": {
            "server_host": [HOST],
            "server_port": port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "intermediate_v6",
            "use_x_frame_options": True,
            "created_at": datetime.now(UTC).isoformat(),
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }


def _core_settings(home: HomeSettings) -> dict[str, object]:
    """Return the settings of Home Assistant's core."""
    return {
        "latitude": home.latitude,
        "longitude": home.longitude,
        "elevation": 0,
        "unit_system_v2": "metric",
        "location_name": home.name,
        "time_zone": home.time_zone,
        "external_url": None,
        "internal_url": None,
        "currency": home.currency,
        "country": home.country,
        "language": home.language,
        "radius": 100,
    }


def _marketplace() -> dict[str, object]:
    """Return the marketplace's config entry, turned off: it asks the internet."""
    now = datetime.now(UTC).isoformat()
    return {
        "created_at": now,
        "data": {},
        "disabled_by": "user",
        "discovery_keys": {},
        "domain": "marketplace",
        "entry_id": "demo_marketplace",
        "minor_version": 1,
        "modified_at": now,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "system",
        "subentries": [],
        "title": "Marketplace",
        "unique_id": None,
        "version": 1,
    }
