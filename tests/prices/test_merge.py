"""Merging: nothing known is lost, and the new wins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings, strategies as st

from custom_components.power_sync.model.layers import Layers
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.merge import merge

NOON = datetime(2026, 1, 14, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def slot(begin: int, end: int, price: float, *, firm: bool = True) -> PriceSlot:
    """Return a slot between two minutes after noon."""
    return PriceSlot(
        NOON + begin * MINUTE, NOON + end * MINUTE, price, price / 2, firm=firm
    )


def curve(*slots: PriceSlot, currency: str = "GBP") -> PriceCurve:
    """Return a curve."""
    return PriceCurve(currency, "Europe/London", slots)


def test_first_curve() -> None:
    """Without an old curve the new one is all there is."""
    new = curve(slot(0, 30, 0.2))
    assert merge(None, new) is new


def test_outage_loses_nothing() -> None:
    """An answer without slots leaves the old ones."""
    old = curve(slot(0, 30, 0.2), slot(30, 60, 0.0))
    assert merge(old, curve()) == old


def test_new_wins() -> None:
    """A price that was corrected is replaced; what comes after it is kept."""
    old = curve(slot(0, 30, 0.2), slot(30, 60, 0.3), slot(60, 90, 0.4, firm=False))
    new = curve(slot(30, 60, -0.1), slot(90, 120, 0.5))
    assert merge(old, new) == curve(
        slot(0, 30, 0.2),
        slot(30, 60, -0.1),
        slot(60, 90, 0.4, firm=False),
        slot(90, 120, 0.5),
    )


def test_a_controlled_load_is_merged_likewise() -> None:
    """It keeps what an answer lacks, as the other prices do, and lets the past go."""
    beside = curve(slot(0, 30, 0.1), slot(30, 60, 0.12))
    old = replace(curve(slot(0, 60, 0.2)), controlled_load=beside)
    assert merge(old, curve(slot(0, 60, 0.3))).controlled_load == beside
    new = replace(curve(slot(0, 60, 0.3)), controlled_load=curve(slot(30, 60, 0.11)))
    merged = merge(old, new)
    assert merged.controlled_load == curve(slot(0, 30, 0.1), slot(30, 60, 0.11))
    later = merged.from_time(NOON + 30 * MINUTE)
    assert later.controlled_load == curve(slot(30, 60, 0.11))


def test_partly_covered_slots_keep_the_rest() -> None:
    """A price per kWh holds for any part of its slot."""
    old = curve(slot(0, 60, 0.2))
    new = curve(slot(15, 30, 0.3), slot(45, 75, 0.4))
    merged = merge(old, new)
    assert [(s.start, s.end, s.import_per_kwh) for s in merged.slots] == [
        (NOON, NOON + 15 * MINUTE, 0.2),
        (NOON + 15 * MINUTE, NOON + 30 * MINUTE, 0.3),
        (NOON + 30 * MINUTE, NOON + 45 * MINUTE, 0.2),
        (NOON + 45 * MINUTE, NOON + 75 * MINUTE, 0.4),
    ]


def test_other_currency() -> None:
    """Pounds are never mixed with euros."""
    new = curve(slot(30, 60, 0.3), currency="EUR")
    assert merge(curve(slot(0, 30, 0.2)), new) is new


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 9))),
)
def test_layers_are_what_minute_by_minute_gives(
    added: list[tuple[int, int, int]],
) -> None:
    """The first value given to a minute is its value."""
    layers: Layers[int] = Layers()
    expected: dict[int, int] = {}
    for begin, end, value in added:
        layers.add(NOON + begin * MINUTE, NOON + end * MINUTE, value)
        for minute in range(begin, end):
            expected.setdefault(minute, value)
    parts = list(layers)
    assert all(start < end for start, end, _ in parts)
    assert all(a[1] <= b[0] for a, b in pairwise(parts))
    assert expected == {
        minute: value
        for start, end, value in parts
        for minute in range((start - NOON) // MINUTE, (end - NOON) // MINUTE)
    }
