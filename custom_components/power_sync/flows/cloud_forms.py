"""What the dialogues of all makers' clouds have in common."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import probatio

from custom_components.power_sync.devices.batteries.cloud import CONF_BASE_URL
from custom_components.power_sync.devices.protocols import (
    DeviceAuthError,
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .battery_found import probe_errors
from .errors import InputError


@contextmanager
def cloud_errors(*, refused: str, gone: str) -> Iterator[None]:
    """Turn what a cloud raises into an InputError.

    The keys are those of an account that is `refused`, and of a place that is `gone`.
    """
    with probe_errors():
        try:
            yield
        except DeviceAuthError as err:
            raise InputError(refused) from err
        except WrongDeviceError as err:
            raise InputError(gone) from err
        except (DeviceUnreachableError, DeviceRefusedError) as err:
            raise InputError("cloud_unreachable") from err


def label(name: str | None, key: str) -> str:
    """Return a place's name with its key, as far as it has a name."""
    return f"{name} ({key})" if name else key


def place_schema(field: str, places: Iterable[tuple[str, str]]) -> probatio.Schema:
    """Return the form that asks for one of several places: keys with their labels."""
    options = [SelectOptionDict(value=key, label=text) for key, text in places]
    select = SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
    return probatio.Schema({probatio.Required(field): SelectSelector(select)})


def advanced_section(*more: str) -> section:
    """Return the rarely used fields: the cloud's address, behind `more` plain texts."""
    address = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    return section(
        probatio.Schema(
            {
                **{probatio.Optional(key): TextSelector() for key in more},
                probatio.Optional(CONF_BASE_URL): address,
            }
        ),
        {"collapsed": True},
    )
