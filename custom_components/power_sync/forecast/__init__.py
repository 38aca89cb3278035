"""Forecasts of solar and load."""
