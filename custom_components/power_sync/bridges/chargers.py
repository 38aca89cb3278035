"""From what is stored of a charger to what reads it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    text_in,
)
from custom_components.power_sync.devices.chargers.entities import (
    POLLING,
    THROUGH_ENTITIES,
    ChargerEntities,
    reading_of,
)
from custom_components.power_sync.devices.chargers.protocol import Charger, Polling
from custom_components.power_sync.devices.chargers.zappi import (
    POLL_LEAST_S,
    POLL_MOST_S,
    POLL_S,
    ZAPPI,
    ZappiCharger,
)
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.charger import (
    ChargeMode,
    ChargerIdentity,
    ChargerReading,
)
from custom_components.power_sync.periods import Period
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .measured import power_w
from .myenergi import MyenergiHub

CONF_KIND: Final = "kind"
CONF_HUB_SERIAL: Final = "hub_serial"
CONF_API_KEY: Final = "api_key"
CONF_SERIAL: Final = "serial"
CONF_POLL_S: Final = "poll_s"
CONF_BASE_URL: Final = "base_url"
CONF_POWER_SENSOR: Final = "power_sensor"
CONF_PLUGGED_SENSOR: Final = "plugged_sensor"
CONF_STATUS_SENSOR: Final = "status_sensor"

POLL: Final = Period(POLL_LEAST_S, POLL_MOST_S, POLL_S)

type Data = Mapping[str, object]


def charger_of(hass: HomeAssistant, data: Data) -> Charger:
    """Return what reads a stored charger. Raises StoredConfigError."""
    make = _MAKERS.get(text_in(data, CONF_KIND))
    if make is None:
        raise StoredConfigError("no such kind of charger")
    return make(hass, data)


def hub_of(hass: HomeAssistant, data: Data) -> MyenergiHub:
    """Return the hub that a Zappi is behind. Raises StoredConfigError."""
    base_url = text_in(data, CONF_BASE_URL) if data.get(CONF_BASE_URL) else None
    return MyenergiHub(
        hass, text_in(data, CONF_HUB_SERIAL), text_in(data, CONF_API_KEY), base_url
    )


def _zappi(hass: HomeAssistant, data: Data) -> Charger:
    return ZappiCharger(
        hub_of(hass, data),
        text_in(data, CONF_SERIAL),
        poll_s=POLL.of(data.get(CONF_POLL_S)),
        now=dt_util.utcnow,
    )


class EntityCharger:
    """A charger that is known through other integrations' sensors."""

    def __init__(self, hass: HomeAssistant, data: Data) -> None:
        """Take which sensors they are. Raises StoredConfigError."""
        self._hass = hass
        self._serial = text_in(data, CONF_SERIAL)
        self._entities = ChargerEntities(
            power=text_in(data, CONF_POWER_SENSOR),
            plugged=_optional(data, CONF_PLUGGED_SENSOR),
            status=_optional(data, CONF_STATUS_SENSOR),
        )

    @property
    def identity(self) -> ChargerIdentity:
        """Which one it is, by the id it was given when it was added."""
        return ChargerIdentity(THROUGH_ENTITIES.key, self._serial, "Car charger")

    @property
    def modes(self) -> frozenset[ChargeMode]:
        """None: it is read only."""
        return frozenset()

    @property
    def polling(self) -> Polling:
        """How often its sensors are looked at, beside their changes."""
        return POLLING

    @property
    def followed(self) -> Iterable[str]:
        """Its sensors."""
        return self._entities.every

    async def read(self) -> ChargerReading:
        """Read its sensors. Raises DeviceUnreachableError where they say nothing."""
        return reading_of(self._entities, self._power, self._text, dt_util.utcnow())

    async def set_mode(self, mode: ChargeMode) -> None:
        """Refuse: it is read only."""
        raise DeviceRefusedError(f"{mode} cannot be set through sensors")

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _power(self, entity_id: str) -> tuple[float, datetime] | None:
        state, watts = self._hass.states.get(entity_id), power_w(self._hass, entity_id)
        return None if state is None or watts is None else (watts, state.last_reported)

    def _text(self, entity_id: str) -> str | None:
        state = self._hass.states.get(entity_id)
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return None
        return state.state


def _optional(data: Data, key: str) -> str | None:
    return text_in(data, key) if data.get(key) else None


_MAKERS: Final[Mapping[str, Callable[[HomeAssistant, Data], Charger]]] = (
    MappingProxyType({ZAPPI.key: _zappi, THROUGH_ENTITIES.key: EntityCharger})
)
