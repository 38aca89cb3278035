"""Where the entities of homes are read: a running Home Assistant, or its folder."""

from collections.abc import Iterable, Mapping
import json
from pathlib import Path

import aiohttp

from simulators.demo.json_values import HassApiError, Json, as_list, as_object
from simulators.demo.websocket import HassWebSocket

from .registry import PLATFORM, Site, sites_of


async def sites_at(url: str, token: str) -> list[Site]:
    """Return the homes of a running Home Assistant. Raises HassApiError."""
    address = f"{url.rstrip('/')}/api/websocket"
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, max_msg_size=0) as connection,
        ):
            socket = HassWebSocket(connection)
            await socket.authenticate(token)
            return await sites_over(socket)
    except aiohttp.ClientError as err:
        raise HassApiError(f"{url}: {err}") from err


async def sites_over(socket: HassWebSocket) -> list[Site]:
    """Return the homes that a logged-in connection shows."""
    entities = as_list(await socket.command("config/entity_registry/list"))
    entries = as_list(await socket.command("config_entries/get", domain=PLATFORM))
    return _sites(entities, entries)


def sites_in(folder: Path) -> list[Site]:
    """Return the homes of a configuration folder. Raises OSError."""
    entities = _stored(folder, "core.entity_registry")["entities"]
    entries = _stored(folder, "core.config_entries")["entries"]
    return _sites(as_list(entities), as_list(entries))


def _stored(folder: Path, name: str) -> Mapping[str, Json]:
    content = json.loads((folder / ".storage" / name).read_text(encoding="utf-8"))
    return as_object(content["data"])


def _sites(entities: Iterable[Json], entries: Iterable[Json]) -> list[Site]:
    titles = {
        str(entry["entry_id"]): str(entry["title"]) for entry in map(as_object, entries)
    }
    return sites_of(map(as_object, entities), titles)
