"""Where a battery is: what is asked for each way to reach it, and what is stored."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.modbus import normal_host
from custom_components.power_sync.const import (
    CONF_BAUD_RATE,
    CONF_PARITY,
    CONF_STOP_BITS,
    CONF_UNIT_ID,
)
from custom_components.power_sync.devices.batteries.modbus import (
    CONF_LINK,
    ModbusAccess,
    Transport,
)
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    SerialPortSelector,
    TextSelector,
)
from homeassistant.util.network import is_host_valid

from .errors import InputError

SECTION_LINE: Final = "line"

_BAUD_RATES: Final = ("9600", "19200", "38400", "57600", "115200")
_PARITIES: Final = ("none", "even", "odd")
_STOP_BITS: Final = ("1", "2")


def link_schema(access: ModbusAccess) -> probatio.Schema:
    """Return the form that asks how the inverter is connected."""
    return probatio.Schema(
        {
            probatio.Required(CONF_LINK, default=access.usual_link): _choice(
                tuple(access.links), CONF_LINK, SelectSelectorMode.LIST
            )
        }
    )


def address_schema(access: ModbusAccess, transport: Transport) -> probatio.Schema:
    """Return the form that asks for the address."""
    unit_id = {
        probatio.Required(CONF_UNIT_ID, default=access.default_unit_id): _whole(1, 247)
    }
    if transport is Transport.SERIAL:
        return probatio.Schema(
            {
                probatio.Required(CONF_DEVICE): SerialPortSelector(),
                **unit_id,
                probatio.Required(SECTION_LINE): section(
                    _line_schema(), {"collapsed": True}
                ),
            }
        )
    return probatio.Schema(
        {
            probatio.Required(CONF_HOST): TextSelector(),
            probatio.Required(CONF_PORT, default=access.default_port): _whole(1, 65535),
            **unit_id,
        }
    )


def address_from(
    link: str, transport: Transport, user_input: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what to store of an address that was typed. Raises InputError."""
    if transport is Transport.SERIAL:
        line = user_input[SECTION_LINE]
        device = user_input[CONF_DEVICE].strip()
        if not device:
            raise InputError("no_serial_port", CONF_DEVICE)
        return {
            CONF_LINK: link,
            CONF_DEVICE: device,
            CONF_BAUD_RATE: int(line[CONF_BAUD_RATE]),
            CONF_PARITY: line[CONF_PARITY],
            CONF_STOP_BITS: int(line[CONF_STOP_BITS]),
            CONF_UNIT_ID: user_input[CONF_UNIT_ID],
        }
    host = normal_host(user_input[CONF_HOST])
    # Local names may hold an underscore, which the check would refuse.
    if not is_host_valid(host.replace("_", "-")):
        raise InputError("invalid_host", CONF_HOST)
    return {**user_input, CONF_LINK: link, CONF_HOST: host}


def typed_from(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to suggest for an address that is stored."""
    line = {
        key: str(stored[key])
        for key in (CONF_BAUD_RATE, CONF_PARITY, CONF_STOP_BITS)
        if key in stored
    }
    return {**stored, SECTION_LINE: line} if line else dict(stored)


def _line_schema() -> probatio.Schema:
    """Return the settings of a serial line, as most inverters have them."""
    return probatio.Schema(
        {
            probatio.Required(CONF_BAUD_RATE, default="9600"): _choice(_BAUD_RATES),
            probatio.Required(CONF_PARITY, default="none"): _choice(
                _PARITIES, CONF_PARITY
            ),
            probatio.Required(CONF_STOP_BITS, default="1"): _choice(_STOP_BITS),
        }
    )


def _choice(
    options: tuple[str, ...],
    translation_key: str | None = None,
    mode: SelectSelectorMode = SelectSelectorMode.DROPDOWN,
) -> SelectSelector:
    config = SelectSelectorConfig(options=list(options), mode=mode)
    if translation_key is not None:
        config["translation_key"] = translation_key
    return SelectSelector(config)


def _whole(lowest: int, highest: int) -> probatio.All[int]:
    config = NumberSelectorConfig(
        min=lowest, max=highest, step=1, mode=NumberSelectorMode.BOX
    )
    return probatio.All(NumberSelector(config), probatio.Coerce(int))
