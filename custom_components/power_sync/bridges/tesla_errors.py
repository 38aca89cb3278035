"""What the libraries of Home Assistant's Tesla integrations raise."""

from contextlib import suppress
from http import HTTPStatus

from aiohttp import ClientError

from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
    RightsMissingError,
    SignedOutError,
)
from homeassistant.exceptions import HomeAssistantError


def error_of(status: int | None) -> DeviceUnreachableError | DeviceRefusedError:
    """Return what an error of the library stands for.

    Where the account is refused the integration itself asks its owner to log in.
    """
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return SignedOutError("the integration's account is refused")
        case HTTPStatus.PAYMENT_REQUIRED:
            return DeviceUnreachableError("the integration's account is not paid for")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return DeviceUnreachableError("the cloud has had enough requests")
        case HTTPStatus.FORBIDDEN:
            return RightsMissingError("the integration has no right to that")
        case int() if (
            HTTPStatus.BAD_REQUEST <= status < (HTTPStatus.INTERNAL_SERVER_ERROR)
            and status != HTTPStatus.REQUEST_TIMEOUT
        ):
            return DeviceRefusedError(f"the cloud answered {status}")
        case _:
            return DeviceUnreachableError("the cloud gives no usable answer")


def failures() -> tuple[type[Exception], ...]:
    """Return what an integration's objects raise beside the library's main error.

    Its libraries do not expect an answer that is no JSON, or not the usual one.
    """
    from tesla_fleet_api.exceptions import LibraryError  # noqa: PLC0415

    found = (
        ClientError,
        HomeAssistantError,
        LibraryError,
        AttributeError,
        LookupError,
        OSError,
        TypeError,
        ValueError,
    )
    # The gateway's library is there where a gateway can be paired.
    with suppress(ImportError):
        from aiopowerwall import PowerwallError  # noqa: PLC0415

        return (*found, PowerwallError)
    return found
