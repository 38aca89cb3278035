"""Battery health from what a scan tells, by hand."""

import pytest

from custom_components.power_sync.model.scan import Scan, health_pct, scan_of


def test_health() -> None:
    """Present over original, to a decimal; packs are measured against 13.5 kWh."""
    assert Scan(40_500, 38_475).health_pct == 95.0
    assert Scan(13_500, 13_770).health_pct == 102.0
    assert health_pct(12_825) == 95.0


def test_what_a_scan_may_tell() -> None:
    """Both capacities, or what they follow from; nothing is no scan."""
    wanted = Scan(40_500, 38_475)
    assert scan_of(40_500, 38_475, None) == wanted
    assert scan_of(40_500, None, 5) == wanted
    assert scan_of(None, 38_475, None, count=3) == wanted
    assert scan_of(None, None, None, [13_000, 12_800, 12_675]) == wanted
    assert scan_of(None, None, None) is None


@pytest.mark.parametrize(
    "told",
    [
        pytest.param((40_500, None, None), id="nothing left is told"),
        pytest.param((None, 38_475, None), id="of how much is not told"),
        pytest.param((None, None, 5), id="a share of nothing"),
        pytest.param((0, 38_475, None), id="nothing to begin with"),
        pytest.param((40_500, None, 100), id="all is gone"),
    ],
)
def test_what_is_no_scan(told: tuple[float | None, float | None, float | None]) -> None:
    """Told in part, or not possible."""
    with pytest.raises(ValueError, match=r"scan|capacity"):
        scan_of(*told)
