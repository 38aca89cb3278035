"""A user in a real browser; run by `scripts/test --browser`."""
