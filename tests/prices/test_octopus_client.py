"""The client: what it reads, and what it says when it cannot."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.prices.octopus_client import (
    REGIONS,
    OctopusClient,
    Tariff,
    UnitRate,
)
from custom_components.power_sync.prices.octopus_products import Direction
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceRateLimitedError,
    PriceUnreachableError,
    UnknownTariffError,
)
from simulators.clock import ManualClock
from simulators.octopus import Fault, OctopusSimulator, PaymentMethod, Rate

AGILE = Tariff("AGILE-24-10-01", "D")
NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HALF_HOUR = timedelta(minutes=30)


def row(value: str = "1.5", begin: str = '"2026-01-14T12:00:00Z"') -> str:
    """Return an answer of one row that lasts to 13:00."""
    return (
        f'{{"next": null, "results": [{{"value_inc_vat": {value}, "valid_from": '
        f'{begin}, "valid_to": "2026-01-14T13:00:00Z", "payment_method": null}}]}}'
    )


def test_regions() -> None:
    """There are 14 regions, and no letter that could be read as a digit."""
    assert len(REGIONS) == 14
    assert "I" not in REGIONS
    assert "O" not in REGIONS


async def test_products_follow_all_pages(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """Every product on sale is read once, however many pages there are."""
    simulator.products_page_size = 3
    codes = [product.code for product in await client.products()]
    assert codes == [
        "AGILE-24-10-01",
        "AGILE-BUSINESS-25-01-01",
        "AGILE-OUTGOING-19-05-13",
        "AGILE-BB-25-01-01",
        "COSY-22-12-08",
        "FLUX-EXPORT-23-02-14",
        "VAR-22-11-01",
        "ZERO-EXPORT-60M-22-05-01",
        "FLUX-IMPORT-23-02-14",
        "GO-VAR-22-10-14",
        "INTELLI-VAR-24-10-29",
        "INTELLI-FLUX-IMPORT-23-07-14",
        "INTELLI-FLUX-EXPORT-23-07-14",
        "SILVER-FLEX-BB-23-02-08",
        "OUTGOING-VAR-24-10-26",
        "PREPAY-VAR-18-09-21",
        "COSY-STAFF-25-01-01",
        "ECONOMY-24-01-01",
    ]
    assert len(simulator.requests) == 6


async def test_product_fields(client: OctopusClient) -> None:
    """A product's dates are turned to UTC."""
    agile = (await client.products())[0]
    assert agile.direction is Direction.IMPORT
    assert agile.name == "Agile Octopus"
    assert agile.brand == "OCTOPUS_ENERGY"
    assert agile.is_variable
    assert not agile.is_business
    assert agile.available_from == datetime(2024, 9, 30, 23, tzinfo=UTC)
    assert agile.available_to is None


async def test_unit_rates_in_time_order(client: OctopusClient) -> None:
    """Pence become pounds to the digit; the ends are cut to what was asked.

    Recorded: 16.47 p at 12:00 and 14.32 p at 12:30 of Wednesday 2023-06-07.
    """
    rates = await client.unit_rates(
        AGILE, NOON + timedelta(minutes=10), NOON + timedelta(minutes=40)
    )
    assert rates == [
        UnitRate(NOON + timedelta(minutes=10), NOON + HALF_HOUR, 0.1647),
        UnitRate(NOON + HALF_HOUR, NOON + timedelta(minutes=40), 0.1432),
    ]


async def test_unit_rates_follow_all_pages(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """40 days are 1920 half-hours: two pages of at most 1500."""
    start = NOON - timedelta(days=40)
    rates = await client.unit_rates(AGILE, start, NOON)
    assert len(rates) == 1920
    assert rates[0].start == start
    assert rates[-1].end == NOON
    assert all(a.end == b.start for a, b in pairwise(rates))
    assert len(simulator.requests) == 2


async def test_direct_debit_is_kept_and_open_end_is_cut(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """Of rows for one time the direct debit's counts; a null end is the asked end.

    The other method's rows are listed first, and a row for everybody begins later.
    """
    change = datetime(2025, 9, 30, 23, tzinfo=UTC)
    simulator.extra_rows["VAR-22-11-01"] = [Rate(1.0, 1.05, change + HOUR, None)]
    rates = await client.unit_rates(
        Tariff("VAR-22-11-01", "A"), change - HOUR, change + 5 * HOUR
    )
    assert rates == [
        UnitRate(change - HOUR, change, 0.231),
        UnitRate(change, change + 5 * HOUR, 0.252),
    ]


async def test_other_payment_counts_where_it_is_alone(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """A time that only the other payment method covers is not lost."""
    only = Rate(9.0, 9.45, NOON - HOUR, NOON + HOUR, PaymentMethod.NON_DIRECT_DEBIT)
    simulator.extra_rows["ZERO-EXPORT-60M-22-05-01"] = [only]
    product = simulator.products["ZERO-EXPORT-60M-22-05-01"]
    rates = await client.unit_rates(
        Tariff(product.code, "A"), product.available_from, NOON
    )
    assert rates == [UnitRate(product.available_from, NOON, 0.0)]

    simulator.extra_rows = {
        "AGILE-24-10-01": [
            Rate(
                9.0,
                9.45,
                NOON + 10 * HOUR,
                NOON + 12 * HOUR,
                PaymentMethod.NON_DIRECT_DEBIT,
            )
        ]
    }
    rates = await client.unit_rates(AGILE, NOON + 10.5 * HOUR, NOON + 20 * HOUR)
    assert rates == [
        UnitRate(NOON + 10.5 * HOUR, NOON + 11 * HOUR, 0.1615),
        UnitRate(NOON + 11 * HOUR, NOON + 12 * HOUR, 0.0945),
    ]


async def test_duplicates_and_overlaps(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """A repeated row counts once; where rows overlap, the later begun one counts."""
    quarter = timedelta(minutes=15)
    simulator.extra_rows["AGILE-24-10-01"] = [
        Rate(15.6857, 16.47, NOON, NOON + HALF_HOUR),
        Rate(40.0, 42.0, NOON + quarter, NOON + 3 * quarter),
    ]
    rates = await client.unit_rates(AGILE, NOON, NOON + HOUR)
    assert rates == [
        UnitRate(NOON, NOON + quarter, 0.1647),
        UnitRate(NOON + quarter, NOON + HALF_HOUR, 0.42),
        UnitRate(NOON + HALF_HOUR, NOON + HOUR, 0.1432),
    ]


async def test_order_of_the_answer_does_not_matter(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """The row that begins later counts, also where it is listed last."""
    body = (
        '{"next": null, "results": ['
        '{"value_inc_vat": 20, "valid_from": "2026-01-14T12:00:00Z", "valid_to": null},'
        '{"value_inc_vat": 30, "valid_from": "2026-01-14T12:30:00Z", "valid_to": null}'
        "]}"
    )
    simulator.fail(Fault(body=body))
    assert await client.unit_rates(AGILE, NOON, NOON + HOUR) == [
        UnitRate(NOON, NOON + HALF_HOUR, 0.2),
        UnitRate(NOON + HALF_HOUR, NOON + HOUR, 0.3),
    ]


@pytest.mark.parametrize(
    ("postcode", "letters"),
    [("SW1A 1AA", ["C"]), ("sy1 1aa", ["D", "E"]), ("ZZ1 1ZZ", [])],
)
async def test_regions_of_a_postcode(
    client: OctopusClient, postcode: str, letters: list[str]
) -> None:
    """One, on a border several, and none for a place that is not known."""
    assert await client.regions(postcode) == letters


@pytest.mark.parametrize(
    ("group", "letters"), [('"C"', ["C"]), ('"_P"', ["P"]), ('"_O"', None), ("3", None)]
)
async def test_a_region_in_other_words(
    simulator: OctopusSimulator,
    client: OctopusClient,
    group: str,
    letters: list[str] | None,
) -> None:
    """The letter may stand alone; another than the 14 is refused."""
    simulator.fail(
        Fault(body=f'{{"next": null, "results": [{{"group_id": {group}}}]}}')
    )
    if letters is None:
        with pytest.raises(PriceAnswerError):
            await client.regions("SW1A 1AA")
    else:
        assert await client.regions("SW1A 1AA") == letters


async def test_two_registers(client: OctopusClient) -> None:
    """Only what has no other tariff in the region is refused for that."""
    assert await client.has_two_registers(Tariff("ECONOMY-24-01-01", "C"))
    assert not await client.has_two_registers(Tariff("VAR-22-11-01", "C"))
    assert not await client.has_two_registers(AGILE)
    with pytest.raises(UnknownTariffError):
        await client.has_two_registers(Tariff("AGILE-99-01-01", "D"))


async def test_two_registers_in_a_recorded_answer(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """The list of regions may be cut, null or absent."""
    for single in ("null", "{}", '{"_A": {}}'):
        simulator.fail(
            Fault(
                body=f'{{"single_register_electricity_tariffs": {single},'
                ' "dual_register_electricity_tariffs": {"_D": {}}}'
            )
        )
        assert await client.has_two_registers(AGILE)
    simulator.fail(Fault(body="{}"))
    assert not await client.has_two_registers(AGILE)


async def test_standing_charge(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """In pounds per day; recorded for London: 39.535125 p."""
    assert await client.standing_charge(Tariff(AGILE.product, "C"), NOON) == (
        0.39535125
    )
    simulator.fail(Fault(empty=True))
    assert await client.standing_charge(AGILE, NOON) is None


async def test_standing_charge_of_today(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """Of several the one that holds now, by direct debit, counts."""
    rows = [
        ("60", "2026-02-01T00:00:00Z", "null", "null"),
        ("55", "2025-10-01T00:00:00Z", "null", '"NON_DIRECT_DEBIT"'),
        ("50", "2025-10-01T00:00:00Z", "null", '"DIRECT_DEBIT"'),
        ("40", "2024-10-01T00:00:00Z", '"2025-10-01T00:00:00Z"', '"DIRECT_DEBIT"'),
    ]
    body = ", ".join(
        f'{{"value_inc_vat": {value}, "valid_from": "{start}", "valid_to": {end},'
        f' "payment_method": {payment}}}'
        for value, start, end, payment in rows
    )
    simulator.fail(Fault(body=f'{{"next": null, "results": [{body}]}}'))
    assert await client.standing_charge(AGILE, NOON) == 0.5


async def test_newest_rate_end(client: OctopusClient) -> None:
    """It is what tells an ended tariff; an open end is none."""
    agile = await client.newest_rate_end(AGILE)
    assert agile == datetime(2026, 1, 14, 23, tzinfo=UTC)
    assert await client.newest_rate_end(Tariff("VAR-22-11-01", "A")) is None


@pytest.mark.parametrize(
    ("product", "region"),
    [
        ("AGILE-24-10-01", "I"),
        ("AGILE-24-10-01", ""),
        ("AGILE-24-10-01", "_D"),
        ("../AGILE", "D"),
        ("", "D"),
    ],
)
def test_malformed_tariffs(product: str, region: str) -> None:
    """What cannot be a tariff is refused before anything is asked."""
    with pytest.raises(UnknownTariffError):
        Tariff(product, region)


async def test_unknown_product(client: OctopusClient) -> None:
    """A 404 says that the tariff does not exist."""
    with pytest.raises(UnknownTariffError):
        await client.unit_rates(Tariff("AGILE-99-01-01", "D"), NOON, NOON + HOUR)


async def test_rate_limit(simulator: OctopusSimulator, session: ClientSession) -> None:
    """The wait asked for is passed on, as seconds, as a date, or not at all."""
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    for text in ("37", later, None, "soon"):
        simulator.fail(Fault(status=429, retry_after=text))
    waits = []
    for _ in range(4):
        # One that knows of the wait would not ask before.
        client = OctopusClient(session, simulator.url, timeout_s=5)
        with pytest.raises(PriceRateLimitedError) as caught:
            await client.unit_rates(AGILE, NOON, NOON + HOUR)
        waits.append(caught.value.retry_after)
    assert waits[0] == timedelta(seconds=37)
    assert waits[1] is not None
    assert timedelta(seconds=110) < waits[1] <= timedelta(seconds=120)
    assert waits[2:] == [None, None]


async def test_server_failure(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """A failure of the provider's own is an outage, and it may ask for a wait."""
    simulator.fail(Fault(status=503, retry_after="60"))
    with pytest.raises(PriceUnreachableError) as caught:
        await client.products()
    assert caught.value.retry_after == timedelta(minutes=1)


async def test_slow_answer(simulator: OctopusSimulator, session: ClientSession) -> None:
    """An answer that takes too long is an outage."""
    simulator.fail(Fault(delay_s=30))
    client = OctopusClient(session, simulator.url, timeout_s=0.5)
    with pytest.raises(PriceUnreachableError):
        await client.products()
    assert simulator.requested.is_set()


async def test_nobody_answers(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """A closed port is an outage, and over when it opens again."""
    await simulator.stop()
    with pytest.raises(PriceUnreachableError):
        await client.products()
    await simulator.start()
    assert await client.products()


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "<html>",
        '{"next": null}',
        '{"next": null, "results": {}}',
        '{"next": null, "results": ["x"]}',
        '{"next": 7, "results": []}',
        '{"next": "http://[", "results": []}',
        row(value='"1.5"'),
        row(value="true"),
        row(value="null"),
        row(value="NaN"),
        row(value="Infinity"),
        row(value="1e999"),
        row(begin='"yesterday"'),
        row(begin='"2026-01-14T12:00:00"'),
        row(begin='"2026-01-14T14:00:00Z"'),
        row(begin="null"),
    ],
)
async def test_malformed_answers(
    simulator: OctopusSimulator, client: OctopusClient, body: str
) -> None:
    """Nothing is made of an answer that is not what it should be."""
    simulator.standing_fault = Fault(body=body)
    with pytest.raises(PriceAnswerError):
        await client.unit_rates(AGILE, NOON, NOON + HOUR)


async def test_the_malformed_rows_are_right_but_for_one_field(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """The row that the cases above spoil is a good one."""
    simulator.fail(Fault(body=row()))
    rates = await client.unit_rates(AGILE, NOON, NOON + HOUR)
    assert rates == [UnitRate(NOON, NOON + HOUR, 0.015)]


async def test_links_lead_nowhere_else(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """A list without an end is given up, and another host is never asked."""
    simulator.standing_fault = Fault(
        body='{"next": "http://192.0.2.1/v1/products/?page=2", "results": []}'
    )
    with pytest.raises(PriceAnswerError):
        await client.products()
    assert len(simulator.requests) == 50
    assert simulator.requests[-1] == "/v1/products/?page=2"


async def test_refused_request(
    simulator: OctopusSimulator, client: OctopusClient
) -> None:
    """A request that the provider calls bad is not worth repeating at once."""
    simulator.fail(Fault(status=400))
    with pytest.raises(PriceAnswerError):
        await client.products()


async def test_negative_and_zero_prices(
    client: OctopusClient, clock: ManualClock
) -> None:
    """Recorded: 0.00 p on Saturday at 15:00, -19.94 p on Sunday at 14:00."""
    clock.set(datetime(2026, 2, 8, 12, tzinfo=UTC))
    saturday = datetime(2026, 2, 7, 15, tzinfo=UTC)
    sunday = datetime(2026, 2, 8, 14, tzinfo=UTC)
    zero = await client.unit_rates(AGILE, saturday, saturday + HALF_HOUR)
    below = await client.unit_rates(AGILE, sunday, sunday + HALF_HOUR)
    assert zero == [UnitRate(saturday, saturday + HALF_HOUR, 0.0)]
    assert below == [UnitRate(sunday, sunday + HALF_HOUR, -0.1994)]
