"""Reasons to act, one module each."""
