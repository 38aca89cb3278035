"""What today has cost and saved: measured, kept over restarts, and in statistics."""

from dataclasses import replace
from datetime import datetime, timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
    do_adhoc_statistics,
)

from custom_components.power_sync.const import DOMAIN
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.recorder import get_instance
from simulators.home import Cells, SimulatedHome
from simulators.octopus import Fault, OctopusSimulator, Rate
from simulators.octopus.rates import ListedBook
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.common import EXPORT_PRODUCT, IMPORT_PRODUCT, NOON, HassClock

from .conftest import ENTRY_ID, SetUp, Wait, state_of, value_of

MINUTE = timedelta(minutes=1)
POLL = timedelta(seconds=10)
A_POLL = 1.2 * 0.30 * 10 / 3600 + 1e-4
"""What ten seconds cost, and a little of rounding."""
COST = "sensor.powersync_cost_today_so_far"
WITHOUT = "sensor.powersync_cost_today_without_powersync"
SAVED = "sensor.powersync_saved_today"
TOTAL = "sensor.powersync_saved_in_total"


def ledger_path(hass: HomeAssistant) -> Path:
    """Return the file of the ledger."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.ledger.{ENTRY_ID}"))


def money(hass: HomeAssistant, entity_id: str) -> float:
    """Return an amount."""
    return float(value_of(hass, entity_id))


def list_prices(
    octopus: OctopusSimulator, *pence: tuple[float, datetime, datetime]
) -> None:
    """Have the provider sell at these prices, and buy for 2 p less."""
    for code, less in ((IMPORT_PRODUCT, 0.0), (EXPORT_PRODUCT, 2.0)):
        rates = tuple(
            Rate(price - less, price - less, start, end) for price, start, end in pence
        )
        octopus.products[code] = replace(octopus.products[code], book=ListedBook(rates))


async def poll(wait: Wait, lasting: timedelta, step: timedelta = POLL) -> None:
    """Let time go by, with a reading each step."""
    for _ in range(lasting // step):
        await wait(step)


@pytest.fixture
async def bought(
    hass: HomeAssistant, home: SimulatedHome, octopus: OctopusSimulator
) -> None:
    """Have an empty battery and no sun, so that 1.2 kW are bought, in London."""
    await hass.config.async_set_time_zone("Europe/London")
    home.profile = constant(1200, 0)
    home.soc_pct = 5.0
    day = timedelta(days=1)
    list_prices(
        octopus,
        (30.0, NOON - day, NOON + day / 2),
        (10.0, NOON + day / 2, NOON + 3 * day),
    )


@pytest.mark.usefixtures("bought")
async def test_what_today_has_cost(
    hass: HomeAssistant, set_up: SetUp, wait: Wait
) -> None:
    """1.2 kW at 30 p, as far as it was measured; a dry run saves nothing."""
    await set_up(dry_run=True)
    assert value_of(hass, COST) == "unknown"
    await poll(wait, 2 * POLL)
    # The first measured stretch is shown at once, then every five minutes.
    assert 0 < money(hass, COST) <= 2 * A_POLL
    await poll(wait, 15 * MINUTE - 2 * POLL)
    # The very first poll comes when Home Assistant has time for it.
    cost = 1.2 * 0.30 * 15 / 60
    assert money(hass, COST) == pytest.approx(cost, abs=A_POLL)
    assert money(hass, WITHOUT) == money(hass, COST)
    assert money(hass, SAVED) == money(hass, TOTAL) == 0.0
    state = state_of(hass, COST)
    assert state.attributes["unit_of_measurement"] == "GBP"
    assert state.attributes["last_reset"] == "2026-01-14T00:00:00+00:00"
    assert state.attributes["measured_hours"] == 0.2
    assert state.attributes["hours_so_far"] == 12.2
    # What a day costs anyway is told beside the cost, and no part of it.
    assert state.attributes["standing_charge"] > 0
    saved = state_of(hass, SAVED)
    assert saved.attributes["basis"] == "dry_run"
    assert saved.attributes["more_stored_kwh"] == 0.0
    total = state_of(hass, TOTAL)
    assert total.attributes["since"].startswith("2026-01-14T12:00:")
    assert total.attributes["last_reset"] == total.attributes["since"]


@pytest.mark.usefixtures("bought")
async def test_a_restart_in_the_middle_of_the_day(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, frozen_time: FrozenDateTimeFactory
) -> None:
    """The amounts go on; the time in between is told and not counted."""
    entry = await set_up(dry_run=True)
    await poll(wait, 5 * MINUTE)
    before = money(hass, COST)
    assert before > 0
    assert ledger_path(hass).exists()
    assert await hass.config_entries.async_unload(entry.entry_id)
    frozen_time.tick(timedelta(hours=2))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert money(hass, COST) == before
    await poll(wait, 5 * MINUTE)
    assert money(hass, COST) == pytest.approx(2 * before, abs=2 * A_POLL)
    assert state_of(hass, COST).attributes["hours_so_far"] == 14.2
    assert state_of(hass, COST).attributes["measured_hours"] == 0.2


@pytest.mark.usefixtures("bought")
async def test_it_is_stored_within_five_minutes(
    hass: HomeAssistant, set_up: SetUp, wait: Wait
) -> None:
    """And not with every reading."""
    await set_up(dry_run=True)
    await poll(wait, 4 * MINUTE)
    assert not ledger_path(hass).exists()
    await poll(wait, MINUTE)
    stored = json.loads(ledger_path(hass).read_text(encoding="utf-8"))["data"]
    assert stored["day"]["paid"] > 0


@pytest.mark.parametrize("data", ['{"day": 5}', '"odd"', "{"])
@pytest.mark.usefixtures("bought")
async def test_a_ledger_that_is_lost_begins_anew(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, data: str
) -> None:
    """Control starts, and counting goes on from now."""
    path = ledger_path(hass)
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'{{"version": 1, "data": {data}}}', encoding="utf-8")
    await set_up(dry_run=True)
    await poll(wait, 2 * POLL)
    assert money(hass, COST) > 0
    since = state_of(hass, TOTAL).attributes["since"]
    assert since.startswith("2026-01-14T12:00:")


@pytest.mark.usefixtures("bought")
async def test_midnight_while_the_battery_is_silent(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    sungrow: SungrowSimulator,
    frozen_time: FrozenDateTimeFactory,
) -> None:
    """The day ends all the same, and the new one is not known yet."""
    await set_up(dry_run=True)
    await poll(wait, MINUTE)
    await sungrow.refuse_connections()
    frozen_time.move_to(NOON + timedelta(hours=11, minutes=59))
    await poll(wait, 10 * MINUTE, MINUTE)
    for entity_id in (COST, WITHOUT, SAVED):
        assert value_of(hass, entity_id) == "unknown"
        reset = state_of(hass, entity_id).attributes["last_reset"]
        assert reset == "2026-01-15T00:00:00+00:00"
    assert value_of(hass, TOTAL) == "0.0"


async def test_without_prices_nothing_is_known(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, octopus: OctopusSimulator
) -> None:
    """No money, and no unit of it."""
    octopus.standing_fault = Fault(status=503)
    await set_up(dry_run=True)
    await poll(wait, 3 * POLL)
    for entity_id in (COST, WITHOUT, SAVED, TOTAL):
        state = state_of(hass, entity_id)
        assert state.state == "unknown"
        assert "unit_of_measurement" not in state.attributes


def slow_down(entry: MockConfigEntry, every: timedelta) -> None:
    """Have the batteries read less often."""
    for coordinator in entry.runtime_data.coordinators.batteries.values():
        coordinator.update_interval = every


async def test_two_batteries(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, sungrow: SungrowSimulator
) -> None:
    """Both count, and while one of them is silent nothing is measured."""
    sungrow.home.profile = constant(1200, 0)
    cells = Cells(capacity_kwh=9.6)
    garage = SimulatedHome(HassClock(), constant(600, 0), cells=cells, soc_pct=75)
    async with SungrowSimulator(garage, serial="B1") as other:
        entry = await set_up(inverters=[sungrow, other], dry_run=True)
        slow_down(entry, MINUTE)
        accounts = entry.runtime_data.coordinators.accounts
        await poll(wait, 12 * MINUTE, MINUTE)
        assert 8 * MINUTE <= accounts.figures.measured <= 11 * MINUTE
        stored = accounts.ledger.day.stored_kwh
        # 55 % and 75 % of 9.6 kWh each, less what was used since.
        assert 11 < stored < 9.6 * 1.30
        await other.refuse_connections()
        await poll(wait, 12 * MINUTE, MINUTE)
        silent = accounts.ledger.day.measured
        assert silent <= 14 * MINUTE
        await other.accept_connections()
        await poll(wait, 12 * MINUTE, MINUTE)
        assert accounts.ledger.day.measured > silent
        assert value_of(hass, SAVED) == "0.0"
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("bought")
async def test_a_slow_reading_over_midnight_divides_the_days_once(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, frozen_time: FrozenDateTimeFactory
) -> None:
    """The day is not ended before the reading that still belongs to it."""
    frozen_time.move_to(NOON + timedelta(hours=11, minutes=56, seconds=50))
    slow_down(await set_up(dry_run=True), MINUTE)
    resets: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.entity_id == COST:
            resets.append(state.attributes.get("last_reset", "gone")[:10])

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await poll(wait, 10 * MINUTE, MINUTE)
    stop()
    assert set(resets) == {"2026-01-14", "2026-01-15"}
    assert resets == sorted(resets)
    # All of the time since midnight was measured.
    assert state_of(hass, COST).attributes["measured_hours"] == 0.1
    assert money(hass, COST) == pytest.approx(1.2 * 0.10 * 5 / 60, abs=3e-3)


async def five_minute_sums(
    hass: HomeAssistant, start: datetime, periods: int
) -> dict[str, list[float]]:
    """Have the statistics made, and return the sums of the amounts."""
    await async_wait_recording_done(hass)
    for period in range(periods):
        do_adhoc_statistics(hass, start=start + 5 * period * MINUTE)
    await async_wait_recording_done(hass)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        start,
        None,
        {COST, WITHOUT, SAVED, TOTAL},
        "5minute",
        None,
        {"sum"},
    )
    return {
        statistic_id: [row["sum"] or 0.0 for row in rows]
        for statistic_id, rows in found.items()
    }


@pytest.mark.usefixtures("bought")
async def test_statistics_over_midnight(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, frozen_time: FrozenDateTimeFactory
) -> None:
    """The sums of the long-term statistics are the money of both days together."""
    start = NOON + timedelta(hours=11, minutes=30)
    frozen_time.move_to(start)
    slow_down(await set_up(dry_run=True), MINUTE)
    await poll(wait, 60 * MINUTE, MINUTE)
    assert state_of(hass, COST).attributes["last_reset"] == "2026-01-15T00:00:00+00:00"
    sums = await five_minute_sums(hass, start, 12)
    # Measured from 23:31 on; the first amount, of a minute, is the zero point, and
    # what is shown at 00:30 belongs to the next period.
    kw = 1.2
    paid = kw * (0.30 * 28 + 0.10 * 25) / 60
    assert sums[COST][-1] == pytest.approx(paid, abs=2e-4)
    assert sums[COST] == sorted(sums[COST])
    assert sums[WITHOUT][-1] == pytest.approx(paid, abs=2e-4)
    assert sums[SAVED][-1] == sums[TOTAL][-1] == 0.0


@pytest.mark.usefixtures("bought")
async def test_statistics_of_a_saving_over_midnight(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, frozen_time: FrozenDateTimeFactory
) -> None:
    """What two days have saved is what has been saved in total, and the difference.

    A charge that the user forces before midnight is dear by day and used by nobody.
    """
    start = NOON + timedelta(hours=11, minutes=50)
    frozen_time.move_to(start)
    slow_down(await set_up(), MINUTE)
    await poll(wait, 2 * MINUTE, MINUTE)
    await hass.services.async_call(
        DOMAIN, "force_charge", {"duration": 4, "power_w": 3000}, blocking=True
    )
    await poll(wait, 18 * MINUTE, MINUTE)
    sums = await five_minute_sums(hass, start, 4)
    assert sums[SAVED][-1] != 0.0
    assert sums[SAVED][-1] == pytest.approx(sums[TOTAL][-1], abs=3e-4)
    assert sums[SAVED][-1] == pytest.approx(
        sums[WITHOUT][-1] - sums[COST][-1], abs=3e-4
    )
    assert money(hass, SAVED) != money(hass, TOTAL)
