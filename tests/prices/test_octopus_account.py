"""An account at Octopus Energy: tariffs, dispatches, saving sessions, its key."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
import logging

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.prices.octopus import OctopusPriceSource
from custom_components.power_sync.prices.octopus_account import from_settings
from custom_components.power_sync.prices.octopus_kraken import KrakenClient
from custom_components.power_sync.prices.protocols import (
    OtherAccountError,
    PriceAuthError,
    PriceError,
    PriceSource,
    UnknownTariffError,
)
from simulators.clock import ManualClock
from simulators.octopus import Fault, OctopusSimulator
from simulators.octopus.account import KEY, NUMBER, Dispatch, Meter, Session

NIGHT, DAY = 0.06825, 0.2835
"""Intelligent Octopus Go, from 23:30 to 5:30 and for the rest of the day."""
NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(hour: int, minute: int = 0) -> datetime:
    """Return a time of the day."""
    return NOON.replace(hour=hour, minute=minute)


def settings(url: str, **more: str | None) -> JsonObject:
    """Return what is stored of a home with an account."""
    return {
        "import_product": "INTELLI-VAR-24-10-29",
        "export_product": "OUTGOING-VAR-24-10-26",
        "region": "C",
        "base_url": url,
        "account": NUMBER,
        "token": KEY,
        **more,
    }


@pytest.fixture
def kraken(
    simulator: OctopusSimulator, session: ClientSession, clock: ManualClock
) -> KrakenClient:
    """Return a client of the account."""
    return KrakenClient(session, simulator.url, NUMBER, KEY, now=clock.now, timeout_s=5)


@pytest.fixture
def source(
    simulator: OctopusSimulator, session: ClientSession, clock: ManualClock
) -> PriceSource:
    """Return the prices of the account's home."""
    return from_settings(session, settings(simulator.url), now=clock.now)


def bought(curve: PriceCurve, *times: datetime) -> list[float]:
    """Return what a kWh costs at some times."""
    slots = [curve.at(time) for time in times]
    return [round(slot.import_per_kwh, 5) for slot in slots if slot is not None]


async def test_agreements(simulator: OctopusSimulator, kraken: KrakenClient) -> None:
    """Those of both meters, the old ones too, at the home that is lived in."""
    meters = simulator.accounts.account.meters
    meters.append(Meter("2000000000000", [("G-1R-VAR-22-11-01-C", NOON, None)]))
    found = await kraken.agreements()
    now = [
        (each.product, each.region, each.export) for each in found if each.holds(NOON)
    ]
    assert now == [
        ("INTELLI-VAR-24-10-29", "C", False),
        ("OUTGOING-VAR-24-10-26", "C", True),
    ]
    old = found[0]
    assert (old.product, old.registers) == ("VAR-22-11-01", 1)
    assert old.holds(datetime(2024, 10, 31, 23, 59, tzinfo=UTC))
    assert not old.holds(datetime(2024, 11, 1, tzinfo=UTC))
    simulator.accounts.account.moved_out_at = NOON - timedelta(days=1)
    assert await kraken.agreements() == []


async def test_dispatches_cost_what_the_night_does(
    simulator: OctopusSimulator, source: PriceSource
) -> None:
    """Whole half-hours, planned and done; not what the user asked for at once."""
    account = simulator.accounts.account
    account.planned = [
        Dispatch(at(13, 10), at(14)),
        Dispatch(at(16), at(17), kind="BOOST"),
        Dispatch(at(23), at(23, 45)),
    ]
    account.completed = [
        Dispatch(at(9, 5), at(9, 40), source="smart-charge"),
        Dispatch(at(10), at(11), source="bump-charge"),
    ]
    curve = await source.fetch()
    assert bought(curve, at(12, 59), at(13), at(13, 59), at(14)) == [
        *(DAY, NIGHT, NIGHT, DAY)
    ]
    assert bought(curve, at(8, 59), at(9), at(9, 59), at(10), at(16, 30)) == [
        *(DAY, NIGHT, NIGHT, DAY, DAY)
    ]
    assert bought(curve, at(22, 59), at(23), at(23, 30)) == [DAY, NIGHT, NIGHT]
    slots = {slot.export_per_kwh for slot in curve.slots}
    assert slots == {0.15}


async def test_what_changes_is_asked_for_and_the_rest_is_not(
    simulator: OctopusSimulator, source: PriceSource, clock: ManualClock
) -> None:
    """Dispatches every five minutes; a cancelled one costs the day's price again."""
    account = simulator.accounts.account
    account.planned = [Dispatch(at(13), at(14))]
    curve = await source.fetch()
    assert bought(curve, at(13)) == [NIGHT]
    assert source.next_fetch(curve) == NOON + 5 * MINUTE
    account.planned = []
    simulator.requests.clear()
    simulator.accounts.asked.clear()
    clock.advance(5 * MINUTE)
    assert bought(await source.fetch(), at(13)) == [DAY]
    assert {*simulator.requests} == {"/v1/graphql/"}
    assert simulator.accounts.asked == ["Dispatches"]


async def test_a_saving_session_pays(
    simulator: OctopusSimulator, source: PriceSource
) -> None:
    """1440 points are £1.80, for each kWh not bought or sold; if it was joined."""
    simulator.accounts.account.sessions = [
        Session(at(17), at(18), 1440),
        Session(at(19), at(20), 1800, joined=False),
    ]
    curve = await source.fetch()
    slot = curve.at(at(17, 30))
    assert slot is not None
    assert (slot.start, slot.end) == (at(17), at(18))
    assert slot.import_per_kwh == pytest.approx(DAY + 1.8)
    assert slot.export_per_kwh == pytest.approx(0.15 + 1.8)
    assert bought(curve, at(16, 59), at(18), at(19)) == [DAY, DAY, DAY]


async def test_other_tariffs_have_no_dispatches(
    simulator: OctopusSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """There, the account is asked for saving sessions only, every half-hour."""
    stored = settings(simulator.url, import_product="GO-VAR-22-10-14")
    source = from_settings(session, stored, now=clock.now)
    curve = await source.fetch()
    assert simulator.accounts.asked == ["Token", "Sessions"]
    assert source.next_fetch(curve) == NOON + 30 * MINUTE
    clock.advance(10 * MINUTE)
    await source.fetch()
    assert simulator.accounts.asked == ["Token", "Sessions"]
    assert source.standing_per_day == pytest.approx(0.39535, abs=1e-4)
    assert source.known_until(NOON) > NOON
    past = await source.history(at(0), at(6))
    assert (past.slots[0].start, past.slots[-1].end) == (at(0), at(6))


@pytest.mark.parametrize(
    ("gone", "prices"),
    [
        (["flexPlannedDispatches"], [NIGHT, NIGHT]),
        (["completedDispatches"], [NIGHT, NIGHT]),
        (["flexPlannedDispatches", "completedDispatches"], [NIGHT, NIGHT]),
        (["savingSessions"], [NIGHT, NIGHT]),
    ],
    ids=["planned", "completed", "both", "sessions"],
)
async def test_parts_that_are_missing(
    simulator: OctopusSimulator,
    source: PriceSource,
    clock: ManualClock,
    gone: Sequence[str],
    prices: list[float],
) -> None:
    """One part does not take the other with it; with neither, the last ones hold."""
    account = simulator.accounts.account
    both = [Dispatch(at(13), at(14)), Dispatch(at(9), at(10))]
    account.planned, account.completed = both, both
    await source.fetch()
    account.unavailable = {*gone}
    clock.advance(40 * MINUTE)
    assert bought(await source.fetch(), at(9), at(13)) == prices


async def test_a_token_is_renewed(
    simulator: OctopusSimulator, kraken: KrakenClient, clock: ManualClock
) -> None:
    """Before it expires, and at once where it is refused."""
    await kraken.sessions()
    clock.advance(49 * MINUTE)
    await kraken.sessions()
    assert simulator.accounts.tokens_made == 1
    clock.advance(MINUTE)
    await kraken.sessions()
    assert simulator.accounts.tokens_made == 2
    simulator.accounts.forget_tokens()
    assert await kraken.sessions() == []
    assert simulator.accounts.tokens_made == 3


async def test_no_device(simulator: OctopusSimulator, kraken: KrakenClient) -> None:
    """Nothing is charged, so nothing is known of it."""
    simulator.accounts.account.devices = []
    assert await kraken.dispatches() is None
    simulator.accounts.account.unavailable = {"savingSessions"}
    assert await kraken.sessions() is None


async def test_a_key_that_is_refused(
    simulator: OctopusSimulator, source: PriceSource
) -> None:
    """The public prices are there all the same."""
    simulator.accounts.account.key = "sk_live_another"
    with pytest.raises(PriceAuthError) as refused:
        await source.fetch()
    assert refused.value.known is not None
    assert bought(refused.value.known, at(3), at(13)) == [NIGHT, DAY]


async def test_the_key_of_another_account(
    simulator: OctopusSimulator, kraken: KrakenClient
) -> None:
    """It is good for a token, but not for this account."""
    simulator.accounts.account.number = "A-99999999"
    for ask in (kraken.agreements, kraken.sessions, kraken.dispatches):
        with pytest.raises(OtherAccountError):
            await ask()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=403),
        Fault(status=429, retry_after="60"),
        Fault(status=502),
        Fault(body="<html>"),
        Fault(body="[]"),
        Fault(body='{"data": {"devices": 7, "savingSessions": {"account": 7}}}'),
    ],
    ids=["403", "429", "502", "no JSON", "a list", "numbers"],
)
async def test_outages_of_the_account_lose_no_prices(
    simulator: OctopusSimulator,
    source: PriceSource,
    clock: ManualClock,
    fault: Fault,
) -> None:
    """What was known of it holds, and the prices go on."""
    simulator.accounts.account.planned = [Dispatch(at(13), at(14))]
    await source.fetch()
    simulator.standing_fault = fault
    clock.advance(55 * MINUTE)
    assert bought(await source.fetch(), at(13), at(15)) == [NIGHT, DAY]


async def test_nothing_private_is_said(
    simulator: OctopusSimulator,
    kraken: KrakenClient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither number nor key nor token is in an error or in the log."""
    caplog.set_level(logging.DEBUG, "custom_components.power_sync")
    said = []
    for fault in (Fault(status=401), Fault(status=500), Fault(body="{}")):
        simulator.standing_fault = fault
        with pytest.raises(PriceError) as raised:
            await kraken.agreements()
        said += [repr(raised.value), repr(raised.value.__cause__)]
    for secret in (NUMBER, KEY, "eyJ."):
        assert secret not in "".join(said)
        assert secret not in caplog.text


async def test_without_an_account(
    simulator: OctopusSimulator, session: ClientSession, clock: ManualClock
) -> None:
    """The public source is all there is."""
    stored = settings(simulator.url, account=None)
    source = from_settings(session, stored, now=clock.now)
    assert isinstance(source, OctopusPriceSource)
    odd: JsonObject = {**settings(simulator.url), "token": 7}
    with pytest.raises(UnknownTariffError):
        from_settings(session, odd, now=clock.now)
