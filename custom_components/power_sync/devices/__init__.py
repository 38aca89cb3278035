"""Devices of a home, behind common protocols."""
