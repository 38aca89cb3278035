"""Energy and money accounting."""
