"""Electricity prices: one module per provider."""
