"""JSON as Home Assistant answers it, and how to take it apart safely."""

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


class HassApiError(Exception):
    """Home Assistant refused a request or answered something unexpected."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Take the text, and the HTTP status where there was an answer."""
        super().__init__(message)
        self.status = status


def as_object(value: Json) -> dict[str, Json]:
    """Return the value if it is a JSON object, and raise HassApiError otherwise."""
    if isinstance(value, dict):
        return value
    message = f"expected an object, got {type(value).__name__}"
    raise HassApiError(message)


def as_list(value: Json) -> list[Json]:
    """Return the value if it is a JSON list, and raise HassApiError otherwise."""
    if isinstance(value, list):
        return value
    message = f"expected a list, got {type(value).__name__}"
    raise HassApiError(message)


def as_text(value: Json) -> str:
    """Return the value if it is a string, and raise HassApiError otherwise."""
    if isinstance(value, str):
        return value
    message = f"expected a string, got {type(value).__name__}"
    raise HassApiError(message)
