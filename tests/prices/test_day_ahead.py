"""Day-ahead prices by the actions of other integrations."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.model.plain import Json, JsonObject
from custom_components.power_sync.prices.day_ahead import (
    DayAheadPriceSource,
    from_settings,
)
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceUnreachableError,
    UnknownTariffError,
)
from custom_components.power_sync.prices.registry import ACTION_PROVIDERS
from simulators.clock import ManualClock

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# Recorded: Nord Pool SE3, the first two hours of 2025-10-01, in SEK per MWh.
SE3 = (556.68, 519.88, 508.28, 509.93, 501.64, 509.05, 491.03, 442.07)
MIDNIGHT = datetime(2025, 9, 30, 22, tzinfo=UTC)
# Recorded: EnergyZero, the first hour of 2025-12-16, in EUR per kWh without VAT.
ENERGYZERO = (0.07994, 0.08307, 0.07418, 0.07279)

SETTINGS: dict[str, Json] = {
    "integration": "nordpool",
    "config_entry_id": "entry",
    "place": "SE3",
    "currency": "SEK",
    "hourly": False,
    "import_factor": 1.25,
    "import_addition": 0.9,
    "export_factor": 1.0,
    "export_addition": -0.05,
    "standing_per_day": None,
}

type Answer = Callable[[JsonObject], Mapping[str, object]]


def rows(start: datetime, *prices: float) -> list[dict[str, object]]:
    """Return quarters of an hour from a time on."""
    return [
        {
            "start": (start + step * QUARTER).isoformat(),
            "end": (start + (step + 1) * QUARTER).isoformat(),
            "price": price,
        }
        for step, price in enumerate(prices)
    ]


class Actions:
    """Other integrations: what they were asked, and what they answer."""

    def __init__(self) -> None:
        """Have the recorded prices on every day; those of tomorrow are late."""
        self.calls: list[tuple[str, str, JsonObject]] = []
        self.answer: Answer = self.nordpool
        self.missing: set[str] = set()
        self.failing = False

    def nordpool(self, data: JsonObject) -> Mapping[str, object]:
        """Return a day of SE3: two hours of it, which repeat."""
        day = str(data["date"])
        if day in self.missing:
            return {"SE3": []}
        # Midnight in Brussels, on days without a change of the clocks.
        ahead = datetime.fromisoformat(f"{day}T00:00+00:00") - datetime(
            2025, 10, 1, tzinfo=UTC
        )
        return {"SE3": rows(MIDNIGHT + ahead, *SE3 * 12)}

    async def act(
        self, domain: str, action: str, data: JsonObject
    ) -> Mapping[str, object]:
        """Answer."""
        self.calls.append((domain, action, data))
        if self.failing:
            raise PriceUnreachableError("down")
        return self.answer(data)

    @property
    def days(self) -> list[str]:
        """The days that were asked for."""
        return [str(data["date"]) for _, _, data in self.calls]


@pytest.fixture
def clock() -> ManualClock:
    """Return the morning of 1 October 2025: 9:00 in Brussels."""
    return ManualClock(MIDNIGHT + 9 * HOUR)


@pytest.fixture
def actions() -> Actions:
    """Return other integrations."""
    return Actions()


def source_of(
    actions: Actions, clock: ManualClock, **changes: Json
) -> DayAheadPriceSource:
    """Return the source."""
    return from_settings(actions.act, {**SETTINGS, **changes}, now=clock.now)


def test_it_is_a_provider() -> None:
    """It can be chosen."""
    assert ACTION_PROVIDERS["day_ahead"] is from_settings


async def test_curve(actions: Actions, clock: ManualClock) -> None:
    """By hand: 556.68 SEK/MWh are 0.55668; x 1.25 + 0.90 make 1.59585 to buy.

    Sold they make 0.50668. Today and 14 days before it, each is asked for once.
    """
    source = source_of(actions, clock)
    curve = await source.fetch()
    assert (curve.currency, curve.zone) == ("SEK", "Europe/Brussels")
    slot = curve.at(MIDNIGHT)
    assert slot is not None
    assert (slot.start, slot.end, slot.firm) == (MIDNIGHT, MIDNIGHT + QUARTER, True)
    assert slot.import_per_kwh == pytest.approx(1.59585)
    assert slot.export_per_kwh == pytest.approx(0.50668)
    assert curve.firm_until == MIDNIGHT + DAY
    assert len(actions.calls) == 15
    assert actions.calls[0] == (
        "nordpool",
        "get_prices_for_date",
        {"config_entry": "entry", "date": "2025-10-01", "areas": ["SE3"]},
    )
    await source.fetch()
    assert len(actions.calls) == 15


async def test_billed_by_the_hour(actions: Actions, clock: ManualClock) -> None:
    """By hand: the mean of the first four is 523.6925 SEK/MWh."""
    source = source_of(actions, clock, hourly=True, import_factor=1.0)
    curve = await source.fetch()
    slot = curve.at(MIDNIGHT + QUARTER)
    assert slot is not None
    assert (slot.start, slot.end) == (MIDNIGHT, MIDNIGHT + HOUR)
    assert slot.import_per_kwh == pytest.approx(0.5236925 + 0.9)
    assert curve.firm_until == MIDNIGHT + DAY
    actions.answer = lambda _: {"SE3": rows(MIDNIGHT, *SE3[:6])}
    curve = await source_of(actions, clock, hourly=True).fetch()
    # An hour of which only a part is known has no mean.
    assert curve.firm_until == MIDNIGHT + HOUR


async def test_tomorrow(actions: Actions, clock: ManualClock) -> None:
    """From 13:00 in Brussels it is asked for, until it is there."""
    source = source_of(actions, clock)
    curve = await source.fetch()
    assert source.known_until(clock.now()) == MIDNIGHT + DAY
    assert source.next_fetch(curve) == clock.now() + HOUR
    actions.missing.add("2025-10-02")
    clock.set(MIDNIGHT + 13 * HOUR)
    assert source.known_until(clock.now()) == MIDNIGHT + 2 * DAY
    curve = await source.fetch()
    assert curve.firm_until == MIDNIGHT + DAY
    assert source.next_fetch(curve) == clock.now() + timedelta(minutes=5)
    actions.missing.clear()
    curve = await source.fetch()
    assert curve.firm_until == MIDNIGHT + 2 * DAY
    assert actions.days.count("2025-10-02") == 2
    assert source.next_fetch(curve) == clock.now() + HOUR
    # The next day needs no request before its own afternoon.
    clock.advance(12 * HOUR)
    asked = len(actions.calls)
    await source.fetch()
    assert len(actions.calls) == asked


async def test_a_day_that_comes_in_parts(actions: Actions, clock: ManualClock) -> None:
    """What is missing of it is asked for again; nothing of it is given up for less."""
    clock.set(MIDNIGHT + 14 * HOUR)
    answer = actions.answer

    def part(first: int, end: int) -> Answer:
        def of(data: JsonObject) -> Mapping[str, object]:
            whole = answer(data)["SE3"]
            assert isinstance(whole, list)
            late = data["date"] == "2025-10-02"
            return {"SE3": whole[first:end] if late else whole}

        return of

    actions.answer = part(0, 40)
    source = source_of(actions, clock)
    assert (await source.fetch()).firm_until == MIDNIGHT + DAY + 10 * HOUR
    actions.answer = part(90, 90)
    curve = await source.fetch()
    assert curve.firm_until == MIDNIGHT + DAY + 10 * HOUR
    assert source.next_fetch(curve) == clock.now() + timedelta(minutes=5)
    actions.failing = True
    assert (await source.fetch()).firm_until == MIDNIGHT + DAY + 10 * HOUR
    actions.failing = False
    actions.answer = part(40, 96)
    curve = await source.fetch()
    assert curve.firm_until == MIDNIGHT + 2 * DAY
    assert curve.import_series.mean(MIDNIGHT, MIDNIGHT + 2 * DAY) is not None
    asked = len(actions.calls)
    await source.fetch()
    assert len(actions.calls) == asked


async def test_outages(actions: Actions, clock: ManualClock) -> None:
    """Without today there is an error; the past may be missing for a while."""
    source = source_of(actions, clock)
    actions.failing = True
    with pytest.raises(PriceUnreachableError):
        await source.fetch()
    actions.failing = False
    actions.missing.add("2025-10-01")
    with pytest.raises(PriceAnswerError):
        await source.fetch()
    actions.missing.clear()
    answer = actions.answer

    def only_today(data: JsonObject) -> Mapping[str, object]:
        if data["date"] != "2025-10-01":
            raise PriceUnreachableError("down")
        return answer(data)

    actions.answer = only_today
    curve = await source.fetch()
    assert curve.slots[0].start == MIDNIGHT
    actions.answer = answer
    curve = await source.fetch()
    assert curve.slots[0].start == clock.now() - 14 * DAY
    actions.answer = lambda _: {"SE3": None}
    with pytest.raises(PriceAnswerError):
        await source_of(actions, clock).fetch()


async def test_history(actions: Actions, clock: ManualClock) -> None:
    """Days are asked for once; today is among them as far as it has gone."""
    source = source_of(actions, clock)
    await source.fetch()
    past = await source.history(clock.now() - 20 * DAY, clock.now() + DAY)
    assert past.slots[0].start == clock.now() - 20 * DAY
    assert past.slots[-1].end == clock.now()
    assert len(actions.calls) == 21
    await source.history(clock.now() - 20 * DAY, clock.now())
    assert len(actions.calls) == 21


@pytest.mark.parametrize(
    ("domain", "place", "answer", "data"),
    [
        (
            "energyzero",
            "",
            {
                "prices": [
                    {
                        "price": price,
                        "timestamp": str(MIDNIGHT + step * QUARTER),
                        "start": str(MIDNIGHT + step * QUARTER),
                        "end": str(MIDNIGHT + (step + 1) * QUARTER),
                    }
                    for step, price in enumerate(ENERGYZERO)
                ]
            },
            {
                "config_entry": "entry",
                "incl_vat": False,
                "interval": "quarter",
                "start": "2025-10-01",
                "end": "2025-10-01",
            },
        ),
        (
            "easyenergy",
            "",
            {
                "prices": [
                    {"price": price, "timestamp": str(MIDNIGHT + step * QUARTER)}
                    for step, price in enumerate(ENERGYZERO)
                ]
            },
            {
                "config_entry": "entry",
                "incl_vat": False,
                "granularity": "quarter",
                "start": "2025-10-01",
                "end": "2025-10-01",
            },
        ),
        (
            "tibber",
            "Home",
            {
                "prices": {
                    "Cabin": [],
                    "Home": [
                        {
                            "start_time": (MIDNIGHT + step * QUARTER).isoformat(),
                            "price": price,
                        }
                        for step, price in enumerate(ENERGYZERO)
                    ],
                }
            },
            {
                "start": "2025-10-01T00:00:00+02:00",
                "end": "2025-10-02T00:00:00+02:00",
            },
        ),
    ],
)
async def test_other_integrations(
    actions: Actions,
    domain: str,
    place: str,
    answer: Mapping[str, object],
    data: JsonObject,
) -> None:
    """Money per kWh as it is told; 0.08307 x 1.21 + 0.13 make 0.2305147."""
    clock = ManualClock(MIDNIGHT + timedelta(minutes=20))
    actions.answer = lambda _: answer
    source = source_of(
        actions,
        clock,
        integration=domain,
        place=place,
        currency="EUR",
        import_factor=1.21,
        import_addition=0.13,
    )
    curve = await source.fetch()
    now = curve.at(clock.now())
    assert now is not None
    assert (now.start, now.end) == (MIDNIGHT + QUARTER, MIDNIGHT + 2 * QUARTER)
    assert now.import_per_kwh == pytest.approx(0.2305147)
    assert (actions.calls[0][0], actions.calls[0][2]) == (domain, data)


@pytest.mark.parametrize(
    "answer", [{"prices": {"Other": []}}, {"prices": []}, {}], ids=str
)
async def test_a_home_that_is_gone(
    actions: Actions, clock: ManualClock, answer: dict[str, object]
) -> None:
    """Tibber answers without it, or with something else."""
    actions.answer = lambda _: answer
    source = source_of(actions, clock, integration="tibber", place="Home")
    with pytest.raises(PriceAnswerError):
        await source.fetch()


@pytest.mark.parametrize(
    "broken",
    [
        {"integration": "nobody"},
        {"integration": None},
        {"config_entry_id": None},
        {"place": None},
        {"export_factor": "1"},
        {"standing_per_day": "1"},
    ],
    ids=str,
)
def test_what_cannot_be_read(
    actions: Actions, clock: ManualClock, broken: dict[str, Json]
) -> None:
    """Broken settings are no source."""
    with pytest.raises(UnknownTariffError):
        source_of(actions, clock, **broken)


def test_the_supply_charge(actions: Actions, clock: ManualClock) -> None:
    """It is the user's."""
    assert source_of(actions, clock, standing_per_day=0.4).standing_per_day == 0.4
