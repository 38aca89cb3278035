"""Tests of the config, subentry and options flows."""
