"""Batteries: one module per brand."""
