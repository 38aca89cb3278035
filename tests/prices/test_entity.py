"""Prices in the attributes of other integrations' entities."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.model.series import Span
from custom_components.power_sync.prices.entity import EntityPriceSource, from_settings
from custom_components.power_sync.prices.entity_rows import per_kwh, read_prices
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceEntity,
    PriceUnreachableError,
    UnknownTariffError,
)
from custom_components.power_sync.prices.registry import ENTITY_PROVIDERS
from simulators.clock import ManualClock

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)

# Recorded: the first and last rows of Amber Express, 2026-04-19, by 5 minutes until
# 22:30 and by 30 from there.
EXPRESS: list[dict[str, object]] = [
    {"time": "2026-04-19T21:55:00+10:00", "value": 0.179},
    {"time": "2026-04-19T22:00:00+10:00", "value": 0.185},
    {"time": "2026-04-21T03:00:00+10:00", "value": 0.1782},
    {"time": "2026-04-21T03:30:00+10:00", "value": 0.1723},
]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_it_is_a_provider() -> None:
    """It can be chosen."""
    assert ENTITY_PROVIDERS["entity"] is from_settings


def test_rows_without_an_end() -> None:
    """They last until the next one, the last as the last; no price fills a gap.

    What follows 12:00 begins a day later, and the rows beside it are 5 and 30 minutes.
    """
    assert read_prices({"forecast": EXPRESS}, BERLIN).spans == (
        Span(utc(2026, 4, 19, 11, 55), utc(2026, 4, 19, 12), 0.179),
        Span(utc(2026, 4, 19, 12), utc(2026, 4, 19, 12, 30), 0.185),
        Span(utc(2026, 4, 20, 17), utc(2026, 4, 20, 17, 30), 0.1782),
        Span(utc(2026, 4, 20, 17, 30), utc(2026, 4, 20, 18), 0.1723),
    )


START, END = "2026-01-14T13:00:00+01:00", "2026-01-14T13:15:00+01:00"


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(
            {
                "raw_today": [{"start": START, "end": END, "value": 0.25}],
                "raw_tomorrow": [],
                "today": [0.25],
                "tomorrow": None,
            },
            id="Nord Pool (custom)",
        ),
        pytest.param(
            {
                "prices_today": [{"time": "2026-01-14 13:00:00+01:00", "price": 0.25}],
                "prices": [
                    {"time": "2026-01-14 13:00:00+01:00", "price": 0.25},
                    {"time": "2026-01-14 13:15:00+01:00", "price": 0.5},
                ],
            },
            id="ENTSO-E",
        ),
        pytest.param(
            {"prices": [{"from": START, "till": END, "price": 0.25}]},
            id="Frank Energie",
        ),
        pytest.param(
            {"data": [{"start_time": START, "end_time": END, "price_per_kwh": 0.25}]},
            id="EPEX Spot",
        ),
        pytest.param(
            {"rates": [{"start": START, "end": END, "value_inc_vat": 0.25}]},
            id="Octopus Energy",
        ),
        pytest.param(
            {
                "forecasts": [
                    {
                        "duration": 15,
                        "per_kwh": 0.25,
                        "spot_per_kwh": 0.1,
                        "start_time": "2026-01-14T12:00:01+00:00",
                        "end_time": "2026-01-14T12:15:00+00:00",
                    }
                ]
            },
            id="Amber",
        ),
        pytest.param(
            {
                "prices": [
                    {"startsAt": START, "total": 0.25, "energy": 0.1},
                    {"startsAt": END, "total": 0.5, "energy": 0.1},
                ]
            },
            id="Tibber",
        ),
        pytest.param(
            {
                "list": (
                    {
                        "start": datetime(2026, 1, 14, 13, tzinfo=BERLIN),
                        "end": datetime(2026, 1, 14, 13, 15, tzinfo=BERLIN),
                        "value": 0.25,
                    },
                )
            },
            id="times as such",
        ),
        pytest.param(
            {"naive": [{"start": START[:19], "end": END[:19], "price": 0.25}]},
            id="local times",
        ),
    ],
)
def test_shapes(attributes: dict[str, object]) -> None:
    """A quarter of an hour from 12:00 UTC costs 0.25, in all of them."""
    first = read_prices(attributes, BERLIN).spans[0]
    assert first.start == NOON
    assert first.value == 0.25
    if "prices_today" not in attributes:
        assert first.end == NOON + QUARTER


def test_two_rows_without_an_end() -> None:
    """Nothing beside them says how long they are: two hours at the most."""
    rows = [{"time": f"2026-01-14T{hour}:00Z", "price": 0.2} for hour in (12, 18)]
    found = read_prices({"prices": rows}, BERLIN)
    assert [(span.start, span.end) for span in found.spans] == [
        (utc(2026, 1, 14, 12), utc(2026, 1, 14, 14)),
        (utc(2026, 1, 14, 18), utc(2026, 1, 14, 20)),
    ]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_days_of_entso_e(day: str) -> None:
    """The integration's lists of both days, with a change of the clocks in one.

    Each quarter has its own price, none is missing, and `prices` adds nothing to it.
    """
    first = datetime.fromisoformat(day).replace(tzinfo=BERLIN)
    begin, middle, end = (
        (first + timedelta(days=ahead)).astimezone(UTC) for ahead in range(3)
    )
    starts = [begin + QUARTER * step for step in range(int((end - begin) / QUARTER))]
    rows = [
        {"time": str(start.astimezone(BERLIN)), "price": round(0.1 + step / 1000, 3)}
        for step, start in enumerate(starts)
    ]
    of_day = starts.index(middle)
    found = read_prices(
        {
            "prices_today": rows[:of_day],
            "prices_tomorrow": rows[of_day:],
            "prices": rows,
            "unit_of_measurement": "EUR/kWh",
            "friendly_name": "Average electricity price",
        },
        BERLIN,
    )
    assert of_day == {"2026-03-29": 92, "2026-10-25": 100}[day]
    assert [(span.start, span.end, span.value) for span in found.spans] == [
        (start, start + QUARTER, row["price"])
        for start, row in zip(starts, rows, strict=True)
    ]


def test_what_comes_twice() -> None:
    """The first one counts."""
    row = {"start": START, "end": END, "value": 0.25}
    found = read_prices({"a": [row, {**row, "value": 9.0}], "b": [row]}, BERLIN)
    assert found.spans == (Span(NOON, NOON + QUARTER, 0.25),)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "0.25",
        [0.25, 0.3],
        [{"start": START}],
        [{"start": START, "value": "0.25"}],
        [{"start": START, "value": True}],
        [{"start": START, "value": float("nan")}],
        [{"start": "noon", "value": 0.25}],
        [{"value": 0.25}],
        [{"start": END, "end": START, "value": 0.25}],
    ],
    ids=str,
)
def test_no_prices(value: object) -> None:
    """Nothing is read into what is no price."""
    assert not read_prices({"prices": value}, BERLIN)


@pytest.mark.parametrize(
    ("unit", "scale"),
    [
        ("EUR/kWh", 1.0),
        ("€/kWh", 1.0),
        ("$/kWh", 1.0),
        ("SEK / kWh", 1.0),
        ("ct/kWh", 0.01),
        ("p/kWh", 0.01),
        ("Öre/kWh", 0.01),
        ("EUR/MWh", 0.001),
        ("c/MWh", 0.00001),
        (None, 1.0),
        ("EUR", 1.0),
    ],
)
def test_units(unit: str | None, scale: float) -> None:
    """Money per kWh, whatever it is told in."""
    assert per_kwh(unit) == pytest.approx(scale)


# Recorded: Nord Pool SE3, the first quarters of 2025-10-01, in SEK per MWh.
SE3 = (556.68, 519.88, 508.28)
SETTINGS: dict[str, Json] = {
    "currency": "SEK",
    "zone": "Europe/Stockholm",
    "import_entity": "sensor.price",
    "export_entity": None,
    "export_per_kwh": 0.1,
    "import_factor": 1.25,
    "import_addition": 0.9,
    "export_factor": 1.0,
    "export_addition": -0.05,
    "published": True,
    "standing_per_day": None,
}


class Entities(dict[str, PriceEntity]):
    """The entities of a home."""

    def read(self, entity_id: str) -> PriceEntity | None:
        """Return one."""
        return self.get(entity_id)


def quarters(start: datetime, *prices: float, unit: str = "SEK/MWh") -> PriceEntity:
    """Return an entity with quarters of an hour from a time on."""
    rows = [
        {
            "start": (start + step * QUARTER).isoformat(),
            "end": (start + (step + 1) * QUARTER).isoformat(),
            "value": price,
        }
        for step, price in enumerate(prices)
    ]
    return PriceEntity({"raw_today": rows}, unit, prices[0])


@pytest.fixture
def entities() -> Entities:
    """Return a home with one entity of prices."""
    return Entities({"sensor.price": quarters(NOON, *SE3)})


def source_of(
    entities: Entities, clock: ManualClock, **changes: Json
) -> EntityPriceSource:
    """Return the source."""
    return from_settings(entities.read, {**SETTINGS, **changes}, now=clock.now)


async def test_curve(entities: Entities, clock: ManualClock) -> None:
    """By hand: 556.68 SEK/MWh are 0.55668 SEK/kWh; x 1.25 + 0.90 make 1.59585."""
    curve = await source_of(entities, clock).fetch()
    assert (curve.currency, curve.zone) == ("SEK", "Europe/Stockholm")
    assert [slot.start for slot in curve.slots] == [
        *(NOON, NOON + QUARTER, NOON + 2 * QUARTER)
    ]
    prices = [slot.import_per_kwh for slot in curve.slots]
    assert prices == pytest.approx([1.59585, 1.54985, 1.53535])
    assert {slot.export_per_kwh for slot in curve.slots} == {0.1}
    assert all(slot.firm for slot in curve.slots)


async def test_sold_at_the_market(entities: Entities, clock: ManualClock) -> None:
    """The same entity, less a fee; 0.55668 - 0.05 is 0.50668."""
    curve = await source_of(entities, clock, export_entity="sensor.price").fetch()
    assert curve.slots[0].export_per_kwh == pytest.approx(0.50668)
    assert len(curve.slots) == 3


async def test_two_entities_of_other_steps(
    entities: Entities, clock: ManualClock
) -> None:
    """Only where both prices are known there is a slot."""
    rows = [
        {"from": start.isoformat(), "till": end.isoformat(), "price": price}
        for start, end, price in (
            (NOON - HOUR, NOON, 1),
            (NOON, NOON + 2 * QUARTER, 0.3),
        )
    ]
    entities["sensor.sold"] = PriceEntity({"prices": rows}, "SEK/kWh", None)
    curve = await source_of(entities, clock, export_entity="sensor.sold").fetch()
    assert [slot.export_per_kwh for slot in curve.slots] == pytest.approx([0.25, 0.25])
    assert curve.slots[-1].end == NOON + 2 * QUARTER


async def test_a_forecast(entities: Entities, clock: ManualClock) -> None:
    """Where the prices ahead may change, only that of now is firm."""
    source = source_of(entities, clock, published=False)
    curve = await source.fetch()
    assert [slot.firm for slot in curve.slots] == [True, False, False]
    assert source.known_until(NOON) == NOON + timedelta(minutes=5)


async def test_the_state_is_the_price_of_now(
    entities: Entities, clock: ManualClock
) -> None:
    """A list that begins with the next price has that of now beside it."""
    entities["sensor.price"] = quarters(NOON + QUARTER, *SE3)
    clock.advance(timedelta(minutes=7))
    curve = await source_of(entities, clock, import_factor=1.0).fetch()
    now = curve.slots[0]
    assert (now.start, now.end) == (NOON + timedelta(minutes=5), NOON + QUARTER)
    assert now.import_per_kwh == pytest.approx(0.55668 + 0.9)
    entities["sensor.price"] = quarters(NOON + 3 * HOUR, *SE3)
    curve = await source_of(entities, clock).fetch()
    assert curve.at(clock.now()) is None


async def test_what_was_seen_is_kept(entities: Entities, clock: ManualClock) -> None:
    """The list of tomorrow lacks today's: it is remembered, for 15 days."""
    source = source_of(entities, clock)
    first = await source.fetch()
    assert await source.fetch() is first
    entities["sensor.price"] = quarters(NOON + 3 * QUARTER, 100.0, 200.0)
    clock.advance(3 * QUARTER)
    curve = await source.fetch()
    assert [slot.start for slot in curve.slots] == [
        NOON + step * QUARTER for step in range(5)
    ]
    past = await source.history(NOON + timedelta(minutes=5), NOON + HOUR)
    assert [(slot.start, slot.end) for slot in past.slots] == [
        (NOON + timedelta(minutes=5), NOON + QUARTER),
        (NOON + QUARTER, NOON + 2 * QUARTER),
        (NOON + 2 * QUARTER, NOON + 3 * QUARTER),
    ]
    clock.advance(timedelta(days=16))
    entities["sensor.price"] = quarters(clock.now(), 100.0)
    assert len((await source.fetch()).slots) == 1


async def test_nothing_seen_is_no_history(
    entities: Entities, clock: ManualClock
) -> None:
    """Before the first look there is none."""
    source = source_of(entities, clock, standing_per_day=1.5)
    assert (await source.history(NOON - HOUR, NOON)).slots == ()
    assert source.standing_per_day == 1.5
    assert source.next_fetch(None) == NOON + timedelta(minutes=1)
    # Prices of a day are known on that day: in Stockholm it ends at 23:00 UTC.
    assert source.known_until(NOON) == utc(2026, 1, 14, 23)


async def test_outages(entities: Entities, clock: ManualClock) -> None:
    """An entity that is gone may come back; one without prices is told apart."""
    source = source_of(entities, clock)
    entity = entities.pop("sensor.price")
    with pytest.raises(PriceUnreachableError):
        await source.fetch()
    empty: dict[str, object] = {"raw_today": []}
    for attributes in ({}, empty):
        entities["sensor.price"] = PriceEntity(attributes, "SEK/kWh", 0.3)
        with pytest.raises(PriceAnswerError):
            await source.fetch()
    entities["sensor.price"] = quarters(NOON - HOUR, *SE3)
    with pytest.raises(PriceAnswerError):
        await source.fetch()
    entities["sensor.price"] = entity
    assert len((await source.fetch()).slots) == 3


@pytest.mark.parametrize(
    "broken",
    [
        {"import_entity": None},
        {"import_factor": "1"},
        {"zone": "Europe/Atlantis"},
        {"currency": 1},
        {"export_per_kwh": None},
        {"export_entity": "sensor.price", "export_addition": None},
    ],
    ids=str,
)
def test_what_cannot_be_read(
    entities: Entities, clock: ManualClock, broken: dict[str, Json]
) -> None:
    """Broken settings are no source."""
    with pytest.raises(UnknownTariffError):
        source_of(entities, clock, **broken)
