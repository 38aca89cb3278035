"""The demo's start page: the dashboard that `scripts/dashboard` makes."""

from dashboard import build
from dashboard.cards import ICON, TITLE
from dashboard.sources import sites_over

from .api import HassApi

URL_PATH = "power-sync"


async def show_dashboard(api: HassApi) -> None:
    """Make the dashboard for the entities that there are, and open it first."""
    async with api.websocket() as socket:
        await socket.command(
            "lovelace/dashboards/create",
            url_path=URL_PATH,
            title=TITLE,
            icon=ICON,
            show_in_sidebar=True,
            require_admin=False,
        )
        await update_dashboard(api)
        await socket.command(
            "frontend/set_user_data", key="core", value={"default_panel": URL_PATH}
        )


async def update_dashboard(api: HassApi) -> None:
    """Make the dashboard again, where there are other entities than before."""
    async with api.websocket() as socket:
        config = build(await sites_over(socket))
        await socket.command("lovelace/config/save", url_path=URL_PATH, config=config)
