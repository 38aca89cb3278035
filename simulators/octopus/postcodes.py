"""Which grid supply point groups a postcode lies in: a few areas of each kind."""

_REGIONS = {"SW": "C", "CB": "A", "L": "D", "AB": "P", "SY": "DE"}
"""By postcode area; the last lies on a border, as some do."""


def regions_of(postcode: str) -> str:
    """Return the letters of its regions; none for a place that is not known."""
    area = "".join(letter for letter in postcode.upper()[:2] if "A" <= letter <= "Z")
    return _REGIONS.get(area, "")
