"""Repair issues: when they come, what they say, and when they go."""
