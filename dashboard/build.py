"""From a home's entities to the configuration of its dashboard."""

from collections.abc import Iterable

from simulators.demo.json_values import Json

from .cards import BATTERIES, COLUMNS, ICON, TITLE
from .config import Config, Group, Ids
from .registry import Site

SEVERAL = 2


def build(sites: Iterable[Site]) -> Config:
    """Return a dashboard with a view for each home."""
    views: list[Json] = [_view(site, number) for number, site in enumerate(sites)]
    return {"title": TITLE, "views": views}


def _view(site: Site, number: int) -> Config:
    columns = [_column(groups, site.ids) for groups in COLUMNS]
    columns[0] += _batteries(site)
    return {
        "title": site.title,
        "path": "powersync" if number == 0 else f"powersync-{number + 1}",
        "icon": ICON,
        "type": "sections",
        "max_columns": len(COLUMNS),
        "sections": [_section(cards) for cards in columns if cards],
    }


def _batteries(site: Site) -> list[Json]:
    """Return what each of several batteries does; one alone is the home's."""
    if len(site.batteries) < SEVERAL:
        return []
    made = [card(ids) for ids in site.batteries for card in BATTERIES.cards]
    cards: list[Json] = [card for card in made if card is not None]
    heading = {"heading": BATTERIES.heading, "icon": BATTERIES.icon}
    return [{"type": "heading", **heading}, *cards] if cards else []


def _section(cards: list[Json]) -> Config:
    return {"type": "grid", "cards": cards}


def _column(groups: Iterable[Group], ids: Ids) -> list[Json]:
    """Return the cards of groups; a heading without any card is left out."""
    found: list[Json] = []
    for group in groups:
        made = [card(ids) for card in group.cards]
        cards: list[Json] = [card for card in made if card is not None]
        if cards:
            heading = {"heading": group.heading, "icon": group.icon}
            found += [{"type": "heading", **heading}, *cards]
    return found
