"""What a Powerwall tells, what it costs to ask, and each fault on the way."""

from collections.abc import Mapping
from datetime import timedelta
import json
from typing import Any, override
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    Caveat,
    NoBatteryError,
)
from custom_components.power_sync.devices.batteries.tesla import (
    TESLA,
    settings,
    telemetry,
)
from custom_components.power_sync.devices.batteries.tesla.access import (
    FoundSite,
    tesla_access,
)
from custom_components.power_sync.devices.batteries.tesla.client import (
    TeslaAccount,
    TeslaTokenSite,
)
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.devices.batteries.tesla.probe import probe
from custom_components.power_sync.devices.protocols import (
    DeviceAuthError,
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    ON_OFF,
    BatteryIdentity,
    Command,
    Mode,
    OwnerSetting,
    Settings,
    Write,
)
from simulators.rest import Fault
from simulators.tesla.server import COMMAND, READ

from .tesla_site import (
    AFTERNOON,
    SITE_ID,
    Account,
    everything_is_told,
    owners,
    tesla,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")
LIVE: Mapping[str, Any] = {
    "solar_power": 4130,
    "battery_power": -2600.5,
    "load_power": 1100,
    "grid_power": -429.5,
    "grid_services_power": 12,
    "percentage_charged": 61.8,
    "energy_left": 15851.7,
    "total_pack_energy": 25650,
    "island_status": "on_grid",
    "grid_status": "Active",
    "storm_mode_active": False,
    "timestamp": "2026-11-26T14:09:58+00:00",
}
INFO: Mapping[str, Any] = {
    "default_real_mode": "autonomous",
    "backup_reserve_percent": 20,
    "battery_count": 2,
    "nameplate_power": 10000,
    "nameplate_energy": 27000,
    "components": {"storm_mode_capable": True},
    "user_settings": {"storm_mode_enabled": True},
}


def test_every_field_by_hand() -> None:
    """In the common signs: this battery charges, and this home exports."""
    reading = telemetry.reading_of(LIVE, INFO, AFTERNOON)
    assert (reading.soc_pct, reading.battery_power_w) == (61.8, -2600.5)
    assert (reading.solar_power_w, reading.load_power_w) == (4130, 1100)
    assert (reading.grid_power_w, reading.capacity_kwh) == (-429.5, 27)
    assert (reading.soh_pct, reading.present_capacity_kwh) == (95, 25.65)
    assert (reading.max_charge_w, reading.max_discharge_w) == (10000, 10000)
    assert reading.islanded is False
    assert reading.extra == {
        "operation_mode": "autonomous",
        "backup_reserve_pct": 20,
        "storm_mode_enabled": "true",
        "storm_mode_active": "false",
        "grid_services_w": 12,
    }


@pytest.mark.parametrize(
    ("live", "field", "value"),
    [
        pytest.param({"percentage_charged": None}, "soc_pct", 61.8, id="by energies"),
        pytest.param({"percentage_charged": 101}, "soc_pct", None, id="beyond 100"),
        pytest.param({"total_pack_energy": None}, "capacity_kwh", 27, id="nameplate"),
        pytest.param({"total_pack_energy": None}, "soh_pct", None, id="no health"),
        pytest.param({"total_pack_energy": 27270}, "soh_pct", 101, id="more than new"),
        pytest.param({"load_power": -3}, "load_power_w", 0, id="load below 0"),
        pytest.param({"solar_power": None}, "solar_power_w", None, id="no sun told"),
        pytest.param({"grid_power": True}, "grid_power_w", None, id="no number"),
        pytest.param({"grid_power": float("nan")}, "grid_power_w", None, id="nan"),
        pytest.param({"island_status": "off_grid"}, "islanded", True, id="off grid"),
        pytest.param(
            {"island_status": "off_grid_intentional"}, "islanded", True, id="on purpose"
        ),
        pytest.param({"island_status": "unknown"}, "islanded", False, id="by the grid"),
        pytest.param(
            {"island_status": None, "grid_status": "Inactive"},
            "islanded",
            True,
            id="no grid",
        ),
        pytest.param(
            {"island_status": None, "grid_status": None}, "islanded", None, id="neither"
        ),
        pytest.param({"storm_mode_active": True}, "storm", True, id="a storm"),
        pytest.param({"storm_mode_active": None}, "storm", None, id="who knows"),
        pytest.param({"timestamp": "soon"}, "soc_pct", 61.8, id="no time told"),
        pytest.param({"timestamp": None}, "soc_pct", 61.8, id="no time"),
    ],
)
def test_what_is_left_out(
    live: Mapping[str, object], field: str, value: object
) -> None:
    """It is not known, or known from something else."""
    reading = telemetry.reading_of({**LIVE, **live}, INFO, AFTERNOON)
    assert getattr(reading, field) == pytest.approx(value)


def test_what_is_no_reading() -> None:
    """A gateway that is lost, and a battery that tells nothing."""
    old = {**LIVE, "timestamp": "2026-11-26T13:59:00+00:00"}
    nothing = {"percentage_charged": None, "battery_power": None, "energy_left": None}
    for live in (old, {**LIVE, **nothing}):
        with pytest.raises(DeviceUnreachableError):
            telemetry.reading_of(live, INFO, AFTERNOON)


def test_row_18_health() -> None:
    """40.5 kWh of which 38.475 are left are 95.0 %, by the nameplate or the packs."""
    live = {"total_pack_energy": 38475}
    for info in ({"nameplate_energy": 40500}, {"battery_count": 3}):
        assert telemetry.health_pct(live, info) == 95.0
    assert telemetry.health_pct(live, {}) is None


def test_packs_that_the_nameplate_leaves_out() -> None:
    """An expansion is no health of 200 %: what there is counts as it is told."""
    info = {**INFO, "battery_count": 1, "nameplate_energy": 13500}
    reading = telemetry.reading_of(
        {**LIVE, "total_pack_energy": 27500}, info, AFTERNOON
    )
    assert (reading.soh_pct, reading.capacity_kwh) == (None, 27.5)
    reading = telemetry.reading_of(
        {**LIVE, "total_pack_energy": 14390}, info, AFTERNOON
    )
    assert (reading.soh_pct, reading.capacity_kwh) == (106.6, 13.5)


def test_size_and_name_of_packs() -> None:
    """As told; else from how many there are."""
    count = {"battery_count": 3}
    assert telemetry.capacity_kwh({}, count) == 40.5
    assert telemetry.capacity_kwh({}, {}) is None
    assert (telemetry.power_w(count), telemetry.power_w({})) == (15000, 5000)
    assert telemetry.packs_of({}) == "Powerwall"
    assert telemetry.packs_of(count) == "3 × Powerwall"  # noqa: RUF001 - "times"
    packs = {"components": {"batteries": [{"part_name": "Powerwall 3"}, 5]}}
    assert telemetry.packs_of(packs) == "Powerwall 3"


@pytest.mark.parametrize(
    ("components", "charge_w"),
    [
        ({"batteries": [{"part_name": "Powerwall 3"}] * 2}, 10000),
        ({"batteries": [{"part_number": "1707000-21-K"}] * 2}, 10000),
        ({"gateways": [{"part_number": "1707000-11-J"}]}, 10000),
        ({"batteries": [{"part_name": "Powerwall 2"}] * 2}, 20000),
        ({"gateways": [{"part_number": "1152100-14-J"}, 5]}, 20000),
        ({"gateways": 5}, 20000),
    ],
)
def test_how_fast_the_grid_charges_it(
    components: Mapping[str, object], charge_w: float
) -> None:
    """A Powerwall 3 takes 5 kW from the grid, and gives more."""
    info = {**INFO, "nameplate_power": 20000, "components": components}
    assert telemetry.charge_w(info) == charge_w
    assert telemetry.charge_w({**info, "nameplate_power": 6000}) == 6000


@pytest.mark.parametrize(
    ("info", "name", "value"),
    [
        ({"default_real_mode": "new"}, settings.MODE, None),
        ({"backup_reserve_percent": None}, settings.RESERVE, None),
        ({}, settings.EXPORT_RULE, None),
        (
            {"customer_preferred_export_rule": "pv_only"},
            settings.EXPORT_RULE,
            "pv_only",
        ),
        (
            {"components": {"non_export_configured": True}},
            settings.EXPORT_RULE,
            "never",
        ),
        ({"components": {}}, settings.GRID_CHARGING, None),
        ({"components": {"solar": True}}, settings.GRID_CHARGING, True),
        ({"components": {"solar": False}}, settings.GRID_CHARGING, None),
        (
            {
                "components": {
                    "solar": False,
                    "disallow_charge_from_grid_with_solar_installed": True,
                }
            },
            settings.GRID_CHARGING,
            None,
        ),
        (
            {"disallow_charge_from_grid_with_solar_installed": False},
            settings.GRID_CHARGING,
            True,
        ),
        ({}, settings.TARIFF, None),
    ],
)
def test_how_a_site_is_set(
    info: Mapping[str, object], name: str, value: object
) -> None:
    """What is missing is not known, and never the contrary of something."""
    assert telemetry.settings_of({**INFO, **info})[name] == value


async def test_read_from_the_cloud() -> None:
    """Powers each minute, how it is set each quarter of an hour."""
    async with tesla(solar_w=3000, batteries=2) as account:
        driver = await account.driver()
        probed = account.cloud.reads
        reading = await driver.read()
        assert (reading.soc_pct, reading.battery_power_w) == (50, -2200)
        assert (reading.grid_power_w, reading.load_power_w) == (0, 800)
        assert reading.capacity_kwh == 13.5
        assert driver.identity.model == "2 × Powerwall 2"  # noqa: RUF001 - "times"
        assert driver.identity.sw_version == "26.2.1"
        for _ in range(59):
            account.pass_by(minutes=1)
            await driver.read()
        assert account.cloud.reads - probed == 60 + 4
        account.site.home.islanded = True
        assert (await driver.read()).islanded


async def test_a_command_that_is_looked_at_costs_nothing() -> None:
    """Only what changes something reads how the site is set anew."""
    async with tesla() as account:
        driver = await account.driver()
        executor = await account.executor(driver)
        await executor.carry_out(account.order(Mode.CHARGE, minutes=20))
        reads = account.cloud.reads
        for left in range(19, 9, -1):
            account.pass_by(minutes=1)
            order = account.order(Mode.CHARGE, minutes=left)
            assert await executor.carry_out(order) is Outcome.ALREADY
        assert account.cloud.reads == reads


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), DeviceAuthError),
        (Fault(status=402, body='{"error": "subscription_required"}'), DeviceAuthError),
        (Fault(status=402), DeviceUnreachableError),
        (Fault(status=403), DeviceRefusedError),
        (Fault(status=404), DeviceRefusedError),
        (Fault(status=421), DeviceRefusedError),
        (Fault(status=429), DeviceUnreachableError),
        (Fault(status=500), DeviceUnreachableError),
        (Fault(status=503, body="<html>"), DeviceUnreachableError),
        (Fault(status=540), DeviceUnreachableError),
        (Fault(status=302), DeviceRefusedError),
        (Fault(body="<html>"), DeviceUnreachableError),
        (Fault(body="[1]"), DeviceUnreachableError),
        (Fault(body='{"response": null}'), DeviceUnreachableError),
        (Fault(body='{"response": [1]}'), DeviceUnreachableError),
        (Fault(body='{"response": null, "error": "no"}'), DeviceRefusedError),
        (Fault(delay_s=5), DeviceUnreachableError),
        (Fault(empty=True), DeviceUnreachableError),
    ],
)
async def test_faults(fault: Fault, error: type[DeviceError]) -> None:
    """Each is a defined error, without a word of who asks."""
    async with tesla() as account:
        api = TeslaTokenSite(
            TeslaAccount(
                account.session, account.cloud.root, account.cloud.token, timeout_s=0.8
            ),
            SITE_ID,
        )
        account.cloud.fail(fault)
        with pytest.raises(error) as raised:
            await api.live_status()
        assert account.cloud.token not in str(raised.value)
        assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "said",
    [
        (201, '{"response": {"result": true}}'),
        (202, '{"response": null}'),
        (204, ""),
        (200, '{"response": "ok"}'),
    ],
)
async def test_however_it_says_that_a_command_was_taken(said: tuple[int, str]) -> None:
    """That nothing is wrong is enough; what it is set to is read back."""
    async with tesla() as account:
        account.cloud.acknowledges = said
        await everything_is_told(account.api, account)
        account.cloud.acknowledges = 200, '{"response": null, "error": "no"}'
        with pytest.raises(DeviceRefusedError):
            await account.api.set_reserve(30)


async def test_left_alone_for_as_long_as_it_wants() -> None:
    """A tariff's limit is its own; without credits an hour passes."""
    async with tesla() as account:
        api = account.api
        account.cloud.fail(Fault(status=429, retry_after="300"))
        with pytest.raises(DeviceUnreachableError):
            await api.set_tariff({})
        await api.live_status()
        with pytest.raises(DeviceUnreachableError, match="left alone for"):
            await api.set_tariff({})
        account.cloud.fail(Fault(status=402))
        with pytest.raises(DeviceUnreachableError, match="no credits"):
            await api.live_status()
        asked = len(account.cloud.requests)
        with pytest.raises(DeviceUnreachableError, match=r"3[56]\d\d s"):
            await api.live_status()
        assert len(account.cloud.requests) == asked
    for told in (
        Fault(status=429, headers={"RateLimit-Reset": "90"}),
        Fault(status=429, body='{"after": 90}'),
    ):
        async with tesla() as account:
            api = account.api
            account.cloud.fail(told)
            with pytest.raises(DeviceUnreachableError):
                await api.live_status()
            with pytest.raises(DeviceUnreachableError, match="alone for 90 s"):
                await api.live_status()
    async with tesla() as account:
        await account.cloud.stop()
        with pytest.raises(DeviceUnreachableError, match="cannot be reached"):
            await account.api.live_status()


async def test_the_sites_of_an_account() -> None:
    """Those with a battery; what the token may is asked for, where it is told."""
    async with tesla() as account:
        asking = TeslaAccount(account.session, account.cloud.root, account.cloud.token)
        assert await asking.sites() == [FoundSite(SITE_ID, "My Home")]
        products = [
            {"vin": "X"},
            5,
            {"energy_site_id": 1, "components": {"battery": False}},
            {"energy_site_id": 2, "site_name": ""},
        ]
        account.cloud.fail(Fault(body=json.dumps({"response": products})))
        account.cloud.fail(Fault(body='{"scopes": ["energy_device_data"]}'))
        assert await asking.sites() == [FoundSite("2", None, can_command=False)]
        account.cloud.fail(Fault(body='{"response": {}}'))
        with pytest.raises(DeviceUnreachableError):
            await asking.sites()
        account.cloud.scopes = {COMMAND}
        with pytest.raises(DeviceRefusedError):
            await account.api.live_status()
        account.cloud.scopes = {READ}
        with pytest.raises(DeviceRefusedError):
            await account.api.set_mode("backup")
        account.cloud.sites = {}
        with pytest.raises(DeviceRefusedError):
            await account.api.live_status()


async def found(account: Account, **more: Any) -> tuple[frozenset[str], Caveat | None]:
    """Return what a probe says that the site serves."""
    probed = await probe(account.api, FoundSite(SITE_ID, None, **more))
    return probed.config.settings, probed.caveat


async def test_what_a_site_is_found_to_be() -> None:
    """A site that cannot be forced is told apart from one that can."""
    everything = frozenset(
        {
            "operation_mode",
            "backup_reserve_pct",
            "grid_charging",
            "export_rule",
            "tariff",
            "storm_mode",
        }
    )
    async with tesla() as account:
        assert await found(account) == (everything, None)
        assert await found(account, can_command=False) == (
            frozenset(),
            Caveat.ACCESS_READS_ONLY,
        )
        account.site.gateway.shown.tariff = {}
        assert await found(account) == (everything - {"tariff"}, Caveat.NO_TARIFF)
        account.site.gateway.shown.mode = "other"
        with pytest.raises(DeviceUnreachableError):
            await found(account)
        account.site.removed = True
        with pytest.raises(DeviceUnreachableError):
            await found(account)
    async with tesla(old_tariff=True, rule_at_top=True, tells_levels=False) as account:
        assert await found(account) == (everything, None)
        account.cloud.answer_info({"default_real_mode": "backup"})
        with pytest.raises(NoBatteryError):
            await found(account)


class AtHand(TeslaTokenSite):
    """A site whose gateway can be told a power."""

    dispatches = True
    gone = False
    told: list[object]

    def _check_here(self) -> None:
        if self.gone:
            raise DeviceRefusedError("there is no such action any more")

    @override
    async def dispatch(self, power_w: int, duration: timedelta) -> None:
        """Take it."""
        self._check_here()
        self.told.append((power_w, duration.total_seconds()))

    @override
    async def resume(self) -> None:
        """Take it."""
        self._check_here()
        self.told.append("resume")


async def test_with_the_gateway_at_hand() -> None:
    """A power for half an hour, sent again at half time, ended, and forgotten."""
    async with tesla() as account:
        api = AtHand(account.api._account, SITE_ID)  # type: ignore[attr-defined]  # noqa: SLF001 - of the same account
        api.told = []
        driver = await account.driver(api)
        able = driver.capabilities
        assert (able.slot_minutes, able.min_power_w) == (5, 0)
        assert able.device_expiry == timedelta(minutes=30)
        assert (await driver.read_settings())[settings.DISPATCH] is None
        executor = await account.executor(driver)
        for _ in range(3):
            order = account.order(Mode.DISCHARGE)
            assert (await executor.carry_out(order)).good
            account.pass_by(minutes=15)
        assert api.told == [(5000, 1800.0)] * 3
        assert account.cloud.written == []
        assert await executor.carry_out(account.order(None)) is Outcome.FOLLOWED
        assert api.told[3:] == ["resume"]
        assert (await driver.read_settings())[settings.DISPATCH] == "off"
        account.pass_by(minutes=31)
        again = account.again(driver, api)
        again._started -= timedelta(minutes=31)  # noqa: SLF001 - as time goes by
        assert (await again.read_settings())[settings.DISPATCH] == "off"
    for refused in (account.api.resume(), account.api.dispatch(5, timedelta(1))):
        with pytest.raises(DeviceRefusedError):
            await refused


async def test_a_gateway_that_is_at_hand_no_more() -> None:
    """What it was told ends by itself, and with that the battery is given back."""
    async with tesla() as account:
        api = AtHand(account.api._account, SITE_ID)  # type: ignore[attr-defined]  # noqa: SLF001 - of the same account
        api.told = []
        executor = await account.executor(await account.driver(api))
        assert (await executor.carry_out(account.order(Mode.DISCHARGE))).good
        api.gone = True
        account.pass_by(minutes=16)
        order = account.order(Mode.DISCHARGE, minutes=44)
        assert await executor.carry_out(order) is Outcome.REFUSED
        assert await executor.carry_out(account.order(None)) is Outcome.REFUSED
        held = [executor.held]
        account.pass_by(minutes=15)
        assert (await executor.carry_out(account.order(None))).good
        held.append(executor.held)
        assert held == [True, False]
        assert account.cloud.written == []


async def test_what_cannot_be_written() -> None:
    """A reserve between 80 and 100 %, and what is no setting."""
    async with tesla(told=owners(tariff={})) as account:
        driver = await account.driver()
        assert driver.capabilities.modes == {Mode.SELF_CONSUMPTION, Mode.NO_DISCHARGE}
        await driver.read_settings()
        for write in (
            Write(settings.RESERVE, 90),
            Write(settings.MODE, None),
            Write("other", 1),
            Write(settings.TARIFF, "none"),
        ):
            with pytest.raises(DeviceRefusedError):
                await driver.write(write)
        assert account.cloud.written == []


async def test_the_owners_reserve() -> None:
    """It can be set for good, but for what a gateway does not take."""
    reserve, other = OwnerSetting.BACKUP_RESERVE_PCT, OwnerSetting.MIN_SOC_PCT
    async with tesla() as account:
        driver = await account.driver()
        assert driver.owner_range(reserve) == (0, 100, 1)
        assert driver.owner_range(other) is None
        found = await driver.read_owner()
        assert driver.owner_value(reserve, found) == 20
        assert driver.owner_value(other, found) is None
        assert driver.owner_value(reserve, {}) is None
        assert driver.owner_writes(reserve, 20, found) == ()
        (write,) = driver.owner_writes(reserve, 45.2, found)
        await driver.write(write)
        assert account.set_by().reserve_pct == 45
        for setting, value in ((reserve, 90), (reserve, None), (other, 20)):
            with pytest.raises(DeviceRefusedError):
                driver.owner_writes(setting, value, found)


async def test_storm_watch() -> None:
    """It is the owner's, where the site can: read, set, and left by commands."""
    storm = OwnerSetting.STORM_MODE
    async with tesla() as account:
        driver = await account.driver()
        assert driver.owner_range(storm) == ON_OFF
        found = await driver.read_owner()
        assert driver.owner_value(storm, found) is False
        assert driver.owner_writes(storm, False, found) == ()  # noqa: FBT003 - a value
        (write,) = driver.owner_writes(storm, True, found)  # noqa: FBT003 - a value
        await driver.write(write)
        assert account.set_by().storm_mode is True
        assert driver.owner_value(storm, await driver.read_owner()) is True
        reading = await driver.read()
        assert reading.extra["storm_mode_enabled"] == "true"
        executor = await account.executor(driver)
        await executor.carry_out(account.order(Mode.NO_DISCHARGE))
        await executor.carry_out(account.order(None))
        assert account.set_by().storm_mode is True
    assert (
        telemetry.storm_mode_of({"user_settings": {"storm_mode_enabled": True}}) is None
    )


async def test_the_owners_choices() -> None:
    """Mode and rules are read, set and put back; what is no choice is refused."""
    mode, exports, charging = (
        OwnerSetting.OPERATION_MODE,
        OwnerSetting.GRID_EXPORT,
        OwnerSetting.GRID_CHARGING,
    )
    told = owners(mode="backup", reserve_pct=35)
    async with tesla(told=told) as account:
        driver = await account.driver()
        found = await driver.read_owner()
        assert [driver.owner_value(each, found) for each in (mode, exports)] == [
            "backup",
            "pv_only",
        ]
        assert driver.owner_value(charging, found) is False
        assert (await driver.read()).owner == found
        for setting, value in (
            (mode, "autonomous"),
            (exports, "never"),
            (charging, True),
        ):
            (write,) = driver.owner_writes(setting, value, found)
            await driver.write(write)
            assert driver.owner_writes(setting, value, await driver.read_owner()) == ()
        now = account.set_by()
        assert (now.mode, now.export_rule, now.grid_charging_off) == (
            "autonomous",
            "never",
            False,
        )
        for setting, odd in (
            (mode, "turbo"),
            (mode, None),
            (exports, 1.0),
            (charging, "on"),
        ):
            with pytest.raises(DeviceRefusedError):
                driver.owner_writes(setting, odd, found)


async def test_a_zone_that_nobody_knows() -> None:
    """Without the site's clock nothing can be worked out."""
    async with tesla() as account:
        driver = await account.driver()
        account.site.zone = "Moon/Base"
        with pytest.raises(DeviceUnreachableError, match="time zone"):
            await driver.read()


async def test_a_site_that_tells_no_zone() -> None:
    """The home's clock stands in for its own; without one no tariff is sent."""
    async with tesla(zone="Australia/Sydney", zone_told=False) as account:
        known = await account.driver()
        executor = await account.executor(account.again(known))
        order = account.order(Mode.DISCHARGE)
        assert await executor.carry_out(order) is Outcome.REFUSED
        assert account.cloud.written == []
        assert executor.driver.capabilities.tariff_zone is None
        home = ZoneInfo("Australia/Sydney")
        executor = await account.executor(account.again(known, zone=home))
        assert await executor.carry_out(order) is Outcome.FOLLOWED
        assert executor.driver.capabilities.tariff_zone == home
        # 14:10 UTC is 01:10 of the next day in Sydney.
        code = account.set_by().tariff["code"]
        assert code == "POWER_SYNC:DISCHARGE:2026-11-27:0100-0230"
        assert account.site.home.flows.battery_w == 5000


def test_connected_to_nobody() -> None:
    """It says its writes, and what is safe where the owner's settings are lost."""
    config = BatteryConfig(
        identity=BatteryIdentity("tesla", SITE_ID, "Powerwall 2"),
        rated_power_w=5000,
        capacity_kwh=13.5,
        max_charge_w=5000,
        max_discharge_w=5000,
        settings=frozenset({settings.GRID_CHARGING, settings.TARIFF}),
    )
    driver = tesla_access(TESLA).offline(config)
    now: Settings = {
        settings.MODE: "autonomous",
        settings.RESERVE: 0,
        settings.GRID_CHARGING: True,
        settings.EXPORT_RULE: None,
        settings.TARIFF: "PowerSync charge 2026-11-26 14:00-15:00",
    }
    safe = driver.safe_settings(now)
    assert safe[settings.MODE] == "self_consumption"
    assert (safe[settings.RESERVE], safe[settings.GRID_CHARGING]) == (20, False)
    assert safe[settings.EXPORT_RULE] is None
    assert str(safe[settings.TARIFF]).startswith("Flat rate\t")
    own = Command(Mode.SELF_CONSUMPTION, None, AFTERNOON)
    assert driver.writes_for(own, safe, now) == driver.writes_for_release(safe, now)
    with pytest.raises(DeviceUnreachableError):
        TeslaBattery(None, config)._api  # noqa: B018, SLF001 - that there is none
    with pytest.raises(TypeError):
        tesla_access(BRANDS["sungrow"])
