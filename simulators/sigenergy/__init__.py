"""Sigenergy: a plant of one or more inverters, perhaps with an AC charger."""

from .simulator import SigenergySimulator

__all__ = ["SigenergySimulator"]
