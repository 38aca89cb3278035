"""What PowerSync says in sentences, in the user's language. Pure.

The sentences come from the translations; here is how numbers, money and times are
written into them, and what is worth saying.
"""

from .texts import Texts

__all__ = ["Texts"]
