"""What can be wrong with what a user typed."""

BASE = "base"
"""Where Home Assistant shows an error that belongs to no single field."""


class InputError(Exception):
    """A step cannot go on with what was typed.

    `key` names the text that says why, `field` the input that it is about.
    """

    def __init__(self, key: str, field: str = BASE) -> None:
        """Keep what a form's `errors` are made of."""
        super().__init__(key)
        self.key = key
        self.field = field

    @property
    def errors(self) -> dict[str, str]:
        """The errors of the form that is shown again."""
        return {self.field: self.key}
