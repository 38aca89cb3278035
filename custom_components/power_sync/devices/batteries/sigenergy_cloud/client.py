"""The few calls of Sigenergy's cloud that PowerSync makes.

Sources: the public projects `sigenergy-cloud`, `sig-cloud-control`, `sigen` and, for
the tariff, `amber2sigen`; that the tariff can be read is described in public once.
"""

from collections.abc import Mapping
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceRefusedError

from .account import CloudSession
from .answers import (
    POWER_MODES,
    Flow,
    Levels,
    Manual,
    ManualMode,
    OperatingMode,
    Powers,
    Station,
    flow_in,
    levels_in,
    manual_in,
    modes_in,
    operating_mode_in,
    powers_in,
    stations_in,
)
from .budget import Need

_PROFILE: Final = ("device", "energy-profile")
_MANUAL: Final = (*_PROFILE, "instant", "manunal")
_PRICES: Final = ("device", "stationelecsetprice")
NO_PROFILE: Final = -1
_NO_LIMIT_KW: Final = 4_294_967.295
"""How the cloud says that a power has no limit."""


class SigenCloud:
    """The calls. All raise DeviceError and nothing else."""

    def __init__(self, session: CloudSession) -> None:
        """Ask by means of `session`."""
        self._session = session

    async def stations(self) -> list[Station]:
        """Return the account's stations, the one that its app begins with first.

        The list has no capacities, and not every account has one.
        """
        home = await self._home()
        try:
            listed = list(
                stations_in(await self._session.get("device", "station", "list"))
            )
        except DeviceRefusedError:
            listed = []
        if home is None:
            return listed
        others = [each for each in listed if each.station_id != home.station_id]
        names = [each.name for each in listed if each.station_id == home.station_id]
        named = Station(
            station_id=home.station_id,
            name=home.name or next(iter(names), None),
            capacity_kwh=home.capacity_kwh,
        )
        return [named, *others]

    async def _home(self) -> Station | None:
        data = await self._session.get("device", "owner", "station", "home")
        return next(iter(stations_in([data])), None)

    async def flow(self, station_id: str, need: Need = Need.READING) -> Flow:
        """Return the powers now."""
        return flow_in(
            await self._session.get(
                *("device", "sigen", "station", "energyflow"),
                query={"id": station_id},
                need=need,
            )
        )

    async def operating_mode(
        self, station_id: str, need: Need = Need.READING
    ) -> OperatingMode:
        """Return the operating mode that is set."""
        return operating_mode_in(
            await self._session.get(*_PROFILE, "mode", "current", station_id, need=need)
        )

    async def modes(self, station_id: str, need: Need = Need.READING) -> frozenset[str]:
        """Return the operating modes that the account may choose."""
        return modes_in(
            await self._session.get(*_PROFILE, "mode", "all", station_id, need=need)
        )

    async def set_operating_mode(self, station_id: str, value: str) -> None:
        """Set an operating mode by its value. Raises DeviceRefusedError."""
        mode, _, profile = value.partition(":")
        body = {
            "stationId": int(station_id),
            "operationMode": int(mode),
            "profileId": int(profile) if profile else NO_PROFILE,
        }
        await self._session.put(*_PROFILE, "mode", body=body)

    async def tariff(self, station_id: str) -> object:
        """Return the tariff that is entered in the app, as the cloud has it."""
        return await self._session.get(
            *_PRICES, "latest", "static", "price", query={"stationId": station_id}
        )

    async def save_tariff(self, station_id: str, content: Mapping[str, object]) -> None:
        """Save a tariff in the app. Raises DeviceRefusedError."""
        body = {"stationId": int(station_id), **content}
        await self._session.post(*_PRICES, "save", body=body)

    async def powers(self, station_id: str) -> Powers:
        """Return the owner's limits of the battery's power."""
        return powers_in(
            await self._session.get(
                *_PROFILE, "battery", "limit", station_id, need=Need.SPARE
            )
        )

    async def levels(self, station_id: str) -> Levels:
        """Return the owner's limits of the level."""
        return levels_in(
            await self._session.get(
                *_PROFILE, "battery", "level", station_id, need=Need.SPARE
            )
        )

    async def manual(self, station_id: str) -> Manual:
        """Return the instant manual control."""
        return manual_in(await self._session.get(*_MANUAL, station_id))

    async def start_manual(
        self, station_id: str, mode: ManualMode, minutes: int, power_kw: float | None
    ) -> None:
        """Begin an instant manual control, or replace the one that runs.

        Raises DeviceRefusedError where the cloud says no.
        """
        power = ""
        if mode in POWER_MODES:
            power = f"{_NO_LIMIT_KW if power_kw is None else power_kw:.3f}"
        await self._put_manual(
            {
                "stationId": int(station_id),
                "enable": True,
                "mode": mode.value,
                "duration": str(minutes),
                "powerLimitation": power,
            }
        )

    async def cancel_manual(self, station_id: str) -> None:
        """End the instant manual control. Raises DeviceRefusedError."""
        await self._put_manual(
            {
                "stationId": int(station_id),
                "enable": False,
                "mode": "",
                "duration": "",
                "powerLimitation": "",
            }
        )

    async def _put_manual(self, body: Mapping[str, object]) -> None:
        if await self._session.put(*_MANUAL, body=body) is not True:
            raise DeviceRefusedError("the cloud did not take a manual control")
