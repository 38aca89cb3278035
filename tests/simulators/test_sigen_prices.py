"""What a station's tariff costs at a time of day."""

from datetime import UTC, datetime

from simulators.sigen_prices import bought_at, owners_tariff, static_price


def test_the_price_of_now() -> None:
    """The day ends at 24:00; a time that no row has is without a price."""
    last = datetime(2026, 11, 26, 23, 59, tzinfo=UTC)
    assert bought_at(owners_tariff(), last) == ("Energy plan", 0.285)
    gap = {"buyPrice": static_price("Night", 9.0)}
    rows = gap["buyPrice"]["staticPricing"]["combinedPrices"][0]["weekPrices"][0]  # type: ignore[index]  # as it was made
    rows["timeRange"][0]["timeRange"] = "00:00-06:00"
    assert bought_at(gap, last.replace(hour=5)) == ("Night plan", 0.09)
    assert bought_at(gap, last.replace(hour=6)) == ("Night plan", None)
