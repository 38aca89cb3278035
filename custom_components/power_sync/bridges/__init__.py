"""What Home Assistant provides, behind the protocols of the pure side."""
