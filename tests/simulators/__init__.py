"""Tests of the simulated home and its devices."""
