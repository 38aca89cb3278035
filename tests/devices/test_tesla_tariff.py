"""Tariffs of a Powerwall: those that force, and any other as a setting's value."""

from datetime import UTC, date, datetime, timedelta
from itertools import batched
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest
from tesla_fleet_api.tariff import get_tariff_periods

from custom_components.power_sync.devices.batteries.tesla import (
    content as shape,
    tariff,
    telemetry,
)
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.tariff import DayTariff
from simulators.tesla.tariff import Prices, prices_at, season_at, uncovered

from .tesla_site import OWNERS

SLOT = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)


def window(minutes: float, slot: datetime = SLOT, at: int = 10) -> tariff.Window:
    """Return the window of a discharge that is asked for `at` minutes into a slot."""
    until = slot + timedelta(minutes=at + minutes)
    return tariff.forced_window(Mode.DISCHARGE, until, slot)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        pytest.param(30, "14:00-15:00", id="into the next half hour: all of it"),
        pytest.param(15, "14:00-14:30", id="within the half hour"),
        pytest.param(20, "14:00-14:30", id="to its end exactly"),
        pytest.param(21, "14:00-15:00", id="a minute into the next"),
        pytest.param(0, "14:00-14:30", id="over at once"),
        pytest.param(600, "14:00-24:00", id="over midnight: it ends there"),
    ],
)
def test_row_10_the_half_hours_that_are_forced(minutes: float, text: str) -> None:
    """From the present one on, whole ones, and never past midnight."""
    forced = window(minutes)
    assert forced.text == f"PowerSync discharge 2026-11-26 {text}"
    code = text.replace(":", "")
    assert forced.code == f"POWER_SYNC:DISCHARGE:2026-11-26:{code}"


def later(first: Prices) -> Prices:
    """Return the prices of the second half hour: selling brings a hundredth less."""
    assert first.sell is not None
    return Prices(first.buy, round(0.99 * first.sell, 4))


@pytest.mark.parametrize(
    ("mode", "inside", "outside"),
    [
        (Mode.DISCHARGE, Prices(99, 99), Prices(0.3, 0.08)),
        (Mode.CHARGE, Prices(0, 0), Prices(10, 0)),
    ],
)
def test_prices_of_a_forcing_tariff(
    mode: Mode, inside: Prices, outside: Prices
) -> None:
    """Real energy rates in 48 periods, on one day; no day after it has any."""
    forced = tariff.forced_window(mode, SLOT + timedelta(minutes=40), SLOT)
    content = tariff.forcing_tariff(forced, "GBP")
    assert uncovered(content) is None
    for hour, minute, prices in (
        (0, 0, outside),
        (13, 59, outside),
        (14, 0, inside),
        (14, 59, later(inside)),
        (15, 0, outside),
        (23, 59, outside),
    ):
        assert prices_at(content, datetime(2026, 11, 26, hour, minute)) == prices  # noqa: DTZ001 - the site's own clock
    for other in (date(2026, 11, 25), date(2026, 11, 27), date(2027, 11, 25)):
        assert season_at(content, other) is None


@pytest.mark.parametrize(
    ("per_mwh", "inside"), [(500, Prices(5, 1.5)), (3000, Prices(18, 9))]
)
def test_row_9_a_spike_has_its_own_prices(per_mwh: float, inside: Prices) -> None:
    """500 $/MWh sell at 1.50 and buy at 5.00; outside it is as in any discharge."""
    until = SLOT + timedelta(minutes=40)
    spike = tariff.forced_window(Mode.DISCHARGE, until, SLOT, per_mwh / 1000)
    content = tariff.forcing_tariff(spike, "AUD")
    assert uncovered(content) is None
    for hour, minute, prices in (
        (13, 59, Prices(0.3, 0.08)),
        (14, 0, inside),
        (14, 59, later(inside)),
        (15, 0, Prices(0.3, 0.08)),
    ):
        assert prices_at(content, datetime(2026, 11, 26, hour, minute)) == prices  # noqa: DTZ001 - the site's own clock
    assert tariff.value_of(content) == spike.text
    assert tariff.window_of(spike.text) == spike
    assert tariff.forces(spike.text)
    # Another price, or none, needs no other tariff while the half hours are the same.
    assert tariff.serves(spike.text, window(40, at=0))
    without = tariff.forced_window(Mode.DISCHARGE, until, SLOT, 0)
    assert without == window(40, at=0)


def test_row_4_the_shape_that_the_app_knows() -> None:
    """48 keys, the last to hour 24, no negative price, four digits; 0 left out."""
    content = shape.tariff_of(
        code="X",
        name="X",
        utility="X",
        currency="AUD",
        bought=[-0.1, 0.283149, *[0.2] * 46],
        sold=[0.0] * 48,
    )
    charges, seasons = content["energy_charges"], content["seasons"]
    assert isinstance(charges, dict)
    assert isinstance(seasons, dict)
    rates = charges["Summer"]["rates"]
    assert len(rates) == 48
    assert (rates["PERIOD_00_00"], rates["PERIOD_00_30"]) == (0, 0.2831)
    summer = seasons["Summer"]
    assert (summer["fromMonth"], summer["fromDay"]) == (1, 1)
    assert (summer["toMonth"], summer["toDay"]) == (12, 31)
    periods = summer["tou_periods"]
    assert periods["PERIOD_00_00"] == {"periods": [{"toDayOfWeek": 6, "toMinute": 30}]}
    last = {"toDayOfWeek": 6, "fromHour": 23, "fromMinute": 30, "toHour": 24}
    assert periods["PERIOD_23_30"] == {"periods": [last]}
    assert content["sell_tariff"]["energy_charges"]["Summer"]["rates"].keys() == (  # type: ignore[index]  # JSON
        rates.keys()
    )


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 9999), min_size=96, max_size=96),
    st.integers(0, 7 * 48 - 1),
)
def test_another_reader_finds_the_same_prices(
    prices: list[int], half_hours: int
) -> None:
    """The library's own resolver, on every day of the week and at each half hour."""
    zone = ZoneInfo("Europe/London")
    bought, sold = (
        [each / 10_000 for each in part] for part in batched(prices, 48, strict=True)
    )
    content = shape.tariff_of(
        code="X", name="X", utility="X", currency="GBP", bought=bought, sold=sold
    )
    when = datetime(2026, 6, 15, tzinfo=zone) + timedelta(minutes=30 * half_hours + 17)
    found = get_tariff_periods(dict(content), when)
    assert found is not None
    slot = half_hours % 48
    assert found.buy is not None
    assert found.sell is not None
    assert found.buy.price == pytest.approx(round(bought[slot], 4))
    assert found.sell.price == pytest.approx(round(sold[slot], 4))


@pytest.mark.parametrize("day", [date(2026, 11, 26), date(2028, 2, 29)])
def test_prices_of_one_day_by_another_reader(day: date) -> None:
    """The library finds them at each half hour of that day, and at none of others."""
    zone = ZoneInfo("Australia/Sydney")
    bought = tuple(slot / 100 for slot in range(48))
    sold = tuple(0.5 - slot / 100 for slot in range(48))
    content = dict(tariff.prices_tariff(DayTariff(day, "AUD", bought, sold)))
    assert uncovered(content) is None
    for slot in range(48):
        when = datetime(day.year, day.month, day.day, slot // 2, tzinfo=zone)
        found = get_tariff_periods(
            content, when + timedelta(minutes=slot % 2 * 30 + 29)
        )
        assert found is not None
        assert found.buy is not None
        assert found.sell is not None
        assert found.buy.price == bought[slot]
        assert found.sell.price == pytest.approx(max(0.0, sold[slot]))
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        assert season_at(content, other) is None


def test_a_tariff_as_a_value_and_back() -> None:
    """With its name for people; what says nothing does not make it another one."""
    value = tariff.value_of(OWNERS)
    assert value.partition("\t")[0] == "Octopus Go"
    assert tariff.content_of(value, "") == OWNERS
    wordy = {
        **OWNERS,
        "version": 1.0,
        "demand_charges": OWNERS["demand_charges"],
        "monthly_charges": None,
    }
    assert tariff.value_of(wordy) == value
    assert tariff.value_of({**OWNERS, "utility": "Other"}) != value
    assert tariff.value_of({**OWNERS, "name": " "}).startswith("Tariff\t")
    assert tariff.value_of(None) == tariff.value_of({}) == tariff.NONE
    assert tariff.window_of(value) is None
    assert tariff.window_of(5) is None
    for broken in ("none", "Octopus Go", "X\tnot packed", "X\teJwDAAAAAAE="):
        with pytest.raises(DeviceRefusedError):
            tariff.content_of(broken, "")


OLD = {
    "name": "EV",
    "energy_charges": {"ALL": {"ALL": 0}, "Summer": {"ON_PEAK": 0.4}, "Winter": {}},
    "demand_charges": {"ALL": {"ALL": 0}},
    "seasons": {
        "Summer": {
            "fromMonth": 1,
            "toMonth": 12,
            "tou_periods": {"ON_PEAK": [{"toDayOfWeek": 6, "toHour": 24}]},
        },
        "Winter": {"tou_periods": {}},
    },
}


def test_the_oldest_form() -> None:
    """It is told under a name of its own, without rates and periods."""
    present = telemetry.tariff_in({"tariff_content": {**OLD, "sell_tariff": OLD}})
    side = {
        "name": "EV",
        "energy_charges": {
            "ALL": {"rates": {"ALL": 0}},
            "Summer": {"rates": {"ON_PEAK": 0.4}},
            "Winter": {},
        },
        "demand_charges": {"ALL": {"rates": {"ALL": 0}}},
        "seasons": {
            "Summer": {
                "fromMonth": 1,
                "toMonth": 12,
                "tou_periods": {
                    "ON_PEAK": {"periods": [{"toDayOfWeek": 6, "toHour": 24}]}
                },
            },
            "Winter": {"tou_periods": {}},
        },
    }
    assert present == {"version": 1, **side, "sell_tariff": side}
    both = {"tariff_content": OLD, "tariff_content_v2": OWNERS}
    assert telemetry.tariff_in(both) == OWNERS
    assert telemetry.tariff_in({"tariff_content": {}}) == {}


def test_another_reader_finds_a_forced_window() -> None:
    """The library's own resolver: its prices on its day, and none on any other."""
    for day in (date(2028, 2, 29), date(2026, 12, 31), date(2026, 1, 1)):
        zone = ZoneInfo("Europe/London")
        slot = datetime(day.year, day.month, day.day, 14, tzinfo=zone)
        until = slot + timedelta(minutes=40)
        forced = tariff.forced_window(Mode.CHARGE, until, slot)
        content = dict(tariff.forcing_tariff(forced, "GBP"))
        for hours, price in ((-1, 10.0), (0, 0.0), (0.9, 0.0), (1, 10.0), (9.9, 10.0)):
            found = get_tariff_periods(content, slot + timedelta(hours=hours))
            assert found is not None
            assert found.buy is not None
            assert found.buy.price == price
        for days in (-1, 1):
            assert get_tariff_periods(content, slot + timedelta(days=days)) is None


def test_ours_are_known_again() -> None:
    """By their code, whatever the server has made of the rest."""
    forced = window(30)
    content = tariff.forcing_tariff(forced, "GBP")
    assert tariff.value_of(content) == forced.text
    assert tariff.window_of(forced.text) == forced
    assert tariff.content_of(forced.text, "GBP") == content
    assert "currency" not in tariff.content_of(forced.text, "")
    assert tariff.window_of("PowerSync charge 2026-02-30 14:00-15:00") is None


@pytest.mark.parametrize(
    ("code", "name", "theirs"),
    [
        ("GO", "Octopus Go", True),
        ("DISCHARGE_30", "Force Discharge (30min)", False),
        ("CHARGE_60", "Force Charge (60min)", False),
        ("AEMO-SPIKE", "Spike 500", False),
        ("POWER_SYNC:AMBER", "Amber (PowerSync)", False),
        ("", "Force Charge (30min)", False),
    ],
)
def test_a_tariff_that_forces_is_never_the_owners(
    code: str, name: str, *, theirs: bool
) -> None:
    """Whichever program it comes from."""
    assert tariff.forces(tariff.value_of({**OWNERS, "code": code, "name": name})) is (
        not theirs
    )


def test_what_forces() -> None:
    """Ours does; no tariff at all, and what is none, does not."""
    assert tariff.forces(window(30).text)
    assert not any(map(tariff.forces, (tariff.NONE, None, "X\tnot packed")))
    assert not tariff.forces(tariff.value_of(tariff.flat_tariff("EUR")))


def test_when_a_tariff_in_force_will_do() -> None:
    """One of the same kind that began before, and ends when this one does."""
    held = window(50).text
    later = window(20, SLOT + timedelta(minutes=30))
    assert later.text.endswith("14:30-15:30") is False
    assert tariff.serves(held, window(50))
    assert tariff.serves(held, window(20, SLOT + timedelta(minutes=30)))
    assert not tariff.serves(held, window(90))
    assert not tariff.serves("none", later)
    charge = tariff.forced_window(Mode.CHARGE, SLOT + timedelta(hours=1), SLOT)
    assert not tariff.serves(held, charge)
