"""The simulator, asked as any client would ask it.

Fields and error shapes are those of recorded answers (March 2025).
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession
import pytest

from simulators.clock import ManualClock
from simulators.octopus import Fault, OctopusSimulator

RATES = "products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-D"


@pytest.fixture
def clock() -> ManualClock:
    """Return a Wednesday in winter, just before publication."""
    return ManualClock(datetime(2026, 1, 14, 15, 59, tzinfo=UTC))


@pytest.fixture
async def simulator(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[OctopusSimulator]:
    """Serve."""
    async with OctopusSimulator(clock) as running:
        yield running


async def get(
    simulator: OctopusSimulator, path: str, **query: str
) -> tuple[int, dict[str, object]]:
    """Return status and body of an answer."""
    async with (
        ClientSession() as session,
        session.get(f"{simulator.url}/{path}/", params=query) as response,
    ):
        body = await response.json()
        assert isinstance(body, dict)
        return response.status, body


async def rates(simulator: OctopusSimulator, **query: str) -> list[dict[str, object]]:
    """Return the unit rates of Agile import in region D."""
    status, body = await get(simulator, f"{RATES}/standard-unit-rates", **query)
    assert status == 200
    assert isinstance(body["results"], list)
    return body["results"]


async def newest(simulator: OctopusSimulator) -> object:
    """Return when the newest unit rate ends."""
    rows = await rates(simulator, page_size="1")
    return rows[0]["valid_to"]


async def test_products(simulator: OctopusSimulator) -> None:
    """A listed product has the recorded fields, and filters narrow the list."""
    status, body = await get(simulator, "products", is_variable="false")
    assert status == 200
    assert body["count"] == 1
    _, body = await get(
        simulator, "products", brand="OCTOPUS_ENERGY", is_business="false"
    )
    assert body["count"] == 16
    assert isinstance(body["results"], list)
    agile = body["results"][0]
    assert set(agile) == {
        "code",
        "direction",
        "full_name",
        "display_name",
        "description",
        "is_variable",
        "is_green",
        "is_tracker",
        "is_prepay",
        "is_business",
        "is_restricted",
        "term",
        "available_from",
        "available_to",
        "links",
        "brand",
    }
    assert agile["code"] == "AGILE-24-10-01"
    assert agile["available_from"] == "2024-10-01T00:00:00+01:00"
    assert agile["available_to"] is None


async def test_products_in_the_past(simulator: OctopusSimulator) -> None:
    """An expired product is on the list of its own time only."""
    for at, expected in (("2024-09-01", True), ("2025-09-01", False)):
        _, body = await get(simulator, "products", available_at=at)
        assert isinstance(body["results"], list)
        codes = [row["code"] for row in body["results"]]
        assert ("AGILE-23-12-06" in codes) is expected


async def test_product(simulator: OctopusSimulator) -> None:
    """A product names its tariffs by region; recorded standing charges."""
    status, body = await get(simulator, "products/AGILE-24-10-01")
    assert status == 200
    tariffs = body["single_register_electricity_tariffs"]
    assert isinstance(tariffs, dict)
    assert "".join(tariffs) == "_A_B_C_D_E_F_G_H_J_K_L_M_N_P"
    tariff = tariffs["_C"]["direct_debit_monthly"]
    assert tariff["code"] == "E-1R-AGILE-24-10-01-C"
    assert tariff["standing_charge_exc_vat"] == 37.6525
    assert tariff["standing_charge_inc_vat"] == 39.535125
    # Recorded for Wednesday 2023-06-07 at 15:30 in London.
    assert tariff["standard_unit_rate_inc_vat"] == 16.17


async def test_unit_rates(simulator: OctopusSimulator) -> None:
    """The newest comes first; 100 rows are a page."""
    first = {
        "value_exc_vat": 15.381,
        "value_inc_vat": 16.15,
        "valid_from": "2026-01-14T22:30:00Z",
        "valid_to": "2026-01-14T23:00:00Z",
        "payment_method": None,
    }
    rows = await rates(simulator)
    assert rows[0] == first
    assert len(rows) == 100
    status, body = await get(
        simulator,
        f"{RATES}/standard-unit-rates",
        period_from="2026-01-14T00:00:00Z",
        period_to="2026-01-14T12:00:00Z",
        page_size="20",
        page="2",
    )
    assert status == 200
    assert body["count"] == 24
    assert body["next"] is None
    assert "page=1" in str(body["previous"])
    assert isinstance(body["results"], list)
    assert body["results"][-1]["valid_from"] == "2026-01-14T00:00:00Z"


async def test_page_size_has_a_limit(simulator: OctopusSimulator) -> None:
    """More than 1500 rows are never on one page."""
    rows = await rates(simulator, period_from="2025-11-01T00:00:00Z", page_size="9999")
    assert len(rows) == 1500


async def test_times_without_an_offset_are_londons(
    simulator: OctopusSimulator,
) -> None:
    """In summer 12:00 in London is 11:00 UTC."""
    rows = await rates(
        simulator, period_from="2025-07-01T12:00", period_to="2025-07-01T12:30"
    )
    assert [row["valid_from"] for row in rows] == ["2025-07-01T11:00:00Z"]


async def test_the_clock_changes(simulator: OctopusSimulator) -> None:
    """A local day has 46 or 50 half-hours, and 16:00 stays 16:00."""
    for start, end, count in (
        ("2025-03-29T23:00", "2025-03-30T23:00", 46),
        ("2025-10-25T23:00", "2025-10-26T23:00", 50),
    ):
        rows = await rates(simulator, period_from=start, period_to=end)
        assert len(rows) == count
    # Sunday 2025-03-30 lies 664 days after the record begins, 11 times 56 and 48:
    # it shows Sunday 2023-07-23, with 15.02 p at 14:00.
    rows = await rates(
        simulator, period_from="2025-03-30T14:00", period_to="2025-03-30T14:30"
    )
    assert rows[0]["value_inc_vat"] == 15.02
    assert rows[0]["valid_from"] == "2025-03-30T13:00:00Z"


async def test_standing_charges(simulator: OctopusSimulator) -> None:
    """One row without an end."""
    status, body = await get(simulator, f"{RATES}/standing-charges")
    assert status == 200
    assert isinstance(body["results"], list)
    assert body["results"][0]["value_exc_vat"] == 45.3392
    assert body["results"][0]["valid_to"] is None


@pytest.mark.parametrize(
    ("product", "tariff", "what"),
    [
        ("AGILE-99-01-01", "E-1R-AGILE-99-01-01-D", "standard-unit-rates"),
        ("AGILE-24-10-01", "E-1R-AGILE-24-10-01-I", "standard-unit-rates"),
        ("COSY-22-12-08", "E-1R-AGILE-24-10-01-D", "standing-charges"),
        ("AGILE-24-10-01", "E-1R-AGILE-24-10-01-D", "nothing"),
    ],
)
async def test_not_found(
    simulator: OctopusSimulator, product: str, tariff: str, what: str
) -> None:
    """What does not exist is said to be missing, in the real shape."""
    path = f"products/{product}/electricity-tariffs/{tariff}/{what}"
    assert await get(simulator, path) == (404, {"detail": "Not found."})


async def test_product_not_found(simulator: OctopusSimulator) -> None:
    """A product that does not exist is missing as well."""
    status, body = await get(simulator, "products/AGILE-99-01-01")
    assert (status, body) == (404, {"detail": "Not found."})


async def test_bad_queries(simulator: OctopusSimulator) -> None:
    """Bad dates and sizes are refused; there is no page beyond the last."""
    path = f"{RATES}/standard-unit-rates"
    for query in ({"period_from": "soon"}, {"period_to": "x"}, {"page_size": "0"}):
        status, body = await get(simulator, path, **query)
        assert status == 400
        assert set(body) == {"detail"}
    assert await get(simulator, "products", page="9") == (
        404,
        {"detail": "Invalid page."},
    )


async def test_publication(simulator: OctopusSimulator, clock: ManualClock) -> None:
    """Tomorrow comes out at 16:00."""
    assert await newest(simulator) == "2026-01-14T23:00:00Z"
    clock.advance(timedelta(minutes=1))
    assert await newest(simulator) == "2026-01-15T23:00:00Z"


async def test_publication_in_summer(
    simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """16:00 in London is 15:00 UTC, and the day ends at 22:00 UTC."""
    clock.set(datetime(2026, 7, 14, 14, 59, tzinfo=UTC))
    assert await newest(simulator) == "2026-07-14T22:00:00Z"
    clock.advance(timedelta(minutes=1))
    assert await newest(simulator) == "2026-07-15T22:00:00Z"


async def test_late_publication(
    simulator: OctopusSimulator, clock: ManualClock
) -> None:
    """A publication can be late, and the next one is on time."""
    late = datetime(2026, 1, 14, 18, 30, tzinfo=UTC)
    simulator.hold_publication(clock.now(), late)
    clock.set(late - timedelta(seconds=1))
    assert await newest(simulator) == "2026-01-14T23:00:00Z"
    clock.set(late)
    assert await newest(simulator) == "2026-01-15T23:00:00Z"
    clock.set(datetime(2026, 1, 15, 16, tzinfo=UTC))
    assert await newest(simulator) == "2026-01-16T23:00:00Z"


async def test_no_publication(simulator: OctopusSimulator, clock: ManualClock) -> None:
    """A publication can fail to come at all."""
    simulator.hold_publication(clock.now())
    clock.advance(timedelta(days=30))
    assert await newest(simulator) == "2026-01-14T23:00:00Z"
    simulator.release_publication()
    assert await newest(simulator) == "2026-02-13T23:00:00Z"


async def test_faults_take_turns(simulator: OctopusSimulator) -> None:
    """Each fault happens as often as was said, then all is well."""
    simulator.fail(Fault(status=503), times=2)
    simulator.fail(Fault(empty=True))
    statuses = [(await get(simulator, "products"))[0] for _ in range(2)]
    assert statuses == [503, 503]
    assert (await get(simulator, "products"))[1]["count"] == 0
    assert (await get(simulator, "products"))[1]["count"] == 18
    assert list(simulator.requests) == ["/v1/products/"] * 4


async def test_two_registers(simulator: OctopusSimulator) -> None:
    """Day and night have rates of their own, and nobody says when night is."""
    base = "products/VAR-22-11-01/electricity-tariffs/E-2R-VAR-22-11-01-C"
    for register, price in (("day", 30.45), ("night", 15.75)):
        status, body = await get(simulator, f"{base}/{register}-unit-rates")
        assert status == 200
        assert isinstance(body["results"], list)
        assert [row["value_inc_vat"] for row in body["results"]] == [price]
    _, body = await get(simulator, "products/VAR-22-11-01")
    assert isinstance(body["dual_register_electricity_tariffs"], dict)
    tariff = body["dual_register_electricity_tariffs"]["_C"]["direct_debit_monthly"]
    assert tariff["code"] == "E-2R-VAR-22-11-01-C"
    assert tariff["links"][2]["rel"] == "night_unit_rates"
    assert "standard_unit_rate_inc_vat" not in tariff


@pytest.mark.parametrize(
    "path",
    [
        "ECONOMY-24-01-01/electricity-tariffs/E-1R-ECONOMY-24-01-01-C/standard",
        "GO-VAR-22-10-14/electricity-tariffs/E-2R-GO-VAR-22-10-14-C/night",
        "VAR-22-11-01/electricity-tariffs/E-1R-VAR-22-11-01-C/day",
    ],
)
async def test_registers_that_a_product_lacks(
    simulator: OctopusSimulator, path: str
) -> None:
    """Each kind of meter has its own tariffs."""
    assert (await get(simulator, f"products/{path}-unit-rates"))[0] == 404


async def test_a_product_for_two_registers_only(simulator: OctopusSimulator) -> None:
    """It has no tariff for a meter with one."""
    _, body = await get(simulator, "products/ECONOMY-24-01-01")
    assert body["single_register_electricity_tariffs"] == {}


@pytest.mark.parametrize(
    ("postcode", "groups"),
    [("SW1A 1AA", ["_C"]), ("SY1 1AA", ["_D", "_E"]), ("L1 1AA", ["_D"]), ("X", [])],
)
async def test_postcodes(
    simulator: OctopusSimulator, postcode: str, groups: list[str]
) -> None:
    """A postcode lies in one region, on a border in two."""
    status, body = await get(
        simulator, "industry/grid-supply-points", postcode=postcode
    )
    assert status == 200
    assert body["results"] == [{"group_id": group} for group in groups]


async def test_tracker(simulator: OctopusSimulator, clock: ManualClock) -> None:
    """One price a day, to the end of tomorrow once that is published."""
    path = "products/SILVER-FLEX-BB-23-02-08/electricity-tariffs"
    path += "/E-1R-SILVER-FLEX-BB-23-02-08-C/standard-unit-rates"
    _, body = await get(simulator, path, period_from="2026-01-13T00:00:00Z")
    assert isinstance(body["results"], list)
    assert [row["valid_from"][:10] for row in body["results"]] == [
        "2026-01-14",
        "2026-01-13",
    ]
    clock.advance(timedelta(minutes=1))
    _, body = await get(simulator, path, page_size="1")
    assert isinstance(body["results"], list)
    assert body["results"][0]["valid_to"] == "2026-01-16T00:00:00Z"
