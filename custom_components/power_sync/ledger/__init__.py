"""Energy and money accounting: what was paid, and what would have been."""
