"""The plan as a picture: an SVG that needs nothing beside it. Pure.

Its width of 380 is that of a card on a phone, so that a unit is about a CSS pixel
there and no text is smaller than 12.
"""

from .document import PictureInput, draw_notice, draw_plan
from .palette import Theme

__all__ = ["PictureInput", "Theme", "draw_notice", "draw_plan"]
