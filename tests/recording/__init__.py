"""Recordings: kept, read, and replayed."""
