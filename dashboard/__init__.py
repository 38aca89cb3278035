"""A dashboard of Home Assistant's own cards, made for the entities that there are.

`cards.py` is the list of cards, `registry.py` finds the entities of a home by what
they are rather than by how they are called, `build.py` puts the two together.
"""

from .build import build
from .registry import Site, english_site, sites_of

__all__ = ["Site", "build", "english_site", "sites_of"]
