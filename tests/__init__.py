"""Tests of PowerSync."""
