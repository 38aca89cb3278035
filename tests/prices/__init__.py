"""Tests of the electricity providers."""
