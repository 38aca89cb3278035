"""The load history from real statistics in a real recorder."""

from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from custom_components.power_sync.bridges.statistics import (
    NOTHING_PICKED,
    Picked,
    Unfit,
    async_measured_home,
    async_unfit,
    own_sensors,
    picked_sensors,
)
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.forecast.load_history import LoadHistory
from homeassistant.components.energy.data import (
    BatterySourceType,
    GridSourceType,
    SolarSourceType,
    async_get_manager,
)
from homeassistant.components.recorder.models.statistics import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .conftest import HOUR, choose, meter

SENSOR = "sensor.home_load"


def grid(imported: str | None, exported: str | None) -> GridSourceType:
    """Return a grid connection in the present format."""
    return GridSourceType(
        type="grid",
        stat_energy_from=imported,
        stat_energy_to=exported,
        stat_cost=None,
        entity_energy_price=None,
        number_energy_price=None,
        stat_compensation=None,
        entity_energy_price_export=None,
        number_energy_price_export=None,
        cost_adjustment_day=0.0,
    )


def solar(produced: str) -> SolarSourceType:
    """Return a solar source without a forecast."""
    return SolarSourceType(
        type="solar", stat_energy_from=produced, config_entry_solar_forecast=None
    )


def battery(discharged: str, charged: str) -> BatterySourceType:
    """Return a battery."""
    return BatterySourceType(
        type="battery", stat_energy_from=discharged, stat_energy_to=charged
    )


async def async_load(
    hass: HomeAssistant, days: int = 30, picked: Picked = NOTHING_PICKED
) -> LoadHistory | None:
    """Return what the home is known to have used."""
    measured = await async_measured_home(hass, days, picked)
    return None if measured is None else measured.load


def loads(history: LoadHistory | None, first_hour: datetime) -> dict[int, float]:
    """Return W by the number of hours since the first."""
    assert history is not None
    assert history.step == HOUR
    return {(s.start - first_hour) // HOUR: s.mean_w for s in history.samples}


@pytest.mark.usefixtures("energy")
async def test_load_is_what_the_meters_leave_over(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """Sun 2.0 + import 0.5 - export 0.7 + discharge 0.3 - charge 1.1 = 1.0 kWh."""
    await meter(hass, "t:import", first_hour, [0.5, 0.4])
    await meter(hass, "t:export", first_hour, [0.7, 0.0])
    await meter(hass, "t:solar", first_hour, [2.0, 0.0])
    await meter(hass, "t:discharge", first_hour, [300.0, 250.0], unit="Wh")
    await meter(hass, "t:charge", first_hour, [1.1, 0.0])
    await choose(
        hass,
        [
            grid("t:import", "t:export"),
            solar("t:solar"),
            battery("t:discharge", "t:charge"),
        ],
    )
    found = loads(await async_load(hass), first_hour)
    assert found == pytest.approx({0: 1000.0, 1: 650.0})


@pytest.mark.usefixtures("energy")
async def test_several_connections_are_added(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """Two imports, one of them without an export."""
    await meter(hass, "t:day", first_hour, [0.5])
    await meter(hass, "t:night", first_hour, [0.25])
    await choose(hass, [grid("t:day", None), grid("t:night", None)])
    found = loads(await async_load(hass), first_hour)
    assert found == pytest.approx({0: 750.0})


@pytest.mark.usefixtures("energy")
async def test_the_older_format_of_flows(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """Lists of flows, as Home Assistant kept them before."""
    await meter(hass, "t:day", first_hour, [0.5])
    await meter(hass, "t:night", first_hour, [0.25])
    await meter(hass, "t:export", first_hour, [0.1])
    manager = await async_get_manager(hass)
    await choose(hass, [])
    assert manager.data is not None
    legacy = {
        "type": "grid",
        "flow_from": [{"stat_energy_from": "t:day"}, {"stat_energy_from": "t:night"}],
        "flow_to": [{"stat_energy_to": "t:export"}],
        "cost_adjustment_day": 0.0,
    }
    # The type says the new format only; stored data may still be the old one.
    manager.data["energy_sources"] = [legacy]  # type: ignore[list-item]
    found = loads(await async_load(hass), first_hour)
    assert found == pytest.approx({0: 650.0})


@pytest.mark.usefixtures("energy")
async def test_missing_hours_are_absent(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """The hour after a gap counts the gap's energy too, so it is absent as well."""
    await meter(hass, "t:import", first_hour, [0.5, None, None, 2.4, 0.6])
    await choose(hass, [grid("t:import", None)])
    found = loads(await async_load(hass), first_hour)
    assert found == pytest.approx({0: 500.0, 4: 600.0})


@pytest.mark.usefixtures("energy")
async def test_an_inverter_asleep_counts_nothing(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """No solar rows at night, then 0.2 kWh: the night's hours had no sun."""
    await meter(hass, "t:import", first_hour, [0.5, 0.4, 0.3, 0.2])
    await meter(hass, "t:solar", first_hour, [0.0, None, None, 0.2])
    await choose(hass, [grid("t:import", None), solar("t:solar")])
    found = loads(await async_load(hass), first_hour)
    assert found == pytest.approx({0: 500.0, 1: 400.0, 2: 300.0, 3: 400.0})


@pytest.mark.usefixtures("energy")
async def test_negative_load_is_dropped(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """More exported than produced is a fault of a meter."""
    await meter(hass, "t:import", first_hour, [0.1, 0.5])
    await meter(hass, "t:export", first_hour, [0.4, 0.0])
    await choose(hass, [grid("t:import", "t:export")])
    found = loads(await async_load(hass), first_hour)
    assert found == pytest.approx({1: 500.0})


async def record_sensor(
    hass: HomeAssistant,
    first_hour: datetime,
    statistic_id: str = SENSOR,
    kw: tuple[float, float] = (0.4, 0.6),
) -> None:
    """Record a power sensor in kW, with an hour of nothing in between."""
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=statistic_id,
        unit_class="power",
        unit_of_measurement="kW",
    )
    rows = [
        StatisticData(start=first_hour, mean=kw[0]),
        StatisticData(start=first_hour + 2 * HOUR, mean=kw[1]),
    ]
    async_import_statistics(hass, metadata, rows)
    await async_wait_recording_done(hass)


@pytest.mark.usefixtures("energy")
async def test_the_sun_is_that_of_all_arrays(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """The battery is taken out of both; an hour that one array lacks is absent."""
    await meter(hass, "t:import", first_hour, [0.5, 0.5, 0.5])
    await meter(hass, "t:east", first_hour, [2.0, 1.0, 1.0])
    await meter(hass, "t:west", first_hour, [1.0, -0.1, None])
    await meter(hass, "t:discharge", first_hour, [0.0, 0.3, 0.0])
    await meter(hass, "t:charge", first_hour, [1.1, 0.0, 0.0])
    await choose(
        hass,
        [
            grid("t:import", None),
            solar("t:east"),
            solar("t:west"),
            battery("t:discharge", "t:charge"),
        ],
    )
    found = await async_measured_home(hass, 30, NOTHING_PICKED)
    assert found is not None
    assert found.measured_by == "energy_dashboard"
    assert loads(found.load, first_hour) == pytest.approx({0: 2400.0, 1: 1700.0})
    assert found.solar_w is not None
    assert [span.value for span in found.solar_w.spans] == pytest.approx([3000, 900])
    assert [span.start for span in found.solar_w.spans] == [
        first_hour,
        first_hour + HOUR,
    ]


@pytest.mark.usefixtures("energy")
async def test_a_home_without_sun(hass: HomeAssistant, first_hour: datetime) -> None:
    """That there is none is not the same as that it is not known."""
    await meter(hass, "t:import", first_hour, [0.5])
    await choose(hass, [grid("t:import", None)])
    found = await async_measured_home(hass, 30, NOTHING_PICKED)
    assert found is not None
    assert found.solar_w is None


@pytest.mark.usefixtures("energy")
async def test_picked_sensors_count_instead_of_the_dashboard(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """Load and sun are theirs, in W; where they know nothing, the dashboard counts."""
    await record_sensor(hass, first_hour)
    await record_sensor(hass, first_hour, "sensor.sun", (1.5, -0.01))
    await meter(hass, "t:import", first_hour, [9.0, 9.0, 9.0])
    await choose(hass, [grid("t:import", None)])
    found = await async_measured_home(hass, 30, Picked(SENSOR, "sensor.sun"))
    assert found is not None
    assert found.measured_by == "sensors"
    assert loads(found.load, first_hour) == pytest.approx({0: 400.0, 2: 600.0})
    assert found.solar_w is not None
    assert [span.value for span in found.solar_w.spans] == pytest.approx([1500, 0])
    found = await async_measured_home(hass, 30, Picked(SENSOR))
    assert found is not None
    assert found.solar_w is None
    found = await async_measured_home(hass, 30, Picked("sensor.gone"))
    assert found is not None
    assert found.measured_by == "energy_dashboard"


@pytest.mark.usefixtures("energy")
async def test_picked_meters_of_energy(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """What is counted in an hour is its mean; a gap's energy is no hour's."""
    await meter(hass, "t:home", first_hour, [400.0, None, 200.0, 600.0], unit="Wh")
    await record_sensor(hass, first_hour, "sensor.sun", (1.5, 0.5))
    found = await async_measured_home(hass, 30, Picked("t:home", "sensor.sun"))
    assert found is not None
    assert loads(found.load, first_hour) == pytest.approx({0: 400.0, 3: 600.0})
    assert found.solar_w is not None
    assert [span.value for span in found.solar_w.spans] == pytest.approx([1500, 500])
    found = await async_measured_home(hass, 30, Picked(SENSOR, "t:home"))
    assert found is None
    await record_sensor(hass, first_hour)
    found = await async_measured_home(hass, 30, Picked(SENSOR, "t:home"))
    assert found is not None
    assert found.solar_w is not None
    assert [span.value for span in found.solar_w.spans] == pytest.approx([400, 600])


@pytest.mark.usefixtures("energy")
async def test_our_own_sensors_come_last(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """Without a dashboard they serve; a home without panels has no sun there."""
    await record_sensor(hass, first_hour)
    own = Picked(SENSOR, "sensor.own_sun")
    found = await async_measured_home(hass, 30, NOTHING_PICKED, own)
    assert found is not None
    assert (found.measured_by, found.solar_w) == ("own_sensors", None)
    assert loads(found.load, first_hour) == pytest.approx({0: 400.0, 2: 600.0})
    await record_sensor(hass, first_hour, "sensor.own_sun", (1.5, 0.5))
    found = await async_measured_home(hass, 30, NOTHING_PICKED, own)
    assert found is not None
    assert found.solar_w is not None
    await meter(hass, "t:import", first_hour, [0.5])
    await choose(hass, [grid("t:import", None)])
    found = await async_measured_home(hass, 30, NOTHING_PICKED, own)
    assert found is not None
    assert found.measured_by == "energy_dashboard"


@pytest.mark.usefixtures("energy")
async def test_measured_cars_are_taken_out(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """Of what has them, hour by hour; a load that was picked is as it is."""
    await record_sensor(hass, first_hour, SENSOR, (5.0, 0.6))
    await record_sensor(hass, first_hour, "sensor.zappi_power", (4.4, 0.0))
    await record_sensor(hass, first_hour, "sensor.other_power", (0.2, 1.0))
    cars = frozenset({"sensor.zappi_power", "sensor.other_power", "sensor.unknown"})
    own = Picked(SENSOR, None, cars)
    found = await async_measured_home(hass, 30, NOTHING_PICKED, own)
    assert found is not None
    assert loads(found.load, first_hour) == pytest.approx({0: 400.0, 2: 0.0})
    found = await async_measured_home(hass, 30, Picked(SENSOR), own)
    assert found is not None
    assert loads(found.load, first_hour) == pytest.approx({0: 5000.0, 2: 600.0})
    await meter(hass, "t:import", first_hour, [5.0, 0.3])
    await choose(hass, [grid("t:import", None)])
    found = await async_measured_home(hass, 30, NOTHING_PICKED, own)
    assert found is not None
    assert loads(found.load, first_hour) == pytest.approx({0: 400.0, 1: 300.0})


def test_our_own_sensors(hass: HomeAssistant) -> None:
    """A charger's power is one of the site's that it belongs to, whatever its name."""
    registry = er.async_get(hass)
    entry, other = (MockConfigEntry(domain=DOMAIN, entry_id=each) for each in "ab")
    for site in (entry, other):
        site.add_to_hass(hass)
    for site, key, name in (
        (entry, "a_home_load", "home_load"),
        (entry, "Z1_car_power", "car_power"),
        (entry, "Z1_car_state", "car_state"),
        (other, "Z2_car_power", "car_power"),
    ):
        registry.async_get_or_create(
            "sensor", DOMAIN, key, config_entry=site, translation_key=name
        )
    registry.async_update_entity(
        "sensor.power_sync_z1_car_power", new_entity_id="sensor.garage"
    )
    assert own_sensors(hass, "a") == Picked(
        "sensor.power_sync_a_home_load", None, frozenset({"sensor.garage"})
    )


async def test_no_sensor_is_fit_without_a_recorder(hass: HomeAssistant) -> None:
    """There are no statistics then."""
    found = await async_unfit(hass, 30, ["sensor.a"])
    assert found == {"sensor.a": Unfit.NO_STATISTICS}


def test_what_is_picked() -> None:
    """Sun alone is no home."""
    chosen = {"history_source": "automatic", "load_sensor": "a"}
    assert picked_sensors(chosen) == Picked()
    assert picked_sensors({}) == Picked()
    assert picked_sensors({"load_sensor": "a", "solar_sensor": None}) == Picked("a")
    assert picked_sensors({"load_sensor": "a", "solar_sensor": "b"}) == Picked("a", "b")
    assert picked_sensors({"load_sensor": None, "solar_sensor": "b"}) == Picked()


@pytest.mark.usefixtures("energy")
async def test_our_sensor_where_no_dashboard_is_set_up(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """The hourly means in W; only where it is asked for."""
    await record_sensor(hass, first_hour)
    assert await async_load(hass) is None
    found = await async_load(hass, picked=Picked(SENSOR))
    assert loads(found, first_hour) == pytest.approx({0: 400.0, 2: 600.0})


@pytest.mark.usefixtures("recorder_mock")
async def test_our_sensor_without_the_energy_integration(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """The recorder alone is enough for the sensor."""
    await record_sensor(hass, first_hour)
    found = await async_load(hass, picked=Picked(SENSOR))
    assert loads(found, first_hour) == pytest.approx({0: 400.0, 2: 600.0})


@pytest.mark.usefixtures("energy")
async def test_only_sun_is_not_a_load(
    hass: HomeAssistant, first_hour: datetime
) -> None:
    """Without an import meter nothing can be said."""
    await meter(hass, "t:solar", first_hour, [2.0])
    await choose(hass, [solar("t:solar")])
    assert await async_load(hass) is None


@pytest.mark.usefixtures("energy")
async def test_the_window_of_days(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """One day is its 24 complete hours, the first of them too."""
    now = datetime(2026, 6, 8, 12, 40, tzinfo=UTC)
    freezer.move_to(now)
    first_hour = datetime(2026, 6, 7, 12, tzinfo=UTC)
    await meter(hass, "t:import", first_hour - 24 * HOUR, [0.5] * 24 + [0.25] * 24)
    await choose(hass, [grid("t:import", None)])
    found = loads(await async_load(hass, days=1), first_hour)
    assert found == pytest.approx(dict.fromkeys(range(24), 250.0))


async def test_without_a_recorder(hass: HomeAssistant) -> None:
    """Nothing to read is None, not an error."""
    assert await async_load(hass, picked=Picked(SENSOR)) is None
